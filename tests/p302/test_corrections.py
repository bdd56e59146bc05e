"""The correction procedure (TA1 V21 chapter 7): who may use which mark, and what a correction says of its original."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from billhook.model import BillingItem, Finding, Severity
from billhook.scheme import CorrectionRefused, EarlierBilling, PreviousBilling
from billhook_p302 import corrections, rules
from billhook_p302.batching import DocumentKey, FileKey
from billhook_p302.groups.parts import details_of
from billhook_p302.settings import Receiver, Settings
from billhook_p302.testing import item_of
from tests.p302.desk import BERLIN, SCHEME, Desk, directory, read_items, read_settings
from tests.p302.test_rules import NOW, PAYER, payers, settings, voucher

AGREED: dict[str, Any] = {"agreed_marks": ["02", "04"]}
ORIGINAL: dict[str, Any] = {
    "original_provider": "123456789",
    "original_number": "A-135",
    "original_ordinal": "0",
    "original_date": "2014-05-02",
    "original_voucher_number": "28",
}


def items(*, mark: str = "", details: Mapping[str, Any] | None = None, **row: Any) -> list[BillingItem]:
    """The voucher of two aids, with a mark."""
    told = {"processing_mark": mark, **(details or {})}
    rows = [{**each, **row, "details": {**each["details"], **told}} for each in voucher()]
    return [item_of(each, number) for number, each in enumerate(rows, start=1)]


def desk(now: datetime = NOW, **defaults: Any) -> Desk:
    return Desk(settings(defaults=defaults), payers(now), now)


def codes(found: Sequence[Finding]) -> list[str]:
    return [each.code for each in found]


def segments(files: Mapping[str, bytes]) -> list[str]:
    return next(iter(files.values())).decode("latin-1").split("'")


def left(
    item: BillingItem, number: str, day: date, *, mark: str = "01", ordinal: int = 0, provider: str = ""
) -> PreviousBilling:
    """How an item left: only the mark of the file's key matters here."""
    key = FileKey(provider or item.provider, PAYER, PAYER, "AO", "A", mark, "1", "21", "", "2", "I1", "")
    return PreviousBilling(number, day, tuple(key), {}, ordinal)


def followed(item: BillingItem, kind: str, billing: PreviousBilling, counter: Desk | None = None) -> BillingItem:
    return SCHEME.correct(item, kind, replace((counter or desk()).ctx, previous=billing))


# --- TA1 V21 7.1: who may use which mark ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "area", "day", "marks"),
    [
        ("15", "", date(2025, 10, 1), ""),
        ("19", "", date(2027, 2, 1), ""),
        ("23", "", date(2025, 10, 1), "02 03 04"),
        ("26", "4", date(2025, 10, 1), "02 03 04"),
        ("71", "", date(2025, 10, 1), "02 03 04"),
        ("22", "", date(2025, 9, 30), "02 03 04"),
        ("22", "", date(2025, 10, 1), "02 03 04 10"),
        ("21", "1", date(2025, 10, 1), "02 03 04 10"),
        ("27", "1", date(2025, 10, 1), "02 03 04 10"),
        ("27", "2", date(2025, 10, 1), "02 03 04"),
        ("50", "", date(2025, 9, 30), ""),
        ("50", "", date(2025, 10, 1), "02 04"),
        ("31", "", date(2025, 10, 1), ""),
        ("A1", "", date(2025, 10, 1), ""),
    ],
)
def test_who_may_use_which_mark(code: str, area: str, day: date, marks: str) -> None:
    assert sorted(corrections.allowed(code, area, Receiver(), day)) == marks.split()


def test_what_was_agreed_on_with_a_payer_is_allowed_beside_the_table() -> None:
    """Aids have no correction procedure in TA1 7.1; a pilot (7.2) is a matter of two."""
    pilot = Receiver(agreed_marks=("04",))
    assert corrections.allowed("15", "", pilot, date(2025, 10, 1)) == {"04"}
    assert corrections.allowed("23", "", pilot, date(2025, 10, 1)) == {"02", "03", "04"}


def test_a_receiver_for_whom_corrections_are_switched_off_gets_none() -> None:
    assert corrections.allowed("23", "", Receiver(corrections=False, agreed_marks=("04",)), date(2025, 10, 1)) == set()


def test_every_mark_has_its_word() -> None:
    assert dict(SCHEME.marks) == {
        "01": "billing", "02": "supplementary", "03": "copayment-claim", "04": "correction", "10": "resumption",
    }  # fmt: skip
    assert set(SCHEME.correction_kinds) == set(SCHEME.marks.values())


# --- TA1 V21 7.5: the examples ----------------------------------------------------------------------------------------


@dataclass
class Story:
    """An example of TA1 7.5: what is billed, and what the corrections say of it."""

    first: Mapping[str, str]
    then: Sequence[Mapping[str, str]]
    found: list[str] = field(default_factory=list)


def stories(corpus: Path) -> list[Story]:
    told = json.loads((corpus / "p302" / "vectors" / "edifact_vectors.json").read_text("utf-8"))
    return [Story(each["erst"], each["korrekturen"]) for each in told["korrektur_TA1_7_5"]]


def day_of(text: str) -> date:
    return datetime.strptime(text, "%Y%m%d").replace(tzinfo=BERLIN).date()


def shop(ik: str) -> Settings:
    """A provider with the numbers of the examples, which may use every mark."""
    provider = {"ik": ik, "name": "Beispiel", "state": "08", "accounting_code": "15", "provider_group": "1501000"}
    return Settings.model_validate({"providers": [provider], "defaults": {"agreed_marks": ["02", "03", "04"]}})


@pytest.mark.parametrize("example", [0, 1, 2])
def test_the_uri_examples_of_ta1_7_5_come_out_exactly(corpus: Path, example: int) -> None:
    """Corrections of corrections: each follows the one before it, and the original stays what it was."""
    story = stories(corpus)[example]
    kinds = {"02": "supplementary", "03": "copayment-claim", "04": "correction"}
    number, ordinal = story.first["rn"].split(":")
    origin_was_ours = ordinal.isdigit()
    item = items(voucher=story.first["beleg"], provider=story.first["ik"])[0]
    billing = left(item, number, day_of(story.first["datum"]), ordinal=int(ordinal) if origin_was_ours else 0)
    for step in story.then:
        counter = Desk(shop(step.get("ik", story.first["ik"])), payers(), NOW)
        if origin_was_ours or item.corrects:
            new = followed(item, kinds[step["vkz"]], billing, counter)
            new = replace(new, id=item.id + 1, corrects=item.id, provider=step.get("ik", item.provider))
        else:
            # "E" is no single number that this program gives: the original was billed by another one, and is told.
            told = {
                "processing_mark": step["vkz"], "original_provider": story.first["ik"], "original_number": number,
                "original_ordinal": ordinal, "original_date": day_of(story.first["datum"]),
                "original_voucher_number": story.first["beleg"],
            }  # fmt: skip
            new = replace(item, id=item.id + 1, corrects=item.id, details=details_of(item).model_copy(update=told))
        new = replace(new, voucher=step["beleg"], details=details_of(new).model_copy(update={"voucher_number": ""}))
        lines = segments(counter.files([new]))
        assert f"{step['uri'].rstrip(chr(39))}" in lines
        assert sum(line.startswith("URI+") for line in lines) == 1
        assert f"FKT+{step['vkz']}" in {line[:6] for line in lines}
        at = lines.index(step["uri"].rstrip("'"))
        assert (lines[at - 1][:4], lines[at + 1][:4]) == ("INV+", "NAD+")
        single = step["rn"].split(":")[1]
        billing = left(
            new, step["rn"].split(":")[0], day_of(step["datum"]), mark=step["vkz"],
            ordinal=int(single) if single.isdigit() else 0,
        )  # fmt: skip
        item = new


# --- Originals: what a follow-up says ---------------------------------------------------------------------------------


def originals(item: BillingItem) -> tuple[str, str, str, str, date | None, str]:
    told = details_of(item)
    return (
        told.original_mark, told.original_provider, told.original_number, told.original_ordinal, told.original_date,
        told.original_voucher_number,
    )  # fmt: skip


FIRST = ("01", "591104278", "00000007", "2", date(2025, 10, 20), "4711")


@pytest.mark.parametrize(
    ("before", "mark", "own"),
    [
        # The original is the invoice in which the position was billed first (7.5.1.1) …
        ("04", "correction", False),
        ("04", "supplementary", False),
        ("02", "supplementary", False),
        ("03", "correction", False),
        # … but a supplementary or resumed invoice is an original of its own (7.3 no. 3 and 5, recommendation 26) …
        ("02", "correction", True),
        ("02", "copayment-claim", True),
        ("10", "correction", True),
        ("10", "supplementary", True),
        # … and a copayment claim follows the correction in which it was deducted (7.3 no. 4).
        ("04", "copayment-claim", True),
    ],
)
def test_which_invoice_is_the_original_of_a_correction_of_a_correction(before: str, mark: str, own: bool) -> None:
    item = items(mark=before, details={**ORIGINAL, "original_mark": "01"})[0]
    new = followed(item, mark, left(item, "00000007", date(2025, 10, 20), mark=before, ordinal=2))
    assert originals(new) == ((before, *FIRST[1:]) if own else originals(replace(item, details=new.details)))
    assert (originals(new)[2] == "A-135") is not own


def test_the_first_correction_names_the_invoice_that_it_corrects() -> None:
    item = items()[0]
    new = followed(item, "correction", left(item, "00000007", date(2025, 10, 20), ordinal=2))
    assert originals(new) == FIRST
    assert (new.number, new.voucher, details_of(new).voucher_number) == ("4711-1-K1", "4711-K1", "4711")
    assert (details_of(new).processing_mark, new.kind) == ("04", "correction")


def test_billed_again_as_new_it_names_no_original() -> None:
    """A refused invoice counts as never sent (recommendations 21 and 22)."""
    item = items(mark="04", details=ORIGINAL)[0]
    new = followed(item, "billing", left(item, "00000007", date(2025, 10, 20), mark="04"))
    assert originals(new) == ("", "", "", "", None, "")


def test_a_supplementary_claim_begins_without_a_price() -> None:
    """It bills only the difference (TA1 V21 7.4.1), which only the clerk knows."""
    item = items()[0]
    new = followed(item, "supplementary", left(item, "00000007", date(2025, 10, 20)))
    assert (new.unit_price, new.gross, new.splits) == (Decimal(0), 0, ())
    found = desk(**AGREED).findings([replace(new, id=9)])
    assert "P302-COR-010" in codes(found)
    priced = replace(new, id=9, unit_price=Decimal("1.11"), net=111, gross=111)
    assert "P302-COR-010" not in codes(desk(**AGREED).findings([priced]))


def test_what_was_never_billed_cannot_be_corrected() -> None:
    with pytest.raises(CorrectionRefused, match="4711-1"):
        SCHEME.correct(items()[0], "correction", desk().ctx)


def test_a_copayment_that_was_not_billed_cannot_be_claimed() -> None:
    """A line without one may stand there for information (recommendation 13), but not alone."""
    item = replace(items()[0], splits=())
    new = followed(item, "copayment-claim", left(item, "00000007", date(2025, 10, 20)))
    assert (new.gross, corrections.stated(new).unit_price) == (0, Decimal("72.15"))
    assert "P302-COR-008" in codes(desk(agreed_marks=["03"]).findings([replace(new, id=9)]))


GOLDEN = Path(__file__).parent / "golden" / "group_b_copayment"


def test_the_copayments_of_a_therapy_are_claimed_line_by_line() -> None:
    """The golden voucher 3101: 19,19 by percent and 10,00 flat were deducted, and are asked for now. The positions stand there
    as they were, their gross is no claim (TA1 V21 5.5.2 GES, 5.5.3.3 GZF, 7.4.2.1).
    """
    now = datetime(2025, 12, 11, 10, tzinfo=BERLIN)
    counter = Desk(read_settings(GOLDEN / "settings.toml"), directory(GOLDEN.glob("*.ke0"), now.date()), now)
    billed = [item for item in read_items(GOLDEN / "items.jsonl") if item.voucher == "3101"]
    claims = [
        replace(followed(item, "copayment-claim", left(item, "00000007", date(2025, 11, 10)), counter), id=item.id)
        for item in billed
    ]
    assert [each for each in counter.findings(claims) if each.is_error] == []
    lines = segments(counter.files(claims))
    assert lines.count("GZF+29,19+19,19+10,00") == 1
    assert "GES+00+29,19+0,00+29,19" in lines
    assert "URI+440305188+00000007:0+20251110+3101" in lines
    assert {line[:6] for line in lines if line.startswith("FKT")} == {"FKT+03"}
    assert not any(line.startswith("BES") for line in lines)
    assert [line for line in lines if line.startswith("EHE+22:00000+20501+2,00")] == [
        "EHE+22:00000+20501+2,00+28,52+20251027+2,85"
    ]
    assert sum(claim.billed for claim in claims) == 2919


def test_a_claimed_copayment_is_what_is_billed_and_the_position_is_kept_for_information() -> None:
    """Recommendation 8 and TA1 V21 7.4.2.1: quantity and price are no claim any more. 7,22 of 72,15 are claimed."""
    item = items()[0]
    new = followed(item, "copayment-claim", left(item, "00000007", date(2025, 10, 20)))
    assert (new.gross, new.billed, new.quantity) == (722, 722, Decimal(1))
    assert details_of(new).copayment_mark == "2"
    shown = corrections.stated(new)
    assert (shown.gross, shown.billed, shown.unit_price) == (7215, 7215 - 722, Decimal("72.15"))


# --- One file a mark --------------------------------------------------------------------------------------------------


def test_each_mark_leaves_in_a_file_of_its_own() -> None:
    counter = desk(**AGREED)
    mine = [
        *items(),
        *items(mark="02", details=ORIGINAL, voucher="4712"),
        *items(mark="04", details=ORIGINAL, voucher="4713"),
    ]
    keys = [SCHEME.keys(item, counter.ctx) for item in mine]
    assert {FileKey(*key.file).mark for key in keys if not isinstance(key, Finding)} == {"01", "02", "04"}
    assert {SCHEME.mark_of(item, counter.ctx) for item in mine} == {"01", "02", "04"}


def test_without_corrections_everything_leaves_as_a_first_billing() -> None:
    mine = items(mark="04", details=ORIGINAL)
    for counter in (desk(), desk(corrections=False, agreed_marks=["04"])):
        lines = segments(counter.files(mine))
        assert any(line.startswith("FKT+01") for line in lines)
        assert not any(line.startswith(("URI+", "FKT+04")) for line in lines)
        found = counter.findings(mine)
        assert [(each.code, each.severity) for each in found] == [("P302-COR-001", Severity.NOTE)]
    assert any(line.startswith("URI+") for line in segments(desk(**AGREED).files(mine)))


def test_an_item_is_billed_again_as_a_correction_only_where_the_receiver_takes_corrections() -> None:
    assert SCHEME.again_kind(items()[0], desk(**AGREED).ctx) == "correction"
    assert SCHEME.again_kind(items()[0], desk().ctx) == "billing"


def test_a_refused_file_leaves_again_as_it_was_under_new_numbers() -> None:
    """TA1 V21 6, recommendation 22: it counts as never received, so it keeps mark, invoice numbers and dates."""
    rule = SCHEME.resubmit((), desk().ctx)
    assert (rule.keep, rule.keep_date) == (frozenset(), True)


# --- Checks -----------------------------------------------------------------------------------------------------------

CASES: Sequence[tuple[str, str, dict[str, Any], str | None]] = (
    # code, mark, details, the field it points to
    ("P302-FKT-009", "99", {}, "details.processing_mark"),
    ("P302-COR-002", "03", {**ORIGINAL, "copayment_mark": "2"}, "details.processing_mark"),
    ("P302-COR-002", "10", ORIGINAL, "details.processing_mark"),
    ("P302-COR-003", "01", ORIGINAL, "details.processing_mark"),
    ("P302-COR-003", "", ORIGINAL, "details.processing_mark"),
    ("P302-COR-004", "02", {**ORIGINAL, "original_mark": "04"}, "details.original_mark"),
    ("P302-COR-004", "04", {**ORIGINAL, "original_mark": "03"}, "details.original_mark"),
    ("P302-COR-004", "03", {**ORIGINAL, "original_mark": "03"}, "details.original_mark"),
    ("P302-COR-004", "10", {**ORIGINAL, "original_mark": "02"}, "details.original_mark"),
    ("P302-COR-005", "04", {**ORIGINAL, "original_number": "A--135"}, "details.original_number"),
    ("P302-COR-006", "04", {**ORIGINAL, "original_date": "2025-11-04"}, "details.original_date"),
    ("P302-COR-007", "03", {**ORIGINAL, "copayment_mark": "3"}, "details.copayment_mark"),
    ("P302-COR-009", "03", ORIGINAL, "details.stated_quantity"),
    ("P302-COR-011", "10", ORIGINAL, "details.prescription_kind"),
    ("P302-COR-012", "10", {**ORIGINAL, "prescribed_on": "2025-06-01"}, "service_from"),
    ("P302-URI-002", "04", {**ORIGINAL, "original_provider": ""}, "details.original_provider"),
    ("P302-URI-002", "04", {**ORIGINAL, "original_number": ""}, "details.original_number"),
    ("P302-URI-002", "04", {**ORIGINAL, "original_date": None}, "details.original_date"),
    ("P302-URI-002", "02", {**ORIGINAL, "original_voucher_number": ""}, "details.original_voucher_number"),
)


@pytest.mark.parametrize(("code", "mark", "details", "where"), CASES)
def test_a_wrong_mark_or_original_is_found(code: str, mark: str, details: dict[str, Any], where: str | None) -> None:
    found = desk(**AGREED).findings(items(mark=mark, details=details))
    assert (code, where) in [(each.code, each.field) for each in found]
    assert all("{" not in each.message + each.mend for each in found)


@pytest.mark.parametrize("mark", ["02", "04"])
def test_a_right_mark_with_its_original_is_fine(mark: str) -> None:
    assert desk(**AGREED).findings(items(mark=mark, details=ORIGINAL)) == []


def test_nothing_claimed_is_found() -> None:
    line = items(mark="03", details={**ORIGINAL, "stated_quantity": "1", "stated_unit_price": "5"}, unit_price="0.00")[
        0
    ]
    assert "P302-COR-008" in codes(desk(agreed_marks=["03"]).findings([replace(line, splits=())]))


def test_a_credit_is_a_correction_of_a_negative_quantity_and_only_warned_of() -> None:
    lines = items(mark="04", details=ORIGINAL)[:1]
    credit = replace(lines[0], quantity=Decimal(-1), net=-7215, gross=-7215, splits=())
    found = desk(**AGREED).findings([credit])
    assert ("P302-COR-013", Severity.WARNING) in [(each.code, each.severity) for each in found]
    assert "P302-EHI-007" not in codes(found)
    first = replace(credit, details=details_of(credit).model_copy(update={"processing_mark": "01"}))
    assert any(each.is_error and each.field == "quantity" for each in desk(**AGREED).findings([first]))


def test_every_rule_of_the_procedure_was_broken_once() -> None:
    here = {code for code, *_ in CASES} | {"P302-COR-001", "P302-COR-008", "P302-COR-010", "P302-COR-013"}
    assert {rule.code for rule in rules.RULES if rule.code.startswith("P302-COR-")} <= here


# --- Finding the mark -------------------------------------------------------------------------------------------------


def earlier(*billed: BillingItem, mark: str = "01") -> list[EarlierBilling]:
    return [EarlierBilling(each, left(each, "00000007", date(2025, 10, 20), mark=mark)) for each in billed]


def test_a_position_that_was_not_billed_yet_is_a_supplementary_claim() -> None:
    billed, forgotten = items()
    new = SCHEME.mark(forgotten, earlier(billed), desk().ctx)
    assert (details_of(new).processing_mark, originals(new)[1:3]) == ("02", ("591104278", "00000007"))
    assert (new.voucher, details_of(new).voucher_number, new.corrects) == ("4711-N1", "4711", billed.id)


def test_a_position_that_was_billed_and_is_credited_is_a_correction() -> None:
    billed = items()[0]
    credit = replace(billed, id=9, number="4711-1C", quantity=Decimal(-1), net=-7215, gross=-7215, splits=())
    new = SCHEME.mark(credit, earlier(*items()), desk().ctx)
    assert (details_of(new).processing_mark, new.voucher, new.kind) == ("04", "4711-K1", "correction")


def test_everything_else_is_billed_for_the_first_time() -> None:
    billed, other = items()
    assert SCHEME.mark(billed, [], desk().ctx) is billed
    assert details_of(SCHEME.mark(replace(billed, id=9), earlier(billed, other), desk().ctx)).processing_mark == ""


@pytest.mark.parametrize("wish", ["01", "04", "02"])
def test_the_user_s_own_mark_stays(wish: str) -> None:
    billed, forgotten = items()
    mine = replace(forgotten, details=details_of(forgotten).model_copy(update={"processing_mark": wish}))
    new = SCHEME.mark(mine, earlier(billed), desk().ctx)
    assert details_of(new).processing_mark == wish
    assert bool(details_of(new).original_number) is (wish != "01")


def test_a_second_supplement_gets_a_voucher_of_its_own_and_the_same_original() -> None:
    billed, forgotten = items()
    first = SCHEME.mark(forgotten, earlier(billed), desk().ctx)
    third = replace(forgotten, id=9, number="4711-9", code="0512010001")
    new = SCHEME.mark(third, [*earlier(billed), *earlier(first, mark="02")], desk().ctx)
    assert (new.voucher, originals(new)) == ("4711-N2", originals(first))


def test_a_row_that_claims_a_copayment_becomes_the_claim() -> None:
    row = items(mark="03", details=ORIGINAL)[0]
    new = SCHEME.mark(row, [], desk().ctx)
    assert (new.gross, corrections.stated(new).gross) == (722, 7215)


def test_the_invoice_of_a_correction_has_a_number_of_its_own() -> None:
    key = SCHEME.keys(items(mark="04", details=ORIGINAL)[0], desk(**AGREED).ctx)
    assert not isinstance(key, Finding)
    assert DocumentKey(*key.document) == DocumentKey("591104278", PAYER, PAYER)
