"""What only a real process shows: pipes and terminals, rights of files, where the workspace is found, what is logged."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import stat
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from tests.cli.desk import EXAMPLES, Clerk, init, json_lines, row

BILLHOOK = str(Path(sys.executable).with_name("billhook"))


def billhook(
    *arguments: object, cwd: Path | None = None, exits: int = 0, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command as a process of its own, its output into pipes."""
    done = subprocess.run(
        [BILLHOOK, *(str(each) for each in arguments)],
        check=False,
        capture_output=True,
        encoding="utf-8",
        cwd=cwd,
        env={**os.environ, **environment},
    )
    assert done.returncode == exits, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done


def on_a_terminal(*arguments: object, columns: int = 120) -> str:
    """Everything that a terminal shows while a command runs."""
    lead, follow = pty.openpty()
    fcntl.ioctl(follow, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm"}
    for name in ("NO_COLOR", "COLUMNS"):
        environment.pop(name, None)
    with subprocess.Popen(
        [BILLHOOK, *(str(each) for each in arguments)], stdin=follow, stdout=follow, stderr=follow, env=environment
    ):
        os.close(follow)
        shown = b""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if not select.select([lead], [], [], 1)[0]:
                continue
            try:
                piece = os.read(lead, 65536)
            except OSError:  # how Linux says that the other end is closed
                break
            if not piece:
                break
            shown += piece
    os.close(lead)
    return shown.decode("utf-8", errors="replace")


def test_progress_is_for_terminals_only(fresh: Clerk) -> None:
    assert "Importing" in on_a_terminal("--home", fresh.home, "items", "import", EXAMPLES / "items.jsonl")
    piped = billhook("--home", fresh.home, "check", exits=1)
    assert "Checking" not in piped.stdout + piped.stderr
    assert "\x1b" not in piped.stdout + piped.stderr
    assert "\r" not in piped.stdout + piped.stderr


def test_a_narrow_terminal_never_breaks_a_number(checked: Clerk) -> None:
    shown = on_a_terminal("--home", checked.home, "items", "list", "--limit", "3", columns=80)
    assert [whole for whole in ("109519005", "1850020001", "2025-10-02", "450,00") if whole not in shown] == []


def test_nothing_is_cut_in_a_pipe(checked: Clerk, tmp_path: Path) -> None:
    long = "Einlagen nach Maß " * 30
    (tmp_path / "long.jsonl").write_bytes(json_lines(row(number="long-1", voucher="long", text=long.strip())))
    billhook("--home", checked.home, "items", "import", tmp_path / "long.jsonl")
    shown = billhook("--home", checked.home, "show", "item", "long-1", COLUMNS="40").stdout
    assert long.strip() in shown
    assert "\x1b" not in shown
    listed = billhook("--home", checked.home, "items", "list", COLUMNS="40").stdout.splitlines()
    assert len(listed) == 1 + 48


@pytest.mark.parametrize(
    "command", ["items list --json", "items list", "errors --json", "journal list --json", "status"]
)
def test_a_reader_that_has_seen_enough_is_no_error(checked: Clerk, command: str) -> None:
    # `true` reads nothing and has ended long before the first byte is written.
    script = f"'{BILLHOOK}' --home '{checked.home}' {command} | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], check=False, capture_output=True, text=True)
    assert (done.stderr, done.stdout) == ("", "0\n")


def test_a_terminal_that_has_no_arrows(checked: Clerk) -> None:
    done = subprocess.run(
        [BILLHOOK, "--home", str(checked.home), "errors", "--limit", "1"],
        check=False,
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"},
    )
    assert done.returncode == 0
    assert b"P302-ZHI-001" in done.stdout
    told = subprocess.run(
        [BILLHOOK, "--home", str(checked.home), "items", "schema", "p302"],
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    )
    properties = json.loads(told.stdout)["$defs"]["Details"]["properties"]
    assert properties["bsnr"]["title"] == "Betriebsstättennummer"


def test_all_that_is_written_is_for_its_owner_alone(tmp_path: Path) -> None:
    home = tmp_path / "shop"
    # The widest mask there is: what comes out private is private because Billhook says so.
    command = (
        'umask 000 && "$0" init "$1" && cp "$2/billhook.toml" "$1/own.toml" && python3 - "$1" <<"END"\n'
        "import sys, pathlib\n"
        "home = pathlib.Path(sys.argv[1]); config = home / 'billhook.toml'\n"
        "text = config.read_text('utf-8').split('[schemes.')[0].rsplit('\\n#', 1)[0]\n"
        "config.write_text(text + '\\n' + (home / 'own.toml').read_text('utf-8'), 'utf-8'); (home / 'own.toml').unlink()\n"
        "END\n"
        'export BILLHOOK_HOME="$1"\n'
        '"$0" p302 payers import "$2"/payers/*.ke0 && "$0" items import "$2/items.jsonl"\n'
        '"$0" check; "$0" export; '
        '"$0" items import "$3" --partial --rejects "$1/rejects.jsonl"; true'
    )
    mixed = tmp_path / "mixed.jsonl"
    mixed.write_bytes(json_lines(row(), row(number="2-1", voucher="2", unit_price="x")))
    subprocess.run(
        ["bash", "-c", command, BILLHOOK, str(home), str(EXAMPLES), str(mixed)],
        check=True,
        capture_output=True,
        env={**os.environ, "PATH": f"{Path(BILLHOOK).parent}{os.pathsep}{os.environ['PATH']}"},
    )
    modes = {
        str(path.relative_to(tmp_path)): stat.S_IMODE(path.stat().st_mode)
        for path in [home, *home.rglob("*")]
        if not path.is_symlink()
    }
    assert any(name.startswith("shop/out/000001/") for name in modes)
    assert any(name.startswith("shop/archive/") for name in modes)
    assert "shop/rejects.jsonl" in modes
    wrong = {
        name: oct(mode)
        for name, mode in modes.items()
        # An archived file is never written again, so it may be read-only; nobody else may read anything.
        if mode & 0o077 or ((tmp_path / name).is_dir() and mode != 0o700)
    }
    assert wrong == {}


def test_the_workspace_is_named_or_found_upwards(fresh: Clerk, tmp_path: Path) -> None:
    inside = fresh.home / "out"
    other = tmp_path / "other"
    init(other)
    assert json.loads(billhook("items", "list", "--json", cwd=inside).stdout) == []
    billhook("items", "import", EXAMPLES / "items.jsonl", cwd=inside)
    assert (
        len(json.loads(billhook("items", "list", "--json", cwd=tmp_path, BILLHOOK_HOME=str(fresh.home)).stdout)) == 47
    )
    # --home is stronger than BILLHOOK_HOME, which is stronger than where one stands.
    assert json.loads(billhook("items", "list", "--json", cwd=inside, BILLHOOK_HOME=str(other)).stdout) == []
    named = billhook("--home", fresh.home, "items", "list", "--json", cwd=other, BILLHOOK_HOME=str(other))
    assert len(json.loads(named.stdout)) == 47


@pytest.mark.parametrize(
    "command", [("check", "--all"), ("export",), ("errors",), ("status",), ("items", "import", "FILE")]
)
def test_the_log_has_no_names_and_no_insurance_numbers(
    checked: Clerk, tmp_path: Path, command: tuple[str, ...]
) -> None:
    file = tmp_path / "more.jsonl"
    file.write_bytes(json_lines(row(), row(number="2-1", voucher="2", payer="0")))
    words = [str(file) if word == "FILE" else word for word in command]
    done = subprocess.run(
        [BILLHOOK, "--home", str(checked.home), "-v", *words], check=False, capture_output=True, encoding="utf-8"
    )
    people = [json.loads(line)["client"] for line in (EXAMPLES / "items.jsonl").read_text("utf-8").splitlines()]
    secrets = {
        str(person[name])
        for person in people
        for name in ("family_name", "given_name", "insurance_number", "birth_date")
        if person.get(name)
    }
    assert [secret for secret in secrets if secret in done.stderr] == []
    if command[0] in ("check", "items"):
        assert "info" in done.stderr


def test_starting_is_quick() -> None:
    began = time.perf_counter()
    printed = billhook("--version").stdout
    assert printed.startswith("billhook ")
    assert time.perf_counter() - began < 10  # a busy machine; bench measures it
