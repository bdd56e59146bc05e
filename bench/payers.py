"""A small directory of payers of our own (Kostenträgerdatei), so that items of the benchmarks have somewhere to go.

The institutions are made up; their numbers carry right check digits. Two data centres, three payers, six card numbers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

NAME: Final = "EK05Q425.ke0"
"""Substitute funds (Ersatzkassen), procedure 5 (§302), from the 4th quarter of 2025 (KT V10 6)."""

CENTRES: Final = {"660990019": "Datenannahme Nord", "660990020": "Datenannahme Sued"}

PAYERS: Final = {"109900019": "660990019", "109900020": "660990019", "109900031": "660990020"}
"""The payer (Kostenträger) and its data centre (Datenannahmestelle mit Entschlüsselung)."""

CARDS: Final = {
    "109900019": "109900019",
    "109900042": "109900019",
    "109900020": "109900020",
    "109900053": "109900020",
    "109900031": "109900031",
    "109900064": "109900031",
}
"""The number on the insurance card and its payer."""

PROVIDER: Final = "590000011"
"""Who bills."""

ROUTES: Final = {card: (payer, PAYERS[payer]) for card, payer in CARDS.items()}
"""The number on the card → (payer, data centre)."""

SETTINGS: Final = """
[[schemes.p302.providers]]
ik = "590000011"
name = "Sanitaetshaus Muster"
tax_number = "12/345/67890"
state = "05"
kv_district = "38"
accounting_code = "15"
provider_group = "1500000"
"""
"""What billhook.toml says about the provider."""


def _office(ik: str, name: str, links: list[str], ways: list[str]) -> list[str]:
    head = [f"IDK+{ik}+99+{name}", "VDT+20240101", "FKT+01"]
    return [*head, *links, f"NAM+01+{name}", "ANS+1+12345+Musterstadt+Musterweg 1", *ways]


def directory() -> bytes:
    """The file as it would be published, one segment a line (KT V10 7)."""
    transfer = ["UEM+1+00+I1", "DFU+01+070+++++daten@example.org"]
    offices = [_office(ik, name, [], transfer) for ik, name in CENTRES.items()]
    for card, payer in CARDS.items():
        links = [f"VKG+01+{payer}+5++++++00"]
        if card == payer:
            centre = PAYERS[payer]
            links += [
                f"VKG+03+{centre}+5++07++99++00",
                f"VKG+09+{centre}+5++28++99++00",
                f"VKG+09+{centre}+5++29++99++00",
            ]
        offices.append(_office(card, f"Musterkasse {card[6:]}", links, []))
    segments = ["UNB+UNOC:3+109900019+999999999+250901:0800+00001++EK05Q425KE0"]
    for number, office in enumerate(offices, start=1):
        segments += [f"UNH+{number:05d}+KOTR:02:001:KV", *office, f"UNT+{len(office) + 2:06d}+{number:05d}"]
    segments.append(f"UNZ+{len(offices):06d}+00001")
    return ("UNA:+,? '\n" + "".join(f"{segment}'\n" for segment in segments)).encode("iso-8859-1")


def write(folder: Path) -> Path:
    """Write the file under its published name and give its path."""
    path = folder / NAME
    path.write_bytes(directory())
    return path
