"""`billhook p302 receivers list`: what the settings say and what was billed."""

import json
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from typer.testing import CliRunner

from billhook.billing.status import status
from billhook_p302.commands import app
from tests.p302.test_golden import Case, bill


def test_a_receiver_is_listed_with_its_dates(tmp_path: Path) -> None:
    case = Case.load("a_wheelchair")
    home = tmp_path / "home"
    workspace, _ = bill(case, home, f"sqlite:///{tmp_path / 'billhook.db'}")
    workspace.close()
    with (home / "billhook.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[schemes.p302.receivers]]\ndata_centre = "109519005"\nnext_billing = "LM+10T"\n')
    with type(workspace).open(home, url=f"sqlite:///{tmp_path / 'billhook.db'}") as again:
        assert status(again).next_dates == {"p302": (date(2025, 11, 10),)}
        shown: list[Any] = []
        host = SimpleNamespace(json=False, workspace=lambda: again, show=lambda data, **_: shown.extend(data))
        as_json = CliRunner().invoke(app, ["receivers", "list", "--json"], obj=host, catch_exceptions=False)
        as_table = CliRunner().invoke(app, ["receivers", "list"], obj=host, catch_exceptions=False)
    assert (as_json.exit_code, as_table.exit_code) == (0, 0)
    assert json.loads(as_json.stdout) == shown
    mine, others = shown
    assert mine["data_centre"] == "109519005"
    assert (mine["last_billed"], mine["next_billing"]) == ("2025-10-06", "2025-11-10")
    assert (others["data_centre"], others["last_billed"], others["next_billing"]) == ("all", None, None)
