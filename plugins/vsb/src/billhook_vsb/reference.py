"""Reference pages out of the program's own tables: `python -m billhook_vsb.reference FOLDER` writes them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from billhook_vsb import layouts, rules
from billhook_vsb.codes.errors import letters
from billhook_vsb.details import Details
from billhook_vsb.profile import CareFund, PerformanceCode, Profile, load, shipped
from billhook_vsb.settings import Facility, Registers, Settings
from billhook_vsb.validation import checked_codes, texts_of


def codes_page() -> str:
    """Every code that is checked, and how many of the list are not."""
    checked = checked_codes()
    local = [code for code in letters() if code[4:].isdecimal() and (code[4:] <= "06" or "10" <= code[4:] <= "19")]
    left = [code for code in local if code not in checked]
    rows = "".join(
        f"| `{code}` | {letters().get(code, 'B')} | `{rules.rule_code(code)}` | {rules.zone_title(code) or '–'} "
        f"| {texts_of(code)[0]} | {texts_of(code)[1]} |\n"
        for code in checked
    )
    missing = " ".join(f"`{code}`" for code in sorted(left))
    return f"""# VSB: codes that are checked before sending

A code has six characters: record type, zone, sequence. The letter is how the payer weighs it: B refuses the sending, F the
invoice, R the record. Codes and letters are those of the federal list (RIZIV/CIN, 2021 to 2024); the care funds' own list is
not public, so a [profile](vsb.md) may give other letters, switch codes off and add its own. Texts are ours.

{len(checked)} codes are checked. Those with a sequence from 20 on are found only where a profile or a register of the provider
knows what the payer's files would say.

| code | letter | finding | zone | what is wrong | in Dutch |
|---|---|---|---|---|---|
{rows}
## Not checked

{len(left)} codes with sequence 01 to 06 or 10 to 19 are not checked: they are about services that care funds do not pay
(dialysis, nursing flat rates, blood, implants, dental care, prepared medicines, readings with record 21), about values and
combinations that only a list of the payer knows, are reserved, are about years that are past, or follow from another
record's code. Where a zone may be zero or missing (an hour of admission) nothing is said.

{missing}
"""


def layouts_page() -> str:
    """Every segment and record with its zones."""
    parts = []
    for layout in layouts.LAYOUTS:
        rows = "".join(
            f"| `{row.name}` | {row.first} | {row.width} | {row.kind.value} | {row.original} |\n"
            for row in layout.fields
            if row.original != layouts.RESERVE
        )
        parts.append(
            f"## {layout.name}: {layout.title} ({layout.length} positions)\n\n"
            f"| zone | from | positions | kind | name |\n|---|---|---|---|---|\n{rows}"
        )
    body = "\n".join(parts)
    return f"""# VSB: segments, records and zones

All records share one grid of {len(layouts.GRID)} zones; `zone_24` is the field that begins with zone 24. What a record's
table does not name is reserve, filled with zeros. Names are those of the official list. A returned record has the part
called `error` behind it.

{body}"""


def settings_page() -> str:
    """Settings, profile and details."""
    parts = []
    for title, model in (
        ("`[schemes.vsb]`", Settings),
        ("`[[schemes.vsb.facilities]]`", Facility),
        ("`registers`", Registers),
        ("A profile file", Profile),
        ("`[[care_funds]]` of a profile", CareFund),
        ("`[[codes]]` of a profile", PerformanceCode),
        ("`details` of an item", Details),
    ):
        rows = "".join(
            f"| `{name}` | {' – '.join(part for part in (field.title, field.description) if part) or '–'} |\n"
            for name, field in model.model_fields.items()
        )
        parts.append(f"## {title}\n\n| name | meaning |\n|---|---|\n{rows}")
    assumed = "".join(
        f"| `{key}` | {profile.title} | {'; '.join(profile.assumptions) or 'public'} |\n"
        for key, profile in ((key, load(key)) for key in shipped())
    )
    body = "\n".join(parts)
    return f"""# VSB: settings, profiles and item fields

{body}
## Profiles that come with the plugin

| key | for | what in it is assumed |
|---|---|---|
{assumed}"""


PAGES: Mapping[str, Callable[[], str]] = {
    "vsb-codes.md": codes_page,
    "vsb-layouts.md": layouts_page,
    "vsb-settings.md": settings_page,
}


if __name__ == "__main__":
    for page, write in PAGES.items():
        (Path(sys.argv[1]) / page).write_text(write(), encoding="utf-8")
