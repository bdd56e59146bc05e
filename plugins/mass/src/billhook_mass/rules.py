"""Every rule of the scheme, once: what is wrong, what the clerk can do about it, and where it is said.

M01 to M08 are the checks that a profile weighs. What is beside them is what a careful clerk looks at before an invoice leaves.
"""

from __future__ import annotations

from billhook.model import Rule, Severity

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE
_LWL = "LWL, Hinweise zur Abrechnung SGB XII, chapter 8"
_PAGES = "LWL, MASS, information for providers"
_PROFILE = "profile"

# --- M01 to M08 -------------------------------------------------------------------------------------------------------

SUM = Rule(
    "MASS-M01-001",
    _E,
    "Invoice {invoice}: its lines come to {lines}, its total says {value}.",
    "Make the file again.",
    _PROFILE,
)
PRICE = Rule(
    "MASS-M02-001",
    _E,
    "The price of a unit is {value}; {rate} at {percent} % are {expected}.",
    "Mend the unit price, the rate or the percentage.",
    _PROFILE,
)
SHARES = Rule(
    "MASS-M02-002",
    _E,
    "The line asks for {value}; quantity × rate × percent are {expected}.",
    "Lines to this payer have no tax and no shares of the client; take them off.",
    _PROFILE,
)
DAYS = Rule(
    "MASS-M03-001",
    _E,
    "{value} days present and absent do not fit into {first} to {last} ({days} days).",
    "Mend the days or the period.",
    _PROFILE,
)
OTHER_MONTH = Rule(
    "MASS-M03-002", _E, "{value} is not in the month of service {month}.", "Bill each month on its own.", _PROFILE
)
BACKWARDS = Rule(
    "MASS-M03-003", _E, "The last day {value} is before the first day {first}.", "Mend the period.", _PROFILE
)
NO_PERIOD = Rule("MASS-M03-004", _E, "The line has no first day of service.", "State the first day.", _PROFILE)
NO_MONTH = Rule("MASS-M03-005", _E, "{value} is no month; write YYYY-MM.", "Mend the month of service.", _PROFILE)
MONTH_FULL = Rule(
    "MASS-M03-006",
    _E,
    "{value} days of {service} are billed for {month}, which has {days}.",
    "Look for a line too many, also in other facilities.",
    _PROFILE,
)
QUANTITY_DAYS = Rule(
    "MASS-M03-007",
    _E,
    "The quantity is {value}, but the line states {days} days of its kind.",
    "Make quantity and days the same.",
    _PROFILE,
)
NO_REFERENCE = Rule(
    "MASS-M04-001",
    _E,
    "The person's reference at the payer (Aktenzeichen) is missing.",
    "Take it from the grant.",
    f"{_LWL}, 1.4",
)
NO_GRANT = Rule(
    "MASS-M04-002",
    _E,
    "There is no grant of {payer} to this person for {value}.",
    "Ask for the grant, or enter it: billhook mass grants import.",
    f"{_LWL}, 1.1",
)
NOT_IN_FORCE = Rule(
    "MASS-M04-003",
    _E,
    "{count} of the billed days are in no grant for {service}, the first is {value}.",
    "Ask for an extension, or bill only the days that are granted.",
    f"{_LWL}, 1.1",
)
OTHER_REFERENCE = Rule(
    "MASS-M04-004",
    _E,
    "The person's reference is {value}, the grant says {granted}.",
    "Take the one of the grant.",
    f"{_LWL}, 1.4",
)
USED_UP = Rule(
    "MASS-M04-005",
    _E,
    "Grant {grant} has {granted} {unit} per {per}; with this line {value} are billed.",
    "Bill what is left, or ask for more.",
    f"{_LWL}, 1.1",
)
OTHER_UNIT = Rule(
    "MASS-M04-006",
    _E,
    "The line counts {value}, the grant {granted}.",
    "Bill in the unit of the grant.",
    f"{_LWL}, 1.1",
)
UNKNOWN_PERSON = Rule(
    "MASS-M04-007",
    _E,
    "No grant of any payer is known for this person.",
    "Look at the person's number; enter the grant: billhook mass grants import.",
    f"{_LWL}, 1.1",
)
NO_RATE = Rule(
    "MASS-M05-001",
    _E,
    "No rate is agreed for {service} on {value}.",
    "Enter the agreement: billhook mass rates import.",
    "§ 125 SGB IX",
)
OTHER_RATE = Rule(
    "MASS-M05-002",
    _E,
    "The rate is {value}; on {day} {agreed} is agreed.",
    "Take the agreed rate; where it changed within the month, bill two lines.",
    "§ 125 SGB IX",
)
DOUBLE = Rule(
    "MASS-M06-001",
    _E,
    "This is billed already: item {value}.",
    "Take one of them out, or make it a correction: billhook follow.",
    _PROFILE,
)
OVERLAP = Rule(
    "MASS-M06-002",
    _E,
    "The period overlaps that of item {value}, the same person and service.",
    "Mend the periods, or make it a correction.",
    _PROFILE,
)
LETTERS = Rule(
    "MASS-M07-001",
    _E,
    "{column} has letters that {encoding} has not.",
    "Write them otherwise, as the payer knows the name.",
    _PROFILE,
)
NO_TWIN = Rule(
    "MASS-M08-001",
    _E,
    "Invoice {value} has no paper twin.",
    "Export again; in the pilot phase the payer pays on paper.",
    _PAGES,
)
OTHER_TWIN = Rule(
    "MASS-M08-002",
    _E,
    "Invoice {invoice} says {value} on paper and {digital} in the file.",
    "Send neither; tell the author.",
    _PAGES,
)

# --- Payer, facility, phase -------------------------------------------------------------------------------------------

UNKNOWN_PAYER = Rule(
    "MASS-PARTY-001",
    _E,
    "{value} is no payer of these settings.",
    "Add it to [[schemes.mass.payers]], or mend the item's payer.",
    "settings",
)
UNKNOWN_FACILITY = Rule(
    "MASS-PARTY-002",
    _E,
    "{value} is no facility of these settings.",
    "Add it to [[schemes.mass.facilities]], or mend the item's provider.",
    "settings",
)
WRONG_PROFILE = Rule(
    "MASS-PARTY-003",
    _E,
    "The profile {profile} is not for the payer {value}.",
    "Name the payer's profile in the settings.",
    "settings",
)
NO_BILLER_REFERENCE = Rule(
    "MASS-PARTY-004",
    _E,
    "The reference that {value} gave the biller is missing for facility {facility}.",
    "Add `biller` to the facility's references.",
    f"{_LWL}, 1.4",
)
NO_FACILITY_NUMBER = Rule(
    "MASS-PARTY-005",
    _E,
    "The number that facility {facility} has at {value} is missing.",
    "Add `facility` to the facility's references.",
    _PROFILE,
)
NO_PERSON = Rule(
    "MASS-PARTY-006",
    _E,
    "The person has no number of your own, so grants and absences cannot be found.",
    "State client.number.",
    "grants",
)
NOT_IN_PILOT = Rule(
    "MASS-PHASE-001",
    _E,
    "Facility {facility} is {phase} with {payer}: nothing is billed through MASS yet.",
    "When the pilot begins: billhook mass phase set {payer} {facility} pilot --from DAY.",
    _PAGES,
)
SUSPENDED = Rule(
    "MASS-PHASE-002",
    _E,
    "Billing of facility {facility} with {payer} is suspended.",
    "Clear it with the payer, then set the phase again: billhook mass phase set.",
    _PAGES,
)
NO_RELEASE = Rule(
    "MASS-PHASE-003",
    _E,
    "Facility {facility} is live with {payer}, but the payer's release is not entered.",
    "Enter it: billhook mass phase set {payer} {facility} live --from DAY --document TEXT.",
    _PAGES,
)

# --- Units, absences, hours -------------------------------------------------------------------------------------------

UNIT = Rule("MASS-UNIT-001", _E, "{value} is no unit: day, month, hour or flat.", "Mend the unit.", _PROFILE)
DAY_KIND = Rule(
    "MASS-UNIT-002", _E, "{value} is no kind of day: present, reserved or unpaid.", "Mend the kind of day.", _PROFILE
)
NO_QUANTITY = Rule(
    "MASS-UNIT-003",
    _E,
    "A quantity of {value} cannot be billed.",
    "Mend the quantity; a line is taken back by a cancellation.",
    _PROFILE,
)
WHOLE_DAYS = Rule("MASS-UNIT-004", _E, "{value} days are no whole days.", "Bill whole days.", _PROFILE)
SEVERAL_MONTHS = Rule(
    "MASS-UNIT-005",
    _E,
    "A voucher is one person's month, but its lines are of {value}.",
    "Make a voucher a month.",
    _PROFILE,
)
ABSENCE_KIND = Rule(
    "MASS-ABS-001", _E, "{value} is no kind of absence of the profile.", "Take one of {kinds}.", _PROFILE
)
ABSENCE_PERCENT = Rule(
    "MASS-ABS-002",
    _E,
    "An absence of this kind is paid with {expected} %, the line says {value} %.",
    "Mend the percentage, or the profile where the agreement says otherwise.",
    f"{_LWL}, Platzgebühr",
)
ABSENCE_LIMIT = Rule(
    "MASS-ABS-003",
    _E,
    "{value} of these days of absence are beyond the limit of {limit} days per {per}.",
    "Bill them with {after} %.",
    f"{_LWL}, Platzgebühr",
)
ABSENCE_COUNT = Rule(
    "MASS-ABS-004",
    _E,
    "The line bills {value} days as {kind}; the occupancy and the absences entered say {expected}.",
    "Build the month again: billhook mass month; or mend what is entered.",
    f"{_LWL}, Berechnungstage",
)
ABSENCE_NOTICE = Rule(
    "MASS-ABS-005",
    _W,
    "The payer was to know of the absence from {value} within {days} days; no day of notice in time is entered.",
    "Tell the payer, and enter the day: billhook mass absences import.",
    _PROFILE,
)
NO_ABSENCE = Rule(
    "MASS-ABS-006", _E, "Days of the kind {value} need the kind of absence.", "State details.absence.", _PROFILE
)
NOT_THERE = Rule(
    "MASS-STAY-001",
    _E,
    "{count} of the days are outside the person's stay in the facility, the first is {value}.",
    "Bill only days of the stay, or mend it: billhook mass stays import.",
    f"{_LWL}, Berechnungstage",
)
CONTACTS = Rule(
    "MASS-FLS-001",
    _E,
    "{value} are no minutes of contacts: whole numbers with blanks between them.",
    "Mend details.contacts.",
    _PROFILE,
)
HOURS = Rule(
    "MASS-FLS-002",
    _E,
    "The contacts come to {expected} hours by the payer's rounding, the line says {value}.",
    "Take the rounded hours.",
    "LWL, Abrechnungsmodalitäten FLS/EH",
)
MISSED = Rule(
    "MASS-FLS-003",
    _E,
    "A missed contact is paid with {expected} %, the line says {value} %.",
    "Mend the percentage.",
    "LWL, Abrechnungsmodalitäten FLS/EH",
)
MISSED_WITHOUT = Rule(
    "MASS-FLS-004",
    _E,
    "A missed contact needs its planned minutes.",
    "State details.contacts.",
    "LWL, Abrechnungsmodalitäten FLS/EH",
)

# --- Columns of the file ----------------------------------------------------------------------------------------------

EMPTY = Rule("MASS-FIT-001", _E, "{column} is empty and must be filled.", "Fill {field_name}.", _PROFILE)
LONG = Rule(
    "MASS-FIT-002", _E, "{column} takes {limit} characters; there are {length}.", "Shorten {field_name}.", _PROFILE
)
PLACES = Rule(
    "MASS-FIT-003",
    _E,
    "{column} takes {places} decimal places; {value} has more.",
    "Round {field_name} as agreed.",
    _PROFILE,
)
NO_KEY = Rule(
    "MASS-FIT-004",
    _E,
    "{value} is not in the key table of {column}.",
    "Add it to the profile, or mend {field_name}.",
    _PROFILE,
)
FORMULA = Rule(
    "MASS-FIT-005",
    _W,
    "{column} begins like a formula; an apostrophe is written before it.",
    "Write {field_name} otherwise.",
    _PROFILE,
)
FORMULA_REFUSED = Rule(
    "MASS-FIT-006",
    _E,
    "{column} begins like a formula, which the payer's format forbids.",
    "Write {field_name} otherwise.",
    _PROFILE,
)
CONTROL = Rule(
    "MASS-FIT-007",
    _E,
    "{column} has a line break or another control character.",
    "Take it out of {field_name}.",
    _PROFILE,
)
QUOTE = Rule(
    "MASS-FIT-008",
    _E,
    "{column} has a separator in it, and the payer's format knows no quotes.",
    "Write {field_name} otherwise.",
    _PROFILE,
)

# --- Corrections ------------------------------------------------------------------------------------------------------

NAMES_NOTHING = Rule(
    "MASS-CORR-001",
    _E,
    "A {value} must name the invoice that it corrects.",
    "State details.corrects_invoice, or use billhook follow.",
    _PROFILE,
)
NOT_CANCELLED = Rule(
    "MASS-CORR-002",
    _E,
    "The line states item {value} anew, which is billed and not cancelled.",
    "Cancel it as well: billhook follow {value} --kind cancellation.",
    _PROFILE,
)
CANCELLED_TWICE = Rule(
    "MASS-CORR-003", _E, "Item {value} is cancelled already.", "Take one of the cancellations out.", _PROFILE
)
NOT_NEGATIVE = Rule(
    "MASS-CORR-004",
    _E,
    "A cancellation takes back; its quantity {value} is not negative.",
    "Make it negative.",
    _PROFILE,
)

# --- Files and tables that are read -----------------------------------------------------------------------------------

NOT_OURS = Rule(
    "MASS-FILE-001",
    _E,
    "The file does not look like an invoice file of the profile {value}.",
    "Name the profile it was made by.",
    _PROFILE,
)
NO_RESULT = Rule(
    "MASS-FILE-002",
    _E,
    "The file is no readable result of the portal.",
    "It has `file` and `result` (accepted or rejected); see the reference.",
    "docs: reference/mass",
)
REGISTER_ROW = Rule("MASS-REG-001", _E, "{what}.", "{how}", "tables of grants, rates, stays, absences")
REGISTER_OVERLAP = Rule(
    "MASS-REG-002",
    _E,
    "The row overlaps that of line {value}.",
    "End the earlier one before the later one begins.",
    "tables of grants, rates, stays, absences",
)

# --- Building a month -------------------------------------------------------------------------------------------------

DAYS_WITHOUT_GRANT = Rule(
    "MASS-MONTH-001",
    _W,
    "{count} days of a person in facility {facility} are in no grant and were not billed, the first is {value}.",
    "Ask for the grant, enter it, and build the month again.",
    f"{_LWL}, 1.1",
)
MONTH_WITHOUT_RATE = Rule(
    "MASS-MONTH-002",
    _W,
    "No rate is agreed for {value}; the line has no price.",
    "Enter the agreement, and build the month again: billhook mass rates import.",
    "§ 125 SGB IX",
)
STALE = Rule(
    "MASS-MONTH-003",
    _W,
    "Open item {value} no longer follows from what is entered.",
    "Delete it: billhook items delete {value} --reset; or mend what is entered and build the month again.",
    _PROFILE,
)
MONTH_KIND = Rule(
    "MASS-MONTH-004",
    _W,
    "{value} is no kind of absence of the profile; these days count as present.",
    "Mend the absence or the profile.",
    _PROFILE,
)

# --- Reminders --------------------------------------------------------------------------------------------------------

NOT_UPLOADED = Rule(
    "MASS-DUE-001",
    _W,
    "File {value} waits to be uploaded to the portal.",
    "billhook mass outbox show {exchange}",
    _PAGES,
)
NOT_POSTED = Rule(
    "MASS-DUE-002",
    _W,
    "The paper invoices of file {value} are not posted; in the pilot phase only they are paid.",
    "Post them, then: billhook sent {exchange}",
    _PAGES,
)
GRANT_ENDS = Rule(
    "MASS-DUE-003",
    _W,
    "Grant {grant} of {payer} for {service} ends on {value}, and no other goes on.",
    "Ask for an extension.",
    f"{_LWL}, 1.1",
)

RULES: tuple[Rule, ...] = (
    SUM, PRICE, SHARES, DAYS, OTHER_MONTH, BACKWARDS, NO_PERIOD, NO_MONTH, MONTH_FULL, QUANTITY_DAYS, NO_REFERENCE, NO_GRANT,
    NOT_IN_FORCE, OTHER_REFERENCE, USED_UP, OTHER_UNIT, UNKNOWN_PERSON, NO_RATE, OTHER_RATE, DOUBLE, OVERLAP, LETTERS, NO_TWIN,
    OTHER_TWIN, UNKNOWN_PAYER, UNKNOWN_FACILITY, WRONG_PROFILE, NO_BILLER_REFERENCE, NO_FACILITY_NUMBER, NO_PERSON, NOT_IN_PILOT,
    SUSPENDED, NO_RELEASE, UNIT, DAY_KIND, NO_QUANTITY, WHOLE_DAYS, SEVERAL_MONTHS, ABSENCE_KIND, ABSENCE_PERCENT, ABSENCE_LIMIT,
    ABSENCE_COUNT, ABSENCE_NOTICE, NO_ABSENCE, NOT_THERE, CONTACTS, HOURS, MISSED, MISSED_WITHOUT, EMPTY, LONG, PLACES, NO_KEY,
    FORMULA, FORMULA_REFUSED, CONTROL, QUOTE, NAMES_NOTHING, NOT_CANCELLED, CANCELLED_TWICE, NOT_NEGATIVE, NOT_OURS,
    NO_RESULT, REGISTER_ROW, REGISTER_OVERLAP, DAYS_WITHOUT_GRANT, MONTH_WITHOUT_RATE, STALE, MONTH_KIND, NOT_UPLOADED,
    NOT_POSTED, GRANT_ENDS,
)  # fmt: skip
"""All rules of the scheme but those of files that others made (`reading_rules`)."""
