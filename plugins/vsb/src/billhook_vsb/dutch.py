"""Findings in Dutch: the same code, the same place, the words of a Flemish billing clerk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from billhook.model import Finding
from billhook_vsb.rules import zone_title
from billhook_vsb.validation import texts_of

OWN: Mapping[str, tuple[str, str]] = {
    "VSB-ITEM-001": ("{value} is geen voorziening in deze instellingen.",
                     "Voeg de voorziening toe aan [[schemes.vsb.facilities]], of verbeter de provider van de regel."),
    "VSB-ITEM-002": ("{value} is geen nummer van een zorgkas: drie cijfers.", "Neem het nummer van de zorgkas."),
    "VSB-ITEM-003": ("Het aantal {value} is geen geheel getal tussen 1 en 9999.", "Factureer hele dagen of stuks."),
    "VSB-ITEM-004": ("De regel heeft geen datum.", "Vul de eerste dag in."),
    "VSB-ITEM-005": ("Een bewijsstuk is een factuur van een maand, maar de regels liggen in {value}.",
                     "Maak een bewijsstuk per maand, of vul details.month in."),
    "VSB-ITEM-006": ("{what} is niet gelijk op alle regels van het bewijsstuk.", "Maak ze gelijk."),
    "VSB-ITEM-007": ("{value} is geen record voor prestaties.", "Neem 30, 40 of 50."),
    "VSB-ITEM-008": ("{value} is geen zone: schrijf record en zone, zoals 30.48.", "Verbeter details.zones."),
    "VSB-ITEM-009": ("Het profiel heeft geen zorgkassen; het nummer {value} kan niet gecontroleerd worden.",
                     "Voeg de zorgkassen uit het cookbook toe aan het profiel."),
    "VSB-WIRE-001": ("Record {record} kan niet geschreven worden: {what}.", "Verbeter de waarde zodat ze in de zone past."),
    "VSB-WIRE-002": ("Het bestand is ASCII: andere letters worden vervangen ({record}, zone {zone}).", "Niets te doen."),
    "VSB-REG-001": ("{letter}{official}: niet verzekerd bij zorgkas {value} op {day}.",
     "Vraag de zorgkas, of verbeter het register."),
    "VSB-REG-002": ("{letter}{official}: geen opname in voorziening {value} op {day}.",
     "Meld de opname, of verbeter het register."),
    "VSB-REG-003": ("{letter}{official}: geen akkoord voor {value} op {day}.", "Vraag het akkoord, of verbeter het register."),
    "VSB-FILE-001": ("Het bestand is geen bericht 920000, 920098, 920099, 920900, 920999 of 931000.", "Neem een ander bestand."),
    "VSB-FILE-002": ("Segment {segment} zone {zone}: code {official}.", "Maak het bestand opnieuw."),
    "VSB-FILE-003": ("{what}.", "Niets te doen: het werd gelezen zover het gaat."),
    "VSB-FILE-004": ("{letter}{official}, record {record} zone {zone}: ontbreekt.", "Vul de zone in."),
}  # fmt: skip
"""Rule → what is wrong, how to mend it."""

_MEND = "Verbeter de regel, of het profiel waar het cookbook iets anders zegt."


def translate(finding: Finding) -> Finding:
    """The finding in Dutch; unchanged where there is no text."""
    words = {
        "value": finding.value if finding.value is not None else "(leeg)",
        "segment": finding.tag or "",
        **finding.params,
    }
    own = OWN.get(finding.code)
    if own is not None:
        text, mend = own
        return replace(finding, message=_filled(text, words), mend=mend)
    code = finding.params.get("official", "")
    _, text = texts_of(code)
    if not text:
        return finding
    where = f"record {code[:2]} zone {int(code[2:4])} ({zone_title(code)})"
    return replace(finding, message=f"{finding.params.get('letter', '')}{code}, {where}: {text}.", mend=_MEND)


def _filled(text: str, words: Mapping[str, str]) -> str:
    try:
        return text.format_map(words)
    except KeyError:
        return text
