"""The text blocks C0 to C99 of a data centre's mail (GGT Anlage 7 3.2.2.4): what each means, whose fault it is, what to do.

Some data centres write the code, some only the text of the block, so that a block is known by either. The fragments are compared
with text that `fold` made comparable: small letters, umlauts written out, one blank between words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from billhook.words import Words, listed, words

SOURCE = "GGT Anlage 7, 23.06.2016, 3.2.2.4"


class Side(StrEnum):
    """Where the fault lies."""

    NOBODY = "nobody"
    SENDER = "sender"
    MAIL = "mail"
    FILES = "files"


SIDES: Mapping[Side, Words] = {
    Side.NOBODY: words("nobody's fault"),
    Side.SENDER: words("your admission or settings"),
    Side.MAIL: words("the program that sends the mail"),
    Side.FILES: words("the files"),
}
"""Each in words."""


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A text block: `refuses` is True for those that let nothing be processed. `fragments` are enough of its text to know it."""

    code: str
    meaning: Words
    side: Side
    mends: tuple[Words, ...]
    refuses: bool
    fragments: tuple[str, ...]

    @property
    def mend(self) -> Words:
        """What to do."""
        return listed(self.mends, " ")

    @property
    def told(self) -> Words:
        """The block in one line."""
        said = words("{code}: {meaning}", code=self.code, meaning=self.meaning)
        fault = [] if self.side is Side.NOBODY else [words("Fault: {side}.", side=SIDES[self.side])]
        return listed([said, *fault, *self.mends], " ")


_AGAIN = words("Then: billhook check, billhook resend, billhook send.")
_CHANNEL = words("Send with a channel of the kind mail, or mend the program that sends for you.")
_PAYERS = words("Import the current payer files, which have the address (billhook p302 payers import).")
_REGISTER = words("Register with the data centre for data exchange by e-mail before you send anything else.")
_VERIFY_ORDER = words("billhook verify the order file (.AUF).")


def _block(
    code: str, meaning: Words, side: Side, mends: tuple[Words, ...], *fragments: str, refuses: bool = True
) -> TextBlock:
    return TextBlock(code, meaning, side, mends, refuses, fragments)


TEXT_BLOCKS: Mapping[str, TextBlock] = {
    block.code: block
    for block in (
        _block(
            "C0",
            words("the mail is built as it must be and goes on to be processed."),
            Side.NOBODY,
            (words("Nothing to do."),),
            "entspricht dem geforderten aufbau",
            refuses=False,
        ),
        _block("C1", words("the mail has no attachment."), Side.MAIL, (_CHANNEL, _AGAIN), "enthaelt keine anhaenge"),
        _block(
            "C2",
            words("the mail has more than two attachments; those that are listed were taken, the others deleted."),
            Side.MAIL,
            (words("Compare the list with what you sent. Send one pair of files with each mail."),),
            "enthaelt zu viele anhaenge",
            refuses=False,
        ),
        _block(
            "C3",
            words("the mail is encoded in a way that the data centre does not read."),
            Side.MAIL,
            (_CHANNEL, _AGAIN),
            "nicht unterstuetzte kodierung",
            "nicht unterstuetze kodierung",
        ),
        _block(
            "C4",
            words("one attachment only: the order file is missing, or the names do not belong together."),
            Side.MAIL,
            (_CHANNEL, _AGAIN),
            "es fehlte der auftragssatz",
        ),
        _block(
            "C5",
            words("one attachment only: the billing file is missing, or the names do not belong together."),
            Side.MAIL,
            (_CHANNEL, _AGAIN),
            "es fehlten die nutzdaten",
        ),
        _block(
            "C6",
            words("an attachment is not what it must be."),
            Side.FILES,
            (words("Look at both files with billhook describe and billhook verify."), _AGAIN),
            "anhang, der nicht der vorgabe",
        ),
        _block(
            "C7",
            words("the order file says something wrong about how to go on."),
            Side.FILES,
            (_VERIFY_ORDER, words("See whether sealing is switched on for this receiver."), _AGAIN),
            "auftragssatz, der fehlerhafte",
        ),
        _block(
            "C8",
            words("the order file names a data centre that is not known there."),
            Side.SENDER,
            (_PAYERS, _AGAIN),
            "nicht bekannte annahmestelle",
        ),
        _block(
            "C9",
            words("the order file has no valid MIME type in the mail."),
            Side.MAIL,
            (_CHANNEL, _AGAIN),
            "auftragssatz kein gueltiger mime",
        ),
        _block(
            "C10",
            words("the order file is damaged or not 348 bytes long."),
            Side.MAIL,
            (_VERIFY_ORDER, words("When it is whole in the out folder, the mail damaged it."), _AGAIN),
            "auftragssatz ist beschaedigt",
            "vorgegebenen groesse (348",
        ),
        _block(
            "C11",
            words("none of the files can be recognised as an order file."),
            Side.FILES,
            (_VERIFY_ORDER, _AGAIN),
            "kann als auftragssatz erkannt",
        ),
        _block(
            "C12",
            words("the billing file has no valid MIME type in the mail."),
            Side.MAIL,
            (_CHANNEL, _AGAIN),
            "nutzdaten kein gueltiger mime",
        ),
        _block(
            "C13",
            words("none of the files can be recognised as a billing file."),
            Side.FILES,
            (words("See whether it is sealed as this receiver wants it (billhook p302 keys)."), _AGAIN),
            "konnte als nutzdaten erkannt",
        ),
        _block(
            "C14",
            words("the names of the files are not as they must be, or do not belong together."),
            Side.FILES,
            (words("Send the files under the names that the export gave them."), _AGAIN),
            "die dateinamen der uebermittelten",
        ),
        _block(
            "C15",
            words("the subject lacks the sender's Betriebsnummer."),
            Side.MAIL,
            (_CHANNEL, _AGAIN),
            "betreffzeile fehlt die betriebsnummer des",
        ),
        _block(
            "C16",
            words("the subject lacks the sender's IK."),
            Side.MAIL,
            (_CHANNEL, _AGAIN),
            "betreffzeile fehlt das institutionskennzeichen",
        ),
        _block(
            "C17",
            words("the subject lacks the sender's Betriebsnummer or IK."),
            Side.MAIL,
            (_CHANNEL, _AGAIN),
            "betreffzeile fehlt die betriebsnummer oder",
        ),
        _block(
            "C18",
            words("the mail went to a wrong address and is not passed on."),
            Side.SENDER,
            (_PAYERS, _AGAIN),
            "an eine falsche e-mail-adresse",
        ),
        _block(
            "C20",
            words("the IK of the subject is not admitted to the e-mail procedure."),
            Side.SENDER,
            (_REGISTER, _AGAIN),
            "nicht zum e-mail-verfahren",
        ),
        _block(
            "C21",
            words("the IK of the subject is not admitted to the e-mail procedure."),
            Side.SENDER,
            (_REGISTER, _AGAIN),
        ),
        _block(
            "C98",
            words("should it happen again, the makers of the program can help."),
            Side.NOBODY,
            (),
            "supporthotline ihres",
            refuses=False,
        ),
        _block("C99", words("the mail cannot be processed."), Side.NOBODY, (), "sendung kann nicht verarbeitet werden"),
    )
}
"""All of them by code, in the order of the catalogue. C19 is not in it; the texts of C20 and C21 are the same there."""

_CODE = re.compile(r"\b[cC] ?(\d{1,3})\b")


def fold(text: str) -> str:
    r"""Text that can be compared: small letters, umlauts written out, one blank between words.

    >>> fold("Die  E-Mail enthält keine\nAnhänge")
    'die e-mail enthaelt keine anhaenge'
    """
    text = text.lower()
    for letter, written in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("\xa0", " ")):
        text = text.replace(letter, written)
    return " ".join(text.split())


def codes_in(text: str) -> tuple[str, ...]:
    """The codes of a result, in order, each once: those that it names and those whose text it has. Unknown ones are carried.

    >>> codes_in("(C2+C98)"), codes_in("Der Auftragssatz ist beschädigt"), codes_in("C42")
    (('C2', 'C98'), ('C10',), ('C42',))
    """
    folded = fold(text)
    found = {match.start(): f"C{int(match.group(1))}" for match in _CODE.finditer(folded)}
    for block in TEXT_BLOCKS.values():
        places = [place for fragment in block.fragments if (place := folded.find(fragment)) >= 0]
        if places:
            found[min(places)] = block.code
    in_order = dict.fromkeys(code for _, code in sorted(found.items()))
    # C20 and C21 have one text: where the code is named, the text says nothing more.
    if "C21" in in_order and not re.search(r"\bc ?20\b", folded):
        in_order.pop("C20", None)
    return tuple(in_order)
