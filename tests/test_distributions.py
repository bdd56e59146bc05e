"""The distributions as their users get them: each wheel alone, with its declared requirements and nothing else."""

import email.message
import email.parser
import importlib.metadata
import os
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tools.wheels import build

# Written out by hand: a new distribution is meant to be noticed here.
IMPORT_NAMES: Final = {
    "billhook": "billhook",
    "billhook-cli": "billhook_cli",
    "billhook-ekv": "billhook_ekv",
    "billhook-forcare-budget": "billhook_forcare_budget",
    "billhook-mass": "billhook_mass",
    "billhook-p302": "billhook_p302",
    "billhook-vsb": "billhook_vsb",
}
PLUGIN_KEYS: Final = {
    "billhook-ekv": "ekv",
    "billhook-forcare-budget": "forcare_budget",
    "billhook-mass": "mass",
    "billhook-p302": "p302",
    "billhook-vsb": "vsb",
}
PLANNED: Final = ("billhook-ekv",)

ALL: Final = sorted(IMPORT_NAMES)

IMPORT_EVERYTHING: Final = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
print(package.__name__)
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    # Alembic runs its own scripts; they cannot be imported.
    if not module.name.endswith("__main__") and ".migrations." not in module.name:
        importlib.import_module(module.name)
        print(module.name)
"""


@dataclass(frozen=True)
class Wheel:
    """A built wheel and what it says of itself."""

    path: Path
    metadata: email.message.Message
    entry_points: str
    files: tuple[PurePosixPath, ...]

    @property
    def requirements(self) -> list[Requirement]:
        return [Requirement(text) for text in self.metadata.get_all("Requires-Dist", [])]


def read_wheel(path: Path) -> Wheel:
    """Read names and metadata out of a wheel."""
    with zipfile.ZipFile(path) as archive:
        files = tuple(PurePosixPath(name) for name in archive.namelist() if not name.endswith("/"))
        described = {file.name: archive.read(str(file)).decode() for file in files if "dist-info" in file.parts[0]}
    metadata = email.parser.Parser().parsestr(described["METADATA"])
    return Wheel(path, metadata, described.get("entry_points.txt", ""), files)


@pytest.fixture(scope="session")
def wheels(project: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Wheel]:
    """The wheel of every distribution in the workspace, by name."""
    target = tmp_path_factory.mktemp("wheels")
    declared = sorted([*project.glob("*/pyproject.toml"), *project.glob("plugins/*/pyproject.toml")])
    built = [read_wheel(build(file.parent, target)) for file in declared]
    return {str(wheel.metadata["Name"]): wheel for wheel in built}


def needed(requirements: Iterable[Requirement], wheels: dict[str, Wheel]) -> set[str]:
    """Follow requirements through our wheels and the installed packages; returns the names of all that are needed."""
    found: set[str] = set()
    open_ends = list(requirements)
    seen: set[tuple[str, str]] = set()
    while open_ends:
        requirement = open_ends.pop()
        name = canonicalize_name(requirement.name)
        for extra in {"", *requirement.extras}:
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            found.add(name)
            ours = wheels.get(name)
            further = ours.requirements if ours else map(Requirement, importlib.metadata.requires(name) or [])
            open_ends += [one for one in further if not one.marker or one.marker.evaluate({"extra": extra})]
    return found


def install_alone(names: Iterable[str], wheels: dict[str, Wheel], folder: Path) -> tuple[Path, Path]:
    """Install distributions with exactly what they declare, without a network.

    Our wheels are installed as a user would; third-party packages are linked from the running environment, and only
    those that the wheels' metadata asks for.

    Returns:
        The interpreter of the new virtual environment and its site-packages.
    """
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    site = next(folder.glob("lib/python*/site-packages"))
    wanted = needed([Requirement(name) for name in names], wheels)
    for name in wanted - wheels.keys():
        for file in importlib.metadata.files(name) or []:
            top = site / file.parts[0]
            if file.parts[0] not in {"..", "__pycache__"} and not top.exists():
                top.symlink_to(Path(str(file.locate())).parents[len(file.parts) - 1] / file.parts[0])
    uv = Path(sys.executable).parent / "uv"
    paths = [str(wheels[name].path) for name in sorted(wanted & wheels.keys())]
    command = [str(uv), "pip", "install", "--quiet", "--offline", "--no-deps", "--python", str(python), *paths]
    subprocess.run(command, check=True, env=clean_environment())
    return python, site


def clean_environment() -> dict[str, str]:
    """The environment without what would let other packages be found."""
    return {
        name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}
    }


def test_the_workspace_holds_exactly_the_known_distributions(wheels: dict[str, Wheel]) -> None:
    assert sorted(wheels) == ALL


@pytest.mark.parametrize("name", ALL)
def test_a_distribution_works_with_only_what_it_declares(name: str, wheels: dict[str, Wheel], tmp_path: Path) -> None:
    python, _ = install_alone([name], wheels, tmp_path / "venv")

    command = [str(python), "-W", "error", "-c", IMPORT_EVERYTHING, IMPORT_NAMES[name]]
    done = subprocess.run(command, check=False, cwd=tmp_path, env=clean_environment(), capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    modules = {module.replace(".", "/") for module in done.stdout.split()}
    shipped = {
        str(file.with_suffix("")).removesuffix("/__init__")
        for file in wheels[name].files
        if file.suffix == ".py" and file.stem != "__main__" and "migrations" not in file.parts
    }
    assert shipped - modules == set()


def test_a_missing_requirement_would_be_noticed(wheels: dict[str, Wheel], tmp_path: Path) -> None:
    # The test above rests on this: a package that is installed here but not declared cannot be imported there.
    python, _ = install_alone(["billhook"], wheels, tmp_path / "venv")

    done = subprocess.run([str(python), "-c", "import hypothesis"], check=False, capture_output=True, text=True)

    assert "ModuleNotFoundError" in done.stderr


def test_a_flemish_biller_has_no_other_plugin_on_disk(wheels: dict[str, Wheel], tmp_path: Path) -> None:
    _, site = install_alone(["billhook-cli", "billhook-vsb"], wheels, tmp_path / "venv")

    on_disk = sorted(path.name for path in site.iterdir() if path.name.startswith("billhook") and path.suffix == "")
    assert on_disk == ["billhook", "billhook_cli", "billhook_vsb"]


@pytest.mark.parametrize("name", sorted(PLUGIN_KEYS))
def test_no_plugin_needs_another_plugin_or_the_command_line(name: str, wheels: dict[str, Wheel]) -> None:
    assert needed([Requirement(name)], wheels) & wheels.keys() == {name, "billhook"}


@pytest.mark.parametrize("name", sorted(PLUGIN_KEYS))
def test_a_plugin_is_found_by_its_key(name: str, wheels: dict[str, Wheel]) -> None:
    expected = f"[billhook.plugins]\n{PLUGIN_KEYS[name]} = {IMPORT_NAMES[name]}.plugin"
    assert wheels[name].entry_points.strip() == expected


def test_the_command_is_called_billhook(wheels: dict[str, Wheel]) -> None:
    assert wheels["billhook-cli"].entry_points.strip() == "[console_scripts]\nbillhook = billhook_cli.main:run"


@pytest.mark.parametrize("name", ALL)
def test_siblings_are_required_within_bounds_that_they_meet(name: str, wheels: dict[str, Wheel]) -> None:
    siblings = [one for one in wheels[name].requirements if canonicalize_name(one.name) in wheels]

    assert bool(siblings) == (name != "billhook")
    for requirement in siblings:
        operators = {specifier.operator for specifier in requirement.specifier}
        version = Version(str(wheels[canonicalize_name(requirement.name)].metadata["Version"]))
        assert operators == {">=", "<"}, f"{name} takes any version of {requirement}"
        assert version in requirement.specifier


@pytest.mark.parametrize("name", ALL)
def test_a_wheel_holds_its_package_and_nothing_else(name: str, wheels: dict[str, Wheel]) -> None:
    wheel = wheels[name]
    package = IMPORT_NAMES[name]
    described = f"{package}-{wheel.metadata['Version']}.dist-info"

    assert {file.parts[0] for file in wheel.files} == {package, described}
    assert PurePosixPath(package, "py.typed") in wheel.files
    for file in wheel.files:
        assert not {"tests", "__pycache__"} & set(file.parts), file
        assert not file.name.startswith(("test_", "conftest", ".")), file
        assert file.suffix not in {".pyc", ".so", ".sqlite3", ".log"}, file


@pytest.mark.parametrize("name", ALL)
def test_a_wheel_brings_its_licence_and_says_what_it_is(name: str, wheels: dict[str, Wheel], project: Path) -> None:
    wheel = wheels[name]
    described = f"{IMPORT_NAMES[name]}-{wheel.metadata['Version']}.dist-info"

    with zipfile.ZipFile(wheel.path) as archive:
        assert archive.read(f"{described}/licenses/LICENSE") == (project / "LICENSE").read_bytes()
    assert wheel.metadata["License-Expression"] == "Apache-2.0"
    assert wheel.metadata["Requires-Python"] == ">=3.11"
    assert wheel.metadata["Summary"]
    assert str(wheel.metadata.get_payload()).startswith(f"# {name}\n")


@pytest.mark.parametrize("name", PLANNED)
def test_a_planned_plugin_says_that_it_does_nothing_yet(name: str, wheels: dict[str, Wheel]) -> None:
    metadata = wheels[name].metadata

    assert metadata["Version"] == "0.0.1"
    assert "Development Status :: 1 - Planning" in metadata.get_all("Classifier", [])
    assert "It does nothing yet" in str(metadata.get_payload())


def test_building_again_elsewhere_gives_the_same_bytes(project: Path, tmp_path: Path) -> None:
    here, there = tmp_path / "here" / "core", tmp_path / "there" / "core"
    shutil.copytree(project / "core", here, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(here, there, copy_function=shutil.copyfile)  # the files are newer and may have other modes

    assert build(here, tmp_path / "one").read_bytes() == build(there, tmp_path / "two").read_bytes()


def test_the_pinned_versions_name_no_machine(project: Path) -> None:
    lines = (project / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if not line.startswith("#")]

    assert len(pins) > 20
    for pin in pins:
        requirement = Requirement(pin)
        assert requirement.url is None
        assert [specifier.operator for specifier in requirement.specifier] == ["=="], pin


def test_every_declared_requirement_is_pinned(project: Path, wheels: dict[str, Wheel]) -> None:
    lines = (project / "constraints.txt").read_text().splitlines()
    pinned = {canonicalize_name(Requirement(line).name) for line in lines if not line.startswith("#")}
    groups = tomllib.loads((project / "pyproject.toml").read_text())["dependency-groups"]
    declared = {Requirement(text) for group in groups.values() for text in group}
    declared |= {requirement for wheel in wheels.values() for requirement in wheel.requirements}

    assert {canonicalize_name(requirement.name) for requirement in declared} - wheels.keys() <= pinned


@pytest.mark.torture
def test_a_user_installs_the_wheels_from_the_package_index(wheels: dict[str, Wheel], tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True, symlinks=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    paths = [str(wheels[name].path) for name in ALL]

    subprocess.run([python, "-m", "pip", "install", "--quiet", *paths], check=True, env=clean_environment())

    checked = subprocess.run([python, "-m", "pip", "check"], check=False, capture_output=True, text=True)
    assert checked.stdout == "No broken requirements found.\n"
