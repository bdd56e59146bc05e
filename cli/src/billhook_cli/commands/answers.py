"""Answers of payers: what was sent, what came back, what has to be done again, and what was paid."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from billhook.billing import following, receiving, settling
from billhook.money import format_cents as euro
from billhook_cli.exits import Exit
from billhook_cli.host import LARGEST, JsonOption, SchemeOption, host_of
from billhook_cli.output import Output, count


class Language(StrEnum):
    """The languages in which these commands speak."""

    EN = "en"
    NL = "nl"


LanguageOption = Annotated[Language, typer.Option("--lang", help="Language of the messages: en or nl.")]

WORDS: dict[str, dict[Language, str]] = {
    "already": {
        Language.EN: "{file}: came before (answer {inbound}); nothing changed.",
        Language.NL: "{file}: kwam al eerder (antwoord {inbound}); er veranderde niets.",
    },
    "aside": {
        Language.EN: "{file}: kept, but not applied: {problem}.",
        Language.NL: "{file}: bewaard, maar niet verwerkt: {problem}.",
    },
    "applied": {
        Language.EN: "{file}: file {exchange} is {state}{items}.",
        Language.NL: "{file}: bestand {exchange} is {state}{items}.",
    },
    "applied_many": {
        Language.EN: "{file}: is about the files {exchanges}{items}.",
        Language.NL: "{file}: gaat over de bestanden {exchanges}{items}.",
    },
    "money": {Language.EN: "  {amount} EUR booked.", Language.NL: "  {amount} EUR geboekt."},
    "cuts": {
        Language.EN: "  {count} to decide: billhook deductions list.",
        Language.NL: "  {count} te beslissen: billhook deductions list.",
    },
    "deduction": {Language.EN: "deduction", Language.NL: "vermindering(en)"},
    "repeated": {
        Language.EN: "  {count} known from another answer.",
        Language.NL: "  {count} al bekend uit een ander antwoord.",
    },
    "statements": {Language.EN: "statement", Language.NL: "vermelding(en)"},
    "missed": {Language.EN: "  Not done: {what}: {problem}.", Language.NL: "  Niet gedaan: {what}: {problem}."},
    "item": {Language.EN: "item {name}", Language.NL: "regel {name}"},
    "invoice": {Language.EN: "invoice {name}", Language.NL: "factuur {name}"},
    "resend": {
        Language.EN: "Refused. Mend what is wrong, billhook check, then billhook resend {exchange}.",
        Language.NL: "Geweigerd. Verbeter de fouten, billhook check, en dan billhook resend {exchange}.",
    },
    "follow": {
        Language.EN: "Refused items: billhook follow --kind … bills them anew.",
        Language.NL: "Geweigerde regels: billhook follow --kind … factureert ze opnieuw.",
    },
    "sent": {Language.EN: "{count} marked as sent.", Language.NL: "{count} als verzonden gemarkeerd."},
    "files": {Language.EN: "file", Language.NL: "bestand(en)"},
    "resent": {
        Language.EN: "File {exchange}: {name}, numbers {numbers}.",
        Language.NL: "Bestand {exchange}: {name}, nummers {numbers}.",
    },
    "followed": {
        Language.EN: "{count} made; billhook check, then billhook export.",
        Language.NL: "{count} gemaakt; billhook check, en dan billhook export.",
    },
    "items": {Language.EN: "follow-up item", Language.NL: "vervolgregel(s)"},
    "nothing": {Language.EN: "Nothing was refused.", Language.NL: "Er werd niets geweigerd."},
    "paid": {
        Language.EN: "{reference}: {amount} EUR booked, {documents} settled{rest}.",
        Language.NL: "{reference}: {amount} EUR geboekt, {documents} vereffend{rest}.",
    },
    "booked": {
        Language.EN: "Invoice {invoice}: {paid} of {billed} EUR paid{rest}.",
        Language.NL: "Factuur {invoice}: {paid} van {billed} EUR betaald{rest}.",
    },
    "documents": {Language.EN: "invoice", Language.NL: "factu(u)r(en)"},
    "missing": {Language.EN: "; {amount} EUR are missing", Language.NL: "; {amount} EUR ontbreekt"},
    "over": {Language.EN: "; {amount} EUR too much", Language.NL: "; {amount} EUR te veel"},
}
"""What these commands say, by language."""

LISTED = 50
"""Refusals that are printed; --json has all of them."""

STATES_NL = {
    "received": "ontvangen", "answered": "beantwoord", "refused": "geweigerd", "sent": "verzonden", "rendered": "gemaakt",
    "accepted": "aanvaard", "rejected": "geweigerd", "reduced": "verminderd", "corrected": "weer open", "settled": "vereffend",
}  # fmt: skip


def say(word: str, language: Language, **values: object) -> str:
    """A sentence in the language asked for."""
    return WORDS[word][language].format(**values)


def _many(number: int, word: str, language: Language) -> str:
    text = WORDS[word][language]
    return count(number, text) if language is Language.EN else f"{number} {text}"


def _state(state: str, language: Language) -> str:
    return STATES_NL.get(state, state) if language is Language.NL else state


def receive(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Answers of payers, in any order.")],
    scheme: SchemeOption = None,
    lang: LanguageOption = Language.EN,
    json: JsonOption = False,
) -> None:
    """Take in answers: keep them, and move what they speak of."""
    host = host_of(ctx, json=json)
    results = receiving.receive(host.workspace(), files, scheme=scheme)
    if host.json:
        host.out.json(results)
    else:
        for result in results:
            _tell(host.out, result, lang)
    if any(result.problem for result in results):
        raise typer.Exit(Exit.REFUSED)
    if any(result.missed for result in results):
        raise typer.Exit(Exit.FINDINGS)


def _tell(out: Output, result: receiving.Received, lang: Language) -> None:
    if result.already:
        out.line(say("already", lang, file=result.file, inbound=result.inbound))
        return
    if result.problem:
        out.line(say("aside", lang, file=result.file, problem=result.problem))
        return
    moved = ", ".join(f"{number} {_state(state, lang)}" for state, number in sorted(result.items.items()))
    state = _state(result.state, lang)
    items = f": {moved}" if moved else ""
    if result.exchange is not None:
        out.line(say("applied", lang, file=result.file, exchange=result.exchange, state=state, items=items))
    else:
        files = ", ".join(str(each) for each in result.exchanges)
        out.line(say("applied_many", lang, file=result.file, exchanges=files, items=items))
    tell_money(out, result, lang)
    for refusal in result.refusals[:LISTED]:
        name = say("item", lang, name=refusal.item) if refusal.item else say("invoice", lang, name=refusal.document)
        out.line("  " + " ".join((f"{name}:", *refusal.codes, refusal.text)).rstrip())
    if len(result.refusals) > LISTED:
        out.line(f"  … {len(result.refusals) - LISTED}")
    if result.items.get("corrected"):
        out.line("  " + " ".join(result.codes))
        out.line(say("resend", lang, exchange=result.exchange))
    elif result.items.get("rejected"):
        out.line(say("follow", lang))


def tell_money(out: Output, result: receiving.Received, lang: Language) -> None:
    """What an answer booked and cut, and what it says of nothing that is here."""
    if result.paid:
        out.line(say("money", lang, amount=euro(result.paid)))
    if result.deductions:
        out.line(say("cuts", lang, count=_many(len(result.deductions), "deduction", lang)))
    if result.repeated:
        out.line(say("repeated", lang, count=_many(result.repeated, "statements", lang)))
    for missed in result.missed[:LISTED]:
        names = [f"{kind} {name}" for kind, name in _names(missed) if name]
        what = " ".join(names) + ("" if missed.amount is None else f" {euro(missed.amount)} EUR")
        out.line(say("missed", lang, what=what.strip(), problem=missed.problem))
    if len(result.missed) > LISTED:
        out.line(f"  … {len(result.missed) - LISTED}")


def _names(missed: receiving.Missed) -> tuple[tuple[str, str], ...]:
    return (("invoice", missed.document), ("voucher", missed.voucher), ("item", missed.item))


def sent(
    ctx: typer.Context,
    exchanges: Annotated[
        list[str], typer.Argument(help="Files by their number or name, as billhook export shows them.")
    ],
    lang: LanguageOption = Language.EN,
    json: JsonOption = False,
) -> None:
    """Say that files left for the payer: what they bill is owed from now on."""
    host = host_of(ctx, json=json)
    done = settling.mark_sent(host.workspace(), exchanges)
    if host.json:
        host.out.json({"sent": done})
    else:
        host.out.line(say("sent", lang, count=_many(len(done), "files", lang)))


def resend(
    ctx: typer.Context,
    exchange: Annotated[str, typer.Argument(help="The refused file, by its number or name.")],
    leave_out: Annotated[
        bool, typer.Option("--leave-out", help="Vouchers that are not clean leave the file; else they hinder it.")
    ] = False,
    lang: LanguageOption = Language.EN,
    json: JsonOption = False,
) -> None:
    """Make a refused file again from its mended items, under the payer's rules."""
    host = host_of(ctx, json=json)
    result = following.resend(host.workspace(), exchange, leave_out=leave_out)
    if host.json:
        host.out.json(result)
    else:
        for done in (*result.resumed, *result.failed):
            names = ", ".join(str(artifact.path or artifact.name) for artifact in done.artifacts)
            host.out.line(say("resent", lang, exchange=done.id, name=names, numbers=dict(done.numbers)))
    if result.failed:
        raise typer.Exit(Exit.INCOMPLETE)


def follow(
    ctx: typer.Context,
    items: Annotated[list[str] | None, typer.Argument(help="Items by number; all refused ones when not given.")] = None,
    kind: Annotated[
        str, typer.Option("--kind", help="The scheme's kind of follow-up, e.g. rebill or credit.")
    ] = "rebill",
    scheme: SchemeOption = None,
    lang: LanguageOption = Language.EN,
    json: JsonOption = False,
) -> None:
    """Make follow-up items of answered ones: bill anew what was refused, or credit what was wrong."""
    host = host_of(ctx, json=json)
    chosen = items if items is not None else following.rejected_items(host.workspace(), scheme)
    made = following.follow_up(host.workspace(), chosen, kind) if chosen else []
    if host.json:
        host.out.json(made)
    elif made:
        host.out.line(say("followed", lang, count=_many(len(made), "items", lang)))
    else:
        host.out.line(say("nothing", lang))


settle = typer.Typer(no_args_is_help=True, help="What is owed, and what was paid.")


@settle.command("open")
def open_(
    ctx: typer.Context,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what should have been paid by now.")] = False,
    today: Annotated[str | None, typer.Option("--today", help="Judge by this day, YYYY-MM-DD.")] = None,
    json: JsonOption = False,
) -> None:
    """List invoices that are not paid in full."""
    host = host_of(ctx, json=json)
    day = day_of(today) if today else datetime.now(UTC).date()
    found = settling.open_documents(host.workspace(), overdue_on=day if overdue else None)
    rows = [
        {
            "invoice": one.number, "file": one.exchange, "scheme": one.scheme, "billed": one.amount, "deducted": one.deducted,
            "paid": one.settled, "open": one.open, "disputed": one.disputed, "due": one.due,
        }
        for one in found
    ]  # fmt: skip
    if not host.json:
        money = ("billed", "deducted", "paid", "open", "disputed")
        rows = [{name: euro(value) if name in money else value for name, value in row.items()} for row in rows]  # type: ignore[arg-type]  # these are cents
    host.show(rows)


@settle.command("promised")
def promised(
    ctx: typer.Context,
    unpaid: Annotated[bool, typer.Option("--unpaid", help="Only what is not paid in full.")] = False,
    json: JsonOption = False,
) -> None:
    """List the payments that settlements promised, with the reference that the transfer will carry."""
    host = host_of(ctx, json=json)
    found = settling.promises(host.workspace(), unpaid=unpaid)
    if host.json:
        host.out.json(found)
    else:
        host.show(
            [
                {
                    "reference": one.reference,
                    "file": one.exchange,
                    "payer": one.payer,
                    "amount": euro(one.amount),
                    "paid": euro(one.paid),
                }
                for one in found
            ]
        )


@settle.command("book")
def book(
    ctx: typer.Context,
    invoice: Annotated[str, typer.Argument(help="The invoice's number.")],
    amount: Annotated[str, typer.Argument(help="What came in, in euros: 1234.56 or 1234,56; negative: went back.")],
    booked: Annotated[str, typer.Option("--booked", help="The day on the account statement, YYYY-MM-DD.")],
    reference: Annotated[str, typer.Option("--reference", help="What the transfer carries.")] = "",
    lang: LanguageOption = Language.EN,
    json: JsonOption = False,
) -> None:
    """Book money that came in for one invoice, all of it or a part."""
    host = host_of(ctx, json=json)
    done = settling.book(host.workspace(), invoice, cents_of(amount), day_of(booked), reference=reference)
    stands = done.balance
    if host.json:
        host.out.json(
            {
                "invoice": done.invoice, "billed": stands.billed, "deducted": stands.deducted, "paid": stands.paid,
                "open": stands.open, "disputed": stands.disputed, "items": done.items,
            }
        )  # fmt: skip
        return
    word = "over" if stands.open < 0 else "missing"
    rest = say(word, lang, amount=euro(abs(stands.open))) if stands.open else ""
    host.out.line(
        say("booked", lang, invoice=done.invoice, paid=euro(stands.paid), billed=euro(stands.billed), rest=rest)
    )


@settle.command("paid")
def paid(
    ctx: typer.Context,
    reference: Annotated[str, typer.Argument(help="The reference that the transfer carries.")],
    amount: Annotated[str, typer.Argument(help="What came in, in euros: 1234.56 or 1234,56.")],
    booked: Annotated[str, typer.Option("--booked", help="The day on the account statement, YYYY-MM-DD.")],
    lang: LanguageOption = Language.EN,
    json: JsonOption = False,
) -> None:
    """Book a transfer: it settles the invoices that its reference stands for."""
    host = host_of(ctx, json=json)
    done = settling.pay(host.workspace(), reference, cents_of(amount), day_of(booked))
    if host.json:
        host.out.json(done)
        return
    rest = ""
    if done.difference:
        rest = say("over" if done.difference > 0 else "missing", lang, amount=euro(abs(done.difference)))
    documents = _many(done.documents, "documents", lang)
    host.out.line(say("paid", lang, reference=done.reference, amount=euro(done.amount), documents=documents, rest=rest))


def day_of(text: str) -> date:
    """A day that a person typed."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day; write YYYY-MM-DD") from None


def cents_of(text: str) -> int:
    """An amount of euros that a person typed, in cents."""
    try:
        value = Decimal(text.replace(",", ".")) * 100
    except InvalidOperation:
        raise typer.BadParameter(f"{text!r} is no amount; write 1234.56") from None
    if not value.is_finite() or value != int(value):
        raise typer.BadParameter(f"{text!r} is no amount of whole cents")
    if abs(value) > LARGEST:
        raise typer.BadParameter(f"{text!r} is more than there is money")
    return int(value)
