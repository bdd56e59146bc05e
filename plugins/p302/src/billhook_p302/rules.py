"""Every rule of §302 billing: its code, what is wrong, how to mend it, and the row of the spec that demands it.

The same code is used for an item (`billhook check`) and for a file (`billhook verify`) wherever it is the same rule.
Rules of single fields that follow from their row in `layouts` (type, length, mandatory, character set) keep the code of
the wire (`EDI-ELM-002`). The rules of payer files and routes are in `payers.rules`.

Groups have segments of their own for what is the same thing: a position is EHI for aids and EHE for therapies. A rule is
written once, for the group that came first, and has a variant with the same number in each other segment that it holds for
(`VARIANTS`): P302-EHI-013 and P302-EHE-013 both say that a service lies in the future.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from billhook.model import Finding, Rule, Severity
from billhook.wire.problems import PROBLEM_KINDS, Problem
from billhook_p302.payers import rules as payer_rules
from billhook_p302.replies import rules as reply_rules

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE
_ANOTHER_KEY = "Take one of {choices}."

# --- File and provider (UNB, UNH, UNT, UNZ) ---------------------------------------------------------------------------

UNKNOWN_PROVIDER = Rule(
    "P302-UNB-001", _E, "IK {value} is no provider of these settings.",
    "Add the provider to [[schemes.p302.providers]], or mend the item's provider.", "TA1 V21 5.5.3.1 FKT",
)  # fmt: skip
VERSION_NOT_VALID = Rule(
    "P302-UNB-002", _E, "TA1 version {value} must not be used for files made on {day}.",
    "Take `version` out of the receiver's settings, or install a newer billhook-p302.", "TA1 V21 5.5.1",
)  # fmt: skip
CREATOR_DIFFERS = Rule(
    "P302-UNB-003", _E, "Invoice kind 1 is for providers that make their files themselves, but creator_ik is {value}.",
    "Take invoice_kind 2 for this receiver, or leave creator_ik empty.", "TA1 V21 5.3.2",
)  # fmt: skip
WRONG_SENDER = Rule(
    "P302-UNB-004", _E, "The sender in FKT ({value}) is not the one of UNB ({expected}).", "Make the file again.",
    "TA1 V21 5.4 UNB S002",
)  # fmt: skip
MIXED_VERSIONS = Rule(
    "P302-UNB-005", _E, "A file has one TA1 version, but this message has {value} and an earlier one {expected}.",
    "Make a file a version.", "TA1 V21 5.2 (6)",
)  # fmt: skip
MIXED_INVOICE_KINDS = Rule(
    "P302-UNB-006", _E, "A file has one invoice kind, but this message has {value} and an earlier one {expected}.",
    "Make a file an invoice kind.", "TA1 V21 5.2 (5)",
)  # fmt: skip
MIXED_MARKS = Rule(
    "P302-UNB-007", _E, "A file has one processing mark, but this message has {value} and an earlier one {expected}.",
    "Make a file a processing mark.", "TA1 V21 7.3",
)  # fmt: skip
MESSAGE_NUMBER = Rule(
    "P302-UNB-008", _E,
    "The message is number {expected} of the file but carries {value}.",
    "Number the messages from 00001.",
    "TA1 V21 5.4 UNH 0062",
)  # fmt: skip
WRONG_GROUP = Rule(
    "P302-UNB-009", _E, "{value} is no group of providers (key 8.1.14).", "Take the group of the services in the file.",
    "A3 V21 8.1.14",
)  # fmt: skip
LOGICAL_NAME = Rule(
    "P302-UNB-011", _W,
    "The logical file name {value} does not look like {expected}: SL, places 3 to 8 of the sender, S or A, month.",
    "Make the file again.",
    "TA1 Anhang 1, 4",
)  # fmt: skip
REFERENCE_RANGE = Rule(
    "P302-UNB-012", _E, "The interchange reference {value} is not between 00001 and 99999.", "Begin again at 00001.",
    "TA1 V21 5.4 UNB 0020",
)  # fmt: skip
IK_FORMAT = Rule(
    "P302-UNB-014", _E,
    "{value} is no institution code (IK): nine digits.",
    "Make the file again.",
    "TA1 V21 5.4 UNB",
)  # fmt: skip
VERSION_UNKNOWN = Rule(
    "P302-UNB-013", _W, "TA1 version {value} is not known here; the file is read as version {expected}.", "Check UNH.",
    "TA1 V21 5.5.1",
)  # fmt: skip
VERSION_PROVISIONAL = Rule(
    "P302-UNB-018", _N, "TA1 version {value} is known in part: {known}.", "Compare it with TA1 once that is published.",
    "A3 V22",
)  # fmt: skip
VERSION_PARTLY_KNOWN = Rule(
    "P302-UNB-019", _N,
    "TA1 version {value} is read by what is known of it; what does not fit is a warning. Known to have come later: "
    "{since}.",
    "Nothing to do.",
    "TA1 V21 history, 5.5.1",
)  # fmt: skip

# --- Payer and invoice (FKT, REC, GES, NAM) ---------------------------------------------------------------------------

CARD_IK_FORMAT = Rule(
    "P302-FKT-001", _E, "{value} is no institution code (IK): nine digits.", "Take the IK on the insurance card.",
    "TA1 V21 5.5.3.1 FKT",
)  # fmt: skip
IK_CHECK_DIGIT = Rule(
    "P302-FKT-002", _W, "The check digit of IK {value} is wrong.", "Compare it with the original.",
    "Gemeinsames Rundschreiben IK 3.4",
)  # fmt: skip
PAIR_DIFFERS = Rule(
    "P302-FKT-003", _E, "{what} is {value} here, but {expected} in the message that this one belongs to.",
    "Make the file again.", "TA1 V21 5.5.2 FKT, REC",
)  # fmt: skip
NO_PAIR = Rule(
    "P302-FKT-004", _E, "{value} stands without its partner: every invoice (SLGA) is followed by its claims (SLLA).",
    "Make the file again.", "TA1 V21 5.3.2",
)  # fmt: skip
MIXED_COLLECTIVES = Rule(
    "P302-FKT-005", _E, "Invoices with and without a collective invoice stand in one file.", "Make two files.",
    "TA1 V21 5.3.2",
)  # fmt: skip
COLLECTIVE_MISSING = Rule(
    "P302-FKT-006", _E, "Invoice kind 3 demands a collective invoice per payer; there is none.", "Make the file again.",
    "TA1 V21 5.3.4",
)  # fmt: skip
CARD_IK_MISSING = Rule(
    "P302-FKT-007",
    _E,
    "The IK of the card is missing; only a collective invoice has none.",
    "Fill it.",
    "TA1 V21 5.5.2 FKT",
)
BILLER_IK = Rule(
    "P302-FKT-008", _E, "The IK of the biller ({value}) is not the one of the collective invoice ({expected}).",
    "With invoice kind 3 it is the billing office's, otherwise it stays empty.", "TA1 V21 5.5.3.1 FKT",
)  # fmt: skip
PROCESSING_MARK = Rule("P302-FKT-009", _E, "{value} is no processing mark (key 8.1.7).", _ANOTHER_KEY, "A3 V21 8.1.7")
INVOICE_NUMBER = Rule(
    "P302-REC-001", _E, "{value} is no invoice number: letters and digits, with single - or / between them.",
    "Change the pattern `invoice_number` in the settings.", "TA1 V21 5.5.2 REC",
)  # fmt: skip
SINGLE_NUMBER = Rule(
    "P302-REC-002", _E, "The single invoice number is {value}, {expected} is expected.",
    "It is 0 without a collective invoice and runs from 1 with one.", "TA1 V21 5.5.2 REC",
)  # fmt: skip
INVOICE_KIND = Rule("P302-REC-003", _E, "{value} is no invoice kind (key 8.1.4).", _ANOTHER_KEY, "A3 V21 8.1.4")
INVOICE_NUMBER_TWICE = Rule(
    "P302-REC-004",
    _E,
    "Invoice number {value} occurs twice in the file.",
    "Number the invoices afresh.",
    "TA1 V21 5.5.2 REC",
)
INVOICE_DATE = Rule(
    "P302-REC-005", _W, "The invoice date {value} is later than the file.", "Check the date.", "TA1 V21 5.5.2 REC"
)
SUM_FIRST = Rule(
    "P302-GES-001", _E, "The first sum has status {value}; the first is always 00, the sum of all.", "Put 00 first.",
    "TA1 V21 5.5.2 GES",
)  # fmt: skip
SUM_STATUS = Rule(
    "P302-GES-002", _E, "Status {value} of a sum is not known or comes twice (key 8.1.6).", _ANOTHER_KEY, "A3 V21 8.1.6"
)
SUM_OF_STATUS = Rule(
    "P302-GES-003", _E, "The sums of the single statuses come to {expected}, but status 00 says {value} ({what}).",
    "Make the file again.", "TA1 V21 5.5.2 GES",
)  # fmt: skip
SUM_OF_CLAIMS = Rule(
    "P302-GES-004", _E, "The claims of status {status} come to {expected}, but the invoice says {value} ({what}).",
    "Make the file again.", "TA1 V21 5.5.2 GES",
)  # fmt: skip
SUM_BILLED = Rule(
    "P302-GES-005", _E,
    "The invoice amount is {value}; gross less what the insured pay is {expected}.",
    "Make the file again.",
    "TA1 V21 5.5.2 GES",
)  # fmt: skip
SUM_OF_INVOICES = Rule(
    "P302-GES-006", _E,
    "The invoices under the collective one come to {expected} for status {status}, but it says {value} ({what}).",
    "Make the file again.",
    "TA1 V21 5.5.2 GES",
)  # fmt: skip
EMAIL_LETTERS = Rule(
    "P302-NAM-001", _E, "The e-mail address has letters that are not allowed in it.", "Use an address without umlauts.",
    "TA1 V21 5.5.2 NAM",
)  # fmt: skip
CARD_IK_IN_COLLECTIVE = Rule(
    "P302-FKT-010", _E,
    "A collective invoice is for no single card, but names IK {value}.",
    "Make the file again.",
    "TA1 V21 5.5.2 FKT",
)  # fmt: skip
ORIGIN_IN_BILLING = Rule(
    "P302-URI-001", _E, "A first billing (processing mark 01) names no original invoice (URI).", "Leave URI out.",
    "TA1 V21 5.5.3.1 URI",
)  # fmt: skip
ORIGIN_MISSING = Rule(
    "P302-URI-002", _E, "Processing mark {value} demands the original invoice (URI).", "Name it.", "TA1 V21 5.5.3.1 URI"
)
NO_CORRECTIONS = Rule(
    "P302-COR-001", _N,
    "There is no correction procedure with this receiver: marked {value}, it leaves as a first billing (01).",
    "Nothing, or agree on corrections with the payer and set `agreed_marks`.", "TA1 V21 7.1",
)  # fmt: skip
MARK_NOT_ALLOWED = Rule(
    "P302-COR-002", _E, "Processing mark {value} is not provided for these services.",
    "Take one of {choices}; a mark that was agreed on with the payer stands in `agreed_marks`.", "TA1 V21 7.1",
)  # fmt: skip
BILLED_BEFORE = Rule(
    "P302-COR-003", _W, "Marked as a first billing, though it follows invoice {number}.",
    "Leave the mark where the payer does not have that invoice; otherwise take 02 or 04.", "TA1 V21 7.3",
)  # fmt: skip
CANNOT_FOLLOW_MARK = Rule(
    "P302-COR-004", _E, "Mark {mark} follows invoices of the marks {choices}; the original has {value}.",
    "Name the invoice that the payer has, or take another mark.", "TA1 V21 7.3, 7.4",
)  # fmt: skip
ORIGINAL_NUMBER = Rule(
    "P302-COR-005", _E, "{value} is no invoice number: letters and digits, with single - or / between them.",
    "Write the number as the original invoice has it in REC.", "TA1 V21 5.5.3.1 URI",
)  # fmt: skip
ORIGINAL_IN_FUTURE = Rule(
    "P302-COR-006", _E, "The original invoice is of {value}, which is still to come.", "Check the date.",
    "TA1 V21 5.5.3.1 URI",
)  # fmt: skip
CLAIM_MARK = Rule(
    "P302-COR-007", _E, "A claimed copayment has one of the copayment marks {choices}, not {value}.",
    "Take 2 (refused), 1 (exempt) or 5 (liable since the turn of the year).", "TA1 V21 7.4.2",
)  # fmt: skip
NOTHING_CLAIMED = Rule(
    "P302-COR-008", _E, "The voucher claims no copayment.", "Enter what the client did not pay as `unit_price`.",
    "TA1 V21 5.5.3.3 GZF",
)  # fmt: skip
POSITION_NOT_STATED = Rule(
    "P302-COR-009", _E, "A claimed copayment shows the position as it was billed; quantity or price is missing.",
    "Enter `stated_quantity` and `stated_unit_price`.", "TA1 V21 7.4.2.1",
)  # fmt: skip
NO_DIFFERENCE = Rule(
    "P302-COR-010", _E, "A supplementary claim bills only the difference, and there is none.",
    "Enter the difference as price, or the quantity that is missing with its price.", "TA1 V21 7.4.1",
)  # fmt: skip
RESUMED_WITHOUT_BLANK = Rule(
    "P302-COR-011", _E, "Only a blank prescription (kind 05) can be resumed, not {value}.",
    "Check the prescription's kind, or take mark 02.", "TA1 V21 7.4.4",
)  # fmt: skip
RESUMED_TOO_LATE = Rule(
    "P302-COR-012", _W, "Served on {value}, but a blank prescription can be resumed until {last} (16 weeks).",
    "Check the dates.", "TA1 V21 7.4.4",
)  # fmt: skip
CREDIT = Rule(
    "P302-COR-013", _W, "A credit: the quantity is {value}. TA1 has no credits; the payer must have agreed to take them.",
    "Report what was billed too high to the payer instead, unless it wants a credit in the file.",
    "Gemeinsame Umsetzungsempfehlungen zum Korrekturverfahren 5",
)  # fmt: skip
CLOSING_SEGMENT = Rule(
    "P302-GZF-001", _E,
    "With processing mark {value} a voucher ends with {expected}, not with {found}.",
    "GZF is for claims of unpaid copayments (03), BES for everything else.",
    "TA1 V21 5.5.3.3 BES, GZF",
)  # fmt: skip
TAX_IN_COLLECTIVE = Rule(
    "P302-UST-001", _E, "A collective invoice has no VAT segment (UST).", "Make the file again.", "TA1 V21 5.5.2 UST"
)

# --- Insured person and voucher (INV, NAD) ----------------------------------------------------------------------------

NOT_IDENTIFIED = Rule(
    "P302-INV-001", _E,
    "Insurance number and status are not both known, and the address is not complete: {missing} is missing.",
    "Enter insurance number and status from the card, or the whole address.",
    "TA1 V21 5.5.3.1 INV",
)  # fmt: skip
INSURANCE_NUMBER = Rule(
    "P302-INV-002", _W,
    "The insurance number does not follow the rule: a letter, nine digits, the last one a check digit.",
    "Compare it with the insurance card.",
    "§290 SGB V",
)  # fmt: skip
STATUS_FORMAT = Rule(
    "P302-INV-003", _E,
    "{value} is no insurance status: one to five places (or the seven of an old print), a digit first.",
    "Take the status that is printed on the prescription.",
    "TA1 V21 5.5.3.1 INV",
)  # fmt: skip
STATUS_UNKNOWN = Rule(
    "P302-INV-004", _W, "An insurance status begins with 1, 3 or 5; {value} counts as not to be assigned (99).",
    "Compare it with the prescription.", "A3 V21 8.1.1, 8.1.6",
)  # fmt: skip
VOUCHER_NUMBER_LONG = Rule(
    "P302-INV-005", _E,
    "Voucher number {value} has more than 10 characters.",
    "Give the voucher a number of its own (details.voucher_number) and write it on the original.",
    "TA1 V21 5.5.3.1 INV",
)  # fmt: skip
VOUCHER_NUMBER_TWICE = Rule(
    "P302-INV-006", _E, "Voucher number {value} is used for two vouchers.", "Give each voucher a number of its own.",
    "TA1 V21 5.5.3.1 INV",
)  # fmt: skip
VOUCHER_NUMBER_MISSING = Rule(
    "P302-INV-007",
    _E,
    "The voucher has no number.",
    "Give it the number that is written on the original.",
    "TA1 V21 5.5.3.1 INV",
)
DOCUMENT_INFO = Rule(
    "P302-INV-008", _E, "{value} does not say how documents are sent (key 8.1.18).", _ANOTHER_KEY, "A3 V21 8.1.18"
)
PRIVATE = Rule(
    "P302-INV-009",
    _E,
    "The client is privately insured and cannot be billed under §302.",
    "Bill the client.",
    "§302 (1) SGB V",
)
INSURANCE_KIND = Rule(
    "P302-INV-010", _E, "{value} is no kind of insurance.", "Take statutory or private.", "§302 (1) SGB V"
)
SEVERAL_CLIENTS = Rule(
    "P302-INV-011", _E, "The lines of the voucher differ in {what}.", "All lines of a voucher carry the same.",
    "TA1 V21 5.5.3.1 INV",
)  # fmt: skip
FAMILY_NAME = Rule("P302-NAD-001", _E, "The family name is missing.", "Enter it as on the card.", "TA1 V21 5.5.3.1 NAD")
GIVEN_NAME = Rule("P302-NAD-002", _E, "The given name is missing.", "Enter it as on the card.", "TA1 V21 5.5.3.1 NAD")
BIRTH_DATE = Rule(
    "P302-NAD-003", _E,
    "The birth date is missing.",
    "Enter it. Of a client from abroad whose birth date is not fully known, give YYYYMM00 or YYYY0000 "
    "(details.birth_date_text).",
    "TA1 V21 5.5.3.1 NAD",
)  # fmt: skip
BIRTH_DATE_TEXT = Rule(
    "P302-NAD-004", _E, "A birth date that is not fully known is written YYYYMM00 or YYYY0000.", "Write it so.",
    "TA1 V21 5.5.3.1 NAD",
)  # fmt: skip
BIRTH_DATE_IMPLAUSIBLE = Rule(
    "P302-NAD-005", _E, "The birth date is after the service or more than 125 years ago.", "Compare it with the card.",
    "TA1 V21 6.3",
)  # fmt: skip
POSTAL_CODE = Rule(
    "P302-NAD-006", _E,
    "A German postal code has five digits.",
    "Enter five digits, or the country of an address abroad.",
    "TA1 V21 5.5.3.1 NAD",
)  # fmt: skip
COUNTRY = Rule(
    "P302-NAD-007", _E, "{value} is no country code: one to three capital letters.", "Take the code of DEÜV Anlage 8.",
    "A3 V21 8.5",
)  # fmt: skip
IMAGE_MONTH = Rule(
    "P302-IMG-001",
    _E,
    "{value} is no month of an image archive: write YYYYMM.",
    "Enter year and month.",
    "TA1 V21 5.5.3.1 IMG",
)
IMAGE_INCOMPLETE = Rule(
    "P302-IMG-002", _E, "Of an image archive both the month and the IK of who made it are needed; one is missing.",
    "Enter both or neither.", "TA1 V21 5.5.3.1 IMG",
)  # fmt: skip

# --- The aid and its lines (HIL, EHI, TXT, MWS, ZUH, MEH) -------------------------------------------------------------

AID_NUMBERS = Rule(
    "P302-HIL-001", _E,
    "The aids of a voucher are numbered from 1 without a gap; this line has {value}, {expected} was expected.",
    "Number the aids afresh.",
    "TA1 V21 5.5.3.2 HIL",
)  # fmt: skip
PROVIDER_GROUP = Rule(
    "P302-EHI-001", _E,
    "{value} is no provider group key (LEGS): accounting code 2, tariff region 2, special tariff 3, capital letters.",
    "Take the key of the contract.",
    "TA1 V21 5.5.3.2 EHI, A3 V21 8.1.5",
)  # fmt: skip
ACCOUNTING_CODE = Rule(
    "P302-EHI-002",
    _E,
    "{value} is no accounting code of the voucher's group (key 8.1.5.1).",
    _ANOTHER_KEY,
    "A3 V21 8.1.5.1, 8.1.14",
)
TARIFF_REGION = Rule(
    "P302-EHI-003", _E, "{value} is no tariff region (key 8.1.5.2).", "Take the key of the contract.", "A3 V21 8.1.5.2"
)
SPECIAL_TARIFF = Rule(
    "P302-EHI-004",
    _W,
    "Special tariff {value} is not assigned to anything.",
    "Take the key of the contract.",
    "A3 V21 8.1.5.2",
)
POSITION_MISSING = Rule(
    "P302-EHI-005",
    _E,
    "The line has no position number.",
    "Enter the ten digits of the aid number.",
    "TA1 V21 5.5.3.2 EHI",
)
POSITION_FORMAT = Rule(
    "P302-EHI-006", _W,
    "{value} is no aid number of ten digits.",
    "Fill a product kind of seven digits up with 900; without a structure give the product group, zeros and the "
    "contract's number.",
    "A3 V21 8.2.2",
)  # fmt: skip
PZN = Rule(
    "P302-EHI-007",
    _W,
    "{value} is no PZN: eight digits, the last one a check digit.",
    "Compare it with the pack.",
    "IFA",
)
QUANTITY = Rule(
    "P302-EHI-008", _E, "Quantity {value} must be more than 0 and at most 9999,99, with two decimals.",
    "Mend the quantity, or split the line.", "TA1 V21 5.5.3.2 EHI",
)  # fmt: skip
PRICE_DECIMALS = Rule(
    "P302-EHI-009", _E, "Unit price {value} has more than two decimals, which a file cannot hold.",
    "Round the price, or set `static_one` for a receiver that accepts it.", "TA1 V21 5.5.3.2 EHI",
)  # fmt: skip
PRICE_NEGATIVE = Rule(
    "P302-EHI-010", _E, "Unit price {value} is negative.", "A claim has no negative lines; correct the line before it.",
    "TA1 V21 5.1 (9)",
)  # fmt: skip
PRICE_ZERO = Rule("P302-EHI-011", _W, "The line costs nothing.", "Check the price.", "TA1 V21 5.5.3.2 EHI")
SERVICE_DATE = Rule(
    "P302-EHI-012", _E, "The date of the service is missing.", "Enter the day on which the aid was handed over.",
    "TA1 V21 5.5.3.2 EHI",
)  # fmt: skip
SERVICE_IN_FUTURE = Rule(
    "P302-EHI-013", _E, "The service date {value} lies in the future.", "Mend the date, or bill later.", "TA1 V21 6.3"
)
# No rule of TA1 forbids it: a flat rate may begin, and an emergency be served, before the prescription is written.
SERVICE_BEFORE_PRESCRIPTION = Rule(
    "P302-EHI-014", _W, "The service of {value} is before the prescription of {prescribed_on}.", "Compare both dates.",
    "TA1 V21 6.3",
)  # fmt: skip
SERVICE_OLD = Rule(
    "P302-EHI-015",
    _W,
    "The service of {value} is more than four years old.",
    "The claim may be time-barred.",
    "§45 SGB I",
)
AID_MARK_MISSING = Rule(
    "P302-EHI-016", _E, "The aid mark is missing (key 8.1.10).", _ANOTHER_KEY, "TA1 V21 5.5.3.2 EHI"
)
AID_MARK = Rule("P302-EHI-017", _E, "{value} is no aid mark (key 8.1.10).", _ANOTHER_KEY, "A3 V21 8.1.10")
BETTER_WITHOUT_TEXT = Rule(
    "P302-EHI-018", _E, "A better product than prescribed (mark 06) must be named in the text.",
    "Enter its ten-digit aid number, or its name.", "A3 V21 8.2.2",
)  # fmt: skip
BETTER_POSITION = Rule(
    "P302-EHI-019", _W, "With mark 06 the position is the prescribed product kind filled up with zeros, not {value}.",
    "Give the prescribed kind here and the product in the text.", "A3 V21 8.2.2",
)  # fmt: skip
INVENTORY_NUMBER = Rule(
    "P302-EHI-020", _W, "An aid that is re-used (mark 02) has an inventory number.", "Enter it as the contract says.",
    "TA1 V21 5.5.3.2 EHI",
)  # fmt: skip
UNIT_KEY = Rule("P302-EHI-021", _E, "{value} is no unit (key 8.6).", _ANOTHER_KEY, "A3 V21 8.6")
UNIT_NOT_MAPPED = Rule(
    "P302-EHI-022", _W, "Unit {value} has no key 8.6 in the settings and is left out.",
    "Add it to [schemes.p302.unit_keys].", "TA1 V21 5.5.3.2 EHI",
)  # fmt: skip
APPLICATION_SITE = Rule(
    "P302-EHI-023", _E, "{value} is no application site (key 8.1.15).", _ANOTHER_KEY, "A3 V21 8.1.15"
)
SUPPLY_PERIOD_OPEN = Rule(
    "P302-EHI-024",
    _E,
    "A supply period has a beginning and an end; one is missing.",
    "Enter both.",
    "TA1 V21 5.5.3.2 EHI",
)
SUPPLY_PERIOD_ORDER = Rule(
    "P302-EHI-025", _E, "The supply period ends before it begins.", "Swap or mend the dates.", "TA1 V21 6.3"
)
SUPPLY_PERIOD_MISSING = Rule(
    "P302-EHI-026", _E, "An aid for consumption (supply period in months) needs the days of its supply period.",
    "Enter from and to.", "TA1 V21 5.5.3.2 EHI",
)  # fmt: skip
END_WITHOUT_BEGINNING = Rule(
    "P302-EHI-027",
    _W,
    "A time of day to which the service lasted, but none from which.",
    "Enter both.",
    "TA1 V21 5.5.3.2 EHI",
)
COST_ESTIMATE_WITHOUT_APPROVAL = Rule(
    "P302-EHI-028", _W, "Special tariff 099 is for approved cost estimates, and the voucher names no approval.",
    "Enter number, date and kind of the approval.", "A3 V21 8.1.5.2",
)  # fmt: skip
GROSS_PRICE = Rule(
    "P302-EHI-029", _E,
    "{value} divided by the quantity is no price with two decimals, and this receiver wants gross prices.",
    "Set `vat_per_line` or `static_one` for the receiver.",
    "TA1 V21 5.5.3.2 EHI",
)  # fmt: skip
TEXT_LONG = Rule(
    "P302-TXT-001", _E,
    "The text has {length} characters, 70 are the most.",
    "Shorten it; what was suggested is cut off.",
    "TA1 V21 5.5.3.2 TXT",
)  # fmt: skip
VAT_RATE = Rule(
    "P302-MWS-001",
    _E,
    "{value} is no VAT rate in percent with two decimals.",
    "Enter 19, 7 or 0.",
    "TA1 V21 5.5.3.2 MWS",
)
VAT_RATE_UNUSUAL = Rule("P302-MWS-002", _W, "VAT of {value} % is not charged in Germany.", "Enter 19 or 7.", "§12 UStG")
VAT_AMOUNT = Rule(
    "P302-MWS-003", _E, "VAT is {value}; net price × quantity × rate is {expected}.", "VAT is rounded line by line.",
    "TA1 V21 5.5.3.2 MWS",
)  # fmt: skip
VAT_STATIC_ONE = Rule(
    "P302-MWS-004", _E, "As one unit the line's VAT would come to {expected} instead of {value}.",
    "Switch `static_one` or `vat_per_line` off for the receiver.", "TA1 V21 5.5.3.2 MWS",
)  # fmt: skip
COPAYMENT_TOO_HIGH = Rule(
    "P302-ZUH-001", _E, "Copayment and own share of aid {aid} come to {value}, more than its price of {gross}.",
    "Mend the amounts.", "TA1 V21 5.5.3.2 ZUH, §61 SGB V",
)  # fmt: skip
COPAYMENT_NEGATIVE = Rule(
    "P302-ZUH-002",
    _E,
    "A copayment, own share or surcharge is negative ({value}).",
    "Mend the amount.",
    "TA1 V21 5.1 (9)",
)
COPAYMENT_KIND = Rule("P302-ZUH-003", _E, "{value} is no copayment kind (key 8.1.13).", _ANOTHER_KEY, "A3 V21 8.1.13")
COPAYMENT_KIND_MISSING = Rule(
    "P302-ZUH-004", _W, "A copayment without its kind (key 8.1.13).", _ANOTHER_KEY, "TA1 V21 5.5.3.2 ZUH"
)
COPAYMENT_PERCENT = Rule(
    "P302-ZUH-005", _W, "Copayment {value} of aid {aid} is not ten percent of price less own share, {expected}.",
    "Check amount and copayment kind.", "TA1 V21 5.5.3.2 ZUH, §61 SGB V",
)  # fmt: skip
COPAYMENT_LIMIT = Rule(
    "P302-ZUH-006", _W, "Copayment {value} of aid {aid} is neither 5,00 nor 10,00 nor the price.",
    "Check amount and copayment kind.", "§61 SGB V",
)  # fmt: skip
COPAYMENT_CONSUMPTION = Rule(
    "P302-ZUH-007", _W, "Copayment {value} of aid {aid} is more than 10,00 a month of consumption.",
    "Check the amount and the months.", "§33 (8) SGB V",
)  # fmt: skip
CONSUMPTION_WITHOUT_MONTHS = Rule(
    "P302-ZUH-008", _W,
    "Copayment kinds 03 and 04 are for aids for consumption, but the supply period in months is missing.",
    "Enter the months.",
    "TA1 V21 5.5.3.2 ZUH",
)  # fmt: skip
AID_DIFFERS = Rule(
    "P302-ZUH-009", _E,
    "The lines of aid {aid} differ in {what}.",
    "All lines of an aid carry the same, or only one carries it.",
    "TA1 V21 5.5.3.2 ZUH",
)  # fmt: skip
AID_GROSS = Rule(
    "P302-ZUH-010", _E, "The price of aid {aid} is {value}; its lines come to {expected}.", "Make the file again.",
    "TA1 V21 5.5.3.2 ZUH",
)  # fmt: skip
AID_UNKNOWN = Rule(
    "P302-ZUH-011", _E, "Copayment of aid {value}, but the voucher has no such aid (or the copayment stands twice).",
    "Make the file again.", "TA1 V21 5.5.3.2 ZUH",
)  # fmt: skip
SURCHARGES = Rule(
    "P302-MEH-001", _E,
    "The voucher has {value} surcharges (MEH) for {expected} aids.",
    "Each aid has one, 0,00 when there is none.",
    "TA1 V21 5.5.3.2 MEH",
)  # fmt: skip

# --- The prescription (EVO, ZHI, DIA, SKZ, BES) -----------------------------------------------------------------------

PRESCRIPTION_ID = Rule(
    "P302-EVO-001", _E, "The id of an electronic prescription has 22 to 256 characters, this one {length}.",
    "Enter it as on the prescription.", "TA1 V21 5.5.3.1 EVO",
)  # fmt: skip
PRESCRIPTION_DATE = Rule(
    "P302-ZHI-001", _E, "The date of the prescription is missing.",
    "Enter the date of the prescription, repair slip or entitlement slip.", "TA1 V21 5.5.3.2 ZHI",
)  # fmt: skip
PRESCRIPTION_IN_FUTURE = Rule(
    "P302-ZHI-002",
    _E,
    "The prescription of {value} lies in the future.",
    "Compare it with the prescription.",
    "TA1 V21 6.3",
)
PRACTICE_MISSING = Rule(
    "P302-ZHI-003", _E,
    "The practice number (BSNR) is missing.",
    "Enter it, or 999999999 where the prescription has none.",
    "TA1 V21 5.5.3.2 ZHI",
)  # fmt: skip
PRACTICE_DIGITS = Rule(
    "P302-ZHI-004", _E, "{value} is no practice number (BSNR): digits only.", "Compare it with the prescription.",
    "TA1 V21 5.5.3.2 ZHI",
)  # fmt: skip
PRACTICE_LENGTH = Rule(
    "P302-ZHI-005", _W, "Practice number (BSNR) {value} has not nine digits.", "Compare it with the prescription.",
    "TA1 V21 5.5.3.2 ZHI",
)  # fmt: skip
PHYSICIAN_MISSING = Rule(
    "P302-ZHI-006", _E,
    "The physician's number (LANR) is missing.",
    "Enter it, or 999999999 where the prescription has none.",
    "TA1 V21 5.5.3.2 ZHI",
)  # fmt: skip
PHYSICIAN_DIGITS = Rule(
    "P302-ZHI-007", _E, "{value} is no physician's number (LANR): digits only.", "Compare it with the prescription.",
    "TA1 V21 5.5.3.2 ZHI",
)  # fmt: skip
PHYSICIAN_CHECK = Rule(
    "P302-ZHI-008", _W, "The check digit of the physician's number (LANR) {value} is wrong.",
    "Compare it with the prescription. Dentists have other numbers.", "KBV, §75 (7) SGB V",
)  # fmt: skip
COPAYMENT_MARK_MISSING = Rule(
    "P302-ZHI-009", _E, "The copayment mark is missing (key 8.1.3).", _ANOTHER_KEY, "TA1 V21 5.5.3.2 ZHI"
)
COPAYMENT_MARK = Rule("P302-ZHI-010", _E, "{value} is no copayment mark (key 8.1.3).", _ANOTHER_KEY, "A3 V21 8.1.3")
COPAYMENT_THOUGH_EXEMPT = Rule(
    "P302-ZHI-011", _E, "Copayment mark {value} says that nothing is due, but a copayment of {amount} is billed.",
    "Take mark 3, or leave the copayment out.", "A3 V21 8.1.3",
)  # fmt: skip
NO_COPAYMENT_THOUGH_DUE = Rule(
    "P302-ZHI-012", _W, "Copayment mark 3 says that a copayment is due, but there is none.",
    "Take mark 0 or 1, or enter the copayment.", "A3 V21 8.1.3",
)  # fmt: skip
ACCIDENT = Rule("P302-ZHI-013", _E, "{value} is no accident mark (key 8.1.2).", _ANOTHER_KEY, "A3 V21 8.1.2")
COMPENSATION = Rule(
    "P302-ZHI-014", _E, "{value} is no mark of social compensation (key 8.1.2.1).", _ANOTHER_KEY, "A3 V21 8.1.2.1"
)
FEATURE = Rule(
    "P302-ZHI-015", _E, "{value} is no feature of a prescription (key 8.1.11).", _ANOTHER_KEY, "A3 V21 8.1.11"
)
RECOMMENDER_MISSING = Rule(
    "P302-ZHI-016", _E,
    "A nurse's recommendation (feature 8) needs the nurse's employee number and the IK of her service; {what} is "
    "missing.",
    "Enter both; 999999997 stands for an employee number that does not exist.",
    "TA1 V21 5.5.3.2 ZHI, §40 (6) SGB XI",
)  # fmt: skip
RECOMMENDER_PRACTICE = Rule(
    "P302-ZHI-017", _E,
    "With a nurse's recommendation (feature 8) practice and physician's number are 999999999, not {value}.",
    "Enter 999999999.",
    "TA1 V21 5.5.3.2 ZHI, §40 (6) SGB XI",
)  # fmt: skip
RECOMMENDER_WITHOUT_FEATURE = Rule(
    "P302-ZHI-018", _E,
    "An employee number or the IK of a nurse's service is only for a nurse's recommendation (feature 8).",
    "Enter feature 8, or leave number and IK out.",
    "TA1 V21 5.5.3.2 ZHI, §40 (6) SGB XI",
)  # fmt: skip
DIAGNOSIS_CODE = Rule(
    "P302-DIA-001",
    _W,
    "{value} does not look like a code of ICD-10-GM.",
    "Enter it as on the prescription.",
    "TA1 V21 5.5.3.2 DIA",
)
DIAGNOSIS_EMPTY = Rule(
    "P302-DIA-002", _E, "A diagnosis has neither code nor text.", "Enter one of them, or take the diagnosis out.",
    "TA1 V21 5.5.3.2 DIA",
)  # fmt: skip
APPROVAL_INCOMPLETE = Rule(
    "P302-SKZ-001",
    _E,
    "An approval has a number, a date and a kind; {what} is missing.",
    "Enter all three.",
    "TA1 V21 5.5.3.2 SKZ",
)
APPROVAL_REQUIRED = Rule(
    "P302-SKZ-002", _E, "The settings demand an approval for every voucher; there is none.",
    "Enter number, date and kind of the approval.", "TA1 V21 5.5.3.2 SKZ",
)  # fmt: skip
APPROVAL_KIND = Rule("P302-SKZ-003", _E, "{value} is no kind of approval (key 8.1.17).", _ANOTHER_KEY, "A3 V21 8.1.17")
APPROVAL_IN_FUTURE = Rule(
    "P302-SKZ-004",
    _E,
    "The approval of {value} lies in the future.",
    "Compare it with the payer's letter.",
    "TA1 V21 6.3",
)
VOUCHER_SUM = Rule(
    "P302-BES-001", _E, "{what} of the voucher is {value}; its parts come to {expected}.", "Make the file again.",
    "TA1 V21 5.5.3.2 BES",
)  # fmt: skip

# --- Groups B to S ----------------------------------------------------------------------------------------------------

NO_GROUP = Rule(
    "P302-UNB-015", _E,
    "Accounting code {value} is of no group that the provider bills.",
    "Take the provider group key (LEGS) of the contract, or add its group to [[schemes.p302.providers.groups]].",
    "A3 V21 8.1.5.1, 8.1.14",
)  # fmt: skip
GROUPS_MIXED = Rule(
    "P302-UNB-016", _E,
    "The line is of group {value}, the others of the voucher of group {expected}.",
    "A voucher is of one group: take the same provider group keys, or make two vouchers.",
    "TA1 V21 5.3.1, A3 V21 8.1.14",
)  # fmt: skip
DOUBLE_POSITION = Rule(
    "P302-EHE-030", _E,
    "Position {value} stands twice for {day}.",
    "Put both into one line with the sum of their quantities.",
    "TA1 V21 5.5.3.3 EHE",
)  # fmt: skip
# TA1 has the way of reckoning, the law the percentage: so it is a warning like P302-ZUH-005.
COPAYMENT_OF_UNIT = Rule(
    "P302-EHE-031", _W,
    "The copayment of one unit is {value}; ten percent of its price with VAT is {expected}.",
    "Check the amount (details.unit_copayment).",
    "TA1 V21 5.5.3.3 EHE, §61 SGB V",
)  # fmt: skip
COPAYMENT_PARTS = Rule(
    "P302-EHE-032", _E,
    "The copayment is {value}, but {unit} for a unit times the quantity, and {flat} flat, come to {expected}.",
    "Enter the copayment of one unit (details.unit_copayment) and the flat part (details.flat_copayment).",
    "TA1 V21 5.5.3.3 EHE, BES",
)  # fmt: skip
COPAYMENT_DECIMALS = Rule(
    "P302-EHE-033", _E,
    "The copayment of a unit or its flat part, {value}, has more than two decimals.",
    "Round it to the cent.",
    "TA1 V21 5.5.3.3 EHE",
)  # fmt: skip
UNIT_COPAYMENT_NEGATIVE = Rule(
    "P302-EHE-034", _E,
    "The copayment of a unit or its flat part is negative ({value}).",
    "Mend the amount.",
    "TA1 V21 5.1 (9)",
)  # fmt: skip
FREE_AND_DUE = Rule(
    "P302-ENF-035", _W,
    "Copayment group {value} has lines with and without copayment.",
    "Give lines that are free of copayment a group of their own (details.aid).",
    "TA1 V21 5.5.3.8 ENF",
)  # fmt: skip
SHARE_UNKNOWN = Rule(
    "P302-EHE-040", _E,
    "Group {group} has no {what}, but {value} is entered.",
    "Take the amount out; bill it to the client if it is due.",
    "TA1 V21 5.5.3.3 BES",
)  # fmt: skip
FLAT_TOO_HIGH = Rule(
    "P302-BES-002", _E,
    "The flat copayment is {value}; at most {expected} may be taken: 10,00, and no more than is left of the price.",
    "Mend the flat part (details.flat_copayment) and the copayment.",
    "TA1 V21 5.5.3.3 BES",
)  # fmt: skip
# It is due once a prescription, and a prescription may be billed in parts: so it may be missing, but seldom is.
FLAT_MISSING = Rule(
    "P302-BES-003", _W,
    "A copayment by percent, but the flat copayment is {value} instead of {expected}.",
    "Enter it (details.flat_copayment), unless it was billed before.",
    "TA1 V21 5.5.3.3 BES, §61 SGB V",
)  # fmt: skip

DEDUCTION = Rule(
    "P302-BES-004", _E, "A flat deduction of {value} is only for corrections (processing mark 04).",
    "Take it out, or bill the voucher as a correction.", "TA1 V21 5.5.3.3 BES",
)  # fmt: skip

DEDUCTION_LINE = Rule(
    "P302-BES-005", _E,
    "The flat deduction of a correction is {value}; it is a negative amount without VAT and copayment, beside a position.",
    "Give the line a negative price and nothing else.", "TA1 V21 5.5.3.3 BES",
)  # fmt: skip

DIAGNOSIS_GROUP = Rule(
    "P302-ZHE-019", _E,
    "{value} is no diagnosis group: letters and digits only, such as ZN, PS2 or CD2a; 9999 where there is none.",
    "Enter it as on the prescription.",
    "TA1 V21 5.5.3.3 ZHE",
)  # fmt: skip
DIAGNOSIS_GROUP_MISSING = Rule(
    "P302-ZHE-020", _E, "The diagnosis group is missing.", "Enter it, or 9999 where there is none.",
    "TA1 V21 5.5.3.3 ZHE",
)  # fmt: skip
PRESCRIPTION_KIND = Rule(
    "P302-ZHE-021", _E, "{value} is no kind of a prescription of therapies (key 8.1.12).", _ANOTHER_KEY,
    "A3 V21 8.1.12",
)  # fmt: skip
PRESCRIPTION_KIND_MISSING = Rule(
    "P302-ZHE-022", _E, "The kind of the prescription is missing (key 8.1.12).", _ANOTHER_KEY, "TA1 V21 5.5.3.3 ZHE"
)
KEY_SYMPTOMS = Rule(
    "P302-ZHE-023", _E,
    "{value} is no key of leading symptoms: four places 0 or 1, or 9999.",
    "Write 1 for each box that is ticked: a, b, c, individual.",
    "TA1 V21 5.5.3.3 ZHE",
)  # fmt: skip
KEY_SYMPTOMS_MISSING = Rule(
    "P302-ZHE-024", _E, "The leading symptoms are missing.",
    "Enter four places 0 or 1; 0000 where no box is ticked, 9999 outside of the Heilmittel-Richtlinie.",
    "TA1 V21 5.5.3.3 ZHE",
)  # fmt: skip
OWN_SYMPTOMS = Rule(
    "P302-ZHE-025", _E,
    "With leading symptoms {value} the patient's own symptoms must be told in words.",
    "Enter them as on the prescription (details.key_symptoms_text).",
    "TA1 V21 5.5.3.3 ZHE",
)  # fmt: skip
FREQUENCY_MISSING = Rule(
    "P302-ZHE-026", _E,
    "The frequency of the therapy is missing.",
    "Enter the highest of a span; 0 for podology, nutrition and where there is none.",
    "TA1 V21 5.5.3.3 ZHE",
)  # fmt: skip
FREQUENCY = Rule(
    "P302-ZHE-027", _E, "A frequency of {value} does not fit: one digit, times a week.", "Enter 0 to 9.",
    "TA1 V21 5.5.3.3 ZHE",
)  # fmt: skip
AREA = Rule("P302-ZHE-028", _E, "{value} is no area of therapy.", _ANOTHER_KEY, "TA1 V21 5.5.3.3 ZHE")
# TA1 asks for 0; what was agreed by telephone is nowhere in the data, so it is no error.
FREQUENCY_NOT_ZERO = Rule(
    "P302-ZHE-029", _W,
    "In podology and nutrition the frequency is 0, not {value}.",
    "Enter 0.",
    "TA1 V21 5.5.3.3 ZHE",
)  # fmt: skip
DIAGNOSIS_MISSING = Rule(
    "P302-DIA-003", _E, "The prescription has no diagnosis.", "Enter the code on the prescription, or its words.",
    "TA1 V21 5.5.3.3, 5.5.3.9 DIA",
)  # fmt: skip
NURSE_ONLY_FOR_AIDS = Rule(
    "P302-ZHE-018", _E, "Feature 8, a nurse's recommendation, is only for aids.", "Take another one, or none.",
    "A3 V21 8.1.11",
)  # fmt: skip

VISIT_BEGIN = Rule(
    "P302-ESK-041", _E, "The time at which the visit began is missing.", "Enter it (details.time_from).",
    "TA1 V21 5.5.3.4 ESK",
)  # fmt: skip
VISITS_ORDER = Rule(
    "P302-ESK-042", _E, "The visit of {value} stands behind a later one.", "Put the visits in the order of time.",
    "TA1 V21 5.5.3.4 ESK",
)  # fmt: skip
VISIT_DIFFERS = Rule(
    "P302-ESK-043", _E,
    "Lines of the visit that began on {day} at {time} differ in {what}.",
    "Lines with the same day and beginning are one visit: give them the same end and minutes.",
    "TA1 V21 5.5.3.4 ESK",
)  # fmt: skip
PERFORMER_MISSING = Rule(
    "P302-EHK-044", _E,
    "The employee number of who did it is missing.",
    "Enter it, or a substitute of key 8.1.19: {choices}.",
    "TA1 V21 5.5.3.4 EHK, A3 V21 8.1.19",
)  # fmt: skip
PERFORMER = Rule(
    "P302-EHK-045", _E, "{value} is no employee number: nine digits.", "Enter nine digits, or a substitute.",
    "TA1 V21 5.5.3.4 EHK",
)  # fmt: skip
SUBSTITUTE = Rule(
    "P302-EHK-046", _E,
    "{value} is no substitute for an employee number that this group knows (key 8.1.19).",
    "Take one of {choices}.",
    "A3 V21 8.1.19",
)  # fmt: skip

FROM_STREET = Rule(
    "P302-KTL-002", _E, "Where the trip began is missing: the street, or the place of an emergency.", "Enter it.",
    "TA1 V21 5.5.3.6 KTL",
)  # fmt: skip
TO_STREET = Rule("P302-KTL-003", _E, "The street where the trip ended is missing.", "Enter it.", "TA1 V21 5.5.3.6 KTL")
TO_POSTAL_CODE = Rule(
    "P302-KTL-004", _E, "The postal code where the trip ended is missing.", "Enter it.", "TA1 V21 5.5.3.6 KTL"
)
TO_PLACE = Rule("P302-KTL-005", _E, "The place where the trip ended is missing.", "Enter it.", "TA1 V21 5.5.3.6 KTL")
TRIP_DIFFERS = Rule(
    "P302-KTL-008", _E, "The lines of trip {trip} differ in {what}.", "All lines of a trip carry the same.",
    "TA1 V21 5.5.3.6 KTL",
)  # fmt: skip
NOT_FOR_CONSUMPTION = Rule(
    "P302-ZUK-012", _E, "Copayment kind {value} is for aids for consumption.", "Take 01 or 02.", "A3 V21 8.1.13"
)
PRESCRIPTION_DATE_SOUGHT = Rule(
    "P302-ZKT-016", _W,
    "The date of the prescription is missing.",
    "Enter it, unless the prescription has none.",
    "TA1 V21 5.5.3.6 ZKT",
)  # fmt: skip

MIDWIFE_IK = Rule("P302-HEB-001", _E, "{value} is no institution code (IK): nine digits.", "Enter the midwife's IK.",
    "TA1 V21 5.5.3.7 HEB",
)  # fmt: skip
HOSPITAL_IK = Rule("P302-HEB-002", _E, "{value} is no institution code (IK): nine digits.", "Enter the hospital's IK.",
    "TA1 V21 5.5.3.7 HEB",
)  # fmt: skip
PZN_FILLED_UP = Rule(
    "P302-EHB-030", _E, "PZN {value} is one of seven digits filled up to eight, which TA1 forbids.",
    "Enter the seven digits.", "TA1 V21 5.5.3.7 EHB",
)  # fmt: skip
BIRTH_KEY = Rule("P302-ZHB-020", _E, "{value} is no key of a birth date (key 8.1.16).", _ANOTHER_KEY, "A3 V21 8.1.16")
BIRTH_KEY_MISSING = Rule(
    "P302-ZHB-021", _E, "Whether the child's birth date is actual or expected is missing (key 8.1.16).", _ANOTHER_KEY,
    "TA1 V21 5.5.3.7 ZHB",
)  # fmt: skip
CHILD_BIRTH_DATE = Rule(
    "P302-ZHB-022", _E, "The child's birth date is missing.", "Enter the actual date, or the expected one.",
    "TA1 V21 5.5.3.7 ZHB",
)  # fmt: skip
BORN_IN_FUTURE = Rule(
    "P302-ZHB-023", _E, "The child's actual birth date {value} lies in the future.",
    "Mend the date, or say that it is the expected one.", "TA1 V21 5.5.3.7 ZHB",
)  # fmt: skip
BIRTH_TIME = Rule(
    "P302-ZHB-024", _E, "{value} is no time of birth: HHMM, or 9999.", "Make the file again.", "TA1 V21 5.5.3.7 ZHB"
)
CHILDREN = Rule(
    "P302-ZHB-025", _E, "{value} children do not fit: one digit, from 2 of a multiple birth.", "Mend the number.",
    "TA1 V21 5.5.3.7 ZHB",
)  # fmt: skip

ZUZ_SENT = Rule(
    "P302-ZUZ-001", _E, "ZUZ is reserved and must not be sent.", "Make the file again.", "TA1 V21 5.5.3.8 ZUZ"
)
FIRST_CONTACT = Rule(
    "P302-ERS-001", _E, "The day of the first contact is missing.", "Enter it (details.care_began_on).",
    "TA1 V21 5.5.3.9 ERS",
)  # fmt: skip
FIRST_CONTACT_LATER = Rule(
    "P302-ERS-002", _E, "The first contact of {value} is after a service of {day}.", "Compare both days.",
    "TA1 V21 5.5.3.9 ERS, 6.3",
)  # fmt: skip
TOO_FEW_DEPLOYMENTS = Rule(
    "P302-ESP-047", _W,
    "Quantity {value}, but only {count} deployments; but for kilometres there is one for each.",
    "Enter all deployments (details.deployments).",
    "TA1 V21 5.5.3.9 ZZL",
)  # fmt: skip
DEPLOYMENT_ORDER = Rule(
    "P302-ZZL-042", _E, "The deployment of {value} stands behind a later one.",
    "Put the deployments in the order of time.", "TA1 V21 5.5.3.9 ZZL",
)  # fmt: skip
ID_AND_BEGIN = Rule(
    "P302-ZZL-048", _E, "A deployment has an id ({value}) or a time at which it began, not both.",
    "Take one of them out.", "TA1 V21 5.5.3.9 ZZL",
)  # fmt: skip
DEPLOYMENT_END = Rule(
    "P302-ZZL-049", _E, "The deployment ends before it begins.", "Swap or mend day and time.", "TA1 V21 6.3"
)
DOCTOR_MISSING = Rule(
    "P302-ZZL-050", _E,
    "Employee number 999999995 says that a doctor did it, but no doctor's number (LANR) is given.",
    "Enter it, or 333333300 where the doctor has none.",
    "TA1 V21 5.5.3.9 ZZL, A3 V21 8.1.19",
)  # fmt: skip
DOCTOR = Rule(
    "P302-ZZL-051", _E, "{value} is no doctor's number (LANR): nine digits.", "Enter nine digits, or 333333300.",
    "TA1 V21 5.5.3.9 ZZL",
)  # fmt: skip
PRESCRIBED_FROM = Rule(
    "P302-ZSP-021", _E, "The day from which care was prescribed is missing.", "Enter it.", "TA1 V21 5.5.3.9 ZSP"
)
PRESCRIBED_TO = Rule(
    "P302-ZSP-022", _E, "The day to which care was prescribed is missing.", "Enter it.", "TA1 V21 5.5.3.9 ZSP"
)
PRESCRIBED_ORDER = Rule(
    "P302-ZSP-023", _E, "Care was prescribed to a day before it begins.", "Swap or mend the dates.", "TA1 V21 6.3"
)
# A prescription may be longer than the quarter that is billed, and emergencies happen: so it is a warning.
OUTSIDE_PRESCRIPTION = Rule(
    "P302-ZZL-052", _W, "The service of {value} is in none of the periods that were prescribed.", "Compare the dates.",
    "TA1 V21 6.3",
)  # fmt: skip

CONSULTATION_KIND = Rule(
    "P302-IBP-001", _E, "{value} is no kind of consultation.", _ANOTHER_KEY, "TA1 V21 5.5.3.10 IBP"
)
CONSULTATION_INCOMPLETE = Rule(
    "P302-IBP-002", _E, "Of a consultation the {what} is missing.", "Enter it, or take the consultation out.",
    "TA1 V21 5.5.3.10 IBP",
)  # fmt: skip
CONSULTATION_ORDER = Rule(
    "P302-IBP-003", _E, "A consultation ends before it begins.", "Swap or mend the dates.", "TA1 V21 6.3"
)
CONSULTATION_REASON = Rule(
    "P302-IBP-004", _W, "Another consultation (kind 2) is explained in a text, and there is none.",
    "Enter the reason as text.", "TA1 V21 5.5.3.10 TXT",
)  # fmt: skip

SERVICE_END = Rule(
    "P302-EHP-053", _E, "The last day of the service is missing.", "Enter it (service_to).", "TA1 V21 5.5.3.11 EHP"
)
SERVICE_ORDER = Rule("P302-EHP-054", _E, "The service ends before it begins.", "Swap or mend the dates.", "TA1 V21 6.3")
# Contracts differ in whether the days of coming and going count, so only more days than there are is wrong.
DAYS = Rule(
    "P302-EHP-055", _E, "{value} days are billed, but the period has {expected}.", "Compare quantity and dates.",
    "TA1 V21 5.5.3.11 EHP",
)  # fmt: skip

QUANTITY_KIND = Rule("P302-AHK-055", _E, "{value} is no kind of quantity.", _ANOTHER_KEY, "TA1 V21 5.5.3.12 AHK")
QUANTITY_KIND_MISSING = Rule(
    "P302-AHK-056", _E, "The kind of the quantity is missing.", _ANOTHER_KEY, "TA1 V21 5.5.3.12 AHK"
)
MONTH_END = Rule(
    "P302-AHK-057", _E, "A flat rate for a month (kind 4) needs the last day of care.", "Enter details.supply_to.",
    "TA1 V21 5.5.3.12 AHK",
)  # fmt: skip
MONTH_END_SAME = Rule(
    "P302-AHK-058", _E, "The last day of care, {value}, is not after the first one.",
    "Mend it; of a single day take kind 1.", "TA1 V21 5.5.3.12 AHK",
)  # fmt: skip
DEPLOYMENT_DAY = Rule(
    "P302-ASK-059", _E, "A deployment of {value} in a line of {expected}.",
    "With kinds 1, 2 and 3 a line is for one day: make a line a day.", "TA1 V21 5.5.3.12 ASK",
)  # fmt: skip
DEPLOYMENT_TIMES = Rule(
    "P302-ASK-060", _E, "Of a deployment the {what} is missing.", "Enter it (details.deployments).",
    "TA1 V21 5.5.3.12 ASK",
)  # fmt: skip
NOT_ASSIGNED = Rule(
    "P302-ASK-061", _E,
    "Employee number 999999990 is only for positions that begin with 01, 05 or 06 and have 4 or 6 at the fourth place.",
    "Enter the employee number.",
    "A3 V21 8.1.19",
)  # fmt: skip

APPROVAL_MISSING = Rule(
    "P302-SKZ-005", _E, "A prescription has no approval, but this group demands one.",
    "Enter number, date and kind of the approval.", "TA1 V21 5.5.3.4, 9, 11, 12 SKZ",
)  # fmt: skip
PSEUDO_NUMBER = Rule(
    "P302-SKZ-006", _E, "With a provisional approval (kind {kind}) the number is Pseudo, not {value}.",
    "Enter Pseudo, or another kind.", "TA1 V21 5.5.3.4, 12 SKZ",
)  # fmt: skip
PSEUDO_DATE = Rule(
    "P302-SKZ-007", _E, "With a provisional approval (kind {kind}) its date is that of the prescription, {expected}.",
    "Enter the date of the prescription.", "TA1 V21 5.5.3.4, 12 SKZ",
)  # fmt: skip

_PRICED = (
    PROVIDER_GROUP, ACCOUNTING_CODE, TARIFF_REGION, SPECIAL_TARIFF, POSITION_MISSING, POSITION_FORMAT, QUANTITY,
    PRICE_DECIMALS, PRICE_NEGATIVE, PRICE_ZERO, COST_ESTIMATE_WITHOUT_APPROVAL, GROSS_PRICE, SHARE_UNKNOWN,
)  # fmt: skip
_DATED = (SERVICE_DATE, SERVICE_IN_FUTURE, SERVICE_BEFORE_PRESCRIPTION, SERVICE_OLD)
_UNIT_COPAYMENT = (COPAYMENT_OF_UNIT, COPAYMENT_PARTS, COPAYMENT_DECIMALS, UNIT_COPAYMENT_NEGATIVE)
_DOCTOR = (
    PRACTICE_MISSING, PRACTICE_DIGITS, PRACTICE_LENGTH, PHYSICIAN_MISSING, PHYSICIAN_DIGITS, PHYSICIAN_CHECK,
    PRESCRIPTION_IN_FUTURE,
)  # fmt: skip
_COPAYMENT_MARK = (COPAYMENT_MARK_MISSING, COPAYMENT_MARK, COPAYMENT_THOUGH_EXEMPT, NO_COPAYMENT_THOUGH_DUE)
_PERFORMER = (PERFORMER_MISSING, PERFORMER, SUBSTITUTE)
_FEATURE = (FEATURE, NURSE_ONLY_FOR_AIDS)

_HOLDS_IN: Mapping[str, tuple[str, tuple[Rule, ...]]] = {
    "EHE": ("5.5.3.3", (*_PRICED, *_DATED, *_UNIT_COPAYMENT)),
    "ZHE": ("5.5.3.3", (*_DOCTOR, *_COPAYMENT_MARK, PRESCRIPTION_DATE, ACCIDENT, COMPENSATION, *_FEATURE)),
    "ESK": ("5.5.3.4", _DATED),
    "EHK": ("5.5.3.4", (*_PRICED, *_PERFORMER)),
    "ELP": ("5.5.3.4, 5.5.3.5", (POSITION_MISSING, POSITION_FORMAT, QUANTITY)),
    "ZHK": ("5.5.3.4, 5.5.3.12", (*_DOCTOR, PRESCRIPTION_DATE, ACCIDENT, COMPENSATION, *_FEATURE)),
    "ESH": ("5.5.3.5", (*_DATED, VISIT_BEGIN, VISITS_ORDER, VISIT_DIFFERS)),
    "EHH": ("5.5.3.5", _PRICED),
    "ZHH": ("5.5.3.5", (*_DOCTOR, PRESCRIPTION_DATE, ACCIDENT, COMPENSATION, *_FEATURE)),
    "KTL": ("5.5.3.6", (AID_NUMBERS, POSTAL_CODE, COUNTRY)),
    "EKT": ("5.5.3.6", (*_PRICED, *_DATED, END_WITHOUT_BEGINNING)),
    "ZUK": (
        "5.5.3.6",
        (
            COPAYMENT_TOO_HIGH, COPAYMENT_NEGATIVE, COPAYMENT_KIND, COPAYMENT_KIND_MISSING, COPAYMENT_PERCENT,
            COPAYMENT_LIMIT, AID_DIFFERS, AID_GROSS, AID_UNKNOWN,
        ),
    ),
    "ZKT": ("5.5.3.6", (*_DOCTOR, *_COPAYMENT_MARK, ACCIDENT, COMPENSATION)),
    "HEL": ("5.5.3.7", (SERVICE_DATE, SERVICE_IN_FUTURE, SERVICE_OLD)),
    "EHB": ("5.5.3.7", (*_PRICED, PZN, END_WITHOUT_BEGINNING, POSTAL_CODE, COUNTRY)),
    "ZHB": ("5.5.3.7", _DOCTOR),
    "ENF": ("5.5.3.8", (*_PRICED, *_DATED, *_UNIT_COPAYMENT)),
    "SUT": ("5.5.3.8", (SUPPLY_PERIOD_OPEN, SUPPLY_PERIOD_ORDER, END_WITHOUT_BEGINNING)),
    "ZUV": ("5.5.3.8", (*_DOCTOR, *_COPAYMENT_MARK, ACCIDENT, COMPENSATION, *_FEATURE)),
    "ESP": ("5.5.3.9", _PRICED),
    "ZZL": ("5.5.3.9", (*_DATED, *_PERFORMER)),
    "ZSP": ("5.5.3.9", (*_DOCTOR, PRESCRIPTION_DATE, ACCIDENT, *_FEATURE)),
    "EGV": (
        "5.5.3.10",
        (
            *(rule for rule in _PRICED if rule is not POSITION_FORMAT),
            SERVICE_DATE, SERVICE_IN_FUTURE, SERVICE_OLD, SERVICE_ORDER,
        ),
    ),
    "EHP": ("5.5.3.11", (*_PRICED, SERVICE_DATE, SERVICE_IN_FUTURE, SERVICE_OLD)),
    "AHK": ("5.5.3.12", (*(rule for rule in _PRICED if rule is not PRICE_NEGATIVE), *_DATED)),
    "ASK": ("5.5.3.12", (*_PERFORMER, SERVICE_IN_FUTURE, SERVICE_OLD)),
    "EMP": (
        "5.5.3.13",
        (*_PRICED, SERVICE_DATE, SERVICE_IN_FUTURE, SERVICE_OLD, SERVICE_END, SERVICE_ORDER, END_WITHOUT_BEGINNING, *_PERFORMER),
    ),
}  # fmt: skip
"""Segment → its section of TA1, and the rules of other segments that hold in it too."""

_NO_VAT = frozenset({"EHK", "EHH", "ESP", "EGV", "EHP", "AHK", "EMP"})
"""Positions whose price always has the VAT in it."""

_WORDS: Mapping[str, tuple[str, str]] = {
    POSITION_MISSING.code: (POSITION_MISSING.text, "Enter the number of the contract's list."),
    POSITION_FORMAT.code: (
        "{value} is no position number of {length} digits.",
        "Compare it with the contract's list.",
    ),
    SERVICE_DATE.code: (SERVICE_DATE.text, "Enter the day of the service."),
    PRESCRIPTION_DATE.code: (PRESCRIPTION_DATE.text, "Enter the date of the prescription or certificate."),
    PRICE_DECIMALS.code: (
        PRICE_DECIMALS.text,
        "Round the price, or set `static_one` for a receiver that accepts it.",
    ),
}
"""What a rule says where it is not about aids."""


_AID = re.compile(r"(?<!\{)\baid(s?)\b")

_POSITIONS: Mapping[str, str] = {
    "EHE": "8.2.1", "EHK": "8.2.4", "EHH": "8.2.4", "ELP": "8.2.4", "EKT": "8.2.5", "EHB": "8.2.6",
    "ENF": "8.2.3, 8.2.8 to 8.2.10", "ESP": "8.2.11", "EHP": "8.2.12", "AHK": "8.2.13", "EMP": "8.2.14",
}  # fmt: skip
"""Position → where Anlage 3 says how long its numbers are."""

_NUMBERS: Mapping[tuple[str, str], str] = {(POSTAL_CODE.code, "EHB"): "036", (COUNTRY.code, "EHB"): "037"}
"""Variants whose own number is taken in the other segment."""


# Aids may have other numbers by contract, and a PZN of an aid only stands for one; elsewhere TA1 and A3 leave no choice.
_WEIGHTS: Mapping[tuple[str, str], Severity] = {(PZN.code, "EHB"): _E}
"""Variants that weigh otherwise than the rule they come from."""


def _variant(rule: Rule, tag: str, section: str) -> Rule:
    """The rule as it holds in another segment: the same number, and the words that fit there."""
    own = rule.code[5:8]
    text, mend = _WORDS.get(rule.code, (rule.text, rule.mend))
    if rule is GROSS_PRICE and tag in _NO_VAT:
        text = (
            "{value} divided by the quantity is no price with two decimals, and this group has no VAT beside the price."
        )
        mend = "Give the price with VAT and no vat_rate, or set `static_one` for the receiver."
    if own in ("ZUH", "HIL"):
        text, mend = (_AID.sub(r"trip\1", words.replace("an aid", "a trip")) for words in (text, mend))
    source = rule.source
    if source.startswith("TA1 V21 5.5.3."):
        rest = source.partition(",")[2] if ", §" in source or ", A3" in source else ""
        source = f"TA1 V21 {section} {tag}" + (f",{rest}" if rest else "")
    if rule is POSITION_FORMAT:
        source = f"A3 V21 {_POSITIONS[tag]}"
    number = _NUMBERS.get((rule.code, tag), rule.code[-3:])
    severity = _WEIGHTS.get((rule.code, tag), _E if rule is POSITION_FORMAT else rule.severity)
    return replace(rule, code=f"P302-{tag}-{number}", severity=severity, text=text, mend=mend, source=source)


VARIANTS: Mapping[tuple[str, str], Rule] = {
    (rule.code, tag): _variant(rule, tag, section)
    for tag, (section, rules) in _HOLDS_IN.items()
    for rule in rules
    if rule.code[5:8] != tag
}
"""(code of a rule, another segment) → the rule as it holds there."""


def in_segment(rule: Rule, tag: str) -> Rule | None:
    """The rule as it holds in this segment; None when it does not."""
    return rule if rule.code[5:8] == tag else VARIANTS.get((rule.code, tag))


# --- Auftragsdatei ----------------------------------------------------------------------------------------------------

ORDER_SIZE = Rule(
    "P302-AUF-001",
    _E,
    "An order file (Auftragsdatei) has 348 bytes, this one {value}.",
    "Make the file again.",
    "GGT Anlage 2",
)
ORDER_PROCEDURE = Rule(
    "P302-AUF-002", _E, "{value} is no procedure of §302: ESOL0 or TSOL0.", "Make the file again.", "GGT Anlage 4"
)
ORDER_CRYPTO = Rule(
    "P302-AUF-003", _E,
    "Encryption and signature are {value}; only 00 and 00, or 03 and 03 are allowed.",
    "Make the file again.",
    "GGT Anlage 2",
)  # fmt: skip
ORDER_CHARSET = Rule(
    "P302-AUF-004", _E, "{value} is no character set.", "Take I1, I5, I7, I8, EB, P8, U8 or BI.", "GGT Anlage 2"
)

_REFUSED_BY_RECEIVERS = frozenset({"EDI-ELM-012"})
"""Read all the same, but against TA1 V21 5.1 (10): an error here."""


def _weight(code: str, severity: str) -> Severity:
    return Severity.ERROR if code in _REFUSED_BY_RECEIVERS else Severity(severity)


_OWN = [rule for rule in list(globals().values()) if isinstance(rule, Rule)]
WIRE: dict[str, Rule] = {
    kind.code: Rule(
        kind.code,
        _weight(kind.code, kind.severity),
        kind.text[0].upper() + kind.text[1:] + ".",
        kind.mend[0].upper() + kind.mend[1:] + ".",
        "TA1 V21 5.1, 5.2, 6.1, 6.2",
    )
    for kind in PROBLEM_KINDS.values()
}
"""What the wire finds by itself: syntax, order, counts, type, length, character set (levels 1 and 2 of TA1 6)."""

RULES: tuple[Rule, ...] = tuple(
    sorted(
        (*_OWN, *VARIANTS.values(), *payer_rules.RULES, *reply_rules.RULES, *WIRE.values()), key=lambda rule: rule.code
    )
)
"""All rules of this scheme, by code."""


def on_item(finding: Finding, item: int, field: str) -> Finding:
    """The same finding, placed on a field of an item."""
    return replace(finding, item=item, field=field)


def from_wire(
    problem: Problem, *, item: int | None = None, field: str | None = None, suggestion: str | None = None
) -> Finding:
    """A problem of the wire as a finding: code, weight, text and place carry over."""
    where = problem.where
    return Finding(
        code=problem.code,
        severity=_weight(problem.code, problem.severity),
        message=problem.message,
        mend=problem.mend,
        source=problem.source or WIRE[problem.code].source,
        item=item,
        field=field,
        value=problem.value or None,
        suggestion=suggestion,
        line=where.line,
        segment=where.segment,
        tag=where.tag,
        element=where.element,
    )
