"""The character sets that a file may be written in, by the keys the specs give them.

A set says how text becomes bytes and back. What a set cannot hold is transliterated and reported, never lost silently.

>>> charset("I1").fit("Łucja")
('Lucja', [Replacement(position=0, character='Ł', by='L')])
>>> charset("I8").encode("§1")[0]
b'@1'
"""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from anyascii import anyascii


@dataclass(frozen=True, slots=True)
class Replacement:
    """One character that a set could not hold: its position in the text (from 0), itself, and what stands for it."""

    position: int
    character: str
    by: str


@dataclass(frozen=True, eq=False)
class Charset:
    """A character set: its key in the specs, its name, the Python codec, and the characters that trade places in it."""

    key: str
    title: str
    codec: str
    source: str
    swaps: bytes | None = field(default=None, repr=False)
    """For national variants of ISO 646: which byte stands for which of the codec's bytes, a table for
    `bytes.translate`. Characters only trade places, so that the same table serves both ways."""
    bits: int = 8

    @property
    def one_byte_each(self) -> bool:
        """True when every byte is a character of its own, so that any chunk of a file can be decoded."""
        return self.codec != "utf-8" and self.bits == 8

    def decode(self, data: bytes) -> str:
        """Bytes as text. Raises UnicodeDecodeError where the bytes are none of this set."""
        if self.bits == 7 and not data.isascii():
            data.decode("ascii")
        return (data.translate(self.swaps) if self.swaps else data).decode(self.codec)

    def decode_leniently(self, data: bytes) -> tuple[str, bool]:
        """Bytes as text, and whether all of them fitted; bytes of no meaning in this set are read as ISO 8859-1.

        Real payer files say one set and are written in another, nearly always ISO 8859-1.
        """
        try:
            return self.decode(data), True
        except UnicodeDecodeError:
            return data.decode("iso-8859-1"), False

    def encode_exactly(self, text: str) -> bytes:
        """Text as bytes. Raises UnicodeEncodeError where the set cannot hold a character."""
        data = text.encode(self.codec)
        if self.swaps:
            data = data.translate(self.swaps)
        if self.bits == 7 and not data.isascii():
            raise UnicodeEncodeError(self.key, text, 0, len(text), "a character of more than 7 bits")
        return data

    def holds(self, text: str) -> bool:
        """True when every character of the text is in the set."""
        if text.isascii() and not self.swaps:
            return True
        try:
            self.encode_exactly(text)
        except UnicodeEncodeError:
            return False
        return True

    def fit(self, text: str) -> tuple[str, list[Replacement]]:
        """The text with everything that the set cannot hold spelled otherwise, and the list of what was replaced.

        Decomposed letters are composed first (`a` + diaeresis is `ä`); that is the same text and not listed. Positions
        count in the composed text.
        """
        if self.holds(text):
            return text, []
        text = unicodedata.normalize("NFC", text)
        fitted: list[str] = []
        replaced: list[Replacement] = []
        for position, character in enumerate(text):
            if self.holds(character):
                fitted.append(character)
                continue
            by = self._spelling(character)
            fitted.append(by)
            replaced.append(Replacement(position, character, by))
        return "".join(fitted), replaced

    def encode(self, text: str) -> tuple[bytes, list[Replacement]]:
        """Text as bytes, transliterated where needed, and the list of what was replaced."""
        fitted, replaced = self.fit(text)
        return self.encode_exactly(fitted), replaced

    def _spelling(self, character: str) -> str:
        spelled = GERMAN_SPELLINGS.get(character)
        if spelled is None:
            spelled = anyascii(character)
            # Emoji come as `:name:`; the colons would be separators in nearly every format here.
            spelled = spelled.strip(":") if len(spelled) > 1 else spelled
        return "".join(each if self.holds(each) else ASCII_STANDINS.get(each, "") for each in spelled)


GERMAN_SPELLINGS: Mapping[str, str] = {
    "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ẞ": "SS",
}  # fmt: skip
"""The customary spelling of German letters; general transliteration would make `a` of `ä`."""

ASCII_STANDINS: Mapping[str, str] = {
    "@": "(at)", "[": "(", "]": ")", "{": "(", "}": ")", "|": "/", "\\": "/", "~": "-", "^": "", "`": "",
}  # fmt: skip
"""What stands for an ASCII character that a national 7-bit set gave up for letters."""

_GAVE_UP = "@[\\]{|}~".encode("iso-8859-1")
_TAKEN_BY = "§ÄÖÜäöüß".encode("iso-8859-1")
_DRV_SWAPS = bytes.maketrans(_GAVE_UP + _TAKEN_BY, _TAKEN_BY + _GAVE_UP)

CHARSETS: tuple[Charset, ...] = (
    Charset("I1", "ISO 8859-1 (DIN 66303:2000-06)", "iso-8859-1", "GGT Anlage 15; GGT Anlage 2 byte 203"),
    Charset("I5", "ISO 8859-15", "iso-8859-15", "GGT Anlage 15; GGT Anlage 2 byte 203"),
    Charset("I7", "DIN 66003 DRV, 7 bit", "iso-8859-1", "GGT Anlage 15; GGT Anlage 2 byte 203", _DRV_SWAPS, bits=7),
    Charset("I8", "DIN 66303:1986-11 DRV8, 8 bit", "iso-8859-1", "GGT Anlage 15; GGT Anlage 2 byte 203", _DRV_SWAPS),
    Charset("P8", "code page 850", "cp850", "GGT Anlage 2 byte 203"),
    Charset("U8", "UTF-8", "utf-8", "GGT Anlage 2 byte 203"),
    Charset("A7", "ASCII", "ascii", "ISO 646 IRV; no key of GGT, used by Flemish records", bits=7),
)
"""All sets. GGT also names EB (EBCDIC) and BI (binary): no text in EDIFACT syntax is exchanged in them, so they are
left out."""


@cache
def charset(name: str) -> Charset:
    """The set with this key (`I1`) or Python codec name (`iso-8859-1`, `latin1`). Raises LookupError for any other."""
    for each in CHARSETS:
        if each.key == name:
            return each
    wanted = codecs.lookup(name).name
    for each in CHARSETS:
        if each.swaps is None and codecs.lookup(each.codec).name == wanted:
            return each
    message = f"no character set is called {name!r}; there are {', '.join(each.key for each in CHARSETS)}"
    raise LookupError(message)
