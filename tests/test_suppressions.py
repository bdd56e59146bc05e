"""Every suppression of a check names its rule and says why."""

from __future__ import annotations

import re
from pathlib import Path

FOLDERS = ("core", "cli", "plugins", "tests", "tools", "bench", "examples", "docs")
SUPPRESSION = re.compile(r"# (?:noqa|type: ignore)\b(.*)")
REASONED = re.compile(r"(?:: [A-Z]+[0-9]+(?:, [A-Z]+[0-9]+)*|\[[a-z-]+(?:, ?[a-z-]+)*\])\s+.*[a-z]{2}.*")


def without_reason(text: str) -> list[str]:
    """The suppressions in a source that name no rule or give no reason."""
    return [found.group() for found in SUPPRESSION.finditer(text) if not REASONED.fullmatch(found.group(1).rstrip())]


def test_every_suppression_says_why(project: Path) -> None:
    bare = {
        str(path.relative_to(project)): found
        for folder in FOLDERS
        for path in (project / folder).rglob("*.py")
        if path != Path(__file__).resolve() and (found := without_reason(path.read_text("utf-8")))
    }
    assert bare == {}


def test_a_bare_suppression_is_found() -> None:
    assert without_reason("x = 1  # noqa\n") == ["# noqa"]
    assert without_reason("x = 1  # noqa: S101\n") == ["# noqa: S101"]
    assert without_reason("x = 1  # type: ignore[arg-type]\n") == ["# type: ignore[arg-type]"]
    assert without_reason("x = 1  # noqa: S101  # it is a test\n") == []
    assert without_reason("x = 1  # type: ignore[arg-type]  # whatever comes\n") == []
