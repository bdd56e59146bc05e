"""A data centre's mail (GGT Anlage 7 3.2.2, 3.2.3): what it says of which file, as far as anything can be read.

Mails come in any state: with lost umlauts, forwarded, as HTML, cut off, saved as text. Nothing in them is ever fatal; what cannot
be read stays empty. Attachments are not opened, and their names choose nothing.
"""

from __future__ import annotations

import codecs
import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.header import decode_header
from email.message import Message
from email.utils import parsedate_to_datetime
from enum import StrEnum
from html.parser import HTMLParser

from billhook_p302.replies.textblocks import codes_in, fold

LONGEST_TEXT = 1 << 20
"""Bytes of text that are read of a mail; a reply has some thousand."""


class Kind(StrEnum):
    """What the data centre decided (Verarbeitungskennzeichen)."""

    ACCEPTED = "Annahmebestaetigung"
    REFUSED = "Dateiablehnung"
    RECORDS_REFUSED = "Datensatzabweisung"


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file as a reply names it: its size in bytes and when it was made (JJJJMMTTHHMMSS, of the order file 116-129)."""

    name: str
    size: int
    made: str

    @property
    def is_order(self) -> bool:
        """True for the order file (Auftragsdatei)."""
        return self.name.upper().endswith(".AUF")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a mail says. Empty where it does not say it; `kind` is None for a mail that is no reply.

    `text` is what the data centre wrote, without the copy of our own mail. `mark` is under what the data centre keeps the files.
    """

    kind: Kind | None
    procedure: str = ""
    sender: str = ""
    receiver: str = ""
    transfer: int | None = None
    files: tuple[NamedFile, ...] = ()
    codes: tuple[str, ...] = ()
    mark: str = ""
    sent: datetime | None = None
    text: str = ""
    attachments: int = 0

    @property
    def data_file(self) -> str:
        """The name of the billing file."""
        named = next((one.name for one in self.files if not one.is_order), "")
        return named or next((one.name[:-4] for one in self.files), "")


def read_mail(content: bytes) -> Reply:
    """The reply in a mail (RFC 5322, with or without attachments) or in the text of one. Never raises."""
    message = _parsed(content)
    if message is None:
        subjects, text, attachments, sent = [], _decoded(content[:LONGEST_TEXT], ""), 0, None
    else:
        subjects = [subject for part in message.walk() if (subject := _header(part, "Subject"))]
        text, attachments = _text_of(message)
        sent = _date_of(message)
    return _read(subjects, text.replace("\r\n", "\n").replace("\r", "\n"), attachments, sent)


# --- From bytes to text -----------------------------------------------------------------------------------------------

_HEADER = re.compile(rb"(?:\xef\xbb\xbf)?(?:From [^\n]*\n)?[!-9;-~]+:[^\n]*\n")
"""How a mail begins; mailboxes put a line `From …` first."""


def _parsed(content: bytes) -> Message | None:
    """The mail; None for what is no mail but may be the text of one."""
    if not _HEADER.match(content) or re.match(
        rb"(?:Von|An|Betreff|Gesendet) ?:", content.lstrip(b"\xef\xbb\xbf"), re.I
    ):
        return None
    try:
        message = email.message_from_bytes(content, policy=email.policy.compat32)
    except Exception:  # noqa: BLE001  # whatever the library dislikes: it is looked at as text
        return None
    return message if any(name in message for name in ("Subject", "From", "Received", "MIME-Version")) else None


def _header(message: Message, name: str) -> str:
    """A header in plain text, whatever it was encoded with."""
    raw = message.get(name)
    if raw is None:
        return ""
    try:
        parts = decode_header(str(raw).encode("utf-8", "surrogateescape").decode("latin-1"))
        text = "".join(
            _decoded(part, charset or "")
            if isinstance(part, bytes)
            else _decoded(part.encode("latin-1", "replace"), "")
            for part, charset in parts
        )
    except Exception:  # noqa: BLE001  # a header that nobody can decode is compared as it stands
        text = str(raw)
    return " ".join(text.split())


def _text_of(message: Message) -> tuple[str, int]:
    """All text of the mail, plain if there is any, and how many attachments it has."""
    plain: list[str] = []
    markup: list[str] = []
    attachments = 0
    for part in message.walk():
        if part.is_multipart():
            continue
        kind = part.get_content_type()
        if part.get_filename() or kind not in ("text/plain", "text/html"):
            attachments += 1
            continue
        text = _decoded(_payload(part)[:LONGEST_TEXT], _charset(part))
        (plain if kind == "text/plain" else markup).append(text)
    found = "\n".join(plain)
    if not found.strip():
        found = "\n".join(_without_markup(text) for text in markup)
    return found[:LONGEST_TEXT], attachments


def _payload(part: Message) -> bytes:
    """A part's bytes. Where its encoding is broken the library gives back what stands there."""
    try:
        content = part.get_payload(decode=True)
    except Exception:  # noqa: BLE001  # one part that cannot be read does not hide the others
        return b""
    return content if isinstance(content, bytes) else b""


def _charset(part: Message) -> str:
    try:
        return str(part.get_content_charset() or "")
    except Exception:  # noqa: BLE001  # a charset that is no text
        return ""


def _decoded(content: bytes, charset: str) -> str:
    """Bytes as text: by the charset that they name if it fits, else UTF-8, else Windows' Latin letters."""
    for name in (charset, "utf-8-sig"):
        try:
            if name and codecs.lookup(name).name != "ascii":
                return content.decode(name)
        except (LookupError, UnicodeError, ValueError):
            continue
    return content.decode("cp1252", "replace")


class _Words(HTMLParser):
    """The text of an HTML page; a new line for each of its blocks. Loads nothing."""

    BLOCKS = frozenset({"p", "br", "div", "tr", "li", "pre", "table", "hr", "h1", "h2", "h3", "blockquote"})
    HIDDEN = frozenset({"script", "style", "head", "title"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  # as HTMLParser calls it
        self._hidden += tag in self.HIDDEN
        if tag in self.BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = max(0, self._hidden - (tag in self.HIDDEN))
        if tag in self.BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


def _without_markup(text: str) -> str:
    words = _Words()
    try:
        words.feed(text)
        words.close()
    except Exception:  # noqa: BLE001  # what was read up to there
        return "".join(words.parts)
    return "".join(words.parts)


def _date_of(message: Message) -> datetime | None:
    try:
        found = parsedate_to_datetime(_header(message, "Date"))
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
    return found if found.tzinfo is not None else None


# --- From text to what it says ----------------------------------------------------------------------------------------

_KINDS = (
    (re.compile(r"annahmebest.{1,4}tigung"), Kind.ACCEPTED),
    (re.compile(r"dateiablehnung"), Kind.REFUSED),
    (re.compile(r"datensatzabweisung"), Kind.RECORDS_REFUSED),
)
"""The processing marks; a lost umlaut may have become anything."""

_PROCEDURE = re.compile(r"\b([et]sol0)")
_SENDER = re.compile(r"absender\s*:?\s*(\d{8,15})\b")
_RECEIVER = re.compile(r"empf.{1,4}nger\s*:?\s*(\d{8,15})\b")
_TRANSFER = re.compile(r"datei\s*-?\s*nr\s*\.?\s*:?\s*(\d{1,6})\b")
_FILE = re.compile(
    r"\b((?:[A-Za-z]{4}\d{4}|SL[\dA-Z]{9})(?:\.AUF)?)\s*,\s*(\d{1,12})\s*,\s*(\d{8})\s*:\s*(\d{6})\b", re.IGNORECASE
)
_OWN = re.compile(
    r"-{2,}\s*Original\s?Nachricht\s*-*(.*?)(?:-{2,}\s*Ende\s+Original\s?Nachricht\s*-*|\Z)", re.IGNORECASE | re.DOTALL
)
"""The copy of our own mail, with whatever the data centre left of it."""
_MARK = re.compile(r"unter dem kennzeichen\s+(.{1,60}?)\s+gefuehrt")
_QUOTED = re.compile(r"^(?:[>|]\s?)+", re.MULTILINE)
_SPLIT_WORD = re.compile(r"(?<=[a-z])-\s+(?=[a-z])")
"""A word that a mail program broke: `Emp-` and `faenger` on the next line."""


def _read(subjects: list[str], text: str, attachments: int, sent: datetime | None) -> Reply:
    text = _QUOTED.sub("", text)
    copies = "\n".join(match.group(1) for match in _OWN.finditer(text))
    theirs = _OWN.sub("\n", text)
    # A forwarded mail has the subject in its text, after the one of whoever forwarded it.
    lines = [*subjects, *_subject_lines(theirs)]
    line = next((each for each in map(_folded_line, lines) if _kind_of(each)), "")
    kind = _kind_of(line) or _kind_by_words(theirs)
    procedure = _found(_PROCEDURE, line).upper()
    files = tuple(_files(theirs)) or tuple(_files(copies))
    transfer = _found(_TRANSFER, line)
    number = int(transfer) if transfer else _transfer_of(files)
    named = next((one.name for one in files), "")
    result = theirs[: _end_of_result(theirs)]
    return Reply(
        kind=kind,
        procedure=procedure or (named[:5].upper() if _PROCEDURE.match(named.lower()) else ""),
        sender=_found(_SENDER, line),
        receiver=_found(_RECEIVER, line),
        transfer=number,
        files=files,
        codes=codes_in(result),
        mark=_found(_MARK, fold(theirs)).strip("„“\"'<> "),
        sent=sent,
        text=theirs.strip(),
        attachments=attachments,
    )


def _folded_line(text: str) -> str:
    return _SPLIT_WORD.sub("", fold(text))


def _kind_of(line: str) -> Kind | None:
    return next((kind for pattern, kind in _KINDS if pattern.search(line)), None)


def _kind_by_words(text: str) -> Kind | None:
    """Without a subject that says it, the standing sentences of the body do (3.2.2.3)."""
    folded = fold(text)
    if "konnten nicht verarbeitet werden" in folded:
        return Kind.REFUSED
    return Kind.ACCEPTED if re.search(r"in das system .{1,3}bernommen worden", folded) else None


def _subject_lines(text: str) -> Iterator[str]:
    """Lines of a text that are the subject of a mail, with the line after them, on which it may go on."""
    lines = text.split("\n")
    for place, line in enumerate(lines):
        if re.match(r"\s*(?:betreff|subject)\s*:", line, re.IGNORECASE):
            yield " ".join(lines[place : place + 3])
    if lines and _kind_of(fold(lines[0])):
        yield " ".join(lines[:3])


def _files(text: str) -> Iterator[NamedFile]:
    for name, size, day, time in _FILE.findall(text):
        yield NamedFile(name.upper(), int(size), day + time)


def _transfer_of(files: tuple[NamedFile, ...]) -> int | None:
    """The transfer number in a file's name: ESOL0321 is 321."""
    for one in files:
        if match := re.fullmatch(r"[ET]SOL0(\d{3})(?:\.AUF)?", one.name):
            return int(match.group(1))
    return None


def _end_of_result(text: str) -> int:
    """Where the signature begins: what stands there is no result."""
    match = re.search(r"mit freundlichen gr", text, re.IGNORECASE)
    return match.start() if match else len(text)


def _found(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match.group(1) if match else ""
