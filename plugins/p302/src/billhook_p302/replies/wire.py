"""A data centre's mail as a kind of file: for `billhook receive`, which asks whose it is, and for `billhook describe`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from billhook.model import Finding
from billhook.scheme import Description
from billhook_p302.replies.letters import FORM
from billhook_p302.replies.mails import read_mail
from billhook_p302.replies.textblocks import TEXT_BLOCKS

LARGEST = 64 << 20
"""Bytes of a mail that are read to describe it."""

_SAYS = re.compile(rb"Annahmebest.{1,12}tigung|Dateiablehnung|Datensatzabweisung", re.IGNORECASE | re.DOTALL)
_HEADERS = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:From [^\r\n]*\r?\n)?"
    rb"(?:Received|Return-Path|Delivered-To|From|To|Subject|Date|Message-ID|MIME-Version|Content-Type|DKIM-Signature|"
    rb"Authentication-Results|ARC-[A-Za-z-]+|X-[A-Za-z-]+):",
    re.IGNORECASE,
)
"""How a mail begins."""


class Mail:
    """The mail of a data centre (GGT Anlage 7), as a mail program saves it (.eml) or as plain text."""

    key = "p302-reply"
    title = "reply of a data centre (e-mail)"

    def sniff(self, head: bytes, name: str) -> bool:
        """True for a mail, for a text that names one of the three decisions, and for a letter that was entered by hand."""
        mail = name.lower().endswith(".eml") or _HEADERS.match(head) is not None
        return mail or _SAYS.search(head) is not None or (head[:1] == b"{" and f'"form":"{FORM}"'.encode() in head)

    def describe(self, path: Path, *, mask: bool) -> Description:
        """What the mail says of which file. Its own words may name a person and stay away where names are hidden."""
        with path.open("rb") as file:
            reply = read_mail(file.read(LARGEST))
        facts = {
            "decision": reply.kind.value if reply.kind else "",
            "procedure": reply.procedure,
            "sender ik": reply.sender,
            "receiver ik": reply.receiver,
            "transfer number": "" if reply.transfer is None else f"{reply.transfer:03d}",
            "sent": reply.sent.isoformat() if reply.sent else "",
            "reference": reply.mark,
        }
        lines = [(0, f"{one.name}, {one.size} bytes, made {one.made}") for one in reply.files]
        lines += [(0, TEXT_BLOCKS[code].told if code in TEXT_BLOCKS else f"{code}: unknown") for code in reply.codes]
        if not mask:
            lines += [(1, line) for line in reply.text.split("\n") if line.strip()]
        return Description(
            scheme="p302",
            kind=self.title,
            version="",
            counts={"bytes": path.stat().st_size, "files": len(reply.files), "attachments": reply.attachments},
            facts={name: value for name, value in facts.items() if value},
            lines=lines,
            findings=[],
        )

    def verify(self, path: Path) -> Iterator[Finding]:  # noqa: ARG002  # part of the contract
        """Nothing: no rule says how a mail must look to be understood, and it is not ours to mend."""
        return iter(())
