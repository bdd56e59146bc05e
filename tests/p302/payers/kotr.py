"""Small payer files (Kostenträgerdateien) written by hand for the tests: bytes, and what is needed to store and read
them.

The IKs are those of real payers and offices, which are public; what is said about them here is made up.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from billhook.store import Database
from billhook_p302.payers.loading import directory_of_files
from billhook_p302.payers.routing import PayerDirectory
from billhook_p302.payers.tables import branch

CARD = "101560000"
PAYER = "105830016"
CENTRE = "661430035"
OTHER_CENTRE = "661420011"
RELAY = "108018007"
OTHER_RELAY = "104212516"
PAPER = "109519016"

DAY = date(2025, 11, 1)

MAIL = ("UEM+1+00+I8", "DFU+01+070++0000+2400+1+da@example.org")


def message(ik: str, *segments: str, mark: str = "01", valid: str = "19950101", name: str = "Kasse") -> list[str]:
    """A message in the order of the spec; `segments` are links and ways to send, without their terminators."""
    links = [each for each in segments if each.startswith(("VKG", "VDT"))]
    ways = [each for each in segments if each.startswith(("ASP", "UEM", "DFU"))]
    return [
        f"IDK+{ik}+99+{name}",
        f"VDT+{valid}",
        f"FKT+{mark}",
        *links,
        f"NAM+01+{name}",
        "ANS+1+20097+Hamburg+Musterweg 1",
        *ways,
    ]


def payer_file(
    *messages: Iterable[str],
    name: str = "EK05Q425KE0",
    created: str = "250923:1612",
    end: str = "\n",
    una: str = "UNA:+,? '",
) -> bytes:
    """A payer file with right counts, one segment a line: line 1 is UNA, line 2 UNB, line 3 the first UNH, line 4 its
    IDK.
    """
    lines = [una] if una else []
    lines.append(f"UNB+UNOC:3+109979990+999999999+{created}+00004++{name}'")
    for number, segments in enumerate(messages, start=1):
        kept = list(segments)
        lines.append(f"UNH+{number:05d}+KOTR:02:001:KV'")
        lines += [f"{segment}'" for segment in kept]
        lines.append(f"UNT+{len(kept) + 2:06d}+{number:05d}'")
    lines.append(f"UNZ+{len(messages):06d}+00004'")
    return end.join(lines).encode("iso-8859-1")


def ordinary() -> tuple[list[str], ...]:
    """A card, its payer, a data centre with e-mail and a paper office: nothing is odd about them.

    In the file the card's message is lines 3 (UNH) to 10 (UNT), the payer's 11 to 19, the centre's 20 to 28, the paper
    office's 29 to 35, and UNZ is line 36.
    """
    return (
        message(CARD, f"VKG+01+{PAYER}+5++++++00"),
        message(
            PAYER,
            f"VKG+03+{CENTRE}+5++07++99++00",
            f"VKG+09+{PAPER}+5++28++99++00",
            name="DAK-Gesundheit",
        ),
        message(CENTRE, *MAIL, name="Datenannahme"),
        message(PAPER, name="Papierannahme"),
    )


def directory(
    folder: Path, *messages: Iterable[str], day: date = DAY, name: str = "EK05Q425.ke0", procedure: str = "05"
) -> PayerDirectory:
    """The directory of one file with these messages."""
    path = folder / name
    path.write_bytes(payer_file(*messages, name=name.replace(".", "")))
    return directory_of_files([path], since=day, procedure=procedure)


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """A database with core's and this plugin's tables."""
    database = Database.open(url, branches=dict([branch()]), create=True)
    try:
        database.upgrade()
        yield database
    finally:
        database.close()
