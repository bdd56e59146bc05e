"""The commands around answers, as a clerk uses them: what they print, what they end with, and their JSON."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from billhook_cli.main import main as billhook


@dataclass
class Desk:
    """A workspace with the demo's settings, and the command."""

    home: Path
    examples: Path

    def runs(self, *arguments: str | Path, exits: int = 0) -> str:
        words = [str(argument) for argument in arguments]
        out, err = io.StringIO(), io.StringIO()
        home = {"BILLHOOK_HOME": str(self.home)}
        with mock.patch.dict(os.environ, home), redirect_stdout(out), redirect_stderr(err):
            code = billhook(words)
        assert code == exits, (words, out.getvalue(), err.getvalue())
        return out.getvalue()

    def asks(self, *arguments: str | Path, exits: int = 0) -> Any:
        return json.loads(self.runs(*arguments, "--json", exits=exits))

    @property
    def profile(self) -> Path:
        return self.home / "profile.toml"

    def file(self, exchange: int) -> Path:
        [found] = (self.home / "out" / f"{exchange:06d}").iterdir()
        return found


@pytest.fixture(scope="module")
def sent(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A month that was mended, exported and sent."""
    folder = tmp_path_factory.mktemp("desk")
    desk = Desk(folder / "workspace", project / "examples" / "vsb")
    desk.runs("init", desk.home)
    for name in ("billhook.toml", "profile.toml"):
        shutil.copyfile(desk.examples / name, desk.home / name)
    desk.runs("items", "import", desk.examples / "items.jsonl")
    desk.runs("check", exits=1)
    text = (desk.examples / "corrections.toml").read_text(encoding="utf-8")
    for item, field, value in re.findall(r'item = "(.*)"\nfield = "(.*)"\nvalue = "(.*)"', text):
        desk.runs("correct", "--item", item, "--field", field, value)
    desk.runs("check")
    desk.runs("export")
    return desk


def keys_on_the_page(project: Path, name: str) -> set[str]:
    page = (project / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    section = page.split(f"## {name}\n")[1].split("\n## ")[0]
    [sentence] = re.findall(r"With `--json`:(.*?\.)\n", section, re.DOTALL)
    return set(re.findall(r"`([a-z_0-9]+)`", sentence))


def test_the_whole_way_by_json(sent: Desk, project: Path, tmp_path: Path) -> None:
    def same(name: str, told: Any) -> Any:
        objects: Sequence[Any] = told if isinstance(told, list) else [told]
        assert objects, name
        assert {frozenset(each) for each in objects} == {frozenset(keys_on_the_page(project, name))}, name
        return told

    assert same("billhook sent", sent.asks("sent", "1")) == {"sent": [1]}
    assert sent.asks("sent", "1") == {"sent": []}
    simulated = ("vsb", "simulate", sent.file(1), "--profile", sent.profile, "--out")
    refused = same("billhook vsb simulate", sent.asks(*simulated, tmp_path / "1", "--refuse", "1:B100721"))
    assert refused["stage"] == "refused"
    files = [answer["file"] for answer in refused["answers"]]
    told = same("billhook receive", sent.asks("receive", *files))
    assert [each["state"] for each in told] == ["received", "refused"]
    assert [each["already"] for each in sent.asks("receive", *files)] == [True, True]
    sent.runs("resend", "1", exits=3)  # not checked yet
    sent.runs("check")
    [done] = same("billhook resend", sent.asks("resend", "1"))["resumed"]
    assert done["numbers"] == {"sending": 1, "reference": 2}

    simulated = ("vsb", "simulate", sent.file(2), "--profile", sent.profile, "--out")
    accepted = sent.asks(*simulated, tmp_path / "2", "--refuse", "3:R300540")
    assert accepted["stage"] == "accepted"
    sent.runs("receive", *(answer["file"] for answer in accepted["answers"]))
    rows = same("billhook settle open", sent.asks("settle", "open"))
    promised = same("billhook settle promised", sent.asks("settle", "promised"))
    assert sum(row["open"] for row in rows) == sum(promise["amount"] for promise in promised)
    first = promised[0]
    amount = f"{first['amount'] // 100},{first['amount'] % 100:02d}"
    booked = same(
        "billhook settle paid", sent.asks("settle", "paid", first["reference"], amount, "--booked", "2025-12-18")
    )
    assert booked["difference"] == 0
    # The same transfer twice is a mistake, and a reference that nobody promised too.
    sent.runs("settle", "paid", first["reference"], amount, "--booked", "2025-12-18", exits=3)
    sent.runs("settle", "paid", "999/202510/901/", "1.00", "--booked", "2025-12-18", exits=1)
    [followed] = same("billhook follow", sent.asks("follow"))
    assert followed["number"].endswith("-R1")
    assert sent.asks("follow") == []
    same("billhook vsb profile show", sent.asks("vsb", "profile", "show"))
    assert sent.asks("vsb", "verify", sent.file(2), "--profile", sent.profile) == []
    assert sent.asks("vsb", "profile", "show", sent.profile)["key"] == "demo-rehabilitation"


def test_a_clerk_hears_it_in_dutch(sent: Desk, tmp_path: Path) -> None:
    simulated = ("vsb", "simulate", sent.file(1), "--profile", sent.profile, "--out", tmp_path)
    printed = sent.runs(*simulated, "--refuse", "1:B100721", "--lang", "nl")
    assert "De zending is nu: geweigerd met 920099" in printed
    broken = tmp_path / "broken.txt"
    broken.write_bytes(sent.file(1).read_bytes().replace(b"20251031", b"20250931"))
    printed = sent.runs("vsb", "verify", broken, "--profile", sent.profile, "--lang", "nl", exits=1)
    assert "niet numeriek, geen datum" in printed


def test_the_error_log_speaks_dutch(project: Path, tmp_path: Path) -> None:
    desk = Desk(tmp_path / "workspace", project / "examples" / "vsb")
    desk.runs("init", desk.home)
    for name in ("billhook.toml", "profile.toml"):
        shutil.copyfile(desk.examples / name, desk.home / name)
    desk.runs("items", "import", desk.examples / "items.jsonl")
    desk.runs("check", exits=1)
    english, dutch = desk.asks("errors"), desk.asks("errors", "--lang", "nl")
    assert [row["code"] for row in english] == [row["code"] for row in dutch]
    words = {row["code"]: row["message"] for row in dutch}
    assert words["VSB-R3006-012"] == (
        "R300612, record 30 zone 6 (Datum laatste gefactureerde dag): de laatste dag ligt voor de eerste."
    )


def test_a_profile_is_made_shown_and_checked(sent: Desk, tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    sent.runs("vsb", "profile", "new", file, "--base", "residential-care")
    assert "is a usable profile" in sent.runs("vsb", "profile", "check", file)
    sent.runs("vsb", "profile", "new", file, exits=3)
    file.write_text('key = "own"\nbase = "residential-care"\nthreshold_percent = "much"\n', encoding="utf-8")
    sent.runs("vsb", "profile", "check", file, exits=1)
    sent.runs("vsb", "profile", "show", "no-such-profile", exits=2)


def test_the_official_list_becomes_a_part_of_the_profile(sent: Desk, tmp_path: Path) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text("code,letter,nl\n300612,F,Laatste dag ligt voor de eerste dag\n", encoding="utf-8")
    printed = sent.runs("vsb", "profile", "codes", listed)
    profile = tmp_path / "own.toml"
    profile.write_text((sent.home / "profile.toml").read_text(encoding="utf-8") + printed, encoding="utf-8")
    broken = tmp_path / "broken.txt"
    broken.write_bytes(sent.file(1).read_bytes().replace(b"20251015", b"20250915", 1))
    told = sent.asks("vsb", "verify", broken, "--profile", profile, exits=1)
    assert "F300612: Laatste dag ligt voor de eerste dag" in {finding["message"] for finding in told}
    listed.write_text("code,letter,nl\nnonsense,F,\n", encoding="utf-8")
    sent.runs("vsb", "profile", "codes", listed, exits=3)


def test_what_is_no_invoice_file_is_not_answered(sent: Desk, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear care fund", encoding="ascii")
    sent.runs("vsb", "simulate", letter, "--out", tmp_path, exits=3)
    sent.runs("vsb", "simulate", tmp_path / "missing", "--out", tmp_path, exits=3)
    sent.runs("vsb", "simulate", sent.file(1), "--refuse", "nonsense", "--out", tmp_path, exits=2)


def test_answers_are_for_the_owner_alone(sent: Desk, tmp_path: Path) -> None:
    sent.runs("vsb", "simulate", sent.file(1), "--profile", sent.profile, "--out", tmp_path / "answers")
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "answers").iterdir()} == {0o600}
