"""Pin every third-party package in constraints.txt at the newest version that the declared bounds allow.

The file names versions only: no index, no host and no path, so that it holds on every machine and for every platform.
"""

import sys
from pathlib import Path

from tools.install import ROOT, distributions, run_uv

HEADER = "# Versions that the development tools and the tests run with, on every platform. Made by: make constraints\n"


def pin(root: Path, python: str) -> str:
    """Resolve all distributions and tools together, for Python 3.11 and later, and return the text of the file."""
    command = ["pip", "compile", "--quiet", "--universal", "--upgrade"]
    command += ["--python-version", "3.11", "--no-annotate", "--no-header", "--all-extras"]
    command += ["--no-emit-index-url", "--no-emit-find-links"]
    command += [f"{folder.relative_to(root)}/pyproject.toml" for folder in distributions(root)]
    command += ["--group", "dev", "--group", "docs", "--no-emit-package", "billhook"]
    pinned = run_uv(root, python, command)
    # uv lists the groups first and the distributions after them; one order is easier to compare.
    return HEADER + "".join(sorted(pinned.splitlines(keepends=True)))


def main() -> None:
    """Write constraints.txt."""
    (ROOT / "constraints.txt").write_text(pin(ROOT, sys.executable), encoding="utf-8")


if __name__ == "__main__":
    main()
