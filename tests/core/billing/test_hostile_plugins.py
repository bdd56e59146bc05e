"""A plugin that raises or answers nonsense, in every method: an error that names it, and nothing billed wrong.

Whatever it did, the same scheme once mended bills everything, without a gap in the numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from billhook.billing.problems import BillingProblem
from billhook.hookspecs import RunView, hookimpl
from billhook.model import ItemState
from billhook.plugins import PluginFailed
from billhook.store import StoreError, tables
from tests.core.billing.conftest import open_desk
from tests.core.billing.test_slots import planned
from tests.support.toy import NO_CODE, ToyPlugin, ToyScheme

Row = dict[str, Any]
METHODS = ("prepare", "check", "keys", "limits", "series", "render")


class Hostile(ToyScheme):
    """Answers one question by raising or with whatever it is told to."""

    wrong = ""
    answer: Any = None

    def __getattribute__(self, name: str) -> Any:
        if name in METHODS and name == object.__getattribute__(self, "wrong"):
            answer = object.__getattribute__(self, "answer")

            def nonsense(*_arguments: Any) -> Any:
                if isinstance(answer, BaseException):
                    raise answer
                return answer

            return nonsense
        return object.__getattribute__(self, name)


ANSWERS: tuple[Any, ...] = (RuntimeError("secret"), None, 7, [None], object())


def complaint(step: Callable[[], object]) -> str:
    """What the step said when it was stopped, empty when it went through."""
    try:
        step()
    except (PluginFailed, BillingProblem, StoreError) as failure:
        return str(failure)
    return ""


@pytest.mark.parametrize("answer", ANSWERS, ids=[f"{type(each).__name__}-{at}" for at, each in enumerate(ANSWERS)])
@pytest.mark.parametrize("method", METHODS)
def test_a_scheme_that_raises_or_answers_nonsense(tmp_path: Path, rows: list[Row], method: str, answer: Any) -> None:
    scheme = Hostile()
    for desk in open_desk(tmp_path, f"sqlite:///{tmp_path / 'x.db'}", ToyPlugin(scheme)):
        desk.take(rows)
        if method not in ("check", "prepare"):
            desk.check()
        scheme.wrong, scheme.answer = method, answer
        for step in (desk.check, desk.export):
            said = complaint(step)
            assert "secret" not in said
            assert "toy" in said or not said
        assert "secret" not in str(desk.rows(tables.finding)) + str(desk.rows(tables.exchange))
        scheme.wrong = ""
        desk.check()
        desk.export()
        assert {item.state for item in desk.items()} == {ItemState.BATCHED}
        numbers = sorted(int(row["number"].split("-")[1]) for row in desk.rows(tables.document))
        assert numbers == list(range(1, len(numbers) + 1))


class Babbler(ToyPlugin):
    """A plugin beside the scheme whose hooks answer whatever they are told to."""

    answer: Any = None

    def _say(self) -> Any:
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer

    @hookimpl
    def billhook_check(self, run: RunView) -> Any:  # noqa: ARG002  # as the hook is called
        return self._say()

    @hookimpl
    def billhook_released(self, slots: Any) -> Any:  # noqa: ARG002  # as the hook is called
        return self._say()


@pytest.mark.parametrize("answer", ANSWERS, ids=[f"{type(each).__name__}-{at}" for at, each in enumerate(ANSWERS)])
def test_a_hook_that_raises_or_answers_nonsense(tmp_path: Path, rows: list[Row], answer: Any) -> None:
    plugin = Babbler()
    for desk in open_desk(tmp_path, f"sqlite:///{tmp_path / 'x.db'}", plugin):
        row, slot = planned(desk, rows)
        desk.take([{**row, "slot": slot}, *rows[1:-1]], "then.jsonl")
        plugin.answer = answer
        for step in (desk.check, desk.export):
            said = complaint(step)
            assert "secret" not in said
            assert "Babbler" in said or not said
        plugin.answer = None
        desk.check()
        desk.export()
        assert {item.state for item in desk.items()} == {ItemState.BATCHED}


def test_a_hook_that_names_items_that_there_are_not(tmp_path: Path, rows: list[Row]) -> None:
    plugin = Babbler()
    for desk in open_desk(tmp_path, f"sqlite:///{tmp_path / 'x.db'}", plugin):
        desk.take(rows)
        plugin.answer = [NO_CODE.at(4711), NO_CODE.at(None), NO_CODE.at(-1)]
        assert "Babbler" in complaint(desk.check)
        plugin.answer = None
        assert desk.check().errors == 0
