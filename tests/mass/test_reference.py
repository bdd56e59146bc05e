"""The reference pages are the program's own tables."""

from pathlib import Path

import pytest

from billhook_mass.reference import PAGES


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_is_up_to_date(name: str, project: Path) -> None:
    written = (project / "docs" / "reference" / name).read_text("utf-8")
    assert written == PAGES[name]().rstrip() + "\n", "python -m billhook_mass.reference docs/reference"
