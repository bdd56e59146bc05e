"""Run the code blocks of a documentation page as a reader would, and compare what comes out with what the page says.

In a block tagged `console` each line that begins with `$ ` is a command (continued by lines that begin with `> `), and
the lines after it are what it prints. `…` stands for any text within a line, a line of only `…` for any number of
lines. What a page does not show, the command does not print.
All commands but the last of a block succeed; so does the last one, unless a comment before the block says otherwise:
`<!-- exit: 1 -->`.

A block tagged `python` is run as it stands, or compared as a doctest when it has `>>> ` prompts.

All blocks of a page run in order in one folder. Exported variables, the working folder of the shell, and the names of
the Python blocks stay from block to block. A page that mentions `examples/` gets a copy of the project's.

A block that is not run is tagged by its own language, or `text`; when it shows commands all the same, a comment before
it gives the reason: `<!-- not run: it needs a real payer -->`.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt

from tests.support.page_interpreter import matches

INTERPRETER: Final = Path(__file__).with_name("page_interpreter.py")

SECONDS: Final = 120
"""A command or block that takes longer than this has failed."""

UNCLEAR_TAGS: Final = frozenset(
    {"", "bash", "py", "pycon", "python3", "sh", "shell", "shell-session", "zsh", "{code}", "{code-block}"}
)
EXIT_COMMENT: Final = re.compile(r"<!--\s*exit:\s*(\d+)\s*-->")
NOT_RUN_COMMENT: Final = re.compile(r"<!--\s*not run:\s*\S.*-->", re.DOTALL)
INDENTED: Final = "indented"
"""The tag of a block that is only indented."""
OWN_COMMAND: Final = re.compile(r"^(billhook|make|pip) (?!.*\[OPTIONS\])", re.MULTILINE)
SHOWN_COMMAND: Final = re.compile(r"^(\$|>>>) ", re.MULTILINE)

# Keeps the shell's folder and exported variables for the next command, even when this one calls exit.
SHELL: Final = """
cd "$(cat "$1/folder")" && source "$1/variables"
trap 'export -p > "$1/variables"; pwd > "$1/folder"' EXIT
eval "$2"
"""


class PageError(AssertionError):
    """The page says one thing and the program does another; the message begins with page and line."""


@dataclass(frozen=True)
class Block:
    """A fenced block: its tag, its text, the line it begins at (1-based), and the comment right before it."""

    tag: str
    text: str
    line: int
    comment: str


@dataclass(frozen=True)
class Command:
    """One command of a console block and the lines that it shall print."""

    text: str
    line: int
    expected: tuple[str, ...]


# --- Reading ----------------------------------------------------------------------------------------------------------


def read_blocks(text: str, offset: int = 0) -> Iterator[Block]:
    """Find all fenced blocks of a page, also those inside directives such as `{note}`."""
    comment = ""
    for token in MarkdownIt("commonmark").parse(text):
        if token.type == "fence" and token.map:
            tag, _, _ = token.info.strip().partition(" ")
            line = offset + token.map[0] + 1
            if tag.startswith("{") and tag not in UNCLEAR_TAGS:
                yield from read_blocks(token.content, line)
            else:
                yield Block(tag, token.content, line, comment)
        elif token.type == "code_block" and token.map:
            yield Block(INDENTED, token.content, offset + token.map[0] + 1, comment)
        comment = token.content if token.type == "html_block" else ""


def read_commands(block: Block) -> list[Command]:
    """Split a console block into commands and what they print.

    Raises:
        PageError: the block does not begin with a command.
    """
    commands: list[Command] = []
    text: list[str] = []
    expected: list[str] = []
    begun = 0
    for number, line in enumerate([*block.text.splitlines(), "$ "], start=block.line + 1):
        if line.startswith("$ "):
            if text:
                commands.append(Command("\n".join(text), begun, tuple(_without_blank_end(expected))))
            text, expected, begun = [line.removeprefix("$ ")], [], number
        elif not text:
            raise PageError(f"line {number}: a console block begins with a command: `$ …`")
        elif (line == ">" or line.startswith("> ")) and not expected:
            text.append(line.removeprefix(">").removeprefix(" "))
        else:
            expected.append(line.rstrip())
    return commands


def _without_blank_end(lines: list[str]) -> list[str]:
    while lines and not lines[-1]:
        lines = lines[:-1]
    return lines


def unclear_blocks(text: str) -> list[str]:
    """List the blocks of a page that neither run nor say why not, each with its line."""
    wrong: list[str] = []
    for block in read_blocks(text):
        if block.tag == INDENTED:
            if OWN_COMMAND.search(block.text):
                wrong.append(f"line {block.line}: an indented command is not run: put it into a console block")
        elif block.tag in UNCLEAR_TAGS:
            wrong.append(f"line {block.line}: tag `{block.tag}`: say console or python; or text, when it cannot be run")
        elif block.tag == "text" and SHOWN_COMMAND.search(block.text) and not NOT_RUN_COMMENT.search(block.comment):
            wrong.append(f"line {block.line}: shows a command but is not run: say why in <!-- not run: … --> before it")
    return wrong


# --- Running ----------------------------------------------------------------------------------------------------------


def _environment(folder: Path) -> dict[str, str]:
    """A reader's environment: the programs of this virtual environment first, all state inside the page's folder."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("BILLHOOK", "PYTHON", "XDG_", "PG", "LC_", "PYTEST", "GIT_", "MAKE"))
    }
    return kept | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "HOME": str(folder),
        "BILLHOOK_HOME": str(folder / ".billhook"),
        "COLUMNS": "100",
        "LANG": "C.UTF-8",
        "NO_COLOR": "1",
        "PYTHONUTF8": "1",
        "TERM": "dumb",
        "TZ": "UTC",
    }


class _Shell:
    """A shell that remembers its folder and its exported variables from command to command."""

    def __init__(self, folder: Path, state: Path) -> None:
        state.mkdir()
        (state / "folder").write_text(f"{folder}\n")
        (state / "variables").write_text("")
        self._folder = folder
        self._state = state

    def run(self, command: str) -> tuple[int, list[str]]:
        """Run a command; returns its exit code and the lines that a terminal would show."""
        with subprocess.Popen(
            ["bash", "-c", SHELL, "bash", str(self._state), command],
            cwd=self._folder,
            env=_environment(self._folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process:
            try:
                printed, _ = process.communicate(timeout=SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)  # the shell and all that it started
                raise
        lines = [line.rstrip() for line in printed.decode(errors="replace").splitlines()]
        return process.returncode, _without_blank_end(lines)


class _Interpreter:
    """A Python process that keeps its names from block to block; it starts with the first one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None

    def run(self, page: str, block: Block) -> str:
        """Run a block; returns what went wrong, or nothing."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(INTERPRETER)],
                cwd=self._folder,
                env=_environment(self._folder),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            )
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise PageError(f"{page}: the interpreter has no pipes")
        alarm = threading.Timer(SECONDS, process.kill)
        alarm.start()
        try:
            print(json.dumps([page, block.line, block.text]), file=process.stdin, flush=True)
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        finally:
            alarm.cancel()
        return str(json.loads(answer)) if answer else f"the interpreter ended or took longer than {SECONDS} s"

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.communicate()


def _run_console(page: str, block: Block, shell: _Shell) -> None:
    commands = read_commands(block)
    wanted = EXIT_COMMENT.search(block.comment)
    for command in commands:
        code = int(wanted[1]) if wanted and command is commands[-1] else 0
        try:
            exit_code, printed = shell.run(command.text)
        except subprocess.TimeoutExpired as error:
            text = f"{page}:{command.line}: `{command.text}` took longer than {SECONDS} s"
            raise PageError(text) from error
        if exit_code != code:
            text = "\n".join([f"{page}:{command.line}: `{command.text}` ended with {exit_code}, not {code}:", *printed])
            raise PageError(text)
        if not matches(command.expected, printed):
            changes = unified_diff(command.expected, printed, "the page", "the program", lineterm="")
            text = "\n".join([f"{page}:{command.line}: `{command.text}` printed something else:", *changes])
            raise PageError(text)


def run_page(page: str, text: str, folder: Path, examples: Path | None = None) -> int:
    """Run all blocks of a page and compare.

    Args:
        page: the name to use in messages.
        text: the page.
        folder: an empty folder; the page runs in a new one below it.
        examples: the project's examples, for a page that mentions them.

    Returns:
        How many blocks were run.

    Raises:
        PageError: at the first difference.
    """
    place = folder / "page"
    place.mkdir()
    if examples and "examples/" in text:
        shutil.copytree(examples, place / "examples")
    shell = _Shell(place, folder / "shell")
    interpreter = _Interpreter(place)
    count = 0
    try:
        for block in read_blocks(text):
            if block.tag == "console":
                _run_console(page, block, shell)
            elif block.tag == "python":
                if trouble := interpreter.run(page, block):
                    message = f"{page}:{block.line}: {trouble}"
                    raise PageError(message)
            else:
                continue
            count += 1
    finally:
        interpreter.close()
    return count
