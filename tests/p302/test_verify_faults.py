"""`verify` names the place of each of many seeded faults, and finds nothing wrong with the golden files."""

from collections import Counter
from pathlib import Path

import pytest

from billhook.model import Finding
from billhook.plugins import Registry
from billhook.scheme import WireFormat
from tests.p302.faults import FAULTS as FAULTS_OF_AIDS
from tests.p302.faults import GOLDEN, Fault, golden_file, golden_segments
from tests.p302.faults_of_groups import FAULTS_OF_GROUPS, WARNED

CASES = sorted(folder.name for folder in GOLDEN.iterdir() if folder.is_dir())
FAULTS = (*FAULTS_OF_AIDS, *FAULTS_OF_GROUPS)


@pytest.fixture(scope="module")
def billing_format() -> WireFormat:
    """How p302 reads its own billing files."""
    content = golden_file("a_wheelchair").read_bytes()
    formats = Registry.load().schemes["p302"].wire_formats()
    return next(each for each in formats if each.sniff(content[:4096], "TSOL0001"))


def errors(billing_format: WireFormat, path: Path) -> list[Finding]:
    return [finding for finding in billing_format.verify(path) if finding.is_error]


def names_the_place(finding: Finding, fault: Fault) -> bool:
    return finding.segment in fault.at and fault.element in (None, finding.element)


def group_of(case: str) -> str:
    return golden_segments(case)[0].split("+")[6]


def test_there_are_enough_faults_of_each_level_and_group() -> None:
    names = [fault.name for fault in FAULTS]
    assert len(set(names)) == len(names) >= 500
    groups = Counter(group_of(fault.base) for fault in FAULTS)
    groups["G-N"] = sum(groups.pop(group, 0) for group in "GHIJKLMN")
    assert set(groups) == {*"ABCDEFOPQRS", "G-N"}
    assert min(groups.values()) >= 8
    assert {level: sum(fault.level == level for fault in FAULTS) >= 20 for level in (1, 2, 3)} == dict.fromkeys(
        (1, 2, 3), True
    )


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_wrong_with_a_golden_file(case: str, billing_format: WireFormat) -> None:
    assert errors(billing_format, golden_file(case)) == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_seeded_fault_is_found_in_its_place(fault: Fault, billing_format: WireFormat, tmp_path: Path) -> None:
    path = tmp_path / "TSOL0001"
    path.write_bytes(fault.content())
    found = errors(billing_format, path)
    told = (
        "\n".join(f"{f.code} segment {f.segment} {f.tag} element {f.element}: {f.message}" for f in found) or "nothing"
    )
    assert any(names_the_place(finding, fault) for finding in found), (
        f"{fault.name} ({fault.source}): expected {fault.tag} at {fault.at}, element {fault.element}; found:\n{told}"
    )


@pytest.mark.parametrize("fault", WARNED, ids=lambda fault: fault.name)
def test_what_may_be_right_is_warned_of(fault: Fault, billing_format: WireFormat, tmp_path: Path) -> None:
    path = tmp_path / "TSOL0001"
    path.write_bytes(fault.content())
    warned = [finding for finding in billing_format.verify(path) if not finding.is_error]
    assert any(names_the_place(finding, fault) for finding in warned), [f"{f.code}: {f.message}" for f in warned]
