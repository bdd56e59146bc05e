"""A clerk at a terminal: runs commands of `billhook` and keeps what they print; and what a folder holds, to compare."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from billhook_cli.main import main

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "p302"

PROVIDER = "591104278"
"""The made-up provider of the examples."""


@dataclass(frozen=True)
class Printed:
    """What a command printed."""

    out: str
    err: str


class Clerk:
    """Runs commands in this process, in one workspace."""

    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self._capsys = capsys

    def runs(self, *arguments: object, exits: int = 0) -> Printed:
        """Run a command in the workspace; it ends with this exit code and shows no traceback."""
        self._capsys.readouterr()
        code = main(["--home", str(self.home), *(str(each) for each in arguments)])
        captured = self._capsys.readouterr()
        assert code == exits, f"{arguments} ended with {code}, not {exits}:\n{captured.out}{captured.err}"
        assert "Traceback" not in captured.out + captured.err
        return Printed(captured.out, captured.err)

    def asks(self, *arguments: object, exits: int = 0) -> Any:
        """What `--json` says: exactly one document on standard output."""
        return json.loads(self.runs(*arguments, "--json", exits=exits).out)

    def tables(self) -> list[str]:
        """Every row of every table, told by sqlite3."""
        with sqlite3.connect(self.home / "billhook.db") as connection:
            found = list(connection.iterdump())
        connection.close()
        return found

    def files(self) -> set[str]:
        """Every file of the workspace but the database's own."""
        return {
            str(path.relative_to(self.home))
            for path in self.home.rglob("*")
            if path.is_file() and not path.name.startswith("billhook.db")
        }


def init(home: Path) -> None:
    """A workspace with the settings of the examples' provider."""
    assert main(["init", str(home)]) == 0
    config = home / "billhook.toml"
    database = config.read_text("utf-8").split("[schemes.")[0].rsplit("\n#", 1)[0]
    config.write_text(database + "\n" + (EXAMPLES / "billhook.toml").read_text("utf-8"), "utf-8")


def row(**changes: Any) -> dict[str, Any]:
    """A row that can be imported, with changes; a value of None leaves the field out."""
    fields: dict[str, Any] = {
        "scheme": "p302",
        "number": "1-1",
        "provider": PROVIDER,
        "voucher": "1",
        "line": 1,
        "payer": "109519005",
        "client": {"number": "K-1", "family_name": "Birkholz", "insurance_number": "H317604125"},
        "code": "1850020001",
        "service_from": "2025-10-02",
        "quantity": "1",
        "unit": "ST",
        "unit_price": "450.00",
    }
    return {name: value for name, value in (fields | changes).items() if value is not None}


def json_lines(*rows: dict[str, Any]) -> bytes:
    """Rows as a file of JSON Lines."""
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in rows).encode()
