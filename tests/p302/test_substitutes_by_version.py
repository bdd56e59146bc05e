"""Key 8.1.19 changed with version 21 (A3 V21, history of 17.02.2025): what stands for a missing employee number."""

from pathlib import Path

import pytest

from billhook.model import Finding
from billhook_p302.formats import FORMATS
from tests.p302.faults import golden_segments

CASE = "group_c_home_nursing"


def findings(number: str, path: Path, *, version: int) -> list[Finding]:
    """What is said of this number in place of all others, in a file of version 20 of September or 21 of December 2025."""
    content = "".join(f"{segment}'" for segment in golden_segments(CASE))
    for other in ("417720356", "999999998", "999999997", "999999996"):
        content = content.replace(other, number)
    if version == 20:
        for new, old in ((":21:", ":20:"), ("20251201", "20250915"), ("202511", "202508"), ("202510", "202507")):
            content = content.replace(new, old)
    path.write_bytes(content.encode("iso-8859-1"))
    return [finding for finding in FORMATS[0].verify(path) if finding.is_error]


@pytest.mark.parametrize(
    ("number", "right_in"),
    [
        ("417720356", {20, 21}),
        ("999999998", {20, 21}),
        ("999999997", {20, 21}),
        ("999999999", {20}),
        ("999999996", {21}),
        ("999999995", set()),
        ("999999990", set()),
    ],
)
def test_a_substitute_is_known_in_its_versions(number: str, right_in: set[int], tmp_path: Path) -> None:
    for version in (20, 21):
        told = {finding.code for finding in findings(number, tmp_path / "TSOL0001", version=version)}
        wrong = {"P302-EHK-046"} if version not in right_in else set()
        assert told == wrong, (number, version)
