"""What the payer's own tables say, in Dutch: the texts that stand beside each rule there and not in a catalog."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from billhook.model import Finding
from billhook_vsb import layouts
from billhook_vsb.rules import rule_code, zone_title
from billhook_vsb.validation import COHERENCE, ZONE_TEXTS, texts_of

_TRAILERS = {
    "settlement of one payer": "afrekening van één zorgkas",
    "settlement of the file": "afrekening van het bestand",
    "totals of one payer": "totalen van één zorgkas",
    "totals of the file": "totalen van het bestand",
}

_MEND = "Verbeter de regel, of het profiel waar het cookbook iets anders zegt."


def translate(finding: Finding) -> Finding:
    """The finding in Dutch; the finding itself where it is none of the official list."""
    code = finding.params.get("official", "")
    if not code or finding.code != rule_code(code):
        return finding
    _, text = texts_of(code)
    where = f"record {code[:2]} zone {int(code[2:4])} ({zone_title(code)})"
    return replace(finding, message=f"{finding.params.get('letter', '')}{code}, {where}: {text}.", mend=_MEND)


def phrases() -> Mapping[str, str]:
    """The texts of the list's codes, the names of the records, by the English ones."""
    records = [layout.title.rstrip(")").split(" (") for layout in layouts.RECORDS.values()]
    named = {parts[0]: parts[1].lower() for parts in records if len(parts) > 1}
    return {rule.text: rule.nl for rule in COHERENCE} | dict(ZONE_TEXTS.values()) | named | _TRAILERS
