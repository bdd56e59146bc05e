"""Build the wheel of every distribution into one folder, with the hatchling that is installed: no network is needed."""

import subprocess
import sys
from pathlib import Path

from tools.install import ROOT, distributions


def build(folder: Path, target: Path) -> Path:
    """Build the wheel of the distribution in `folder` into `target` and return its path."""
    target.mkdir(parents=True, exist_ok=True)
    before = set(target.glob("*.whl"))
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(target)]
    subprocess.run(command, check=True, cwd=folder, capture_output=True, text=True)
    (wheel,) = set(target.glob("*.whl")) - before
    return wheel


def main() -> None:
    """Build all wheels into the folder that the command line names."""
    target = Path(sys.argv[1]).resolve()
    for old in target.glob("billhook*.whl"):
        old.unlink()
    for folder in distributions(ROOT):
        print(build(folder, target))


if __name__ == "__main__":
    main()
