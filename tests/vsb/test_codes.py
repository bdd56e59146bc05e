"""Each code that is checked has a file that does not earn it and one that does.

The file is made of every record there is. Zone rules are broken by writing into the zone what the rule forbids; coherence rules
by a change written down here for each code, from the wording of the federal list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from billhook.wire.layout import Kind
from billhook_vsb import layouts, validation
from billhook_vsb.codes.errors import letters
from billhook_vsb.codes.values import FEDERAL
from billhook_vsb.messages import read_message
from billhook_vsb.profile import AllowedZone, PerformanceCode, Profile, RequiredZone
from billhook_vsb.testing import PRODUCT, THIRD_PARTY, flat_rate, insz, item
from billhook_vsb.validation import to_lines, validate
from tests.vsb.desk import HEAD, PROFILE, TODAY, changed, file_of

PLACES = {"10": 1, "20": 2, "30": 3, "share": 4, "80": 5, "40": 7, "50": 8, "51": 9, "52": 10, "90": 12}
"""Which record of the specimen is which: an invoice with a day and its share (2–5), one with 40, 50, 51, 52 (6–11)."""


def specimen() -> bytes:
    first = item(3, voucher="1", details={"zones": {"20.27": "0000110110"}})
    details = {"engagement": "E" * 20, "agreement_number": "0123456789", "zones": {"20.27": "0000110110"}}
    performance = flat_rate(6, voucher="2", details=details)
    product = replace(
        performance, id=7, number="6-2", line=2, code=PRODUCT, unit_price=Decimal("5.00"), net=500, vat=0, gross=500,
        details=performance.details.model_copy(update={"engagement": "", "agreement_number": "", "performer": ""}),
    )  # fmt: skip
    return file_of([first, performance, product])


CONTENT = specimen()
EXTENDED = PROFILE


def earned(content: bytes, profile: Profile = EXTENDED, day: date = TODAY) -> set[str]:
    lines = to_lines([record.raw for record in read_message(content).records])
    return {found.code for found in validate(lines, day, profile)}


def test_the_specimen_holds_every_record_and_earns_nothing() -> None:
    kinds = [CONTENT[at : at + 2].decode() for at in range(HEAD, len(CONTENT), 350)]
    assert kinds == ["10", "20", "30", "30", "80", "20", "40", "50", "51", "52", "80", "90", "95", "96"]
    assert earned(CONTENT) == set()


# --- Zone rules -------------------------------------------------------------------------------------------------------

ZONE_CODES = sorted(validation.zone_codes())


def broken_text(code: str) -> str:
    """What the zone of a code holds when it breaks the rule."""
    row = layouts.by_number(code[:2])[int(code[2:4])]
    width = row.width
    if (code[:2], int(code[2:4])) in validation.NUMERIC_SINCE:
        return "X".rjust(width, "0")
    match code[4:]:
        case "01":
            if row.original == layouts.RESERVE:
                return "1".rjust(width, "0")
            return "+" + "X" * (width - 1) if row.kind is Kind.SIGNED else "X".rjust(width, "0")
        case "02":
            return {8: "0085010100100", 27: "0400018390", 36: "BE00001000003514", 49: "BE00001000003514"}.get(
                int(code[2:4]), "077200123799"
            )
        case "03":
            allowed = {
                value
                for each in FEDERAL
                if (each.record, each.zone) == (code[:2], int(code[2:4]))
                for value in each.values
            }
            return next(
                text for text in ("0051", "8" * width, "9" * width) if len(text) == width and text not in allowed
            )
        case "04":
            return "9".ljust(width, "0") if int(code[2:4]) != 13 else "001"
        case "05":
            return "0" * width
        case "06":
            return "+" + "-".rjust(width - 1, "0")
    raise AssertionError(code)


@pytest.mark.parametrize("code", ZONE_CODES)
def test_a_zone_that_breaks_its_rule_earns_the_code(code: str) -> None:
    row = layouts.by_number(code[:2])[int(code[2:4])]
    content = changed(CONTENT, PLACES[code[:2]], row.first, broken_text(code))
    assert code in earned(content)


# --- Coherence rules --------------------------------------------------------------------------------------------------

Change = Callable[[], set[str]]


def put(record: str, zone: int, text: str, *, day: date = TODAY, profile: Profile = EXTENDED) -> Change:
    """One zone holds something else."""

    def change() -> set[str]:
        kind = "30" if record == "share" else record
        row = layouts.by_number(kind)[zone]
        filled = text if len(text) == row.width else text.rjust(row.width, "0")
        return earned(changed(CONTENT, PLACES[record], row.first, filled), profile, day)

    return change


def several(*changes: tuple[str, int, str]) -> Change:
    """Several zones hold something else."""

    def change() -> set[str]:
        content = CONTENT
        for record, zone, text in changes:
            row = layouts.by_number("30" if record == "share" else record)[zone]
            content = changed(content, PLACES[record], row.first, text.rjust(row.width, "0"))
        return earned(content)

    return change


def without(*places: int) -> Change:
    """Records are left out."""

    def change() -> set[str]:
        kept = [CONTENT[at : at + 350] for at in range(HEAD, len(CONTENT), 350)]
        return earned(CONTENT[:HEAD] + b"".join(part for place, part in enumerate(kept, 1) if place not in places))

    return change


def order(*places: int) -> Change:
    """Records in another order."""

    def change() -> set[str]:
        kept = [CONTENT[at : at + 350] for at in range(HEAD, len(CONTENT), 350)]
        return earned(CONTENT[:HEAD] + b"".join(kept[place - 1] for place in places))

    return change


def with_profile(**changes: object) -> Change:
    return lambda: earned(CONTENT, EXTENDED.model_copy(update=changes))


HOSPITAL = "071000100000"
LATE, EARLY = "20991231", "20250801"
AFTER = "20251020"


def other_sex(record: str) -> str:
    """Zone 9 of a record, turned round."""
    at = HEAD + 350 * (PLACES[record] - 1) + layouts.by_number(record)[9].first - 1
    return {"1": "2", "2": "1"}[CONTENT[at : at + 1].decode()]


OTHER_SEX = {record: other_sex(record) for record in ("30", "40", "50", "80")}
OTHER_PERSON = f"00{insz(date(1985, 1, 1), 7)}"

CASES: Mapping[str, Change] = {
    "100110": put("10", 2, "000002"),
    "100111": without(2), "200111": without(3, 4), "300111": order(1, 2, 3, 4, 90 - 78, 5),
    "400111": order(1, 6, 7, 12), "500111": order(1, 6, 8, 12), "510111": order(1, 6, 8, 9, 12),
    "520111": order(1, 6, 8, 10, 12),
    "800111": order(1, 2, 3, 4, 5, 8), "900111": order(1, 2, 3, 4, 5, 12, 5),
    "200110": order(1, 2, 3, 2), "300110": order(1, 2, 7, 3), "400110": order(1, 2, 8, 7), "500110": order(1, 8),
    "510110": order(1, 6, 7, 9), "520110": order(1, 6, 7, 10), "800110": order(1, 2, 5),
    "900110": order(1, 2, 3, 4, 12),
    "900104": without(12),
    **{f"{record}0210": put(record, 2, "000099") for record in ("20", "30", "40", "50", "51", "52", "80", "90")},
    **{f"{record}0203": put(record, 2, "000000") for record in layouts.RECORDS},
    "100312": put("10", 3, "1"), "100314": put("10", 3, "1"), "100316": put("10", 3, "1"), "104310": put("10", 3, "1"),
    "104910": put("10", 3, "1"), "104312": put("10", 43, "GEBABEBB   "),
    "104912": put("10", 49, "BE94001000003514".ljust(34)),
    "100703": put("10", 7, "000"), "100911": put("10", 9, "1"), "101011": put("10", 10, "1"),
    "102210": put("10", 22, "02099"), "102211": put("10", 22, "02026"), "102310": put("10", 23, "12"),
    "102311": put("10", 23, "12"), "102510": put("10", 25, LATE), "102710": put("10", 27, "0000000000"),
    "102711": put("10", 27, "0999999922"), "103103": put("10", 31, " " * 11), "103603": put("10", 36, " " * 34),
    # The invoice (type 5 in the first one)
    "200411": put("20", 10, "3"), "200412": put("20", 5, "00000000"), "200510": put("20", 5, "00000000"),
    "200511": put("20", 10, "3"), "200610": several(("20", 6, EARLY), ("20", 22, "00900")),
    "200611": several(("20", 10, "3"), ("20", 6, AFTER)),
    "200810": put("20", 8, "0" * 13), "300810": put("30", 8, "0" * 13), "400810": put("40", 8, "0" * 13),
    "500810": put("50", 8, "0" * 13), "510810": put("51", 8, "0" * 13),
    **{f"{record}0813": several(("20", 32, "0")) for record in ("20", "30")},
    "200814": put("20", 8, "1234567890123"), "300814": put("30", 8, "1234567890123"),
    "201110": put("10", 13, "030"), "201140": several(("20", 11, "3")), "201412": put("20", 14, "077200221799"),
    "201510": put("20", 15, "0" * 12), "201511": put("20", 10, "3"),
    "201910": several(("20", 10, "1"), ("20", 19, "0" * 12)), "202010": put("20", 20, "00000000"),
    "202011": put("20", 10, "4"), "202211": several(("20", 10, "3"), ("20", 22, "00900")),
    "202212": put("20", 22, "00900"),
    "202403": put("20", 24, "0" * 12),
    "202910": put("20", 11, "1"), "203410": put("20", 11, "1"), "203710": put("20", 11, "1"),
    "204112": put("20", 11, "1"),
    "202911": put("20", 29, "000000000077"), "203411": put("20", 34, "007"), "203711": put("20", 37, "901"),
    "204113": put("20", 41, "202509"), "204110": put("20", 41, "209901"), "204111": put("20", 41, "202511"),
    "203210": put("20", 32, "0"), "203811": put("20", 38, "REFERENCE".ljust(22)),
    "204911": put("20", 49, "REFERENCE".ljust(22)),
    "204710": put("20", 47, LATE),
    # Performances
    **{f"{record}0510": put(record, 5, LATE) for record in ("30", "40", "50")},
    **{f"{record}0610": put(record, 6, LATE) for record in ("30", "40", "50")},
    **{f"{record}0612": put(record, 6, EARLY) for record in ("30", "40", "50")},
    **{f"{record}0712": put(record, 7, "903") for record in ("30", "40", "50")},
    **{f"{record}0912": put(record, 9, OTHER_SEX[record]) for record in ("30", "40", "50")},
    **{f"{record}1110": put(record, 11, "1") for record in ("30", "40", "50")},
    **{f"{record}1111": put(record, 11, "1") for record in ("30", "40", "50")},
    **{f"{record}5111": put(record, 52, "077200122799") for record in ("30", "40", "50")},
    "300511": put("30", 5, EARLY), "300611": put("30", 6, EARLY),
    "300516": several(("20", 47, "20251001"), ("30", 5, AFTER)),
    "300513": several(("20", 6, "20251002"), ("30", 5, AFTER)), "300613": several(("20", 6, "20251002")),
    "300314": put("30", 3, "1"), "300450": put("share", 4, "0770114"), "300451": put("30", 4, "0770210"),
    "301910": put("share", 19, "+00000003000"), "301941": put("share", 27, "+000002000"),
    "302210": put("share", 22, "+0014"),
    "302711": put("share", 27, "-000003000"), "302240": put("30", 22, "+0016"),
    "302212": put("30", 22, "-0015"), "402212": put("40", 22, "-0001"), "502212": put("50", 22, "-0001"),
    "302412": put("30", 24, "-00000000100"), "302712": put("30", 27, "-000000100"),
    "402712": put("40", 27, "-000000100"),
    "502712": put("50", 27, "-000000100"), "303012": put("30", 30, "-000000100"), "403012": put("40", 30, "-000000100"),
    "503012": put("50", 30, "-000000100"), "403912": put("40", 39, "-000000100"),
    "302248": put("20", 11, "3"), "304712": put("30", 47, "20250821"), "401612": put("40", 16, "1"),
    "405010": put("40", 50, "2099"),
    "301940": put("30", 22, "+0014"), "401940": with_profile(
        codes=(*PROFILE.codes[:3], PerformanceCode(code=PRODUCT, record="40", price=999))),
    "501940": put("50", 22, "+0002"),
    "301740": with_profile(codes=(PROFILE.codes[0].model_copy(update={"related": "770210"}), *PROFILE.codes[1:])),
    "501740": with_profile(codes=(*PROFILE.codes[:2], PROFILE.codes[2].model_copy(update={"related": "770114"}))),
    "300446": put("30", 47, "00000000"),
    "300452": with_profile(codes=(PROFILE.codes[0].model_copy(update={"allowance": "763593"}), *PROFILE.codes[1:])),
    "303310": several(("20", 10, "3"), ("30", 33, "7")), "503310": put("50", 33, "3"),
    "303312": several(("30", 4, "0767465"), ("30", 33, "1")),
    "303204": put("30", 32, "1"), "403204": put("40", 32, "1"),
    "502011": put("50", 24, "077200122799"), "502012": put("50", 20, "20251001"),
    "502014": several(("50", 20, AFTER), ("50", 24, "077200122799")),
    "504712": put("50", 47, "-0000100"), "504913": put("50", 16, "4"),
    "504915": several(("50", 16, "4"), ("50", 49, THIRD_PARTY.rjust(12, "0")), ("50", 15, THIRD_PARTY.rjust(12, "0"))),
    **{f"{record}0402": put(record, 4, "0770113") for record in ("30", "40", "50", "51")},
    **{f"{record}1702": put(record, 17, "0770113") for record in ("30", "40", "50", "51")},
    **{f"{record}0403": with_profile(closed_code_list=True, codes=(PROFILE.codes[1],)) for record in ("30", "40", "50", "51")},
    # Companions
    "510412": put("51", 4, "0770114"), "520412": put("52", 4, "0770114"), "510512": put("51", 5, AFTER),
    "520512": put("52", 5, AFTER),
    **{f"{record}0812": put(record, 8, OTHER_PERSON) for record in ("30", "40", "50", "51", "52", "80")},
    "511512": put("51", 15, "077200221799"), "521512": put("52", 15, "077200221799"),
    "511712": put("51", 17, "0770114"),
    "511912": put("51", 19, "+00000000001"), "512712": put("51", 27, "0000110111"),
    "521610": put("52", 10, "1"), "521612": put("52", 10, "4"),
    "521611": several(("52", 10, "2"), ("52", 16, "B12345678".ljust(15))),
    "520304": put("52", 9, "4"), "520604": put("52", 9, "1"), "521004": put("52", 9, "1"), "521204": put("52", 9, "1"),
    "520904": put("52", 10, "1"), "521104": put("52", 10, "7"), "521604": put("52", 10, "1"),
    "521101": several(("10", 22, "02016"), ("52", 11, "1")),
    # Totals
    "800412": put("80", 4, "0001000"), "800512": put("80", 5, AFTER), "800612": put("80", 6, AFTER),
    "800712": put("80", 7, "903"),
    "800912": put("80", 9, OTHER_SEX["80"]), "801012": put("80", 10, "3"), "801312": put("80", 13, "990"),
    "801412": put("80", 14, "077200221799"),
    "801712": put("80", 17, "0050"), "801812": put("80", 18, "903"), "802212": put("80", 22, "00100"),
    "802412": put("80", 24, "99"),
    "803212": put("80", 32, "0"), "801510": put("80", 15, "+00000000001"), "801910": put("80", 19, "+00000000001"),
    "802010": several(("80", 14, HOSPITAL), ("80", 20, "00000000")),
    "802011": several(("80", 14, "071000100799"), ("80", 20, "00000000")),
    "802710": put("80", 27, "+000000001"), "803010": put("80", 30, "+000000001"), "809802": put("80", 98, "00"),
    "900712": put("90", 7, "009"), "901412": put("90", 14, "077200221799"), "902212": put("90", 22, "02024"),
    "902312": put("90", 23, "01"), "902712": put("90", 27, "0400396697"), "903112": put("90", 31, "KREDBEBB   "),
    "903612": put("90", 36, "BE98001000059993".ljust(34)), "904312": put("90", 43, "KREDBEBB   "),
    "904912": put("90", 49, "BE98001000059993".ljust(34)),
    "901510": put("90", 15, "+00000000001"), "901511": put("90", 15, "+00000000001"),
    "901910": put("90", 19, "+00000000001"), "901911": put("90", 19, "+00000000001"), "909802": put("90", 98, "00"),
    "201803": put("20", 18, "999"),
}  # fmt: skip


def second_invoice(*pairs: tuple[int, str]) -> Change:
    """Zones of the second invoice's record 20, the ambulatory one."""

    def change() -> set[str]:
        content = CONTENT
        for zone, text in pairs:
            row = layouts.by_number("20")[zone]
            content = changed(content, 6, row.first, text.rjust(row.width, "0"))
        return earned(content)

    return change


def prescribed(day: str, *pairs: tuple[int, str]) -> Change:
    """A prescription of the ambulatory invoice's performance, with other days of the stay."""

    def change() -> set[str]:
        content = changed(CONTENT, PLACES["50"], layouts.by_number("50")[20].first, day)
        content = changed(content, PLACES["50"], layouts.by_number("50")[24].first, "077200122799")
        for zone, text in pairs:
            content = changed(content, 6, layouts.by_number("20")[zone].first, text)
        return earned(content)

    return change


def account_b() -> set[str]:
    """A re-invoicing where record 10 names two accounts."""
    content = changed(CONTENT, 1, layouts.by_number("10")[3].first, "1")
    return earned(changed(content, 2, layouts.by_number("20")[11].first, "1"))


MORE: Mapping[str, Change] = {
    "201812": second_invoice((18, "900")),
    "202420": second_invoice((24, "000000000001")),
    "400511": second_invoice((5, AFTER)), "500511": second_invoice((5, AFTER)),
    "400611": second_invoice((5, AFTER)), "500611": second_invoice((5, AFTER)),
    "400513": second_invoice((6, EARLY)), "500513": second_invoice((6, EARLY)),
    "400613": second_invoice((6, EARLY)), "500613": second_invoice((6, EARLY)),
    "400516": second_invoice((47, EARLY)), "500516": second_invoice((47, EARLY)),
    "400813": second_invoice((32, "0")), "500813": second_invoice((32, "0")),
    "400814": put("40", 8, "1234567890123"), "500814": put("50", 8, "1234567890123"),
    "502010": prescribed(EARLY, (5, "20251001")), "502013": prescribed(AFTER, (6, "20251010")),
    "204910": account_b,
    "402248": second_invoice((11, "3")), "502248": second_invoice((11, "3")),
}  # fmt: skip


def agreement_missing() -> set[str]:
    profile = EXTENDED.model_copy(
        update={"codes": (*PROFILE.codes[:2], PROFILE.codes[2].model_copy(update={"needs_agreement": True}))}
    )
    kept = [CONTENT[at : at + 350] for at in range(HEAD, len(CONTENT), 350)]
    return earned(CONTENT[:HEAD] + b"".join(kept[place - 1] for place in (1, 6, 8, 11, 12)), profile)


def record_digit(record: str) -> Change:
    return lambda: earned(changed(CONTENT, PLACES[record], 349, "00", sign=False))


ALL_CASES: Mapping[str, Change] = {
    **CASES,
    **MORE,
    "500446": agreement_missing,
    **{f"{kind}0103": with_profile(records=tuple(layouts.RECORDS.keys() - {kind})) for kind in layouts.RECORDS},
    **{f"{record}9902": record_digit(record) for record in layouts.RECORDS},
}
COHERENT = sorted(set(validation.checked_codes()) - set(ZONE_CODES))

SWITCHED_ON = {"201412"}
"""Codes that the made-up profile leaves out, because it bills several facilities in a sending."""


@pytest.mark.parametrize("code", COHERENT)
def test_a_contradiction_earns_its_code(code: str) -> None:
    if code in SWITCHED_ON:
        profile = EXTENDED.model_copy(update={"off": ()})
        assert code not in earned(CONTENT, profile)
        assert code in put("20", 14, "077200221799", profile=profile)()
        return
    assert code in ALL_CASES[code]()


def test_every_checked_code_has_its_letter_from_the_list() -> None:
    assert set(validation.checked_codes()) <= set(letters())
    assert {letters()[code] for code in validation.checked_codes()} <= set("BFRES")


def test_texts_are_told_in_two_languages() -> None:
    for code in validation.checked_codes():
        if code != "900104":
            english, dutch = validation.texts_of(code)
            assert english
            assert dutch


# --- What a profile changes -------------------------------------------------------------------------------------------


def test_a_profile_switches_codes_off_and_gives_other_letters() -> None:
    content = changed(CONTENT, 3, layouts.by_number("30")[6].first, EARLY)
    assert "300612" in earned(content)
    assert "300612" not in earned(content, EXTENDED.model_copy(update={"off": ("300612", "201412")}))


def test_a_profile_demands_a_zone_with_the_code_of_its_cookbook() -> None:
    required = (RequiredZone(record="30", zone=48, code="304810", letter="R"),)
    profile = EXTENDED.model_copy(update={"required": required})
    assert "304810" in earned(CONTENT, profile)
    assert "304810" not in earned(changed(CONTENT, 3, layouts.by_number("30")[48].first, "1"), profile) - {"304810"}


def test_a_code_list_may_do_without_check_digits() -> None:
    """Whether Flemish codes end in one is not public: the profile says so."""
    broken = changed(CONTENT, PLACES["30"], layouts.by_number("30")[4].first, "0770113")
    assert "300402" in earned(broken)
    assert "300402" not in earned(broken, EXTENDED.model_copy(update={"code_check_digit": False}))


def test_values_change_with_the_day() -> None:
    rows = (AllowedZone(record="10", zone=13, values=("050",), valid_from=date(2025, 11, 1)),)
    profile = EXTENDED.model_copy(update={"allowed": rows})
    assert "101303" in earned(CONTENT, profile)
    assert "101303" not in earned(CONTENT, profile, date(2025, 10, 31))


def test_the_third_party_of_the_specimen_is_its_facility() -> None:
    assert CONTENT[HEAD + 55 : HEAD + 67].decode() == THIRD_PARTY.rjust(12, "0")
