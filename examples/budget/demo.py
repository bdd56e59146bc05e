"""A short-term-care stay that runs over its budget: what is blocked and why, and the mended run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from examples.demo import Stage


def play(stage: Stage) -> None:
    """Bill two stays, of which one is over its budget; mend it; and see what a late notice of another stay means."""
    stage.say("1. A workspace of a care home, with the budgets of §§ 39, 42, 42a SGB XI")
    stage.installs(stage.props / "plugin")
    stage.billhook("init", stage.workspace)
    config = stage.workspace / "billhook.toml"
    config.write_text(config.read_text("utf-8") + (stage.props / "billhook.toml").read_text("utf-8"), "utf-8")

    stage.say("2. Ida Bergmann had respite care elsewhere in February: ten days, 1000 euros")
    stage.billhook(
        *("budget", "entries", "add", "K-100", "--kind", "Verh", "--area", "Wohnen", "--group", "PK"),
        *("--from", "2026-02-02", "--to", "2026-02-11", "--amount", "1000", "--reference", "letter of 2026-02-20"),
    )

    stage.say("3. Before she comes in September: will the budget reach?")
    stage.billhook(
        *("budget", "plan", "K-100", "--kind", "Kurz", "--area", "Wohnen"),
        *("--from", "2026-09-01", "--to", "2026-09-28", "--amount", "2660"),
        exits=(1,),
    )

    stage.say("4. She comes all the same; so does Otto Lindner. The month's services")
    stage.billhook("items", "import", stage.props / "stays.jsonl", "--scheme", "carehome")

    stage.say("5. Check: her stay is over by 121 euros, and none of its invoices can be fixed")
    stage.billhook("check", exits=(1,))
    stage.billhook("errors", exits=(0, 1))

    stage.say("6. Export: Otto Lindner's invoices leave, hers stay")
    first = stage.ask("export")
    stage.expect("files", len(first["exchanges"]), 2)
    stage.expect("billed, in cents", sum(map(_billed, first["exchanges"])), 95000 + 31500)
    stage.billhook("budget", "card", "K-100", "--date", "2026-09-30")

    stage.say("7. Mend it: bill up to the limit, and the rest to the next payer")
    stage.billhook("budget", "split")
    stage.billhook("budget", "split", "--yes")
    stage.billhook("check")

    stage.say("8. The mended run")
    second = stage.ask("export")
    billed = sorted(map(_billed, second["exchanges"]))
    stage.expect("billed to social office, client and fund, in cents", billed, [50960, 88200 + 12100, 253900])
    stage.billhook("budget", "card", "K-100", "--date", "2026-09-30")

    stage.say("9. The papers of § 42a: the notice to the fund, the overview for the client")
    for paper in ("notice", "letter"):
        stage.billhook("budget", paper, "K-100", "--month", "2026-09", "--out", stage.folder / f"{paper}.pdf")

    stage.say(
        "10. A late letter: the stay in February was two days longer and 200 euros dearer. Who is affected, and how?"
    )
    stage.billhook("budget", "recalc", "confirm", show=False)
    stage.billhook(
        *("budget", "entries", "add", "K-100", "--kind", "Verh", "--area", "Wohnen", "--group", "PK"),
        *("--from", "2026-02-12", "--to", "2026-02-13", "--amount", "200", "--reference", "letter of 2026-10-05"),
    )
    stage.billhook("budget", "recalc", "report")
    report = stage.ask("budget", "recalc", "confirm")
    stage.expect("correction in cents", [row["correction"] for row in report["corrections"]], [-20000])
    stage.billhook("budget", "entries", "list", "K-100")
    stage.billhook("journal", "verify")


def _billed(exchange: Any) -> int:
    """What the payer of a file is asked for, in cents: the prices less what the client bears."""
    totals = exchange["totals"]
    return int(totals["gross"] - totals["copayment"] - totals["own_share"])
