"""The kit can fail: for every promise a toy scheme that breaks it, and the test that must notice."""

# ruff: noqa: D101  # the name of each class says which promise it breaks

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from inspect import signature
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from billhook.model import BillingItem, Finding, Rule, Severity
from billhook.scheme import Artifact, Batch, Context, Keys, Scheme, Version, WireFormat
from billhook.testing import Example, SchemeConformance
from tests.support import toy
from tests.support.toy import MANY, NO_CODE, Details, ToyScheme, toy_example, toy_items


class NoSources(ToyScheme):
    sources = ()


class UpperCaseKey(ToyScheme):
    key = "Toy"


class TwoVersionsOnADay(ToyScheme):
    versions = (Version("1", date(2025, 1, 1)), Version("2", date(2025, 1, 1)))


class CodeTwice(ToyScheme):
    rules = (*toy.ToyScheme.rules, NO_CODE)


class RuleWithoutSource(ToyScheme):
    rules = (Rule("TOY-ITM-001", Severity.ERROR, "wrong", "", ""),)


class RequiredDetails(BaseModel):
    model_config = Details.model_config
    branch: str


class NeedsDetails(ToyScheme):
    Details = RequiredDetails


class ThawedDetails(BaseModel):
    branch: str = ""


class ChangeableDetails(ToyScheme):
    Details = ThawedDetails


class FindsTooMuch(ToyScheme):
    def check(self, items: Sequence[BillingItem], ctx: Context) -> Iterator[Finding]:
        yield from super().check(items, ctx)
        yield NO_CODE.at(items[0].id)


class ChangesItems(ToyScheme):
    def check(self, items: Sequence[BillingItem], ctx: Context) -> Iterator[Finding]:
        for item in items:
            item.extra["seen"] = True
        yield from super().check(items, ctx)


class Remembers(ToyScheme):
    def __init__(self) -> None:
        self.asked = 0

    def check(self, items: Sequence[BillingItem], ctx: Context) -> Iterator[Finding]:
        self.asked += 1
        yield from super().check(items, ctx)
        if self.asked > 1:
            yield MANY.at(items[0].id)


class LooksAcrossVouchers(ToyScheme):
    def check(self, items: Sequence[BillingItem], ctx: Context) -> Iterator[Finding]:
        yield from super().check(items, ctx)
        if len({item.voucher for item in items}) > 5:
            yield MANY.at(items[-1].id)


class FirstComesFirst(ToyScheme):
    """The finding depends on which voucher came before."""

    def check(self, items: Sequence[BillingItem], ctx: Context) -> Iterator[Finding]:
        yield from super().check(items, ctx)
        for before, item in pairwise(items):
            if int(before.voucher) > int(item.voucher):
                yield MANY.at(item.id)


class UndeclaredCode(ToyScheme):
    rules = tuple(rule for rule in ToyScheme.rules if rule is not NO_CODE)


class NamesAStranger(ToyScheme):
    def check(self, items: Sequence[BillingItem], ctx: Context) -> Iterator[Finding]:  # noqa: ARG002  # the contract
        yield MANY.at(max(item.id for item in items) + 1000)


class OverlooksADate(ToyScheme):
    def check(self, items: Sequence[BillingItem], ctx: Context) -> Iterator[Finding]:
        return (one for one in super().check(items, ctx) if one.code != "TOY-ITM-003")


class TearsVouchers(ToyScheme):
    def keys(self, item: BillingItem, ctx: Context) -> Keys | Finding:
        keys = super().keys(item, ctx)
        return replace(keys, document=(str(item.line),)) if isinstance(keys, Keys) else keys


class NoOrder(ToyScheme):
    def keys(self, item: BillingItem, ctx: Context) -> Keys | Finding:
        keys = super().keys(item, ctx)
        return replace(keys, order=(item.voucher,)) if isinstance(keys, Keys) else keys


class SeparatorInKey(ToyScheme):
    def keys(self, item: BillingItem, ctx: Context) -> Keys | Finding:
        keys = super().keys(item, ctx)
        return replace(keys, document=("a\x1fb",)) if isinstance(keys, Keys) else keys


class FickleKeys(ToyScheme):
    def __init__(self) -> None:
        self.asked = 0

    def keys(self, item: BillingItem, ctx: Context) -> Keys | Finding:
        self.asked += 1
        keys = super().keys(item, ctx)
        return replace(keys, bucket=str(self.asked)) if isinstance(keys, Keys) else keys


def changed(chunks: Iterable[bytes], old: bytes, new: bytes) -> Iterator[bytes]:
    return (chunk.replace(old, new) for chunk in chunks)


class WrongSum(ToyScheme):
    """Adds a tenth of a cent to the file's own figure by writing another one."""

    def render(self, batch: Batch, ctx: Context) -> Iterator[Artifact]:
        for artifact in super().render(batch, ctx):
            yield replace(artifact, chunks=changed(artifact.chunks, b"END|", b"END|1"))


class Rolls(ToyScheme):
    def render(self, batch: Batch, ctx: Context) -> Iterator[Artifact]:
        yield from super().render(batch, ctx)
        yield Artifact("dice", "order", "text/plain", [str(random.random()).encode()])  # noqa: S311  # that is the fault


class Hashes(ToyScheme):
    def render(self, batch: Batch, ctx: Context) -> Iterator[Artifact]:
        yield from super().render(batch, ctx)
        yield Artifact("set", "order", "text/plain", [str(hash("a")).encode()])


class NamesAFolder(ToyScheme):
    def render(self, batch: Batch, ctx: Context) -> Iterator[Artifact]:
        for artifact in super().render(batch, ctx):
            yield replace(artifact, name=f"../{artifact.name}")


class NoData(ToyScheme):
    def render(self, batch: Batch, ctx: Context) -> Iterator[Artifact]:
        for artifact in super().render(batch, ctx):
            yield replace(artifact, role="other")


class ReadsNothing(ToyScheme):
    def wire_formats(self) -> Sequence[WireFormat]:
        return ()


class WritesWhatItRefuses(ToyScheme):
    def render(self, batch: Batch, ctx: Context) -> Iterator[Artifact]:
        for artifact in super().render(batch, ctx):
            yield replace(artifact, chunks=changed(artifact.chunks, b"LIN|", b"LIN|x|"))


class LosesACode(ToyScheme):
    def render(self, batch: Batch, ctx: Context) -> Iterator[Artifact]:
        for artifact in super().render(batch, ctx):
            yield replace(artifact, chunks=changed(artifact.chunks, b"|A1|", b"|A2|"))


class HoldsALock(ToyScheme):
    def __init__(self) -> None:
        self.lock = threading.Lock()


class FailsInTheEngine(ToyScheme):
    """Renders in memory, but not from the store, whose key it cannot take."""

    def render(self, batch: Batch, ctx: Context) -> Iterator[Artifact]:
        if type(batch).__name__ == "StoredBatch":
            raise LookupError
        yield from super().render(batch, ctx)


Try = tuple[str, Callable[[], Example]]


def breaks(name: str, scheme: type[ToyScheme]) -> Try:
    return name, lambda: toy_example(scheme())


BROKEN: Sequence[Try] = [
    breaks("test_the_scheme_is_declared_in_full", NoSources),
    breaks("test_the_scheme_is_declared_in_full", UpperCaseKey),
    breaks("test_the_scheme_is_declared_in_full", TwoVersionsOnADay),
    breaks("test_codes_are_unique_and_well_formed", CodeTwice),
    breaks("test_codes_are_unique_and_well_formed", RuleWithoutSource),
    breaks("test_settings_and_details_have_sound_schemas", NeedsDetails),
    breaks("test_settings_and_details_have_sound_schemas", ChangeableDetails),
    breaks("test_the_example_is_clean", FindsTooMuch),
    ("test_the_example_is_clean", lambda: replace(toy_example(), items=lambda n, seed: [toy_items(n, seed)[0]] * 2)),
    breaks("test_checks_are_pure", ChangesItems),
    breaks("test_checks_are_pure", Remembers),
    breaks("test_checks_are_pure", LooksAcrossVouchers),
    breaks("test_checks_are_pure", FirstComesFirst),
    breaks("test_findings_come_from_declared_rules", UndeclaredCode),
    breaks("test_findings_come_from_declared_rules", NamesAStranger),
    breaks("test_every_faulty_example_gives_exactly_its_code", OverlooksADate),
    breaks("test_keys_cut_the_run_into_a_partition", TearsVouchers),
    breaks("test_keys_cut_the_run_into_a_partition", NoOrder),
    breaks("test_keys_cut_the_run_into_a_partition", SeparatorInKey),
    breaks("test_keys_cut_the_run_into_a_partition", FickleKeys),
    breaks("test_totals_add_up", WrongSum),
    breaks("test_rendering_is_deterministic", Rolls),
    breaks("test_rendering_is_deterministic", Hashes),
    breaks("test_files_have_proper_names", NamesAFolder),
    breaks("test_files_have_proper_names", NoData),
    breaks("test_files_are_read_back", ReadsNothing),
    breaks("test_files_are_read_back", WritesWhatItRefuses),
    breaks("test_files_are_read_back", LosesACode),
    breaks("test_work_can_go_to_other_processes", HoldsALock),
    breaks("test_a_dry_run_is_the_real_run_and_again_is_nothing", FailsInTheEngine),
]


def run(name: str, example: Callable[[], Example], folder: Path) -> None:
    kit: Any = type("Kit", (SchemeConformance,), {"example": staticmethod(example)})()
    test = getattr(kit, name)
    test(folder) if "tmp_path" in signature(test).parameters else test()


@pytest.mark.parametrize(("name", "example"), BROKEN)
def test_a_broken_promise_is_noticed(name: str, example: Callable[[], Example], tmp_path: Path) -> None:
    with pytest.raises((AssertionError, Exception)) as failure:
        run(name, example, tmp_path)
    assert type(failure.value).__name__ in ("AssertionError", "NameRefused")


def test_every_promise_has_a_scheme_that_breaks_it() -> None:
    promises = {name for name in vars(SchemeConformance) if name.startswith("test_")}
    assert {name for name, _ in BROKEN} == promises


def test_the_bad_schemes_are_schemes() -> None:
    assert isinstance(Rolls(), Scheme)
