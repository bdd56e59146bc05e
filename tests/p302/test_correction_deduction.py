"""The flat deduction of a correction (Pauschaler Korrekturabzug): a line that is no position, but a part of BES and GES."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from billhook.model import BillingItem, Split, SplitKind
from billhook_p302 import rules
from billhook_p302.details import Details
from tests.p302.desk import Desk, directory, read_items, read_settings
from tests.p302.test_golden import Case
from tests.support.independent_reader import BillingFile, read

CASE = Case.load("group_b_mark_04")


def desk(*, collective: bool = False) -> Desk:
    settings = read_settings(CASE.folder / "settings.toml")
    settings = settings.model_copy(
        update={"defaults": settings.defaults.model_copy(update={"collective_invoice": collective})}
    )
    return Desk(settings, directory(sorted(CASE.folder.glob("*.ke0")), CASE.now.date()), CASE.now)


def items() -> list[BillingItem]:
    """The golden case: two positions and a deduction of 5,00 in voucher 5201, a position in 5202."""
    return read_items(CASE.folder / "items.jsonl")


def billed(found: Sequence[BillingItem], *, collective: bool = False) -> BillingFile:
    files = desk(collective=collective).files(found)
    (data,) = [content for name, content in files.items() if not name.endswith(".AUF")]
    return read(data)


def changed(item: BillingItem, **update: object) -> BillingItem:
    assert isinstance(item.details, Details)
    return replace(item, details=item.details.model_copy(update=update))


def codes(found: Sequence[BillingItem]) -> set[str]:
    ours = {rules.DEDUCTION.code, rules.DEDUCTION_LINE.code}
    return {finding.code for finding in desk().findings(found)} & ours


def deduction_of(found: Sequence[BillingItem]) -> BillingItem:
    (line,) = [item for item in found if isinstance(item.details, Details) and item.details.correction_deduction]
    return line


def test_a_deduction_is_no_position() -> None:
    file = billed(items())
    assert [segment.text(2) for segment in file.segments if segment.tag == "EHE"] == ["29933", "20501", "20205"]
    assert file.sum("BES", "deduction") == Decimal("5.00")
    assert file.sum("BES", "gross") == file.positions() == Decimal("82.87")


@pytest.mark.parametrize("collective", [False, True])
def test_a_deduction_is_in_the_sums_of_invoices_and_of_their_collective(*, collective: bool) -> None:
    # 82,87 gross; 4,94 copayment and 5,00 deduction; 72,93 is asked for (TA1 V21 5.5.2 GES, mark 04).
    totals = [m.all("GES")[0] for m in billed(items(), collective=collective).messages if m.kind == "SLGA"]
    assert len(totals) == 1 + collective
    for total in totals:
        amounts = (total.amount(2), total.amount(3), total.amount(4))
        assert amounts == (Decimal("72.93"), Decimal("82.87"), Decimal("9.94"))


def test_two_deductions_of_a_voucher_are_added_up() -> None:
    found = items()
    file = billed([*found, replace(deduction_of(found), id=99, number="5201-4", line=4)])
    assert file.sum("BES", "deduction") == Decimal("10.00")


def test_a_deduction_of_a_correction_is_right() -> None:
    assert codes(items()) == set()


def test_a_deduction_of_another_mark_is_wrong() -> None:
    assert codes([changed(item, processing_mark="02") for item in items()]) == {rules.DEDUCTION.code}


@pytest.mark.parametrize(
    "wrong",
    [
        {"unit_price": Decimal("5.00"), "net": 500, "gross": 500},
        {"unit_price": Decimal("0.00"), "net": 0, "gross": 0},
        {"splits": (Split(SplitKind.COPAYMENT, 100),)},
        {"vat_rate": Decimal("7.00")},
    ],
    ids=["adds money", "nothing", "has a copayment", "has VAT"],
)
def test_a_deduction_only_takes_money_off(wrong: dict[str, object]) -> None:
    found = items()
    line = deduction_of(found)
    broken = [replace(item, **wrong) if item is line else item for item in found]  # type: ignore[arg-type]  # by name
    assert codes(broken) == {rules.DEDUCTION_LINE.code}


def test_a_deduction_alone_is_wrong() -> None:
    assert codes([deduction_of(items())]) == {rules.DEDUCTION_LINE.code}
