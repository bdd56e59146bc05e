"""Install every distribution of the workspace, editable, and the development tools into one virtual environment.

`make setup` runs this with the interpreter of that environment. It uses uv for its speed, but obeys what pip is told on
this machine (configuration files and PIP_ variables): a machine that reaches packages only through its own index works
without a second configuration. What the environment already sets for uv wins.
"""

import ast
import fcntl
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# pip's setting -> uv's variable. uv takes lists separated by blanks, or by commas for folders of wheels.
UV_VARIABLES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "timeout": "UV_HTTP_TIMEOUT",
}

# Weakest first, as pip itself reads them.
PIP_SECTIONS = ("global", "install", ":env:")


def pip_settings(lines: Iterable[str]) -> dict[str, str]:
    """Read the lines of `pip config list`, such as `global.cert='/etc/certs.pem'`, into one mapping by setting."""
    found: dict[str, dict[str, str]] = {section: {} for section in PIP_SECTIONS}
    for line in lines:
        name, _, quoted = line.strip().partition("=")
        section, _, setting = name.rpartition(".")
        if section in found and quoted:
            found[section][setting] = str(ast.literal_eval(quoted))
    return {setting: value for section in PIP_SECTIONS for setting, value in found[section].items()}


def uv_variables(settings: Mapping[str, str]) -> dict[str, str]:
    """Say pip's settings in uv's variables."""
    variables: dict[str, str] = {}
    for setting, variable in UV_VARIABLES.items():
        if values := settings.get(setting, "").split():
            variables[variable] = ("," if setting == "find-links" else " ").join(values)
    if settings.get("no-index", "").lower() in {"1", "true", "yes", "on"}:
        variables["UV_NO_INDEX"] = "1"
    if "UV_INDEX" in variables:
        # pip looks at all indexes and takes the best version; so shall uv.
        variables["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return variables


def distributions(root: Path) -> list[Path]:
    """Give the folders of all distributions, the core first."""
    return [root / "core", *sorted(path.parent for path in root.glob("plugins/*/pyproject.toml")), root / "cli"]


def run_uv(root: Path, python: str, arguments: Sequence[str]) -> str:
    """Run uv in `root` with pip's settings and return what it printed; fetches uv itself when it is missing."""
    pip = [python, "-m", "pip"]
    uv = Path(python).parent / "uv"
    if not uv.exists():
        subprocess.run([*pip, "install", "--quiet", "--constraint", str(root / "constraints.txt"), "uv"], check=True)
    listing = subprocess.run([*pip, "config", "list"], check=True, capture_output=True, text=True).stdout
    environment = uv_variables(pip_settings(listing.splitlines())) | dict(os.environ)
    command = [str(uv), *arguments]
    return subprocess.run(command, check=True, cwd=root, env=environment, stdout=subprocess.PIPE, text=True).stdout


def install(root: Path, python: str) -> None:
    """Install everything into the environment of `python`; raises CalledProcessError when a step fails."""
    command = ["pip", "install", "--quiet", "--python", python, "--constraints", "constraints.txt"]
    for folder in distributions(root):
        extras = "[postgresql,sftp]" if folder.name == "core" else ""
        command += ["--editable", f"./{folder.relative_to(root)}{extras}"]
    command += ["--group", "dev", "--group", "docs"]
    run_uv(root, python, command)


def main() -> None:
    """Install into the running environment; two of these at once take turns."""
    with (Path(sys.prefix) / ".billhook-install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        install(ROOT, sys.executable)


if __name__ == "__main__":
    main()
