"""Groups B to S: what passes the check can be written, verifies, and an independent reader finds its sums in the file."""

from __future__ import annotations

import types
import typing
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from billhook.model import BillingItem, Split, SplitKind
from billhook.money import line_amount
from billhook.scheme import Keys
from billhook_p302.details import Details
from billhook_p302.testing import example_directory
from billhook_p302.testing_groups import LETTERS, group_items, group_settings
from billhook_p302.verifying import verify
from tests.p302.desk import BERLIN, SCHEME, Desk
from tests.p302.test_properties import CODECS, clean_vouchers, client_changes, item_changes, words
from tests.support.independent_reader import POSITIONS, read

NOW = datetime(2025, 11, 3, 9, 30, tzinfo=BERLIN)
DIRECTORY = example_directory(NOW.date())

KEYS_AND_TEXTS = st.one_of(
    st.sampled_from(("", "0", "1", "2", "3", "9", "02", "05", "99", "0000", "1001", "9999", "999999997", "B", "D")),
    st.sampled_from(("581234500", "123456601", "417720356", "591104278", "1234562", "01234562", "2200000", "3100000")),
    words,
)
BY_TYPE: dict[Any, st.SearchStrategy[Any]] = {
    str: KEYS_AND_TEXTS,
    bool: st.booleans(),
    int: st.one_of(st.integers(0, 12), st.integers(0, 10**6)),
    date: st.one_of(st.dates(date(2025, 9, 1), date(2025, 11, 5)), st.dates(date(1880, 1, 1), date(2030, 1, 1))),
    time: st.times(),
    Decimal: st.one_of(st.decimals(0, 20, places=2), st.decimals(-5, 10**6, places=3)),
}


def of_type(annotation: Any) -> st.SearchStrategy[Any]:
    """Anything of a type, and nothing where that is allowed."""
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (types.UnionType, typing.Union):
        return st.one_of(*(st.none() if each is type(None) else of_type(each) for each in args))
    if origin is tuple:
        return st.lists(of_type(args[0]), max_size=3).map(tuple)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return st.fixed_dictionaries(
            {}, optional={name: of_type(field.annotation) for name, field in annotation.model_fields.items()}
        )
    return BY_TYPE[annotation]


NOT_CHANGED = {"aid", "trip_kilometres", "supply_months", "children", "processing_mark", "insurance_kind"}
"""Numbers with bounds of their own, and what test_corrections is about."""
DETAILS = {name: of_type(field.annotation) for name, field in Details.model_fields.items() if name not in NOT_CHANGED}
RECEIVERS = st.fixed_dictionaries(
    {},
    optional={
        "charset": st.sampled_from(("I1", "I5", "P8", "U8")),
        "copayment_order": st.sampled_from(("after-all-aids", "per-aid", "surcharge-per-aid")),
        "static_one": st.booleans(),
        "vat_per_line": st.booleans(),
        "unit_in_text": st.booleans(),
        "version": st.sampled_from(("20", "21")),
    },
)


@st.composite
def changed(draw: st.DrawFn) -> list[BillingItem]:
    """Some vouchers of a group; in the first of them up to three things are set to anything at all."""
    items = group_items((draw(st.sampled_from(LETTERS)),), draw(st.integers(1, 3)), draw(st.integers(0, 10_000)))
    details = dict(draw(st.lists(st.sampled_from(sorted(DETAILS)).flatmap(_field), max_size=3)))
    fields = draw(st.fixed_dictionaries({}, optional=item_changes)) if draw(st.booleans()) else {}
    client = draw(st.fixed_dictionaries({}, optional=client_changes)) if draw(st.booleans()) else {}
    whole = draw(st.booleans())
    new = []
    for item in items:
        if item.voucher == items[0].voucher and (whole or item is items[0]):
            told = Details.model_validate({**item.details.model_dump(), **details})
            one = replace(item, **fields, client=replace(item.client, **client), details=told)
            amount = line_amount(one.quantity, one.unit_price, one.vat_rate)
            item = replace(one, net=amount.net, vat=amount.vat, gross=amount.gross)  # noqa: PLW2901  # one item, changed
        new.append(item)
    return new


def _field(name: str) -> st.SearchStrategy[tuple[str, Any]]:
    return st.tuples(st.just(name), DETAILS[name])


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(items=changed(), receiver=RECEIVERS)
def test_whatever_passes_the_check_can_be_written_and_verifies(
    items: list[BillingItem], receiver: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    counter = Desk(group_settings(defaults=receiver), DIRECTORY, NOW)
    found = counter.findings(items)
    for finding in found:
        assert "{" not in finding.message or finding.value is not None
    clean = clean_vouchers(items, found)
    assert all(isinstance(SCHEME.keys(item, counter.ctx), Keys) for item in clean)
    if not clean:
        return
    folder = tmp_path_factory.mktemp("files")
    for name, content in counter.files(clean).items():
        if not name.endswith(".AUF"):
            note(content)
            path = folder / name
            path.write_bytes(content)
            wrong = [each for each in verify(path, receiver.get("charset", "I1")) if each.is_error]
            # A voucher number that was changed on one voucher may be that of another.
            assert [each.code for each in wrong if each.code != "P302-INV-006"] == []
    says_the_same(folder, clean, CODECS[receiver.get("charset", "I1")])


def says_the_same(folder: Path, items: list[BillingItem], codec: str) -> None:
    """Sums and positions as a stranger reads them."""
    files = [read(path.read_bytes(), codec) for path in sorted(folder.iterdir())]
    gross = Decimal(sum(item.gross for item in items)).scaleb(-2)
    assert sum(each.positions() for each in files) == sum(each.sum("BES", "gross") for each in files) == gross
    kept = Decimal(sum(item.share(SplitKind.COPAYMENT) for item in items)).scaleb(-2)
    assert sum(each.sum("BES", "copayment") for each in files) == kept
    assert sum(each.sum("ZUK", "copayment") for each in files if each.group == "E") == (
        kept if files[0].group == "E" else 0
    )
    assert sum(each.copayments() for each in files) == sum(each.sum("BES", "percent") for each in files)
    lines = [segment for each in files for segment in each.segments if segment.tag in POSITIONS]
    assert len(lines) == len(items)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(LETTERS), st.integers(1, 10), st.integers(0, 10_000))
def test_the_examples_are_right_by_every_rule(letter: str, count: int, seed: int) -> None:
    items = group_items((letter,), count, seed)
    found = Desk(group_settings(), DIRECTORY, NOW).findings(items)
    assert [(each.code, each.field) for each in found if not each.code.startswith("EDI-CHR")] == []
    assert group_items((letter,), count, seed) == items


def test_a_share_that_a_group_does_not_know_is_told() -> None:
    for letter in LETTERS:
        items = group_items((letter,), 1, 4)
        items[0] = replace(items[0], splits=(Split(SplitKind.SURCHARGE, 100),))
        found = Desk(group_settings(), DIRECTORY, NOW).findings(items)
        assert "surcharge" in {each.field for each in found if each.code.endswith("-040")}, letter
