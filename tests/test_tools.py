"""The workspace's own scripts: what `make setup` makes of the machine's pip settings."""

from pathlib import Path

from tools.install import ROOT, distributions, pip_settings, uv_variables


def test_pip_settings_are_read_as_pip_lists_them() -> None:
    # The lines are in the form that `pip config list` prints (pip 23 to 26).
    lines = [
        ":env:.default-timeout='180'",
        "global.index-url='https://packages.example/simple'",
        "global.extra-index-url='https://a.example/simple\\nhttps://b.example/simple'",
        "install.index-url='https://install.example/simple'",
        "freeze.all='1'",
    ]

    assert pip_settings(lines) == {
        "default-timeout": "180",
        "index-url": "https://install.example/simple",  # what is said for install is stronger than what is said for all
        "extra-index-url": "https://a.example/simple\nhttps://b.example/simple",
    }


def test_the_environment_is_stronger_than_the_configuration_files() -> None:
    lines = [":env:.index-url='https://env.example/simple'", "install.index-url='https://install.example/simple'"]

    assert pip_settings(lines) == {"index-url": "https://env.example/simple"}


def test_uv_is_told_what_pip_was_told() -> None:
    told = uv_variables(
        {
            "index-url": "https://packages.example/simple",
            "extra-index-url": "https://a.example/simple\nhttps://b.example/simple",
            "find-links": "/wheels /more",
            "cert": "/etc/certs.pem",
            "trusted-host": "a.example",
            "no-index": "true",
        }
    )

    assert told == {
        "UV_DEFAULT_INDEX": "https://packages.example/simple",
        "UV_INDEX": "https://a.example/simple https://b.example/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/wheels,/more",
        "SSL_CERT_FILE": "/etc/certs.pem",
        "UV_INSECURE_HOST": "a.example",
        "UV_NO_INDEX": "1",
    }


def test_a_machine_without_settings_leaves_uv_to_itself() -> None:
    assert uv_variables(pip_settings([])) == {}


def test_every_folder_with_a_distribution_is_installed() -> None:
    declared = {
        file.parent
        for file in ROOT.rglob("pyproject.toml")
        if file.parent != ROOT and not {".venv", "examples", "tests"} & set(file.relative_to(ROOT).parts)
    }

    assert set(distributions(ROOT)) == declared
    assert distributions(ROOT)[0] == ROOT / "core"


def test_nothing_that_is_committed_to_the_root_names_a_package_index(project: Path) -> None:
    for name in ("constraints.txt", "pyproject.toml", "Makefile", ".ci/run"):
        text = (project / name).read_text()
        assert "index-url" not in text, name
        assert "://" not in text, name
