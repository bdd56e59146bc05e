"""The Python process that runs the `python` blocks of one documentation page; started by tests/support/pages.py.

It reads one block a line from standard input, as JSON `[page, line, text]`, and answers each with one line: a JSON
string that says what went wrong, empty when nothing did. What the blocks print never mixes with the answers.
"""

import contextlib
import doctest
import io
import json
import os
import re
import sys
import traceback
import types
from collections.abc import Sequence


def matches(expected: Sequence[str], actual: Sequence[str]) -> bool:
    """Compare lines, `…` standing for any text within a line, and alone on a line for any number of lines."""
    pattern = ""
    for line in expected:
        if line.strip() == "…":
            pattern += r"(?:[^\n]*\n)*?"
        else:
            pattern += r"[^\n]*".join(map(re.escape, line.split("…"))) + r"\n"
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in actual)) is not None


class LineChecker(doctest.OutputChecker):
    """Compares as console blocks are compared: `…` for any text in a line, alone on a line for any number of lines."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        """Tell whether a doctest printed what the page says."""
        return super().check_output(want, got, optionflags) or matches(want.splitlines(), got.splitlines())


def run_block(page: str, line: int, text: str, names: dict[str, object]) -> str:
    """Run one block in the names of those before it; returns what went wrong."""
    try:
        if any(one.startswith(">>> ") for one in text.splitlines()):
            report = io.StringIO()
            test = doctest.DocTestParser().get_doctest(text, names, page, page, line)
            runner = doctest.DocTestRunner(checker=LineChecker(), verbose=False)
            runner.run(test, out=report.write, clear_globs=False)
            names.update(test.globs)
            return report.getvalue()
        code = compile("\n" * line + text, page, "exec")
        exec(code, names)  # noqa: S102 -- the project's own pages are what this process is for
    except BaseException:  # noqa: BLE001 -- whatever the page's code raises, SystemExit too, is the answer
        return traceback.format_exc()
    return ""


def main() -> None:
    """Answer blocks until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    blocks, sys.stdin = sys.stdin, io.StringIO()
    # The page's classes belong to a __main__ of their own, as in an interpreter, not to this file.
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    sys.path.insert(0, "")
    for block in blocks:
        page, line, text = json.loads(block)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            trouble = run_block(page, line, text, module.__dict__)
        answers.write(json.dumps(trouble) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
