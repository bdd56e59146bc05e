"""Every rule about payer files and routes: what is wrong, how to mend it, and the row of the spec that says so.

Errors (`P302-KTR-001` to `-019`) refuse a whole file, warnings keep what can be kept. `P302-RTE` rules are about one
route. KT V10 is Anhang 3 to Anlage 1 (Kostenträgerdatei) version 10.
"""

from __future__ import annotations

from billhook.model import Rule, Severity

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE
_AGAIN = "Download the file again from gkv-datenaustausch.de (sonstige Leistungserbringer) and import it unchanged."
_NEWER = "Download the newer file from gkv-datenaustausch.de (sonstige Leistungserbringer) and import it"
_PUBLISHER = "Nothing to do: the publisher has to mend the file. The rest of it was imported."

# --- The file as a whole: refused, nothing is stored ------------------------------------------------------------------

NOT_READABLE = Rule(
    "P302-KTR-001",
    _E,
    "The file cannot be read: {reason}.",
    "Check the path and your right to read the file.",
    "KT V10 6",
)
EMPTY = Rule("P302-KTR-002", _E, "The file is empty.", _AGAIN, "KT V10 7")
NOT_EDIFACT = Rule(
    "P302-KTR-003",
    _E,
    "The file is no EDIFACT text: it begins with neither UNA nor UNB.",
    "Take the file in EDIFACT format; its extension begins with ke (kd is a database, kx a spreadsheet).",
    "KT V10 6, 7",
)
NOT_A_PAYER_FILE = Rule(
    "P302-KTR-004",
    _E,
    "The file holds messages of type {value}, not KOTR: it is no payer file (Kostenträgerdatei).",
    "Import the Kostenträgerdatei; its name looks like AO05Q425.ke0.",
    "KT V10 7.1 UNH",
)
NO_EDITION = Rule(
    "P302-KTR-005",
    _E,
    "Neither UNB ({value}) nor the file's own name says which fund kind, procedure and quarter it is for.",
    "Give the file the name under which it was published, such as AO05Q425.ke0.",
    "KT V10 6",
)
OTHER_PROCEDURE = Rule(
    "P302-KTR-006",
    _E,
    "The file is for procedure {value} ({procedure}), which has nothing to do with §302.",
    "Import files whose name has 05 (other providers) or 06 (care) after the fund kind.",
    "KT V10 6",
)
RE_ENCODED = Rule(
    "P302-KTR-007",
    _E,
    "The file was saved as UTF-8 by another program; payer files are ISO 8859-1, so names would come out wrong.",
    f"{_AGAIN} If the publisher really delivers UTF-8, say so with --encoding utf-8.",
    "KT V10 8.11",
)
UNDECODABLE = Rule(
    "P302-KTR-008",
    _E,
    "The file is not {value}.",
    "Leave out --encoding, or name the character set that the file really has.",
    "KT V10 8.11",
)
TRUNCATED = Rule(
    "P302-KTR-009",
    _E,
    "The file ends before its end segment UNZ: it was cut off, and payers would be missing.",
    _AGAIN,
    "KT V10 7.1 UNZ",
)
NO_MESSAGES = Rule("P302-KTR-010", _E, "The file has a frame but not one message.", _AGAIN, "KT V10 7")
TWO_OF_ONE_EDITION = Rule(
    "P302-KTR-011",
    _E,
    "Two different files of this call are both {value}.",
    "Import only the one that is right.",
    "KT V10 6",
)
BINARY = Rule(
    "P302-KTR-012",
    _E,
    "The file holds NUL bytes or UTF-16: it is no text in ISO 8859-1.",
    _AGAIN,
    "KT V10 7",
)

SEVERAL_FILES = Rule(
    "P302-KTR-013",
    _E,
    "A second UNB begins here: several files were joined into one.",
    "Import each file by itself.",
    "KT V10 7",
)

# --- Name, frame and counts -------------------------------------------------------------------------------------------

NAME_DIFFERS = Rule(
    "P302-KTR-020",
    _W,
    "UNB calls the file {value}, but its own name says {name}; UNB was believed.",
    "Check that it is the file you meant.",
    "KT V10 6",
)
HEADER_DATE = Rule(
    "P302-KTR-021",
    _W,
    "The date of UNB cannot be read; 6 or 8 digits and a time are expected.",
    _PUBLISHER,
    "KT V10 7.1 UNB",
)
NO_BASE = Rule(
    "P302-KTR-022",
    _W,
    "This is supplement (Nachtrag) {supplement}, but the standard file {value} is not imported.",
    "Import the standard file too.",
    "KT V10 6",
)
EDITION_REPLACED = Rule(
    "P302-KTR-023",
    _W,
    "{value} was imported before with other content; the new content has taken its place.",
    "Check that the new file is the right one. The import history keeps both.",
    "KT V10 6",
)
OLDER_EDITION = Rule(
    "P302-KTR-024",
    _W,
    "A newer file of this fund kind ({newer}) is imported already; this one will not route current items.",
    "Nothing, when you mean to look up past routes.",
    "KT V10 2",
)
SEGMENT_COUNT = Rule(
    "P302-KTR-030", _W, "UNT counts {value} segments, the message has {counted}.", _AGAIN, "KT V10 7.1 UNT"
)
MESSAGE_REFERENCE = Rule(
    "P302-KTR-031", _W, "UNT has reference {value}, its UNH {expected}.", _PUBLISHER, "KT V10 7.1 UNT"
)
MESSAGE_COUNT = Rule(
    "P302-KTR-032", _W, "UNZ counts {value} messages, the file has {counted}.", _AGAIN, "KT V10 7.1 UNZ"
)
FILE_NUMBER = Rule("P302-KTR-033", _W, "UNZ has file number {value}, UNB {expected}.", _PUBLISHER, "KT V10 7.1 UNZ")
REFERENCE_TWICE = Rule("P302-KTR-034", _W, "The message number {value} occurs twice.", _PUBLISHER, "KT V10 7.1 UNH")
NO_UNT = Rule("P302-KTR-035", _W, "The message has no end segment UNT.", _AGAIN, "KT V10 7.1 UNT")

# --- Messages and segments --------------------------------------------------------------------------------------------

UNKNOWN_SEGMENT = Rule(
    "P302-KTR-040", _W, "A payer file has no segment {value}; it was passed over.", _PUBLISHER, "KT V10 7.2"
)
MISSING_SEGMENT = Rule("P302-KTR-041", _W, "The message of IK {ik} has no segment {value}.", _PUBLISHER, "KT V10 3, 7")
SEGMENT_ORDER = Rule(
    "P302-KTR-042",
    _W,
    "Segment {value} stands where the message does not expect it; it was read all the same.",
    _PUBLISHER,
    "KT V10 7",
)
FIELD = Rule("P302-KTR-043", _W, "A field does not follow its table: {reason}.", _PUBLISHER, "KT V10 7.2")
WIRE = Rule("P302-KTR-039", _W, "The text of the file is damaged here: {reason}.", _AGAIN, "KT V10 7; TA1 V21 5.1")
RAW_COMMA = Rule(
    "P302-KTR-044",
    _W,
    "A comma in a text has no release character before it; it was read as a comma.",
    _PUBLISHER,
    "KT V10 7.1 UNA; TA1 V21 5.1 (11)",
)
IK_CHECK_DIGIT = Rule(
    "P302-KTR-045",
    _W,
    "The check digit of IK {value} does not fit; links to it may lead nowhere.",
    _PUBLISHER,
    "KT V10 7.2 IDK, VKG",
)
NO_IK = Rule("P302-KTR-046", _W, "The message has no IK and was passed over.", _PUBLISHER, "KT V10 7.2 IDK")
IK_TWICE = Rule(
    "P302-KTR-047",
    _W,
    "IK {value} has more than one message at the same time (line {first} too); the last one counts.",
    _PUBLISHER,
    "KT V10 7",
)
UNKNOWN_MARK = Rule(
    "P302-KTR-048",
    _W,
    "There is no processing mark {value}; the message was taken as a new one.",
    _PUBLISHER,
    "KT V10 8.13",
)
MARK_DOES_NOT_FIT = Rule(
    "P302-KTR-049",
    _W,
    "The supplement says that IK {ik} is {meaning}, but the files before it {found}.",
    "Check that no supplement before this one is missing.",
    "KT V10 8.13",
)
CANCELLED = Rule(
    "P302-KTR-050",
    _N,
    "IK {ik} is cancelled (Stornierung) and routes nothing any more.",
    "Nothing to do.",
    "KT V10 8.13",
)
EXPIRED = Rule(
    "P302-KTR-051", _W, "{what} was valid until {value} only, before this file begins.", _PUBLISHER, "KT V10 7.2 VDT"
)
VALIDITY_REVERSED = Rule("P302-KTR-052", _W, "{what} ends on {value}, before it begins.", _PUBLISHER, "KT V10 7.2 VDT")
STRAY_VALIDITY = Rule(
    "P302-KTR-053",
    _W,
    "The validity stands after {value}, which has none of its own; it was passed over.",
    _PUBLISHER,
    "KT V10 3 VDT",
)

# --- Links ------------------------------------------------------------------------------------------------------------

UNKNOWN_LINK_KIND = Rule(
    "P302-KTR-060",
    _W,
    "There is no kind of link {value}; the link is kept but routes nothing.",
    _PUBLISHER,
    "KT V10 8.3",
)
WRONG_LINK_KIND = Rule(
    "P302-KTR-061",
    _W,
    "A link of kind {kind} cannot be for delivery {value}; {consequence}.",
    _PUBLISHER,
    "KT V10 5.2, 8.3",
)
PARTNER_MISSING = Rule(
    "P302-KTR-062",
    _W,
    "The link of IK {ik} leads to IK {value}, of which the file knows nothing.",
    _PUBLISHER,
    "KT V10 5",
)
MEDIUM_NOT_TAKEN = Rule(
    "P302-KTR-063",
    _W,
    "The link of IK {ik} sends {medium} to IK {partner}, which does not take that.",
    "Ask the payer before you send anything that way.",
    "KT V10 7.2 VKG, UEM",
)
WRONG_GROUP = Rule(
    "P302-KTR-064",
    _W,
    "Provider group {value} has no place in a file of procedure {procedure}; the link routes nothing.",
    _PUBLISHER,
    "KT V10 8.8",
)
RELAY_WITHOUT_CENTRE = Rule(
    "P302-KTR-065",
    _W,
    "IK {ik} has a link to a data centre without decryption (02) and none "
    "to one that decrypts (03): its data cannot be encrypted.",
    "Ask the payer for whom to encrypt.",
    "KT V10 5.2.1",
)
LINK_TWICE = Rule("P302-KTR-066", _W, "The same link stands on line {first} already.", _PUBLISHER, "KT V10 7.2 VKG")
UNKNOWN_CODE = Rule("P302-KTR-067", _W, "There is no accounting code {value}.", _PUBLISHER, "KT V10 8.14")
CODES_OVERLAP = Rule(
    "P302-KTR-068",
    _W,
    "IK {ik} names code {value} beside {beside}, which includes it; the narrower one was taken.",
    _PUBLISHER,
    "KT V10 7.2 VKG note 4",
)
UNKNOWN_STATE = Rule("P302-KTR-069", _W, "There is no state {value}.", _PUBLISHER, "KT V10 8.4")
UNKNOWN_DELIVERY = Rule("P302-KTR-070", _W, "There is no kind of delivery {value}.", _PUBLISHER, "KT V10 8.2")
UNKNOWN_MEDIUM = Rule("P302-KTR-071", _W, "There is no medium {value}.", _PUBLISHER, "KT V10 8.9")
LINK_CYCLE = Rule(
    "P302-KTR-072",
    _W,
    "The links from IK {value} to its payer run in a circle; the first IK that comes again counts as payer.",
    _PUBLISHER,
    "KT V10 5.1",
)
SEVERAL_PAYERS = Rule(
    "P302-KTR-073",
    _W,
    "IK {ik} has links to several payers without saying which holds when; the first one counts.",
    _PUBLISHER,
    "KT V10 5.1",
)
PARTNER_EXPIRED = Rule(
    "P302-KTR-074",
    _W,
    "The link of IK {ik} leads to IK {value}, which is no longer valid or cancelled.",
    _PUBLISHER,
    "KT V10 5",
)
NO_DELIVERY = Rule(
    "P302-KTR-075",
    _W,
    "A link of kind {kind} must name a kind of delivery; it routes nothing.",
    _PUBLISHER,
    "KT V10 5.2, 5.3",
)

# --- Ways to send -----------------------------------------------------------------------------------------------------

NO_TRANSMISSION = Rule(
    "P302-KTR-080",
    _W,
    "IK {ik} takes data transmission (UEM 1) but names no protocol or address (DFU).",
    "Ask the office for its address.",
    "KT V10 3 DFU",
)
OLD_PROTOCOL = Rule(
    "P302-KTR-081",
    _W,
    "Protocol {value} was taken out of the key table; the way is kept but not used.",
    _PUBLISHER,
    "KT V10 8.5",
)
MEDIUM_PARAMETER = Rule(
    "P302-KTR-082", _W, "Parameter {value} does not fit medium {medium}.", _PUBLISHER, "KT V10 8.10"
)
UNKNOWN_CHARSET = Rule(
    "P302-KTR-083", _W, "There is no character set {value}; it was passed over.", _PUBLISHER, "KT V10 8.11"
)
STRAY_TRANSMISSION = Rule("P302-KTR-084", _W, "A DFU segment stands without UEM 1 before it.", _PUBLISHER, "KT V10 7")
EMAIL_ADDRESS = Rule(
    "P302-KTR-085",
    _W,
    "The address of an e-mail protocol is no e-mail address.",
    "Ask the office for its address.",
    "KT V10 7.2 DFU",
)
UNKNOWN_PROTOCOL = Rule("P302-KTR-086", _W, "There is no protocol {value}.", _PUBLISHER, "KT V10 8.5")

# --- Routes -----------------------------------------------------------------------------------------------------------

NO_DIRECTORY = Rule(
    "P302-RTE-001",
    _E,
    "No payer file (Kostenträgerdatei) of procedure {procedure} is in force on {day}.",
    "Import the current files: billhook p302 payers import FILE…",
    "KT V10 1",
)
UNKNOWN_CARD = Rule(
    "P302-RTE-002",
    _E,
    "No imported payer file knows IK {value}.",
    "Check the IK against the insurance card; then look whether the file of its fund kind is imported and current.",
    "KT V10 5.1",
)
CARD_NOT_VALID = Rule(
    "P302-RTE-003",
    _E,
    "IK {value} is not valid on {day} ({validity}).",
    "Ask the client for the current insurance card: the fund may have merged.",
    "KT V10 7.2 VDT",
)
NO_DATA_CENTRE = Rule(
    "P302-RTE-004",
    _E,
    "Payer {value} names no data centre for code {code} in state {state}.",
    "Check accounting code and state of the provider; otherwise ask the payer where to send.",
    "KT V10 5.2",
)
NO_CENTRE_THAT_DECRYPTS = Rule(
    "P302-RTE-005",
    _E,
    "Payer {value} names only data centres that cannot decrypt (02).",
    "Ask the payer for whom to encrypt.",
    "KT V10 5.2.1",
)
OUTSIDE_DIRECTORY = Rule(
    "P302-RTE-006",
    _E,
    "The directory was loaded for {since} to {until}; it says nothing of {day}.",
    "Load it for that day.",
    "KT V10 2",
)
OTHER_FUND_KIND = Rule(
    "P302-RTE-020",
    _W,
    "IK {value} stands only in the file of another fund kind ({other}); that entry was taken.",
    "Check whether the file of {fund_kind} is complete.",
    "KT V10 5.2.2",
)
OFFICE_UNKNOWN = Rule(
    "P302-RTE-021",
    _W,
    "The route leads to IK {value}, of which no imported file knows anything on {day}.",
    "Import the current files; otherwise ask the payer for the address.",
    "KT V10 5.2",
)
NO_EMAIL = Rule(
    "P302-RTE-022",
    _W,
    "IK {value} takes data, but not by e-mail.",
    "Send by one of its other ways, or ask the office.",
    "KT V10 7.2 DFU",
)
NO_PAPER_OFFICE = Rule(
    "P302-RTE-023",
    _N,
    "Payer {value} names no office for paper vouchers in its file.",
    "Send them where the payer told you to.",
    "KT V10 5.3",
)
AMBIGUOUS = Rule(
    "P302-RTE-024",
    _W,
    "IK {value} names several offices for the same case; {chosen} stands first and was taken.",
    "Ask the payer which one is right.",
    "KT V10 5.2.2",
)
KV_DISTRICT_DECIDES = Rule(
    "P302-RTE-025",
    _W,
    "IK {value} routes state {state} by KV district, and none was given.",
    "Set kv_district of the provider (20 Westfalen-Lippe, 38 Nordrhein).",
    "KT V10 8.7",
)
CARD_IN_SEVERAL = Rule(
    "P302-RTE-026",
    _W,
    "IK {value} stands in files of several fund kinds ({fund_kinds}); {chosen} was taken.",
    "Check the route.",
    "KT V10 5.1",
)
GROUP_DOES_NOT_FIT = Rule(
    "P302-RTE-027",
    _W,
    "The only link of IK {value} to its payer is for another provider group; it was followed all the same.",
    "Check the payer.",
    "KT V10 8.8",
)
PAYER_UNKNOWN = Rule(
    "P302-RTE-028",
    _W,
    "IK {value} is said to be the payer of {card}, but no imported file knows it on {day}.",
    "Import the current files.",
    "KT V10 5.1",
)
MEDIUM_ONLY = Rule(
    "P302-RTE-029",
    _W,
    "The link to IK {value} is for {medium} only.",
    "Ask the payer whether data transmission is taken.",
    "KT V10 7.2 VKG",
)
OFF_CHAIN = Rule(
    "P302-RTE-030",
    _W,
    "The links from IK {value} to its payer run in a circle; {chosen} was taken as payer.",
    "Check the payer.",
    "KT V10 5.1",
)

# --- Being up to date -------------------------------------------------------------------------------------------------

NEXT_EDITION_OUT = Rule(
    "P302-KTR-090",
    _N,
    "The payer file of {fund} for {quarter} is out since {since}; the newest one here is {newest}.",
    f"{_NEWER} before {{start}}.",
    "KT V10 2",
)
EDITION_OUTDATED = Rule(
    "P302-KTR-091",
    _W,
    "The payer file of {fund} is out of date: {quarter} began on {start}, the newest one here is {newest}.",
    f"{_NEWER}.",
    "KT V10 2",
)
NOTHING_IMPORTED = Rule(
    "P302-KTR-092", _W, "No payer file was imported yet.", "billhook p302 payers import FILE…", "KT V10 2"
)

RULES: tuple[Rule, ...] = tuple(
    sorted((rule for rule in list(globals().values()) if isinstance(rule, Rule)), key=lambda rule: rule.code)
)
"""All of them, by code."""
