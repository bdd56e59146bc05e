"""Mails of a data centre, put together with the standard library, as GGT Anlage 7 (3.2.2, 3.2.3) lays them out.

The words around the text blocks are made up; of each block there is so much of its text as tells it from the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")

BLOCKS = {
    "C0": "Alles entspricht dem geforderten Aufbau.",
    "C1": "Ihre Mail enthält keine Anhänge.",
    "C2": "Ihre Mail enthält zu viele Anhänge, die übrigen sind weg.",
    "C3": "Sie trägt eine nicht unterstütze Kodierung.",
    "C4": "Nur ein Anhang. Es fehlte der Auftragssatz.",
    "C5": "Nur ein Anhang. Es fehlten die Nutzdaten.",
    "C6": "Da ist ein Anhang, der nicht der Vorgabe genügt.",
    "C7": "Da ist ein Auftragssatz, der fehlerhafte Dinge sagt.",
    "C8": "Er verweist auf eine nicht bekannte Annahmestelle.",
    "C9": "Es ist für den Auftragssatz kein gültiger MIME-Type genannt.",
    "C10": "Der Auftragssatz ist beschädigt.",
    "C11": "Nichts davon kann als Auftragssatz erkannt werden.",
    "C12": "Es ist für die Nutzdaten kein gültiger MIME-Type genannt.",
    "C13": "Nichts davon konnte als Nutzdaten erkannt werden.",
    "C14": "Die Dateinamen der übermittelten Sachen stimmen nicht.",
    "C15": "In der Betreffzeile fehlt die Betriebsnummer des Absenders.",
    "C16": "In der Betreffzeile fehlt das Institutionskennzeichen.",
    "C17": "In der Betreffzeile fehlt die Betriebsnummer oder das IK.",
    "C18": "Das ging an eine falsche E-Mail-Adresse.",
    "C20": "Dieses Kennzeichen ist nicht zum E-Mail-Verfahren zugelassen.",
    "C98": "Fragen Sie die Supporthotline Ihres Hauses.",
    "C99": "Die Sendung kann nicht verarbeitet werden.",
}


@dataclass(frozen=True)
class Sent:
    """What was sent: the facts that a reply repeats."""

    sender: str
    receiver: str
    procedure: str
    transfer: int
    made: datetime
    size: int

    @property
    def name(self) -> str:
        return f"{self.procedure}{self.transfer:03d}"

    @property
    def lines(self) -> str:
        made = self.made.astimezone(BERLIN)
        return f"{self.name}.AUF, 348, {made:%Y%m%d:%H%M%S}\n{self.name}, {self.size}, {made:%Y%m%d:%H%M%S}\n"


def subject(kind: str, sent: Sent) -> str:
    return f"{kind} {sent.procedure} Absender: {sent.sender} Empfaenger: {sent.receiver} Datei Nr.: {sent.transfer:03d}"


def body(kind: str, sent: Sent, result: str, *, files: bool = True) -> str:
    came = "übernommen" if kind == "Annahmebestaetigung" else "geliefert"
    return (
        "Diese Mail kommt von einem Automaten.\n\n"
        "Datenannahmestelle Musterstadt                   Musterstadt, 04.11.2025\n"
        "                                                 Telefon: 0000 000\n\n"
        f"Die folgenden Dateien sind in das System {came} worden:\n"
        + (sent.lines if files else "")
        + "\n------------Original Nachricht------------------------\n"
        f"{sent.lines}Datei Nr.: 998\nC13 C99 steht hier nur als Beispiel\nLindenhof\n"
        "------------Ende Original Nachricht-------------------\n\n"
        "Guten Tag,\n\nwir haben sie unter dem Kennzeichen „DAV-0815“ geführt.\n"
        f"Das Ergebnis:\n{result}\n\nMit freundlichen Grüßen\n\nDatenannahmestelle C1\n"
    )


def mail(
    kind: str,
    sent: Sent,
    result: str,
    *,
    on: datetime | None = None,
    charset: str = "utf-8",
    transfer_encoding: str | None = None,
    title: str | None = None,
    text: str | None = None,
    html: bool = False,
) -> EmailMessage:
    """The mail; `result` are the text blocks."""
    message = EmailMessage()
    message["From"] = "Annahme <annahme@dav.example>"
    message["To"] = f'"{sent.sender}" <kasse@lindenhof.example>'
    message["Date"] = format_datetime(on or sent.made)
    message["Subject"] = subject(kind, sent) if title is None else title
    message.set_content(
        body(kind, sent, result) if text is None else text,
        subtype="html" if html else "plain",
        charset=charset,
        cte=transfer_encoding,
    )
    return message
