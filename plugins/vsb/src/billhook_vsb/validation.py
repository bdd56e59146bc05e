"""What software can find in an invoice file by itself: the codes with sequence 01 to 06 and 10 to 19 of the federal list.

Two kinds of rows. The *zone rules* follow from the tables: every zone of every record is tried for its form, its check digits
and its values, and the codes are those the federal list has. The *coherence rules* compare zones and records; each names the
codes it gives. The same rules check items before sending, files (`billhook verify`), and stand in for the payer in the simulator.

An hour of 0000 may be midnight or missing, so 200410 and 202210 are not given.
Codes of services that a care fund does not know (dialysis, nursing flat rates, blood, implants, dental care, prepared medicines)
are not checked; `docs/reference/vsb-codes.md` lists what is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from billhook.identifiers import iban, insz, kbo, riziv
from billhook.wire.fixed import RecordField
from billhook.wire.layout import Kind
from billhook_vsb import control, layouts
from billhook_vsb.codes.errors import letters
from billhook_vsb.codes.values import FEDERAL
from billhook_vsb.lines import Line, Situation, is_digits, to_date, walk
from billhook_vsb.profile import Profile


@dataclass(frozen=True, slots=True)
class Found:
    """A code that the payer would give: on which record (its place in the file, its zone 2), with which letter and value."""

    code: str
    letter: str
    record: str
    place: int
    sequence: int
    value: str = ""

    @property
    def zone(self) -> int:
        """The number of the zone that the code names."""
        return int(self.code[2:4])


@dataclass(frozen=True, slots=True)
class CodeRule:
    """A rule and the codes that it gives, by record type: `broken` is True when the line breaks it."""

    codes: tuple[str, ...]
    text: str
    nl: str
    broken: Callable[[Situation], bool]


# --- Zone rules: derived from the tables ------------------------------------------------------------------------------


def _is_riziv(text: str) -> bool:
    return riziv.is_valid(text)


def _is_insz(text: str) -> bool:
    # What does not begin with zeros is a membership number, which zone 32 has to say (0814).
    return not text.startswith("00") or bool(insz.is_valid(text[2:]))


_CHECKED: Mapping[tuple[str, int], Callable[[str], bool]] = {
    **{(record, 14): _is_riziv for record in ("10", "20", "30", "40", "50", "80", "90")},
    **{(record, 15): _is_riziv for record in ("20", "30", "40", "50", "51", "52")},
    **{(record, 8): _is_insz for record in ("20", "30", "40", "50", "51", "52", "80")},
    **{(record, 24): _is_riziv for record in ("40", "50")},
    **{("50", zone): _is_riziv for zone in (38, 49)},
    ("40", 49): _is_riziv,
    ("10", 27): kbo.is_valid,
    ("10", 36): iban.is_valid,
    ("10", 49): iban.is_valid,
}
"""Zones with check digits of their own; nomenclature codes and control digits are treated apart."""

_ZERO_DIGITS: Mapping[tuple[str, int], int] = {
    ("20", 4): 3, ("80", 4): 3, ("20", 17): 2, ("80", 17): 2, ("20", 27): 4, ("51", 27): 4,
    **{(record, 51): 2 for record in ("30", "40", "50")},
    **{(record, 14): 1 for record in ("10", "20", "30", "40", "50", "80", "90")},
    **{(record, 15): 1 for record in ("20", "30", "40", "50", "51")},
    **{(record, 22): 1 for record in ("10", "20", "80", "90")},
    **{(record, zone): 1 for record in ("30", "40", "50", "51") for zone in (4,)},
    **{(record, 17): 1 for record in ("30", "40", "50")},
    **{(record, 24): 1 for record in ("40", "50")},
    **{(record, 52): 1 for record in ("30", "40", "50")},
    ("40", 38): 1, ("40", 40): 1, ("40", 49): 1, ("50", 38): 1, ("50", 49): 1,
    ("10", 5): 0, ("10", 8): 0, ("90", 5): 0, ("90", 8): 0,
}  # fmt: skip
"""How many of the first digits must be zero (sequence 04); 0: all of them."""

_SERVICE_CODES = {("20", 13), ("30", 13), ("40", 13), ("50", 13), ("80", 13)}
"""Department codes: the last digit is zero, except in 002 (sequence 04)."""

_CODE_ZONES = {(record, zone) for record in ("30", "40", "50", "51") for zone in (4, 17)} | {("52", 4)}

_PATIENT_IS_INSZ = "1"


@dataclass(frozen=True, slots=True)
class _ZoneRule:
    code: str
    zone: int
    first: int
    last: int
    wrong: Callable[[str], bool]


@cache
def _zone_rules(record: str) -> tuple[_ZoneRule, ...]:
    """The rules of one record type that need nothing but the zone itself."""
    known = letters()
    rules: list[_ZoneRule] = []
    for row in layouts.RECORDS[record].fields:
        number = int("".join(filter(str.isdigit, row.name)))
        # A record of an unknown type has no table to be held against, and zone 99 has a rule of its own.
        if number in (1, 99):
            continue
        for sequence, test in _tests(record, number, row).items():
            code = f"{record}{number:02d}{sequence}"
            # The second half of a field and zones without a code of their own have none in the list.
            if code in known and not any(rule.code == code for rule in rules):
                rules.append(_ZoneRule(code, number, row.first - 1, row.last, test))
    return tuple(rules)


def _tests(record: str, number: int, row: RecordField) -> dict[str, Callable[[str], bool]]:
    """What is asked of a zone, by the sequence of the code that it gives."""
    tests: dict[str, Callable[[str], bool]] = {}
    if row.original == layouts.RESERVE and row.kind is Kind.DIGITS:
        tests["01"] = _not_zero
    elif row.kind is Kind.SIGNED:
        tests |= {"01": _no_amount, "05": _no_sign, "06": _signed_inside}
    elif row.kind is Kind.DATE:
        tests["01"] = _no_date
    elif (record, number) in _NUMERIC_TEXT:
        tests["01"] = _no_digits
    elif row.kind is Kind.DIGITS:
        tests["04" if (record, number) in NUMERIC_SINCE else "01"] = _no_number
    places = _ZERO_DIGITS.get((record, number))
    if places is not None:
        tests["04"] = _leading(places)
    if (record, number) in _SERVICE_CODES:
        tests["04"] = _department
    check = _CHECKED.get((record, number))
    if check is not None:
        tests["02"] = _failing(check)
    return tests


NUMERIC_SINCE = frozenset({("40", 98), ("50", 50), ("50", 54), ("50", 55), ("50", 57), ("50", 98), ("51", 17)})
"""Zones that were reserve once: their sequence 01 is of that time, and what is not numeric has sequence 04 now."""

_NUMERIC_TEXT = frozenset({("52", 17), ("52", 18), ("52", 19)})
"""Zones of record 52 that are declared as text and hold digits or nothing."""


def _no_digits(text: str) -> bool:
    return bool(text.strip()) and not is_digits(text.strip())


def _not_zero(text: str) -> bool:
    return bool(text.strip("0"))


def _no_number(text: str) -> bool:
    return not is_digits(text)


def _no_date(text: str) -> bool:
    return text != "00000000" and to_date(text) is None


def _no_amount(text: str) -> bool:
    return not is_digits(text[1:].replace("+", "0").replace("-", "0"))


def _no_sign(text: str) -> bool:
    return text[0] not in "+-"


def _signed_inside(text: str) -> bool:
    return "+" in text[1:] or "-" in text[1:]


def _leading(places: int) -> Callable[[str], bool]:
    def wrong(text: str) -> bool:
        return bool((text[:places] if places else text).strip("0"))

    return wrong


def _department(text: str) -> bool:
    return text[-1:] != "0" and text != "002"


def _failing(check: Callable[[str], bool]) -> Callable[[str], bool]:
    def wrong(text: str) -> bool:
        bare = text.strip()
        return bool(bare.strip("0")) and not check(bare)

    return wrong


# --- Coherence rules --------------------------------------------------------------------------------------------------

_BEFORE: Mapping[str, tuple[str, ...]] = {
    "20": ("10", "80"), "30": ("20", "30"), "40": ("20", "30", "40"), "50": ("20", "30", "40", "50", "51", "52"),
    "51": ("50",), "52": ("50", "51"), "80": ("30", "40", "50", "51", "52"), "90": ("80",),
}  # fmt: skip
_AFTER: Mapping[str, tuple[str, ...]] = {
    "10": ("20",), "20": ("21", "30", "40", "50"), "30": ("30", "40", "50", "80"), "40": ("40", "50", "80"),
    "50": ("50", "51", "52", "80"), "51": ("50", "52", "80"), "52": ("50", "80"), "80": ("20", "90"),
}  # fmt: skip


def _wrong_before(s: Situation) -> bool:
    return (s.before.kind if s.before else "") not in _BEFORE[s.line.kind]


def _wrong_after(s: Situation) -> bool:
    return (s.after.kind if s.after else "") not in _AFTER[s.line.kind]


def _each(records: tuple[str, ...], rest: str) -> tuple[str, ...]:
    return tuple(f"{record}{rest}" for record in records)


_PAYING = ("30", "40", "50")
_ALL = ("20", "30", "40", "50", "51", "52", "80", "90")


def _month(day: date | None) -> str:
    return "" if day is None else f"{day:%Y%m}"


def _of_20(zone: int) -> Callable[[Situation], bool]:
    def differs(s: Situation) -> bool:
        return s.invoice is not None and s.line[zone] != s.invoice[zone]

    return differs


def _of_10(zone: int) -> Callable[[Situation], bool]:
    def differs(s: Situation) -> bool:
        return s.opening is not None and s.line[zone] != s.opening[zone]

    return differs


def _of_main(zone: int) -> Callable[[Situation], bool]:
    def differs(s: Situation) -> bool:
        return s.main is not None and s.line.has(zone) and s.line[zone] != s.main[zone]

    return differs


def _sign_differs(zone: int) -> Callable[[Situation], bool]:
    def differs(s: Situation) -> bool:
        return s.line[zone][:1] != s.line[19][:1] and s.line.cents(zone) != 0 and s.line.cents(19) != 0

    return differs


def _invoice_day(zone: int) -> Callable[[Situation], date | None]:
    return lambda s: s.invoice.day(zone) if s.invoice else None


def _later(zone: int, other: Callable[[Situation], date | None]) -> Callable[[Situation], bool]:
    def later(s: Situation) -> bool:
        mine, bound = s.line.day(zone), other(s)
        return mine is not None and bound is not None and mine > bound

    return later


def _earlier(zone: int, other: Callable[[Situation], date | None]) -> Callable[[Situation], bool]:
    def earlier(s: Situation) -> bool:
        mine, bound = s.line.day(zone), other(s)
        return mine is not None and bound is not None and mine < bound

    return earlier


def _today(s: Situation) -> date:
    return s.day


def _hospital(s: Situation) -> bool:
    number = s.opening[14] if s.opening else ""
    return number[:4] in ("0710", "0720") and number[-3:] == "000"


def _type(*types: str) -> Callable[[Situation], bool]:
    return lambda s: s.line[10] in types


def _missing_when(zone: int, when: Callable[[Situation], bool]) -> Callable[[Situation], bool]:
    return lambda s: not s.line.has(zone) and when(s)


def _present_when(zone: int, when: Callable[[Situation], bool]) -> Callable[[Situation], bool]:
    return lambda s: s.line.has(zone) and when(s)


def _not_original(s: Situation) -> bool:
    return s.line[11] not in ("0", "6")


def _original(s: Situation) -> bool:
    return s.line[11] not in ("1", "2", "3", "4", "5", "7")


def _sequence(s: Situation) -> bool:
    return s.before is not None and s.line.sequence != s.before.sequence + 1


def _flag_not_insz(s: Situation) -> bool:
    return (
        s.invoice is not None
        and s.line[8].strip("0") != ""
        and s.line[8].startswith("00")
        and _is_insz(s.line[8])
        and s.invoice[32] != _PATIENT_IS_INSZ
    )


def _flag_insz(s: Situation) -> bool:
    number = s.line[8]
    return (
        s.invoice is not None and bool(number.strip("0")) and number[:2] != "00" and s.invoice[32] == _PATIENT_IS_INSZ
    )


def _day_count(s: Situation) -> bool:
    first, last = s.line.day(5), s.line.day(6)
    if first is None or last is None or last < first or s.line[3] not in ("0", " "):
        return False
    return abs(s.line.cents(22)) > (last - first).days + 1


def _followed_by_share(s: Situation) -> str:
    row = s.profile.code(s.line[4], s.line.day(5) or s.day) if is_digits(s.line[4].strip() or "x") else None
    return row.personal_share.rjust(7, "0") if row and row.personal_share else ""


def _known(s: Situation, name: str) -> str:
    """What the profile says of the line's code; empty where it does not know the code."""
    code = s.line[4].strip()
    row = s.profile.code(code, s.line.day(5) or s.day) if is_digits(code) else None
    return str(getattr(row, name) or "") if row is not None else ""


def _wrong_price(s: Situation) -> bool:
    price = _known(s, "price")
    if not price:
        return False
    # A day whose personal share has a record of its own is billed in full; otherwise the share is taken off.
    asked = abs(s.line.cents(19)) + abs(s.line.cents(27))
    return asked != int(price) * abs(s.line.cents(22))


def _no_share_follows(s: Situation) -> bool:
    wanted = _followed_by_share(s)
    if not wanted or _known(s, "allowance"):
        return False
    return s.after is None or s.after.kind != "30" or not s.profile.is_share(s.after[4], s.line.day(5) or s.day)


def _no_allowance_follows(s: Situation) -> bool:
    """In a psychiatric home the day, its share and the flat rate for affordability are one set of three."""
    allowance = _known(s, "allowance").rjust(7, "0")
    if not _known(s, "allowance"):
        return False
    followers = [line[4] for line in (s.after, s.second) if line is not None and line.kind == "30"]
    return followers != [_followed_by_share(s), allowance]


def _share_without_day(s: Situation) -> bool:
    if not (s.partner and s.profile.codes):
        return False
    main = s.main if s.before is s.main else None
    if main is None:
        return True
    row = s.profile.code(main[4], main.day(5) or s.day)
    return row is None or row.personal_share.rjust(7, "0") != s.line[4]


def _unread(zone: int) -> Callable[[Situation], bool]:
    """The zone is missing where an identity document was read, and not typed in afterwards (record 52 zones 3 and 9)."""

    def missing(s: Situation) -> bool:
        read = s.line.has(9) and s.line[9] != "4" and s.line[3] not in ("3", "4", "5", "6")
        return read and not s.line.has(zone)

    return missing


def _share_sign(s: Situation) -> bool:
    return s.partner and s.main is not None and s.line.cents(19) != 0 and s.line[19][:1] == s.main[19][:1]


def _share_sign_inside(s: Situation) -> bool:
    return s.partner and s.line.cents(19) != 0 and s.line[27][:1] == s.line[19][:1]


def _share_count(s: Situation) -> bool:
    return s.partner and s.main is not None and abs(s.line.cents(22)) != abs(s.main.cents(22))


def _share_amount(s: Situation) -> bool:
    return s.partner and abs(s.line.cents(19)) != abs(s.line.cents(27))


def _positive_in_credit(s: Situation) -> bool:
    return s.is_credit and s.line.kind in _PAYING and s.line[22][:1] != "-"


def _credit_not_negative(s: Situation) -> bool:
    return s.line[11] == "3" and s.after is not None and s.after.kind in _PAYING and s.after[22][:1] != "-"


def _other_account(s: Situation) -> bool:
    return s.opening is not None and s.line[11] == "1" and s.opening[3] == "0"


def _fund(s: Situation) -> bool:
    return s.invoice is not None and s.line[7] != s.invoice[7]


def _smaller_fund(s: Situation) -> bool:
    return bool(s.fund_before) and s.line[18] < s.fund_before


COHERENCE: tuple[CodeRule, ...] = (
    # The file
    CodeRule(_each(tuple(layouts.RECORDS), "0103"), "the profile has no such record", "het profiel kent dit record niet",
             lambda s: s.line.kind not in s.profile.records),
    CodeRule(("100110",), "the first record is number 000001", "het eerste record heeft volgnummer 000001",
             lambda s: s.line.sequence != 1),
    CodeRule(_each(("20", "30", "40", "50", "51", "52", "80", "90"), "0110"), "this record may not follow the one before it",
             "dit record mag niet op het vorige volgen", _wrong_before),
    CodeRule(_each(("10", "20", "30", "40", "50", "51", "52", "80"), "0111"), "the next record may not follow this one",
             "het volgende record mag niet op dit record volgen", _wrong_after),
    CodeRule(("900111",), "record 90 is the last one", "record 90 is het laatste record", lambda s: s.after is not None),
    CodeRule(_each(_ALL, "0210"), "records are numbered without gaps", "records zijn doorlopend genummerd", _sequence),
    CodeRule(("100312",), "only hospitals have two accounts", "enkel ziekenhuizen hebben twee rekeningen",
             lambda s: s.line[3] in ("1", "3") and not _hospital(s)),
    CodeRule(("100314", "104910"), "index code 1 needs the IBAN of account B", "bij indexcode 1 hoort een IBAN van rekening B",
             lambda s: s.line[3] == "1" and not s.line[49].strip()),
    CodeRule(("100316", "104310"), "index code 1 needs the BIC of account B", "bij indexcode 1 hoort een BIC van rekening B",
             lambda s: s.line[3] == "1" and not s.line[43].strip()),
    CodeRule(("104312",), "only hospitals name the BIC of account B", "enkel ziekenhuizen vermelden een BIC van rekening B",
             lambda s: bool(s.line[43].strip("0 ")) and not _hospital(s)),
    CodeRule(("104912",), "only hospitals name the IBAN of account B", "enkel ziekenhuizen vermelden een IBAN van rekening B",
             lambda s: bool(s.line[49].strip("0 ")) and not _hospital(s)),
    CodeRule(("100911",), "the code A.P.F. is zero since 2010", "de code A.P.F. is nul sinds 2010",
             lambda s: s.line[9] != "0" and s.month >= "201001"),
    CodeRule(("102210",), "the invoiced year is not over", "het gefactureerde jaar ligt in de toekomst",
             lambda s: s.month[:4] > f"{s.day:%Y}"),
    CodeRule(("102211",), "the invoiced year is later than the day on which the file was made",
             "het gefactureerde jaar ligt na de datum van opstelling",
             lambda s: bool(_month(s.line.day(25))) and s.month[:4] > _month(s.line.day(25))[:4]),
    CodeRule(("102310",), "the invoiced month lies in the future", "de gefactureerde maand ligt in de toekomst",
             lambda s: s.month > f"{s.day:%Y%m}"),
    CodeRule(("102311",), "the invoiced month is later than the day on which the file was made",
             "de gefactureerde maand ligt na de datum van opstelling",
             lambda s: bool(_month(s.line.day(25))) and s.month > _month(s.line.day(25))),
    CodeRule(("102510",), "the day on which the file was made lies in the future", "de datum van opstelling ligt in de toekomst",
             _later(25, _today)),
    CodeRule(("102710",), "the enterprise number (KBO) is missing", "het KBO-nummer ontbreekt",
             lambda s: not s.line.has(27) and s.month >= "201501"),
    CodeRule(("102711",), "the made-up enterprise number 0999999922 is no longer allowed",
             "het fictieve KBO-nummer 0999999922 is niet meer toegelaten",
             lambda s: s.line[27] == "0999999922" and s.month >= "202102"),
    # The invoice
    CodeRule(("200411",), "an ambulatory invoice has no hour of admission", "een ambulante factuur heeft geen uur van opname",
             _present_when(4, _type("3", "6", "9"))),
    CodeRule(("200412",), "an hour of admission without a day", "een uur van opname zonder datum",
             lambda s: s.line.has(4) and not s.line.has(5)),
    CodeRule(("200510",), "the day of admission is missing", "de datum van opname ontbreekt",
             _missing_when(5, _type("1", "4", "5"))),
    CodeRule(("200511",), "an ambulatory invoice has no day of admission", "een ambulante factuur heeft geen datum van opname",
             _present_when(5, _type("3", "6", "9"))),
    CodeRule(("200610",), "the discharge is earlier than the admission", "het ontslag ligt voor de opname",
             _earlier(6, lambda s: s.line.day(5))),
    CodeRule(("200611",), "an ambulatory invoice has no day of discharge", "een ambulante factuur heeft geen datum van ontslag",
             _present_when(6, _type("3", "6", "9"))),
    CodeRule(_each(("20", "30", "40", "50", "51"), "0810"), "the number of the person (INSZ) is missing",
             "het identificatienummer (INSZ) ontbreekt", lambda s: not s.line.has(8)),
    CodeRule(_each(("20", "30", "40", "50"), "0813"), "the number is an INSZ, so zone 32 of record 20 must be 1",
             "het nummer is een INSZ, dus zone 32 van record 20 moet 1 zijn", _flag_not_insz),
    CodeRule(_each(("20", "30", "40", "50"), "0814"), "the number is no INSZ, so zone 32 of record 20 must be 0",
             "het nummer is geen INSZ, dus zone 32 van record 20 moet 0 zijn", _flag_insz),
    CodeRule(("201110",), "content 030 knows only types of invoicing 1, 3 and 4", "inhoud 030 kent enkel facturering 1, 3 en 4",
             lambda s: s.opening is not None and s.opening[13] == "030" and s.line[11] not in ("1", "3", "4")),
    CodeRule(("201140",), "all records of a credit note are negative", "alle records van een creditnota zijn negatief",
             _credit_not_negative),
    CodeRule(("201412",), "the billing facility is not the billing third party of record 10",
             "de facturerende inrichting verschilt van de derdebetalende in record 10", _of_10(14)),
    CodeRule(("201510",), "the facility of stay is missing", "de inrichting van verblijf ontbreekt",
             _missing_when(15, _type("1", "4", "5", "6"))),
    CodeRule(("201511",), "an ambulatory invoice has no facility of stay",
             "een ambulante factuur heeft geen inrichting van verblijf",
             _present_when(15, _type("3", "9"))),
    CodeRule(("201812",), "invoices are ordered by care fund", "facturen zijn gesorteerd op zorgkas", _smaller_fund),
    CodeRule(("201910",), "the admission number is missing", "het opnamenummer ontbreekt",
             lambda s: s.line[10] == "1" and s.line[14] == s.line[15] and not s.line.has(19)),
    CodeRule(("202010",), "the day of the agreement on rehabilitation is missing", "de datum akkoord revalidatie ontbreekt",
             _missing_when(20, _type("5", "6"))),
    CodeRule(("202011",), "this type of invoice has no agreement on rehabilitation",
             "dit type factuur heeft geen akkoord revalidatie", _present_when(20, _type("1", "3", "4", "9"))),
    CodeRule(("202211",), "an ambulatory invoice has no hour of discharge", "een ambulante factuur heeft geen uur van ontslag",
             _present_when(22, _type("3", "6", "9"))),
    CodeRule(("202212",), "an hour of discharge without a day", "een uur van ontslag zonder datum",
             lambda s: s.line.has(22) and not s.line.has(6)),
    CodeRule(("202420",), "an invoice number occurs twice", "een factuurnummer komt tweemaal voor",
             lambda s: s.line[24] in s.numbers),
    CodeRule(("202910",), "the number of the previous invoice is missing", "het nummer van de vorige factuur ontbreekt",
             _missing_when(29, _not_original)),
    CodeRule(("202911",), "an original invoice has no previous one", "een originele factuur heeft geen vorige factuur",
             _present_when(29, _original)),
    CodeRule(("203210",), "the flag 0 is no longer allowed", "de flag 0 is niet meer toegelaten",
             lambda s: s.line[32] == "0" and s.month > "200607"),
    CodeRule(("203410",), "the number of the previous sending is missing", "het nummer van de vorige zending ontbreekt",
             _missing_when(34, _not_original)),
    CodeRule(("203411",), "an original invoice has no previous sending", "een originele factuur heeft geen vorige zending",
             _present_when(34, _original)),
    CodeRule(("203710",), "the fund of the previous invoice is missing", "de zorgkas van de vorige facturering ontbreekt",
             _missing_when(37, _not_original)),
    CodeRule(("203711",), "an original invoice has no fund of a previous one",
             "een originele factuur heeft geen zorgkas van een vorige facturering", _present_when(37, _original)),
    CodeRule(("203811",), "only a re-invoicing names the fund's reference A", "enkel een herfacturering vermeldt referentie A",
             lambda s: s.line.has(38) and s.line[11] != "1"),
    CodeRule(("204110",), "the previous month lies in the future", "de vorige maand ligt in de toekomst",
             lambda s: s.line[41] > f"{s.day:%Y%m}"),
    CodeRule(("204111",), "the previous month is later than the invoiced one", "de vorige maand ligt na de gefactureerde maand",
             lambda s: s.line.has(41) and bool(s.month) and s.line[41] > s.month),
    CodeRule(("204112",), "the month of the previous invoice is missing", "de maand van de vorige factuur ontbreekt",
             _missing_when(41, _not_original)),
    CodeRule(("204113",), "an original invoice has no previous month", "een originele factuur heeft geen vorige maand",
             _present_when(41, _original)),
    CodeRule(("204710",), "the invoice date lies in the future", "de datum van facturering ligt in de toekomst",
             _later(47, _today)),
    CodeRule(("204911",), "only a re-invoicing names the fund's reference B", "enkel een herfacturering vermeldt referentie B",
             lambda s: s.line.has(49) and s.line[11] != "1"),
    # Performances
    CodeRule(_each(_PAYING, "0510"), "the first day lies in the future", "de eerste dag ligt in de toekomst", _later(5, _today)),
    CodeRule(_each(_PAYING, "0511"), "the first day lies before the admission", "de eerste dag ligt voor de opname",
             _earlier(5, _invoice_day(5))),
    CodeRule(_each(_PAYING, "0513"), "the first day lies after the discharge", "de eerste dag ligt na het ontslag",
             _later(5, _invoice_day(6))),
    CodeRule(_each(_PAYING, "0516"), "the first day lies after the invoice date", "de eerste dag ligt na de factuurdatum",
             _later(5, _invoice_day(47))),
    CodeRule(_each(_PAYING, "0610"), "the last day lies in the future", "de laatste dag ligt in de toekomst", _later(6, _today)),
    CodeRule(_each(_PAYING, "0611"), "the last day lies before the admission", "de laatste dag ligt voor de opname",
             _earlier(6, _invoice_day(5))),
    CodeRule(_each(_PAYING, "0612"), "the last day lies before the first one", "de laatste dag ligt voor de eerste",
             _earlier(6, lambda s: s.line.day(5))),
    CodeRule(_each(_PAYING, "0613"), "the last day lies after the discharge", "de laatste dag ligt na het ontslag",
             _later(6, _invoice_day(6))),
    CodeRule(_each(_PAYING, "0712"), "the fund differs from the one in record 20",
             "de zorgkas verschilt van die in record 20", _fund),
    CodeRule(_each(("30", "40", "50", "51", "52"), "0812"), "the number of the person differs from record 20",
             "het identificatienummer verschilt van record 20", _of_20(8)),
    CodeRule(_each(_PAYING, "0912"), "the sex differs from record 20", "het geslacht verschilt van record 20", _of_20(9)),
    CodeRule(_each(_PAYING, "1110"), "account B is billed, but record 10 names one account",
             "rekening B wordt gefactureerd, maar record 10 vermeldt een rekening", _other_account),
    CodeRule(_each(_PAYING, "1111"), "account B is billed, but record 10 does not name it",
             "rekening B wordt gefactureerd, maar staat niet in record 10",
             lambda s: s.line[11] == "1" and s.opening is not None and not s.opening[49].strip("0 ")),
    CodeRule(("300314",), "only an invoice of type 1 has a norm of the day", "enkel type factuur 1 heeft een norm dag",
             lambda s: s.line.has(3) and s.invoice is not None and s.invoice[10] != "1"),
    CodeRule(("300450",), "a day needs its personal share record after it", "een dag wordt gevolgd door een persoonlijk aandeel",
             _no_share_follows),
    CodeRule(("300452",), "a day needs its personal share record and its allowance record after it",
             "een dag wordt gevolgd door een persoonlijk aandeel en een forfaitaire tegemoetkoming betaalbaarheid",
             _no_allowance_follows),
    CodeRule(("300451",), "a personal share record needs its day before it", "een persoonlijk aandeel volgt op zijn dag",
             _share_without_day),
    CodeRule(("301910",), "a personal share has the opposite sign of its day",
             "een persoonlijk aandeel heeft het omgekeerde teken",
             _share_sign),
    CodeRule(("301941",), "zones 19 and 27 of a personal share are the same amount",
             "zones 19 en 27 van een persoonlijk aandeel zijn hetzelfde bedrag", _share_amount),
    CodeRule(("302210",), "day and personal share have the same number of days",
             "dag en persoonlijk aandeel hebben evenveel dagen",
             _share_count),
    CodeRule(("302711",), "zones 19 and 27 of a personal share have opposite signs",
             "zones 19 en 27 van een persoonlijk aandeel hebben een omgekeerd teken", _share_sign_inside),
    CodeRule(_each(_PAYING, "2212"), "the sign of the count is not that of the amount",
             "het teken van het aantal past niet bij het bedrag",
             lambda s: not s.partner and _sign_differs(22)(s)),
    CodeRule(("302412",), "the sign of the indicative amount is not that of the amount",
             "het teken van het indicatieve bedrag past niet bij het bedrag", _sign_differs(24)),
    CodeRule(_each(_PAYING, "2712"), "the sign of the personal share is not that of the amount",
             "het teken van het persoonlijk aandeel past niet bij het bedrag", lambda s: not s.partner and _sign_differs(27)(s)),
    CodeRule(_each(_PAYING, "3012"), "the sign of the supplement is not that of the amount",
             "het teken van het supplement past niet bij het bedrag", _sign_differs(30)),
    CodeRule(("403912",), "the sign of the theoretical share is not that of the amount",
             "het teken van het theoretisch aandeel past niet bij het bedrag", _sign_differs(39)),
    CodeRule(("302240",), "more days than the period has", "meer dagen dan de periode heeft", _day_count),
    CodeRule(_each(_PAYING, "2248"), "the count in a credit note is negative", "het aantal in een creditnota is negatief",
             _positive_in_credit),
    CodeRule(("304712",), "the day of the agreement differs from record 20", "de datum akkoord verschilt van record 20",
             lambda s: s.line.has(47) and s.invoice is not None and s.invoice.has(20) and s.line[47] != s.invoice[20]),
    CodeRule(_each(_PAYING, "5111"), "the care region needs the site", "bij een zorggebied hoort een site",
             lambda s: s.line.has(52) and not s.line.has(51)),
    CodeRule(("401612",), "a free medicine has no amounts", "een gratis geneesmiddel heeft geen bedragen",
             lambda s: s.line[16] == "1" and any(s.line.cents(zone) for zone in (19, 27, 30, 39))),
    CodeRule(("405010",), "the year of birth lies in the future", "het geboortejaar ligt in de toekomst",
             lambda s: s.line[50] > f"{s.day:%Y}"),
    CodeRule(_each(("30", "50"), "3310"), "billing codes 3, 4, 7 and 8 are for invoices of type 1 and 5",
             "codes facturering 3, 4, 7 en 8 zijn voor facturen van type 1 en 5",
             lambda s: s.line[33] in ("3", "4", "7", "8") and s.invoice is not None and s.invoice[10] not in ("1", "5")),
    CodeRule(("303312",), "pseudo-code 767465 has billing code 0", "pseudo-code 767465 heeft code facturering 0",
             lambda s: s.line[4] == "0767465" and s.line.has(33)),
    CodeRule(_each(("30", "40"), "3204"), "the zone is zero since 2015", "de zone is nul sinds 2015",
             lambda s: s.line.has(32) and (s.line.day(5) or date.min) >= date(2015, 1, 1)),
    CodeRule(("502010",), "the prescription is earlier than the admission", "het voorschrift ligt voor de opname",
             _earlier(20, _invoice_day(5))),
    CodeRule(("502011",), "a prescriber without the day of the prescription", "een voorschrijver zonder datum van voorschrift",
             lambda s: s.line.has(24) and not s.line.has(20)),
    CodeRule(("502012",), "a day of a prescription without its prescriber", "een datum van voorschrift zonder voorschrijver",
             lambda s: s.line.has(20) and (not s.line.has(24) or s.line[26] == "3")),
    CodeRule(("502013",), "the prescription is later than the discharge", "het voorschrift ligt na het ontslag",
             _later(20, _invoice_day(6))),
    CodeRule(("502014",), "the prescription is later than the performance", "het voorschrift ligt na de verstrekking",
             _later(20, lambda s: s.line.day(5))),
    CodeRule(("504712",), "the sign of the base value is not that of the count",
             "het teken van de basiswaarde past niet bij het aantal",
             lambda s: s.line.cents(47) != 0 and s.line[47][:1] != s.line[22][:1]),
    CodeRule(("504913",), "norm 4 needs the holder of the medical file", "bij norm 4 hoort de beheerder van het GMD",
             lambda s: s.line[16] == "4" and not s.line.has(49)),
    CodeRule(("504915",), "the holder of the medical file is the performer himself",
             "de beheerder van het GMD is de verstrekker zelf",
             lambda s: s.line[16] == "4" and s.line.has(49) and s.line[49] == s.line[15]),
    CodeRule(("204910",), "re-invoicing on account B needs the care fund's reference of it",
             "herfacturering op rekening B zonder referentie van de zorgkas",
             lambda s: s.line[11] == "1" and s.opening is not None and s.opening[3] == "1" and not s.line[49].strip()),
    # What the profile knows of codes and prices
    CodeRule(_each(_PAYING, "1940"), "the amount is not the profile's price times the count",
             "het bedrag is niet de prijs van het profiel maal het aantal", _wrong_price),
    CodeRule(("301740", "501740"), "the related performance is missing", "de betrekkelijke verstrekking ontbreekt",
             lambda s: bool(_known(s, "related")) and s.line[17] != _known(s, "related").rjust(7, "0")),
    CodeRule(("300446",), "the agreement is missing", "het akkoord ontbreekt",
             lambda s: bool(_known(s, "needs_agreement")) and not s.line.has(47)),
    CodeRule(("500446",), "the agreement is missing", "het akkoord ontbreekt",
             lambda s: bool(_known(s, "needs_agreement")) and (s.after is None or s.after.kind not in ("51", "52"))),
    # Companions of record 50
    CodeRule(_each(("51", "52"), "0412"), "the code differs from record 50", "de code verschilt van record 50", _of_main(4)),
    CodeRule(_each(("51", "52"), "0512"), "the day differs from record 50", "de datum verschilt van record 50", _of_main(5)),
    CodeRule(_each(("51", "52"), "1512"), "the care provider differs from record 50", "de verstrekker verschilt van record 50",
             _of_main(15)),
    CodeRule(("511712",), "the related performance differs from record 50",
             "de betrekkelijke verstrekking verschilt van record 50",
             _of_main(17)),
    CodeRule(("511912",), "the amount differs from record 50", "het bedrag verschilt van record 50",
             lambda s: s.main is not None and s.line.cents(19) != s.main.cents(19)),
    CodeRule(("512712",), "the insurance code differs from record 20", "de C.G.1 - C.G.2 verschilt van record 20", _of_20(27)),
    CodeRule(("520304",), "reading by hand (type 4) without its reason", "manuele lezing (type 4) zonder reden",
             lambda s: s.line[9] == "4" and not s.line.has(3)),
    CodeRule(("520604",), "the day of the reading is missing", "de datum van lezing ontbreekt", _unread(6)),
    CodeRule(("520904",), "the type of the reading is missing", "het type van lezing ontbreekt",
             lambda s: not s.line.has(9) and (s.line[10].strip("0 ") != "" or s.line.has(6))),
    CodeRule(("521004",), "the carrier of the reading is missing", "het type drager ontbreekt",
             lambda s: s.line.has(9) and not s.line[10].strip("0 ")),
    CodeRule(("521101",), "the zone was not used before 2017", "de zone werd voor 2017 niet gebruikt",
             lambda s: s.line.has(11) and s.month < "201701"),
    CodeRule(("521104",), "a vignette (carrier 7) without its reason", "een vignet (drager 7) zonder reden",
             lambda s: s.line[10] == "7" and not s.line.has(11)),
    CodeRule(("521204",), "the hour of the reading is missing", "het uur van lezing ontbreekt", _unread(12)),
    CodeRule(("521604",), "the serial number of the carrier is missing", "het serienummer van de drager ontbreekt",
             lambda s: s.line[10].strip("0 ") not in ("", "7", "8", "9", "A") and not s.line[16].strip("0 ")),
    CodeRule(("521611",), "carrier 2 has a serial number of 9 digits, or of B and 9 digits",
             "drager 2 heeft een serienummer van 9 cijfers, of van B en 9 cijfers",
             lambda s: s.line[10] == "2"
             and not (is_digits(s.line[16].strip().removeprefix("B")) and len(s.line[16].strip().removeprefix("B")) == 9)),
    CodeRule(("521610",), "carrier 1 has a serial number of 12 digits", "drager 1 heeft een serienummer van 12 cijfers",
             lambda s: s.line[10] == "1" and not (is_digits(s.line[16].strip()) and len(s.line[16].strip()) == 12)),
    CodeRule(("521612",), "carrier 4 has a serial number of 10 digits", "drager 4 heeft een serienummer van 10 cijfers",
             lambda s: s.line[10] == "4" and not (is_digits(s.line[16].strip()) and len(s.line[16].strip()) == 10)),
    # Totals
    *(CodeRule((f"80{zone:02d}12",), "differs from record 20", "verschilt van record 20", _of_20(zone))
      for zone in (4, 5, 6, 7, 8, 9, 10, 13, 14, 17, 18, 22, 24, 32)),
    CodeRule(("801510",), "not the sum of the records on account B", "niet de som van de records op rekening B",
             lambda s: s.line.cents(15) != s.of_invoice.account_b),
    CodeRule(("801910",), "not the sum of the records on account A", "niet de som van de records op rekening A",
             lambda s: s.line.cents(19) != s.of_invoice.account_a),
    CodeRule(("802010",), "the invoice date of a hospital is missing", "de factuurdatum van een ziekenhuis ontbreekt",
             lambda s: not s.line.has(20) and s.line[14][:4] in ("0710", "0720") and s.line[14][-3:] == "000"),
    CodeRule(("802011",), "the invoice date of a rehabilitation centre is missing",
             "de factuurdatum van een revalidatiecentrum ontbreekt",
             lambda s: not s.line.has(20) and s.line[14][:4] in ("0710", "0720") and s.line[14][-3:] == "799"),
    CodeRule(("802710",), "not the sum of the personal shares", "niet de som van de persoonlijke aandelen",
             lambda s: s.line.cents(27) != s.of_invoice.share),
    CodeRule(("803010",), "not the sum of the supplements", "niet de som van de supplementen",
             lambda s: s.line.cents(30) != s.of_invoice.supplement),
    *(CodeRule((f"90{zone:02d}12",), "differs from record 10", "verschilt van record 10", _of_10(zone))
      for zone in (7, 14, 22, 23, 27, 31, 36, 43, 49)),
    CodeRule(("901510",), "not the sum of the records 80", "niet de som van de records 80",
             lambda s: s.line.cents(15) != s.of_file.invoice_b),
    CodeRule(("901511",), "not the sum of the records on account B", "niet de som van de records op rekening B",
             lambda s: s.line.cents(15) != s.of_file.account_b),
    CodeRule(("901910",), "not the sum of the records 80", "niet de som van de records 80",
             lambda s: s.line.cents(19) != s.of_file.invoice_a),
    CodeRule(("901911",), "not the sum of the records on account A", "niet de som van de records op rekening A",
             lambda s: s.line.cents(19) != s.of_file.account_a),
    # Control digits and numbers
    CodeRule(_each(("30", "40", "50", "51"), "0402"), "the check digit of the code is wrong",
             "het controlecijfer van de code is fout",
             lambda s: s.profile.code_check_digit and s.line.has(4) and not control.is_nomenclature_code(s.line[4])),
    CodeRule(_each(("30", "40"), "1702"), "the check digit of the related performance is wrong",
             "het controlecijfer van de betrekkelijke verstrekking is fout",
             lambda s: s.profile.code_check_digit and s.line.has(17) and not control.is_nomenclature_code(s.line[17])),
    CodeRule(("501702", "511702"), "the check digit of the related performance is wrong",
             "het controlecijfer van de betrekkelijke verstrekking is fout",
             lambda s: s.profile.code_check_digit and s.line.has(17) and not control.is_nomenclature_code(s.line[17])),
    CodeRule(("809802",), "control digit of the invoice", "controlecijfer van de factuur",
             lambda s: s.line[98] != control.of_codes([s.of_invoice.codes])),
    CodeRule(("909802",), "control digit of the sending", "controlecijfer van de zending",
             lambda s: s.line[98] != control.of_codes([s.of_file.codes])),
    CodeRule(tuple(f"{record}9902" for record in layouts.RECORDS), "control digit of the record", "controlecijfer van het record",
             lambda s: s.line[99] != control.of_record(s.line.raw.encode("ascii", "replace"))),
    CodeRule(("100703",), "the number of the sending is zero", "het nummer van de zending is nul", lambda s: s.line[7] == "000"),
    CodeRule(tuple(f"{record}0203" for record in layouts.RECORDS), "the number of the record is zero", "het volgnummer is nul",
             lambda s: s.line[2] == "000000"),
    CodeRule(_each(("30", "40", "50", "51"), "0403"), "the code is not in the profile", "de code staat niet in het profiel",
             lambda s: s.profile.closed_code_list and not s.partner
             and s.profile.code(s.line[4].strip(), s.line.day(5) or s.day) is None),
    CodeRule(("201803",), "no care fund of the profile has this number", "geen zorgkas van het profiel heeft dit nummer",
             lambda s: bool(s.profile.care_funds) and s.profile.fund(s.line[18], s.day) is None),
    CodeRule(("202403",), "the invoice has no number", "de factuur heeft geen nummer", lambda s: not s.line.has(24)),
    CodeRule(("103103",), "the BIC of account A is missing", "de BIC van rekening A ontbreekt", lambda s: not s.line[31].strip()),
    CodeRule(("103603",), "the IBAN of account A is missing", "de IBAN van rekening A ontbreekt",
             lambda s: not s.line[36].strip()),
)  # fmt: skip
"""Source of each row: the federal error list 2021-06, by its code. Texts are ours."""


@cache
def _coherence_of(record: str) -> tuple[tuple[str, CodeRule], ...]:
    known = letters()
    return tuple((code, rule) for rule in COHERENCE for code in rule.codes if code[:2] == record and code in known)


@cache
def zone_codes() -> Mapping[str, str]:
    """Every code that a zone rule gives, with the text of what is wrong."""
    found = {rule.code: ZONE_TEXTS[_kind(rule.code)][0] for record in layouts.RECORDS for rule in _zone_rules(record)}
    for row in FEDERAL:
        code = f"{row.record}{row.zone:02d}03"
        if code in letters():
            found[code] = ZONE_TEXTS["03"][0]
    return found


NO_END = "900104"
"""The code for a file without its last record."""


def _kind(code: str) -> str:
    """The sequence whose text says what is wrong with the zone."""
    return "01" if (code[:2], int(code[2:4])) in NUMERIC_SINCE and code[4:] == "04" else code[4:]


def checked_codes() -> tuple[str, ...]:
    """Every code that is checked here, in order."""
    coherent = {code for record in layouts.RECORDS for code, _ in _coherence_of(record)}
    return tuple(sorted(coherent | set(zone_codes()) | {NO_END}))


def texts_of(code: str) -> tuple[str, str]:
    """What a checked code means here, in English and in Dutch."""
    for rule in COHERENCE:
        if code in rule.codes:
            return rule.text, rule.nl
    if code == NO_END:
        return "record 90 is missing", "record 90 ontbreekt"
    return zone_codes().get(code, ""), ZONE_TEXTS[_kind(code)][1] if code in zone_codes() else ""


ZONE_TEXTS: Mapping[str, tuple[str, str]] = {
    "01": (
        "not numeric, no date, or not zero where it must be",
        "niet numeriek, geen datum, of niet nul waar dat moet",
    ),
    "02": ("the check digits are wrong", "het controlecijfer is fout"),
    "03": ("the value is not allowed", "de waarde is niet toegelaten"),
    "04": ("digits that must be zero are not", "cijfers die nul moeten zijn, zijn dat niet"),
    "05": ("the first position is neither + nor -", "de eerste positie is geen + of -"),
    "06": ("the numeric part carries a sign", "het numerieke deel bevat een teken"),
}
"""Sequence of a code about one zone → what is wrong, in English and in Dutch."""


# --- Going through a file ---------------------------------------------------------------------------------------------


def to_lines(records: list[bytes]) -> list[Line]:
    """Records of a file as lines; what is no ASCII becomes a question mark, which no zone takes."""
    return [
        Line(
            raw[:2].decode("ascii", "replace"),
            place,
            raw[:350].ljust(350).decode("ascii", "replace").replace("\ufffd", "?"),
        )
        for place, raw in enumerate(records, 1)
    ]


def validate(lines: list[Line], day: date, profile: Profile) -> Iterator[Found]:
    """Every code that the records of an invoice file (10 to 90) earn, in order of the records."""
    for situation in walk(lines, day, profile):
        line = situation.line
        if line.kind in layouts.RECORDS:
            yield from _of_line(situation)
        else:
            yield Found("100103", "B", line.kind, line.place, line.sequence, line.kind)
    if lines and not any(line.kind == "90" for line in lines) and NO_END not in profile.off:
        yield Found(NO_END, "B", lines[-1].kind, lines[-1].place, lines[-1].sequence)


def _of_line(situation: Situation) -> Iterator[Found]:
    """The codes of one line: form and values of its zones first; a zone that is no value at all is not compared."""
    line, profile = situation.line, situation.profile
    told: set[int] = set()
    for zone, code in _zone_codes_of(situation):
        if code not in profile.off and not (code.endswith("03") and zone in told):
            told.add(zone)
            yield _found(code, line, profile)
    for code, rule in _coherence_of(line.kind):
        if code not in profile.off and int(code[2:4]) not in told and rule.broken(situation):
            yield _found(code, line, profile)
    for row in profile.required:
        if row.record == line.kind and row.covers(situation.day) and not line.has(row.zone):
            yield Found(row.code, row.letter, line.kind, line.place, line.sequence)


def _zone_codes_of(situation: Situation) -> Iterator[tuple[int, str]]:
    line = situation.line
    for rule in _zone_rules(line.kind):
        if rule.wrong(line.raw[rule.first : rule.last]) and not _excused(rule, line, situation):
            yield rule.zone, rule.code
    for zone, code, values in _allowed(line.kind, situation.profile, situation.day):
        if line[zone] not in values:
            yield zone, code


def _found(code: str, line: Line, profile: Profile) -> Found:
    # Codes of zone 1 are about the order of records, so the record's type is what was found.
    value = line.kind if code[2:4] == "01" else line[int(code[2:4])].strip()
    letter = profile.letter(code) or letters().get(code, "B")
    return Found(code, letter, line.kind, line.place, line.sequence, value)


_SIGN_SINCE = "20190701"
"""Zone 47 of record 50 has a sign for performances from this day on; before it held eight zeros."""


def _excused(rule: _ZoneRule, line: Line, situation: Situation) -> bool:
    """Zones whose form changed, and zone 8 where zone 32 says that it holds a membership number, which has no check digits."""
    if rule.code == "504705":
        return line[47] == "0" * 8 and line[5] < _SIGN_SINCE
    return (
        rule.code.endswith("0802")
        and situation.invoice is not None
        and situation.invoice[32] == "0"
        and bool(line[8].strip())
    )


def _allowed(record: str, profile: Profile, day: date) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    own = {row.zone: row.values for row in profile.allowed if row.record == record and row.covers(day)}
    for zone, values in own.items():
        yield zone, f"{record}{zone:02d}03", values
    for row in FEDERAL:
        if row.record == record and row.zone not in own and (row.valid_from is None or row.valid_from <= day):
            code = f"{record}{row.zone:02d}03"
            if code in letters():
                yield row.zone, code, row.values
