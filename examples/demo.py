"""Runs the demo of one scheme: `make demo`, or `make demo SCHEME=vsb`.

A demo is a folder beside this file with a `demo.py` that has a `play(stage)`. Everything it does, it does by the
`billhook` command that a user has, and every command is shown with what it prints.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


class DemoFailed(Exception):
    """Something in a demo came out otherwise than it should."""


class Stage:
    """Where a demo plays: its own data (`props`), a fresh folder for what comes out, and the command line."""

    def __init__(self, scheme: str) -> None:
        self.props = HERE / scheme
        self.folder = ROOT / "build" / "demo" / scheme
        self.workspace = self.folder / "workspace"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("BILLHOOK_")}
        self._environment["BILLHOOK_HOME"] = str(self.workspace)
        self._environment["BILLHOOK_ACTOR"] = "demo"

    def say(self, text: str) -> None:
        """A line of the story."""
        print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)

    def billhook(self, *arguments: str | Path, exits: Sequence[int] = (0,), show: bool = True, lines: int = 30) -> str:
        """Run `billhook` with these arguments; show the command and the first lines of what it prints; its output.

        Raises:
            DemoFailed: it did not end with one of `exits`.
        """
        words = [str(argument) for argument in arguments]
        if show:
            shown = [self._short(word) for word in words]
            print(f"$ billhook {' '.join(f'{word!r}' if ' ' in word else word for word in shown)}", flush=True)
        command = [str(Path(sys.executable).with_name("billhook")), *words]
        done = subprocess.run(command, capture_output=True, text=True, env=self._environment, cwd=ROOT, check=False)
        if show:
            printed = self._short(done.stdout + done.stderr).splitlines()
            print("\n".join(printed[:lines]), flush=True)
            if len(printed) > lines:
                print(f"… ({len(printed) - lines} more lines)", flush=True)
        if done.returncode not in exits:
            print(done.stdout + done.stderr, file=sys.stderr)
            message = (
                f"billhook {' '.join(words)} ended with {done.returncode}, not with {' or '.join(map(str, exits))}"
            )
            raise DemoFailed(message)
        return done.stdout

    def ask(self, *arguments: str | Path, exits: Sequence[int] = (0,)) -> Any:
        """What `billhook … --json` says, without showing it."""
        return json.loads(self.billhook(*arguments, "--json", exits=exits, show=False))

    def expect(self, what: str, found: object, expected: object) -> None:
        """Say that two figures agree, or fail.

        Raises:
            DemoFailed: they differ.
        """
        if found != expected:
            message = f"{what}: found {found}, expected {expected}"
            raise DemoFailed(message)
        print(f"  ok  {what}: {found}", flush=True)

    @staticmethod
    def _short(text: str) -> str:
        return text.replace(f"{ROOT}{os.sep}", "")


def main(arguments: Sequence[str]) -> int:
    """Play the demo that is asked for."""
    schemes = sorted(path.parent.name for path in HERE.glob("*/demo.py"))
    scheme = arguments[0] if arguments else "p302"
    if scheme not in schemes:
        print(f"there is no demo {scheme!r}; there is: {', '.join(schemes)}", file=sys.stderr)
        return 2
    try:
        play(Stage(scheme))
    except DemoFailed as failure:
        print(f"\nThe demo failed: {failure}", file=sys.stderr)
        return 1
    return 0


def play(stage: Stage) -> None:
    """Play the demo that lies in the stage's props.

    Raises:
        DemoFailed: something came out otherwise than it should.
    """
    script = stage.props / "demo.py"
    spec = importlib.util.spec_from_file_location(f"demo_{stage.props.name}", script)
    if spec is None or spec.loader is None:
        message = f"{script} cannot be loaded"
        raise DemoFailed(message)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.play(stage)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
