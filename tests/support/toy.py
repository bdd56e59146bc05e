"""A small but complete scheme: the Brook fund, a payer that does not exist, with a text format of its own.

It shows a plugin author everything that a scheme may have, in the smallest form that is still real: typed details and
settings, rules, a reference, two number series, a limit, collective invoices, subtotals, two artifacts a file (the
second one names the hash of the first), a wire format that can be described and verified, and answers.

The format, one record a line, fields separated by `|`:

    HDR|toy|<transfer number>|<payer>|<date>
    COL|<number>|<branch office>|<gross>|<billed>|<vouchers>             a collective invoice, only where one is wanted
    INV|<number>|<ordinal>|<branch>|<gross>|<copayment>|<own share>|<vouchers>|<items>
    SUB|<group>|<gross>|<items>
    LIN|<voucher>|<line>|<item number>|<code>|<quantity>|<unit price>|<gross>|<billed>
    END|<items>|<billed>

Amounts have a decimal point and two places, quantities and prices as many as they need.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from random import Random
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from billhook.hookspecs import hookimpl
from billhook.model import BillingItem, Client, Finding, Outcome, Rule, Severity, Split, SplitKind, Verdict
from billhook.money import format_cents, line_amount
from billhook.scheme import (
    Artifact,
    Batch,
    Capability,
    Context,
    Description,
    DocumentView,
    Inbound,
    Keys,
    Limits,
    Scheme,
    Series,
    SeriesPlan,
    Source,
    Support,
    TableView,
    Version,
    WireFormat,
)
from billhook.testing import Example, Faulty

SPEC = "Brook 2025"
NOW = datetime(2025, 11, 14, 9, 30, tzinfo=UTC)


class Details(BaseModel):
    """What the Brook fund wants to know of an item beyond what every item has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    branch: str = Field("", title="Branch", description="office of the fund", json_schema_extra={"level": "voucher"})
    prescribed_on: date | None = Field(
        None,
        title="Prescription date",
        description="day of the prescription",
        json_schema_extra={"level": "voucher", "master": "case"},
    )
    visits: int | None = Field(None, title="Visits", description="how many visits the item stands for")
    weight: Decimal | None = Field(None, title="Weight", description="kilograms")


class Settings(BaseModel):
    """A provider's set-up for the Brook fund."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    codes: tuple[str, ...] = ("A1", "A2", "B1", "B2", "C1")
    payers: tuple[str, ...] = ("brook-north", "brook-south")
    collective: bool = False
    vouchers_a_file: int | None = Field(None, ge=1)
    documents_a_file: int | None = Field(None, ge=1)
    last_invoice: int | None = None


NO_CODE = Rule("TOY-ITM-001", Severity.ERROR, "code {value} is not on the list", "choose a code of the list", SPEC)
NO_DATE = Rule("TOY-ITM-002", Severity.ERROR, "the prescription date is missing", "enter the date", SPEC)
TOO_EARLY = Rule("TOY-ITM-003", Severity.ERROR, "served on {value}, prescribed on {day}", "mend one of the dates", SPEC)
MANY = Rule("TOY-ITM-004", Severity.WARNING, "a quantity of {value} is unusual", "look at it again", SPEC)
TWO_DATES = Rule("TOY-VOU-001", Severity.ERROR, "the lines of the voucher name several dates", "make them one", SPEC)
NO_PAYER = Rule("TOY-PAY-001", Severity.ERROR, "payer {value} is unknown", "enter a payer that the fund has", SPEC)
BAD_LINE = Rule("TOY-FIL-001", Severity.ERROR, "{what}", "ask the sender for the file as it was made", SPEC)


def amount(cents: int) -> str:
    """An amount as the format writes it.

    >>> amount(1250)
    '12.50'
    """
    return format_cents(cents, ".")


@dataclass(frozen=True)
class Reference:
    """What a run needs to know: the codes that may be billed."""

    codes: frozenset[str]


class ToyScheme:
    """The scheme itself: declared data first, then the five answers."""

    key = "toy"
    title = "Brook fund"
    country = "XX"
    languages: Sequence[str] = ("en",)
    time_zone: str = "UTC"
    sources: Sequence[Source] = (Source("Brook billing format", "2025"),)
    versions: Sequence[Version] = (Version("1", date(2020, 1, 1), date(2024, 12, 31)), Version("2", date(2025, 1, 1)))
    capabilities: Sequence[Capability] = (
        Capability("billing", Support.SUPPORTED),
        Capability("correction", Support.NOT_APPLICABLE, "the fund takes back nothing"),
    )
    rules: Sequence[Rule] = (NO_CODE, NO_DATE, TOO_EARLY, MANY, TWO_DATES, NO_PAYER, BAD_LINE)
    correction_kinds: Sequence[str] = ("rebill",)
    Details: type[BaseModel] = Details
    Settings: type[BaseModel] = Settings

    def prepare(self, view: TableView, settings: Any, day: date) -> Reference:  # noqa: ARG002  # it has no tables
        """The codes of the settings."""
        return Reference(frozenset(settings.codes))

    def check(self, items: Sequence[BillingItem], ctx: Context) -> Iterable[Finding]:
        """All that is wrong with these vouchers."""
        for _, lines in groupby(items, key=lambda item: (item.provider, item.voucher)):
            voucher = list(lines)
            for item in voucher:
                yield from self._check_item(item, ctx)
            if len({item.details.prescribed_on for item in voucher if isinstance(item.details, Details)}) > 1:
                yield TWO_DATES.at(voucher[0].id, "details.prescribed_on")

    def _check_item(self, item: BillingItem, ctx: Context) -> Iterator[Finding]:
        details: Any = item.details
        if item.code not in ctx.reference.codes:
            yield NO_CODE.at(item.id, "code", item.code)
        if details.prescribed_on is None:
            yield NO_DATE.at(item.id, "details.prescribed_on")
        elif item.service_from and item.service_from < details.prescribed_on:
            yield TOO_EARLY.at(item.id, "service_from", item.service_from, day=details.prescribed_on)
        if item.quantity > 100:
            yield MANY.at(item.id, "quantity", item.quantity)

    def keys(self, item: BillingItem, ctx: Context) -> Keys | Finding:
        """A file a payer, an invoice a branch, subtotals by the first letter of the code."""
        if item.payer not in ctx.settings.payers:
            return NO_PAYER.at(item.id, "payer", item.payer)
        details: Any = item.details
        return Keys(
            file=(item.provider, item.payer),
            collective=(details.branch[:1],) if ctx.settings.collective else (),
            document=(details.branch,),
            order=(item.voucher, f"{item.line:06d}"),
            bucket=item.code[:1],
        )

    def limits(self, file_key: tuple[str, ...], ctx: Context) -> Limits:  # noqa: ARG002  # the same for every payer
        """As the provider agreed with the fund."""
        return Limits(vouchers=ctx.settings.vouchers_a_file, documents=ctx.settings.documents_a_file)

    def series(self, file_key: tuple[str, ...], ctx: Context) -> SeriesPlan:
        """One series of invoices a provider, one of transfers a provider and payer."""
        provider, payer = file_key
        return SeriesPlan(
            document=Series(f"toy/invoice/{provider}", last=ctx.settings.last_invoice, pattern="{year}-{n:05d}"),
            exchange={"transfer": Series(f"toy/transfer/{provider}/{payer}", last=999)},
        )

    def render(self, batch: Batch, ctx: Context) -> Iterable[Artifact]:  # noqa: ARG002  # the batch says it all
        """The data file, then a slip that names its size and hash."""
        name = f"T{batch.numbers['transfer']:03d}.txt"
        yield Artifact(name, "data", "text/plain", _file(batch))
        data = batch.stored[0]
        yield Artifact(f"{name}.slip", "order", "text/plain", [f"{data.name}|{data.size}|{data.sha256}\n".encode()])

    def read(self, inbound: Inbound, ctx: Context) -> Iterable[Outcome]:  # noqa: ARG002  # needs no set-up
        """`OK|<invoice>` or `NO|<invoice>|<code>` a line; anything else is carried as unknown."""
        for line in inbound.content.decode(errors="replace").splitlines():
            word, _, rest = line.partition("|")
            number, _, code = rest.partition("|")
            verdict = {"OK": Verdict.ACCEPTED, "NO": Verdict.REJECTED}.get(word, Verdict.UNKNOWN)
            yield Outcome(verdict, document=number, codes=(code,) if code else (), text=line)

    def correct(self, item: BillingItem, kind: str, ctx: Context) -> BillingItem:  # noqa: ARG002  # only one kind
        """The item again, under a number of its own."""
        return replace(item, id=0, number=f"{item.number}/{kind}", kind=kind, corrects=item.id)

    def wire_formats(self) -> Sequence[WireFormat]:
        """The data file."""
        return (ToyText(),)


def _file(batch: Batch) -> Iterator[bytes]:
    items = billed = 0
    day = batch.created.date().isoformat()
    yield f"HDR|toy|{batch.numbers['transfer']}|{batch.key[1]}|{day}\n".encode()
    for collective in batch.collectives():
        if collective.key:
            sums = collective.totals
            yield (
                f"COL|{collective.number}|{collective.key[0]}|{amount(sums.gross)}|{amount(sums.billed)}"
                f"|{sums.vouchers}\n"
            ).encode()
        for document in collective.documents():
            yield from _invoice(document)
            items += document.totals.items
            billed += document.totals.billed
    yield f"END|{items}|{amount(billed)}\n".encode()


def _invoice(document: DocumentView) -> Iterator[bytes]:
    sums = document.totals
    yield (
        f"INV|{document.number}|{document.ordinal}|{document.key[0]}|{amount(sums.gross)}|{amount(sums.copayment)}"
        f"|{amount(sums.own_share)}|{sums.vouchers}|{sums.items}\n"
    ).encode()
    for group, part in sorted(document.subtotals.items()):
        yield f"SUB|{group}|{amount(part.gross)}|{part.items}\n".encode()
    for item in document.items():
        yield (
            f"LIN|{item.voucher}|{item.line}|{item.number}|{item.code}|{item.quantity:f}|{item.unit_price:f}"
            f"|{amount(item.gross)}|{amount(item.billed)}\n"
        ).encode()


_WIDTHS = {"HDR": 5, "COL": 6, "INV": 9, "SUB": 4, "LIN": 9, "END": 3}


class ToyText:
    """The data file, read without a database."""

    key = "toy-billing"
    title = "Brook fund billing file"

    def sniff(self, head: bytes, name: str) -> bool:  # noqa: ARG002  # the header says enough
        """True when it begins like one."""
        return head.startswith(b"HDR|toy|")

    def describe(self, path: Path, *, mask: bool) -> Description:  # noqa: ARG002  # no personal data in this format
        """The file in words."""
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        counts = {tag: sum(line.startswith(tag) for line in lines) for tag in _WIDTHS}
        depth = {"HDR": 0, "COL": 1, "INV": 1, "SUB": 2, "LIN": 2, "END": 0}
        words = [(depth.get(line[:3], 0), line.replace("|", " ")) for line in lines]
        return Description("toy", self.title, "2", counts, {}, words, list(self.verify(path)))

    def verify(self, path: Path) -> Iterator[Finding]:
        """Records that are too short, and an end that does not fit what stands before it."""
        items, billed, last = 0, Decimal(0), ""
        for at, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
            fields = line.split("|")
            last = fields[0]
            if len(fields) != _WIDTHS.get(last, -1):
                yield BAD_LINE.at(file=path.name, line=at, tag=last, what=f"record {last} is no record of this format")
            elif last == "LIN":
                items += 1
                billed += Decimal(fields[8])
            elif last == "END" and (int(fields[1]), Decimal(fields[2])) != (items, billed):
                yield BAD_LINE.at(file=path.name, line=at, tag=last, what=f"the lines are {items} items, {billed}")
        if last != "END":
            yield BAD_LINE.at(file=path.name, tag="END", what="the file has no end")


class ToyPlugin:
    """What an entry point would name: here it is registered by hand."""

    def __init__(self, *schemes: Scheme) -> None:
        self.schemes = schemes or (ToyScheme(),)

    @hookimpl
    def billhook_schemes(self) -> Sequence[Scheme]:
        """The Brook fund."""
        return self.schemes


# --- Made-up cases --------------------------------------------------------------------------------------------------


def toy_items(n: int, seed: int = 0) -> list[BillingItem]:
    """`n` items in vouchers of one to four lines, all of them right; the same for the same seed."""
    random = Random(seed)  # noqa: S311  # made-up cases, no secrets
    items: list[BillingItem] = []
    voucher = 0
    while len(items) < n:
        voucher += 1
        day = date(2025, 9, 1) + timedelta(days=random.randrange(30))
        details = Details(branch=random.choice(("north", "south", "nook")), prescribed_on=day)
        payer = random.choice(("brook-north", "brook-south"))
        for line in range(1, 1 + min(random.randint(1, 4), n - len(items))):
            items.append(toy_item(len(items) + 1, voucher, line, payer, details, random))
    return items


def toy_item(key: int, voucher: int, line: int, payer: str, details: Details, random: Random) -> BillingItem:
    """One item that is right."""
    quantity, price = Decimal(random.randint(1, 9)), Decimal(random.randint(100, 99999)) / 100
    sums = line_amount(quantity, price, None)
    shares = (Split(SplitKind.COPAYMENT, sums.gross // 10), Split(SplitKind.SURCHARGE, 100))
    return BillingItem(
        id=key,
        scheme="toy",
        number=f"{voucher}-{line}",
        provider="p1",
        voucher=str(voucher),
        line=line,
        payer=payer,
        client=Client(number=f"K{voucher % 97}", family_name=f"Test{voucher % 97}", given_name="Toni"),
        code=random.choice(("A1", "A2", "B1", "B2", "C1")),
        text="",
        service_from=date(2025, 10, 1) + timedelta(days=random.randrange(28)),
        service_to=None,
        quantity=quantity,
        unit="pc",
        unit_price=price,
        vat_rate=None,
        net=sums.net,
        vat=sums.vat,
        gross=sums.gross,
        splits=shares if random.random() < 0.5 else (),
        details=details,
    )


def toy_row(item: BillingItem) -> dict[str, Any]:
    """The item as a row of an import file."""
    details: Any = item.details
    row: dict[str, Any] = {
        "scheme": item.scheme,
        "number": item.number,
        "provider": item.provider,
        "voucher": item.voucher,
        "line": item.line,
        "payer": item.payer,
        "client": {
            "number": item.client.number,
            "family_name": item.client.family_name,
            "given_name": item.client.given_name,
        },
        "code": item.code,
        "service_from": item.service_from.isoformat() if item.service_from else None,
        "quantity": str(item.quantity),
        "unit": item.unit,
        "unit_price": str(item.unit_price),
        "details": details.model_dump(mode="json", exclude_defaults=True),
    }
    for split in item.splits:
        row[split.kind.value] = amount(split.amount)
    return row


def read_toy_file(content: bytes) -> Mapping[str, Any]:
    """What stands in a data file, read by itself: amounts of the invoices, and the lines."""
    records = [line.split("|") for line in content.decode().splitlines()]
    return {
        "invoices": [(record[1], Decimal(record[4])) for record in records if record[0] == "INV"],
        "lines": [tuple(record[1:]) for record in records if record[0] == "LIN"],
        "end": [tuple(record[1:]) for record in records if record[0] == "END"],
    }


def toy_example(scheme: Scheme | None = None) -> Example:
    """The Brook fund for the conformance kit."""
    settings = Settings(collective=True)
    one = replace(toy_items(1, seed=3)[0], service_from=date(2025, 10, 6))
    details: Any = one.details
    late = details.model_copy(update={"prescribed_on": date(2025, 10, 7)})
    return Example(
        scheme=scheme or ToyScheme(),
        settings=settings,
        now=NOW,
        items=toy_items,
        reference=Reference(frozenset(settings.codes)),
        faulty=(
            Faulty("TOY-ITM-001", [replace(one, code="Z9")]),
            Faulty("TOY-ITM-002", [replace(one, details=details.model_copy(update={"prescribed_on": None}))]),
            Faulty("TOY-ITM-003", [replace(one, details=late)]),
            Faulty("TOY-ITM-004", [replace(one, quantity=Decimal(101))]),
            Faulty(
                "TOY-VOU-001",
                [
                    replace(one, line=1),
                    replace(one, id=2, line=2, details=details.model_copy(update={"prescribed_on": date(2025, 9, 2)})),
                ],
            ),
            Faulty("TOY-PAY-001", [replace(one, payer="nobody")]),
        ),
        amounts_of=_stated,
        read_back=lambda artifacts: [line[2:4] for line in read_toy_file(artifacts["data"])["lines"]],
        projection=lambda item: (item.number, item.code),
    )


def _stated(artifacts: Mapping[str, bytes]) -> Mapping[str, int]:
    read = read_toy_file(artifacts["data"])
    items, billed = read["end"][0]
    gross = sum(amount for _, amount in read["invoices"])
    return {"gross": int(gross * 100), "billed": int(Decimal(billed) * 100), "items": int(items)}
