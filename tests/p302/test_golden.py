"""The golden files: items, settings and payer files go in, and out come exactly the bytes derived by hand from TA1.

Each folder of `golden/` is a case; its `derivation.md` says of every segment where it comes from. A golden file is
changed only for a reason in the spec, never because the program writes something else.
"""

import shutil
import tomllib
from dataclasses import dataclass
from datetime import datetime
from difflib import unified_diff
from pathlib import Path

import pytest

from billhook.billing.checking import check
from billhook.billing.exporting import ExportResult, export
from billhook.billing.importing import import_items
from billhook.store import Workspace
from billhook_p302.payers.importing import import_files

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(folder.name for folder in GOLDEN.iterdir() if folder.is_dir())


@dataclass(frozen=True)
class Case:
    """A golden case: its folder, the moment of its run, and the names of its files."""

    folder: Path
    now: datetime
    data_file: str
    order_file: str
    first_invoice_number: int
    interchange_reference: int
    transfer_number: int

    @classmethod
    def load(cls, name: str) -> "Case":
        facts = tomllib.loads((GOLDEN / name / "case.toml").read_text(encoding="utf-8"))
        del facts["title"], facts["charset"]
        return cls(folder=GOLDEN / name, **facts)

    def expected(self) -> dict[str, bytes]:
        return {name: (self.folder / name).read_bytes() for name in (self.data_file, self.order_file)}


def bill(case: Case, home: Path, url: str) -> tuple[Workspace, ExportResult]:
    """Import, check and export a case in a workspace of its own."""
    with Workspace.create(home, url=url):
        pass
    return billed_in(home, case, url)


def billed_in(home: Path, case: Case, url: str) -> tuple[Workspace, ExportResult]:
    """The same in a workspace that is there and empty."""
    shutil.copy(case.folder / "settings.toml", home / "billhook.toml")
    workspace = Workspace.open(home, url=url)
    report = import_files(workspace.database, sorted(case.folder.glob("*.ke0")), now=case.now)
    assert not report.refused, [finding for file in report.files for finding in file.findings]
    imported = import_items(workspace, case.folder / "items.jsonl", now=case.now)
    assert imported.errors == 0, imported.findings
    checked = check(workspace, now=case.now)
    assert (checked.faulty, checked.errors) == (0, 0), [f"{f.code} {f.field}: {f.message}" for f in checked.findings]
    return workspace, export(workspace, now=case.now)


def segments(content: bytes) -> list[str]:
    """One line for each segment, or for each ten bytes of an Auftragsdatei: to be compared by eye."""
    text = content.decode("iso-8859-1")
    if text.startswith("5000000"):
        return [f"{start + 1:3d}: {text[start : start + 10]!r}" for start in range(0, len(text), 10)]
    return text.replace("?'", "\0").replace("'", "'\n").replace("\0", "?'").splitlines()


@dataclass(frozen=True)
class Run:
    """What came of a case: its files, and the numbers that were drawn for them."""

    case: Case
    written: dict[str, bytes]
    document_numbers: tuple[str, ...]
    numbers: tuple[int, ...]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty workspace and its database, to be copied: making one takes longer than billing a case."""
    folder = tmp_path_factory.mktemp("empty")
    with Workspace.create(folder / "home", url=f"sqlite:///{folder / 'billhook.db'}"):
        pass
    return folder


@pytest.fixture(scope="module", params=CASES)
def run(request: pytest.FixtureRequest, empty: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Each case is billed once, in a workspace of its own."""
    case, folder = Case.load(request.param), tmp_path_factory.mktemp("golden") / "copy"
    shutil.copytree(empty, folder)
    workspace, result = billed_in(folder / "home", case, f"sqlite:///{folder / 'billhook.db'}")
    with workspace:
        assert not result.held, [f.message for held in result.held for f in held.findings]
        assert not result.failed, [exchange.problem for exchange in result.failed]
        (exchange,) = result.exchanges
        written = {a.name: a.path.read_bytes() for a in exchange.artifacts if a.path is not None}
    return Run(case, written, tuple(exchange.document_numbers), tuple(sorted(exchange.numbers.values())))


def test_a_case_becomes_exactly_its_files(run: Run) -> None:
    expected = run.case.expected()
    for file, content in expected.items():
        found = run.written.get(file, b"")
        difference = unified_diff(segments(content), segments(found), "golden", "written", lineterm="", n=1)
        assert found == content, "\n".join([f"{run.case.folder.name}/{file}", *difference])
    assert sorted(run.written) == sorted(expected)


def test_a_case_draws_the_first_numbers(run: Run) -> None:
    assert run.document_numbers[0] == f"{run.case.first_invoice_number:08d}"
    assert run.numbers == tuple(sorted((run.case.interchange_reference, run.case.transfer_number)))
