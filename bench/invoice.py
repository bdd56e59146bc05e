"""A billing file of §302 of any size, to be read: real segments in a real order, written without Billhook's encoder."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from bench import items
from bench.payers import CARDS, PROVIDER
from bench.raw import voucher_segments

VOUCHERS: Final = 500
"""Different vouchers; a larger file repeats them."""


def _block() -> tuple[str, int]:
    """The segments of all vouchers as one text, and how many there are."""
    segments: list[str] = []
    for number in range(1, VOUCHERS + 1):
        lines = []
        for row in items.voucher(number):
            gross = items.gross(row["quantity"], row["unit_price"], row.get("vat_rate"))
            net = Decimal(row["quantity"]) * Decimal(row["unit_price"])
            vat = int((gross - net) * 100) if row.get("vat_rate") else 0
            lines.append((vat, int(gross * 100), int(Decimal(row.get("copayment", 0)) * 100), row))
        segments += voucher_segments(lines)
    return "".join(segments), len(segments)


def write(path: str, megabytes: str) -> dict[str, Any]:
    """Write a file of about that many megabytes (10⁶ bytes); a task. One message, as one large invoice has."""
    text, count = _block()
    block = text.encode("iso-8859-1")
    repeats = max(1, round(int(megabytes) * 1_000_000 / len(block)))
    card = next(iter(CARDS))
    head = (
        f"UNB+UNOC:3+{PROVIDER}+660990019+20251101:0800+00001+A+SL000000001+0'UNH+00001+SLLA:21:0:0'"
        f"FKT+01++{PROVIDER}+{card}+{card}'REC+00000001:0+20251101+1'"
    )
    with Path(path).open("wb") as file:
        file.write(b"UNA:+,? '" + head.encode())
        for _ in range(repeats):
            file.write(block)
        # UNT counts from UNH to itself: UNH, FKT, REC and UNT beside the vouchers.
        file.write(f"UNT+{repeats * count + 4:06d}+00001'UNZ+000001+00001'".encode())
        size = file.tell()
    return {"bytes": size, "segments": repeats * count + 6}
