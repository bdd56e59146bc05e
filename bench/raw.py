"""The raw baseline: one script with sqlite3 and f-strings that gets items into a §302 file with as little as possible.

It is what somebody writes in an afternoon: no findings, no corrections, no master records, no journal, no archive, no
resuming, no second payer. It does keep what makes the comparison fair: amounts in exact decimals with commercial
rounding, release characters, sorted and summed up by invoice, totals before the lines, everything on disk when it ends,
and memory that does not grow with the items.

Standard library only, and nothing of Billhook.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from bench.payers import PROVIDER, ROUTES

CHUNK: Final = 5_000
_CENT = Decimal("0.01")
_RELEASED = str.maketrans({sign: f"?{sign}" for sign in "?:+,'"})

_TABLE = """
CREATE TABLE item (
    id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, voucher TEXT NOT NULL, line INTEGER NOT NULL,
    centre TEXT NOT NULL, payer TEXT NOT NULL, card TEXT NOT NULL, bucket TEXT NOT NULL,
    net_cents INTEGER NOT NULL, vat_cents INTEGER NOT NULL, gross_cents INTEGER NOT NULL,
    copayment_cents INTEGER NOT NULL, state TEXT NOT NULL, row TEXT NOT NULL
)
"""


def _connect(folder: str) -> sqlite3.Connection:
    connection = sqlite3.connect(Path(folder) / "raw.sqlite3", isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "cache_size = -65536", "temp_store = FILE"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _amounts(quantity: str, price: str, rate: str | None) -> tuple[int, int, int]:
    """Net, VAT and gross in cents."""
    net = Decimal(quantity) * Decimal(price)
    vat = (net * Decimal(rate) / 100).quantize(_CENT, ROUND_HALF_UP) if rate else Decimal(0)
    gross = int((net + vat).quantize(_CENT, ROUND_HALF_UP) * 100)
    return gross - int(vat * 100), int(vat * 100), gross


def _rows(path: str) -> Iterator[tuple[Any, ...]]:
    with Path(path).open(encoding="utf-8") as file:
        for text in file:
            row = json.loads(text)
            payer, centre = ROUTES[row["payer"]]
            net, vat, gross = _amounts(row["quantity"], row["unit_price"], row.get("vat_rate"))
            yield (
                row["number"],
                row["voucher"],
                row["line"],
                centre,
                payer,
                row["payer"],
                row["client"]["insurance_status"][:1] + "1",
                net,
                vat,
                gross,
                int(Decimal(row.get("copayment", "0")) * 100),
                text,
            )


def read_in(folder: str, path: str) -> dict[str, Any]:
    """Import: every line into one table, in one transaction; a task."""
    connection = _connect(folder)
    connection.execute(_TABLE)
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(
        "INSERT INTO item (number, voucher, line, centre, payer, card, bucket, net_cents, vat_cents, gross_cents, "
        "copayment_cents, state, row) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'draft', ?)",
        _rows(path),
    )
    connection.execute("COMMIT")
    (count,) = connection.execute("SELECT count(*) FROM item").fetchone()
    return {"items": count}


def check(folder: str) -> dict[str, Any]:
    """Check: are the fields there that the file cannot do without? A task."""
    connection = _connect(folder)
    connection.execute("BEGIN IMMEDIATE")
    keys = _complete(connection.execute("SELECT id, row FROM item ORDER BY id"))
    count = 0
    # The state takes part in no index, so that writing it does not disturb the walk.
    while chunk := list(islice(keys, CHUNK)):
        connection.executemany("UPDATE item SET state = 'checked' WHERE id = ?", chunk)
        count += len(chunk)
    connection.execute("COMMIT")
    return {"items": count}


def _complete(rows: Iterator[tuple[int, str]]) -> Iterator[tuple[int]]:
    for key, text in rows:
        row = json.loads(text)
        details = row["details"]
        if (
            row["code"]
            and details["prescribed_on"]
            and details["bsnr"]
            and details["lanr"]
            and row["client"]["family_name"]
        ):
            yield (key,)


def _money(cents: int) -> str:
    return f"{cents // 100},{cents % 100:02d}"


def _number(text: str) -> str:
    return f"{Decimal(text):.2f}".replace(".", ",")


def _day(text: str) -> str:
    return text.replace("-", "")


def voucher_segments(lines: Sequence[tuple[int, int, int, dict[str, Any]]]) -> list[str]:
    """INV to BES of one voucher (TA1 V21 5.5.3.2); each line is (vat, gross, copayment, row), amounts in cents."""
    row = lines[0][3]
    person, details = row["client"], row["details"]
    name, given = person["family_name"].translate(_RELEASED), person["given_name"].translate(_RELEASED)
    status = person["insurance_status"][:5].ljust(5, "0")
    born = _day(person["birth_date"])
    segments = [
        f"INV+{person['insurance_number']}+{status}+1+{row['voucher']}'",
        f"NAD+{name}+{given}+{born}+{person['street']}+{person['postal_code']}+{person['city']}'",
        "HIL+1'",
    ]
    gross = copayment = 0
    for vat, line_gross, line_copayment, each in lines:
        quantity, price, day = _number(each["quantity"]), _number(each["unit_price"]), _day(each["service_from"])
        segments.append(f"EHI+15:00000+{each['code']}+{quantity}+12+{price}+{day}+{each['details']['aid_mark']}'")
        if each.get("vat_rate"):
            segments.append(f"MWS+{_number(each['vat_rate'])}+{_money(vat)}'")
        gross += line_gross
        copayment += line_copayment
    if copayment:
        segments.append(f"ZUH+1+{_money(gross)}+{details['copayment_kind']}+{_money(copayment)}'")
    segments.append("MEH+0,00'")
    prescribed = _day(details["prescribed_on"])
    segments.append(f"ZHI+{details['bsnr']}+{details['lanr']}+{prescribed}+{details['copayment_mark']}'")
    segments += [f"DIA+{each['code']}+{each['text'].translate(_RELEASED)}'" for each in details["diagnoses"]]
    segments.append(f"BES+{_money(gross)}+{_money(copayment) if copayment else ''}++0,00'")
    return segments


class _File:
    """One file being written: counts segments by message."""

    def __init__(self, path: Path, centre: str, number: int) -> None:
        self.file = path.open("w", encoding="iso-8859-1", newline="")
        self.reference = f"{number:05d}"
        self.messages = self.segments = 0
        self.file.write(f"UNB+UNOC:3+{PROVIDER}+{centre}+20251101:0800+{self.reference}+A+SL{number:09d}+0'")

    def begin(self, kind: str) -> None:
        self.messages += 1
        self.segments = 0
        self.write([f"UNH+{self.messages:05d}+{kind}:21:0:0'"])

    def write(self, segments: Sequence[str]) -> None:
        self.segments += len(segments)
        self.file.write("".join(segments))

    def finish(self) -> None:
        self.file.write(f"UNT+{self.segments + 1:06d}+{self.messages:05d}'")

    def close(self) -> None:
        self.file.write(f"UNZ+{self.messages:06d}+{self.reference}'")
        self.file.close()


def export(folder: str) -> dict[str, Any]:
    """Export: a file for each data centre, an invoice for each card number; a task."""
    connection = _connect(folder)
    out = Path(folder) / "out"
    out.mkdir()
    connection.execute("BEGIN IMMEDIATE")
    sums: dict[tuple[str, str], list[tuple[str, int, int]]] = {}
    for centre, card, bucket, gross, copayment in connection.execute(
        "SELECT centre, card, bucket, sum(gross_cents), sum(copayment_cents) FROM item WHERE state = 'checked' "
        "GROUP BY centre, card, bucket ORDER BY centre, card, bucket"
    ):
        sums.setdefault((centre, card), []).append((bucket, gross, copayment))
    lines = connection.execute(
        "SELECT centre, payer, card, voucher, vat_cents, gross_cents, copayment_cents, row FROM item "
        "WHERE state = 'checked' ORDER BY centre, payer, card, voucher, line"
    )
    invoice = 0
    for number, (centre, of_centre) in enumerate(groupby(lines, itemgetter(0)), start=1):
        file = _File(out / f"{centre}.edi", centre, number)
        for (payer, card), of_card in groupby(of_centre, itemgetter(1, 2)):
            invoice += 1
            head = [f"FKT+01++{PROVIDER}+{payer}+{card}+{PROVIDER}'", f"REC+{invoice:08d}:0+20251101+1'"]
            _write_totals(file, head, sums[centre, card])
            file.begin("SLLA")
            file.write([f"FKT+01++{PROVIDER}+{payer}+{card}'", head[1]])
            for _, of_voucher in groupby(of_card, itemgetter(3)):
                file.write(
                    voucher_segments([(vat, gross, paid, json.loads(row)) for *_, vat, gross, paid, row in of_voucher])
                )
            file.finish()
        file.close()
    connection.execute("UPDATE item SET state = 'batched' WHERE state = 'checked'")
    connection.execute("COMMIT")
    return tally(str(out))


def _write_totals(file: _File, head: Sequence[str], sums: Sequence[tuple[str, int, int]]) -> None:
    file.begin("SLGA")
    file.write([*head, "UST+12/345/67890'"])
    whole = ("00", sum(gross for _, gross, _ in sums), sum(paid for *_, paid in sums))
    for status, gross, paid in (whole, *sums):
        file.write([f"GES+{status}+{_money(gross - paid)}+{_money(gross)}+{_money(paid)}'"])
    file.write(["NAM+Sanitaetshaus Muster'"])
    file.finish()


def tally(folder: str) -> dict[str, Any]:
    """What stands in the billing files below a folder, by whoever wrote them: counted by plain splitting."""
    lines = cents = copayments = vouchers = 0
    for path in sorted(each for each in Path(folder).rglob("*") if each.is_file()):
        for text in _texts(path):
            if text.startswith("EHI+"):
                lines += 1
            elif text.startswith("BES+"):
                vouchers += 1
                elements = text.split("+")
                cents += int(elements[1].replace(",", ""))
                copayments += int(elements[2].replace(",", "") or "0")
    return {"EHI": lines, "BES": vouchers, "gross_cents": cents, "copayment_cents": copayments}


def _texts(path: Path) -> Iterator[str]:
    """Segments of a file, a MiB at a time. A released ' cuts a text in two, and neither begins like EHI or BES."""
    rest = ""
    with path.open(encoding="iso-8859-1", newline="") as file:
        while piece := file.read(1 << 20):
            *texts, rest = (rest + piece).split("'")
            yield from (text.lstrip("\r\n") for text in texts)
