"""The whole way with the Flemish care funds: items, a refused sending, the mended one, settlement and payment."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path

from examples.demo import Stage


def play(stage: Stage) -> None:
    """Play it on data that was made up."""
    profile = stage.workspace / "profile.toml"
    first = send_the_month(stage, profile)
    second = be_refused_and_send_again(stage, profile, first)
    be_settled(stage, profile, second)
    bill_anew(stage, profile)
    stage.say("Every step is in the journal.")
    stage.billhook("journal", "verify")


def send_the_month(stage: Stage, profile: Path) -> Path:
    """From rows to the file that leaves."""
    stage.say("A workspace with the settings of a rehabilitation centre and a profile that stands in for its cookbook.")
    stage.billhook("init", stage.workspace, show=False)
    for name in ("billhook.toml", "profile.toml"):
        shutil.copyfile(stage.props / name, stage.workspace / name)
    stage.billhook("vsb", "profile", "check", profile)

    stage.say(
        "Ten clients of three facilities in October 2025. Each mistake has the code that the care fund would give."
    )
    stage.billhook("items", "import", stage.props / "items.jsonl")
    stage.billhook("check", exits=(1,))
    stage.billhook("errors", lines=8)

    stage.say("The clerk mends what is wrong.")
    for one in tomllib.loads((stage.props / "corrections.toml").read_text(encoding="utf-8"))["correction"]:
        stage.billhook("correct", "--item", one["item"], "--field", one["field"], one["value"])
    stage.billhook("check")

    stage.say("One sending for all three facilities, ordered by care fund.")
    stage.billhook("export")
    first = only(stage.workspace / "out" / "000001")
    stage.billhook("vsb", "verify", first, "--profile", profile)
    stage.billhook("sent", "1")
    return first


def be_refused_and_send_again(stage: Stage, profile: Path, first: Path) -> Path:
    """920099, and the same sending once more."""
    bytes_sent = first.read_bytes()
    stage.say(
        "The care funds' application is played. Four days are not insured: more than 5 % of the records, so it refuses."
    )
    answers = stage.folder / "answers-1"
    rehearse = ("vsb", "simulate", first, "--profile", profile, "--out", answers)
    found = ("--refuse", "3:R300540", "--refuse", "5:R300540", "--refuse", "9:R300540", "--refuse", "15:R300540")
    stage.billhook(*rehearse, *found)
    stage.billhook("describe", last(answers, "920099"), lines=18)
    stage.billhook("receive", *sorted(answers.iterdir()), "--lang", "nl")

    stage.say(
        "Mended, the sending leaves again: the same sending number, a new date of making and, after 920099, of invoicing."
    )
    stage.billhook("check")
    stage.billhook("resend", "1")
    second = only(stage.workspace / "out" / "000002")
    before, after = (stage.ask("describe", path) for path in (first, second))
    stage.expect("sending number", after["sending"], before["sending"])
    stage.expect("the refused bytes are kept", first.read_bytes() == bytes_sent, expected=True)
    stage.billhook("sent", "2")
    return second


def be_settled(stage: Stage, profile: Path, second: Path) -> None:
    """931000, 920098, 920900 and the transfers."""
    stage.say(
        "Now one day is refused, and its personal share with it: 2 of 62 records. The sending is accepted and settled."
    )
    answers = stage.folder / "answers-2"
    stage.billhook("vsb", "simulate", second, "--profile", profile, "--out", answers, "--refuse", "3:R300540")
    stage.billhook("describe", last(answers, "920900"), "--mask", lines=20)

    stage.say("Answers come in any order and more than once.")
    for kind in ("920900", "931000", "920098", "920900"):
        stage.billhook("receive", last(answers, kind))
    settled = stage.ask("describe", last(answers, "920900"))
    stage.expect("asked = accepted + refused", settled["asked"], settled["accepted"] + settled["refused"])

    stage.say("The transfers are matched by their references.")
    stage.billhook("settle", "promised")
    for promise in stage.ask("settle", "promised"):
        amount = f"{promise['amount'] // 100}.{promise['amount'] % 100:02d}"
        stage.billhook("settle", "paid", promise["reference"], amount, "--booked", "2025-12-18")
    stage.expect("invoices that are still open", stage.ask("settle", "open"), [])


def bill_anew(stage: Stage, profile: Path) -> None:
    """What was refused becomes new items that name the old invoice."""
    stage.say("What was refused in the accepted sending goes into a new one and names the one before.")
    stage.billhook("follow", "--kind", "rebill")
    stage.billhook("check")
    stage.billhook("export")
    third = only(stage.workspace / "out" / "000003")
    stage.billhook("describe", third, lines=19)
    stage.expect("errors in the new sending", verified(stage, third, profile), [])


def only(folder: Path) -> Path:
    """The one file of a folder."""
    [found] = folder.iterdir()
    return found


def last(folder: Path, kind: str) -> Path:
    """The answer of this kind."""
    [found] = folder.glob(f"{kind}_*")
    return found


def verified(stage: Stage, path: Path, profile: Path) -> list[object]:
    """What a care fund would find in a file."""
    printed = stage.billhook("vsb", "verify", path, "--profile", profile, "--json", exits=(0, 1), show=False)
    found: list[object] = json.loads(printed)
    return found
