"""The reference pages say what the program does: they are the same tables."""

from pathlib import Path

import pytest

from billhook_p302 import rules
from billhook_p302.codes import TABLES
from billhook_p302.layouts import SLGA, SLLA
from billhook_p302.reference import PAGES
from billhook_p302.settings import Receiver, Settings


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_is_up_to_date(name: str, project: Path) -> None:
    written = (project / "docs" / "reference" / name).read_text("utf-8")
    assert written == PAGES[name](), "python -m billhook_p302.reference docs/reference"


def test_every_rule_of_aids_has_its_row() -> None:
    page = PAGES["p302-rules.md"]()
    wanted = [
        rule.code
        for rule in rules.RULES
        if rule.code[:9] not in ("P302-KTR-", "P302-RTE-") and rule.code.startswith("P302")
    ]
    assert [code for code in wanted if f"| `{code}` |" not in page] == []


def test_every_setting_and_every_key_has_its_row() -> None:
    page = PAGES["p302-settings.md"]()
    missing = [
        name
        for name in (*Settings.model_fields, *Receiver.model_fields)
        if f"`{name}`" not in page and f".{name}]" not in page
    ]
    assert missing == []
    page = PAGES["p302-codes.md"]()
    assert [key.value for table in TABLES for key in table if f"| `{key.value}` | {key.meaning} |" not in page] == []


def test_every_row_of_every_segment_is_on_the_page() -> None:
    page = PAGES["p302-layouts.md"]()
    segments = {segment for message in (SLGA, *SLLA.values()) for segment in message.segments}
    missing = [
        (segment.source, row.name)
        for segment in segments
        for row in segment.fields
        if f"| `{row.name}` | {row.original} |" not in page
    ]
    assert missing == []
    assert all(f"{segment.source}" in page for segment in segments)
