"""The documentation is true: every command and every Python block of it is run, and it builds without a warning."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.pages import run_page, unclear_blocks

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    str(page.relative_to(ROOT))
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    if "_build" not in page.parts
)


def test_the_pages_are_found() -> None:
    assert {"README.md", "docs/index.md"} <= set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_what_happens(page: str, project: Path, tmp_path: Path) -> None:
    examples = project / "examples"
    run_page(page, (project / page).read_text("utf-8"), tmp_path, examples if examples.is_dir() else None)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_no_command_that_nobody_runs(page: str, project: Path) -> None:
    assert unclear_blocks((project / page).read_text("utf-8")) == []


def test_the_documentation_builds_without_a_warning(project: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--quiet", "-b", "html"]
    command += ["-d", str(tmp_path / "doctrees"), str(project / "docs"), str(tmp_path / "html")]

    done = subprocess.run(command, check=False, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "html" / "index.html").is_file()
