"""A pilot month and a live month of a home and a workshop, from stays and absences to the payer's advice and the last cent."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from examples.demo import Stage
from examples.mass import payer, provider
from examples.mass.payer import Decision, Row

FACILITIES = ("--facility", provider.HOME, "--facility", provider.WORKSHOP)


def play(stage: Stage) -> None:
    """Play it on data that was made up."""
    today = datetime.now(UTC).date()
    enter(stage)
    pilot(stage, today)
    live(stage, today)
    stage.say("Every step is in the journal.")
    stage.billhook("journal", "verify")


def enter(stage: Stage) -> None:
    """What a clerk knows: grants, agreed rates, who lives and works where, who was away."""
    stage.say("A home with 40 residents and a workshop with 120 places. What is known comes in as CSV.")
    stage.billhook("init", stage.workspace, show=False)
    shutil.copyfile(stage.props / "billhook.toml", stage.workspace / "billhook.toml")
    for name, path in provider.write(stage.folder / "books").items():
        stage.billhook("mass", name, "import", path)
    stage.say(
        "LWL's interface description is not public, so the form of the file is a profile, and it says what it assumes."
    )
    stage.billhook("mass", "profile", "show", "lwl-assumed", lines=12)
    for facility in (provider.HOME, provider.WORKSHOP):
        stage.billhook("mass", "phase", "set", "lwl", facility, "unlocked", "--from", "2025-12-01", show=False)
        stage.billhook("mass", "phase", "set", "lwl", facility, "pilot", "--from", "2026-01-01")


def pilot(stage: Stage, today: date) -> None:
    """Paper and file from the same lines; only the paper is paid."""
    stage.say("January, in the pilot: the lines follow from stays, absences and grants.")
    stage.billhook("mass", "month", "2026-01", *FACILITIES)
    stage.billhook("check")
    stage.billhook("export", lines=12)
    files = stage.ask("mass", "outbox", "list")["outbox"]
    stage.billhook("mass", "outbox", "show", str(files[0]["exchange"]))
    for file in files:
        stage.billhook(
            "mass", "outbox", "uploaded", str(file["exchange"]), "--receipt", f"Q{file['exchange']}", show=False
        )
    stage.expect("owed before the paper is posted", stage.ask("settle", "open"), [])
    stage.billhook("sent", *(str(file["exchange"]) for file in files))

    stage.say("The payer answers twice: for the paper, which it pays, and in MASS for the file. Three lines differ.")
    advices = stage.folder / "advices"
    advices.mkdir()
    paid = 0
    for file in files:
        path = uploaded(stage, file)
        paper = payer.decide(path)
        paid += sum(one.paid for one in paper)
        (advices / f"paper_{file['exchange']}.csv").write_bytes(payer.advice(paper, today, f"70000{file['exchange']}"))
        mass = payer.decide(path, other_view)
        (advices / f"mass_{file['exchange']}.csv").write_bytes(
            payer.advice(mass, today, f"80000{file['exchange']}", payer.FORMS[1])
        )
    stage.billhook("mass", "advice", *sorted(advices.glob("mass_*.csv")))
    stage.billhook("mass", "advice", "--paper", *sorted(advices.glob("paper_*.csv")))
    stage.billhook("mass", "report", "pilot")
    stage.expect("lines that differ", len(stage.ask("mass", "report", "pilot")["rows"]), 3)
    stage.expect("paid for January, in cents", sums(stage)["paid"], paid)
    stage.expect("open", sums(stage)["open"], 0)


def live(stage: Stage, today: date) -> None:
    """Only the file counts; cuts, a part payment, and the rest."""
    stage.say("The payer releases both facilities: from now on only the file counts, and no paper is made.")
    for facility in (provider.HOME, provider.WORKSHOP):
        stage.billhook(
            "mass",
            "phase",
            "set",
            "lwl",
            facility,
            "live",
            "--from",
            today.isoformat(),
            "--document",
            f"Freigabe vom {today:%d.%m.%Y}",
        )
    stage.billhook("mass", "month", "2026-02", *FACILITIES)
    stage.billhook("check")
    stage.billhook("export", show=False)
    files = [file for file in stage.ask("mass", "outbox", "list")["outbox"] if file["stage"] == "ready"]
    for file in files:
        stage.billhook("mass", "outbox", "uploaded", str(file["exchange"]), "--receipt", f"Q{file['exchange']}")
    papers = [path for file in files for path in uploaded(stage, file).parent.glob("*.pdf")]
    stage.expect("papers that were made", len(papers), 0)

    stage.say(
        "The advice of the home comes as a table in UTF-16 with tabs, that of the workshop as PDF. Some lines are cut."
    )
    rests = []
    for number, file in enumerate(files):
        decisions = payer.decide(uploaded(stage, file), february)
        rests += [one for one in decisions if one.rest]
        form = payer.FORMS[2]
        path = stage.folder / "advices" / f"february_{number}{'.pdf' if number else '.csv'}"
        made = (
            payer.advice_pdf(decisions, today, f"90000{number}")
            if number
            else payer.advice(decisions, today, f"90000{number}", form)
        )
        path.write_bytes(made)
        if not number:
            stage.billhook("mass", "advice", path, "--dry-run")
        stage.billhook("mass", "advice", path)
        if not number:
            stage.billhook("mass", "advice", path)
    stage.billhook("mass", "report", "cuts")
    stage.billhook("mass", "report", "differences")

    stage.say("The rest of the part payment comes with a second advice; a reason that nobody knew is mapped.")
    second = stage.folder / "advices" / "rest.csv"
    second.write_bytes(payer.advice([Decision(one.row, one.billed, one.rest) for one in rests], today, "950000"))
    stage.billhook("mass", "advice", second)
    stage.billhook("mass", "reasons", "map", "X42", "amount-wrong")
    stage.billhook("mass", "reasons", "list")

    stage.say("The cuts are accepted. Then every cent is explained.")
    cuts = [str(one["id"]) for one in stage.ask("deductions", "list")]
    stage.billhook("deductions", "close", *cuts, "--action", "accept", show=False)
    stage.billhook("mass", "report", "open", "--csv", stage.folder / "open.csv", "--pdf", stage.folder / "open.pdf")
    stage.billhook("mass", "report", "open")
    found = sums(stage)
    stage.expect("billed = paid + deducted", found["billed"], found["paid"] + found["deducted"])
    stage.expect("open", found["open"], 0)
    stage.expect("lines with a difference", stage.ask("mass", "report", "differences")["rows"], [])


def other_view(row: Row, billed: int) -> Decision:
    """In MASS two persons are not found."""
    if (
        row["Aktenzeichen"] in ("52.2-K0005", "53.1-P0044")
        and row["Prozentsatz"] == "100,00"
        and not row["Abwesenheitsgrund"]
    ):
        return Decision(row, billed, 0, billed, "K09", "Person nicht gefunden")
    return payer.pay_all(row, billed)


def february(row: Row, billed: int) -> Decision:
    """A reserved place is cut, a service refused, a reason unknown, a line paid in part."""
    if row["Prozentsatz"] == "75,00":
        return Decision(row, billed, billed - billed // 4, billed // 4, "K07", "Platzgebühr über der Grenze")
    if row["Aktenzeichen"] == "53.1-P0077":
        return Decision(row, billed, 0, billed, "K01", "keine Kostenzusage im Zeitraum")
    if row["Aktenzeichen"] == "53.1-P0101":
        return Decision(row, billed, billed - 5000, 5000, "X42", "siehe Schreiben")
    if row["Aktenzeichen"] == "52.2-K0019":
        return Decision(row, billed, billed // 2)
    return payer.pay_all(row, billed)


def uploaded(stage: Stage, file: dict[str, Any]) -> Path:
    """The file that a person uploads."""
    return stage.workspace / "out" / f"{file['exchange']:06d}" / str(file["file"])


def sums(stage: Stage) -> dict[str, int]:
    """The sums of what is open, in cents."""
    found: dict[str, int] = stage.ask("mass", "report", "open")["sums"]
    return found
