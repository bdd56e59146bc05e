"""The runner of documentation pages: it accepts a page that is right, and above all it can fail."""

import os
from pathlib import Path
from textwrap import dedent

import pytest

from tests.support.page_interpreter import matches
from tests.support.pages import PageError, read_blocks, run_page, unclear_blocks


def run(text: str, folder: Path, examples: Path | None = None) -> int:
    """Run a page that is written in a test."""
    return run_page("page.md", dedent(text), folder, examples)


# --- Pages that are right ---------------------------------------------------------------------------------------------


def test_commands_run_in_order_in_one_folder(tmp_path: Path) -> None:
    count = run(
        """
        ```console
        $ echo Gehhilfe > delivered.txt
        $ cat delivered.txt
        Gehhilfe
        ```
        Then:
        ```console
        $ ls
        delivered.txt
        ```
        """,
        tmp_path,
    )
    assert count == 2
    assert (tmp_path / "page" / "delivered.txt").read_text() == "Gehhilfe\n"


def test_the_shell_remembers_its_folder_and_what_was_exported(tmp_path: Path) -> None:
    run(
        """
        ```console
        $ mkdir year && cd year && export PAYER='104212059 "x"'
        ```
        ```console
        $ basename "$PWD"; echo "$PAYER"
        year
        104212059 "x"
        ```
        """,
        tmp_path,
    )


def test_the_home_of_the_reader_is_the_folder_of_the_page(tmp_path: Path) -> None:
    run("```console\n$ touch ~/here && ls\nhere\n```\n", tmp_path)


def test_settings_of_the_person_who_runs_the_tests_stay_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BILLHOOK_DATABASE_URL", "postgresql://production")

    run('```console\n$ echo "[$BILLHOOK_DATABASE_URL]"\n[]\n```\n', tmp_path)


def test_the_programs_of_the_virtual_environment_come_first(tmp_path: Path) -> None:
    run("```console\n$ python -c 'import billhook; print(billhook.__name__)'\nbillhook\n```\n", tmp_path)


def test_a_command_may_run_over_several_lines(tmp_path: Path) -> None:
    run(
        """
        ```console
        $ cat > item.csv <<END
        > quantity;price
        > 2;1050
        > END
        $ tail -n 1 item.csv
        2;1050
        ```
        """,
        tmp_path,
    )


def test_what_goes_to_standard_error_is_seen_too(tmp_path: Path) -> None:
    run("```console\n$ echo trouble >&2\ntrouble\n```\n", tmp_path)


def test_an_expected_failure_is_announced_before_the_block(tmp_path: Path) -> None:
    run("<!-- exit: 3 -->\n```console\n$ true\n$ echo faulty; exit 3\nfaulty\n```\n", tmp_path)


def test_python_blocks_share_their_names_across_console_blocks(tmp_path: Path) -> None:
    run(
        """
        ```python
        from dataclasses import dataclass


        @dataclass
        class Item:
            cents: int


        item = Item(1050)
        ```
        ```console
        $ echo 2 > quantity
        ```
        ```python
        from pathlib import Path

        assert item.cents * int(Path("quantity").read_text()) == 2100
        print("not compared")
        ```
        ```python
        >>> item.cents
        1050
        >>> print("a long story")
        a … story
        ```
        """,
        tmp_path,
    )


def test_a_page_that_mentions_the_examples_works_on_a_copy(tmp_path: Path) -> None:
    examples = tmp_path / "examples"
    examples.mkdir()
    (examples / "case.yaml").write_text("a: 1\n")

    run("```console\n$ echo 'a: 2' > examples/case.yaml\n```\n", tmp_path, examples)

    assert (examples / "case.yaml").read_text() == "a: 1\n"


def test_blocks_in_other_languages_are_not_run(tmp_path: Path) -> None:
    assert run("```toml\n[billhook]\n```\n```text\nEHI+1+2'\n```\n", tmp_path) == 0


def test_blocks_inside_a_note_and_in_a_list_are_found() -> None:
    page = "````{note}\nSee:\n```console\n$ false\n```\n````\n\n1. Then\n\n   ```python\n   1 / 0\n   ```\n"

    assert [(block.tag, block.text, block.line) for block in read_blocks(page)] == [
        ("console", "$ false\n", 3),
        ("python", "1 / 0\n", 10),
    ]


# --- Pages that are wrong ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "complaint"),
    [
        (
            "```console\n$ echo 21,00\n12,00\n```\n",
            r"page.md:2: `echo 21,00` printed something else(.|\n)*-12,00\n\+21,00",
        ),
        ("```console\n$ echo more\n```\n", r"page.md:2: `echo more` printed something else"),
        ("```console\n$ true\nless\n```\n", r"page.md:2: `true` printed something else"),
        ("```console\n$ printf 'a\\nb\\n'\na\n```\n", r"printed something else(.|\n)*\+b"),
        ("```console\n$ false\n```\n", r"page.md:2: `false` ended with 1, not 0"),
        ("```console\n$ false\n$ true\n```\n", r"page.md:2: `false` ended with 1, not 0"),
        ("<!-- exit: 1 -->\n```console\n$ true\n```\n", r"page.md:3: `true` ended with 0, not 1"),
        ("<!-- exit: 1 -->\n```console\n$ false\n$ false\n```\n", r"page.md:3: `false` ended with 1, not 0"),
        ("```console\n$ no-such-command\n```\n", r"ended with 127"),
        ("```console\nforgotten prompt\n```\n", r"line 2: a console block begins with a command"),
        ("```python\n1 / 0\n```\n", r"page.md:1: (.|\n)*\"page.md\", line 2(.|\n)*ZeroDivisionError"),
        ("```python\nassert 1 == 2\n```\n", r"AssertionError"),
        ("```python\nraise SystemExit(0)\n```\n", r"SystemExit"),
        ("```python\nimport os\nos._exit(0)\n```\n", r"the interpreter ended"),
        ("```python\n>>> 1 + 1\n3\n```\n", r"Expected:\n *3\nGot:\n *2"),
        ("```python\n>>> print('a wrong end')\na … story\n```\n", r"Got:\n *a wrong end"),
    ],
)
def test_a_page_that_differs_from_the_program_fails(page: str, complaint: str, tmp_path: Path) -> None:
    with pytest.raises(PageError, match=complaint):
        run_page("page.md", page, tmp_path)


def test_a_command_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.pages.SECONDS", 0.2)

    with pytest.raises(PageError, match=r"`sleep 60` took longer than 0\.2 s"):
        run("```console\n$ sleep 60\n```\n", tmp_path)


def test_a_python_block_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.pages.SECONDS", 0.5)

    with pytest.raises(PageError, match="took longer"):
        run("```python\nimport time\ntime.sleep(60)\n```\n", tmp_path)


def test_a_command_cannot_wait_for_somebody_to_type(tmp_path: Path) -> None:
    with pytest.raises(PageError, match="ended with 1"):
        run("```console\n$ read answer\n```\n", tmp_path)


# --- What `…` stands for ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        (["total … EUR"], ["total 21.00 EUR"], True),
        (["total … EUR"], ["total 21.00 USD"], False),
        (["total … EUR"], ["total 21.00", "EUR"], False),
        (["a", "…", "z"], ["a", "b", "c", "z"], True),
        (["a", "…", "z"], ["a", "z"], True),
        (["a", "…", "z"], ["a", "b"], False),
        (["…"], [], True),
        ([], [], True),
        ([], ["a"], False),
        (["a.c"], ["abc"], False),
    ],
)
def test_an_ellipsis_stands_for_text_in_a_line_or_for_lines(expected: list[str], actual: list[str], same: bool) -> None:
    assert matches(expected, actual) is same


# --- Blocks that neither run nor say why ------------------------------------------------------------------------------


@pytest.mark.parametrize("tag", ["", "bash", "sh", "shell", "pycon", "{code-block} console"])
def test_a_block_with_an_unclear_tag_is_reported(tag: str) -> None:
    assert len(unclear_blocks(f"```{tag}\n$ billhook run\n```\n")) == 1


def test_a_shown_command_needs_a_reason_for_not_being_run() -> None:
    block = "```text\n$ billhook send\n```\n"

    assert unclear_blocks(block) == ["line 1: shows a command but is not run: say why in <!-- not run: … --> before it"]
    assert unclear_blocks(f"<!-- not run: it needs a real payer -->\n{block}") == []
    assert unclear_blocks("```text\nEHI+1'\n```\n```console\n$ true\n```\n") == []


def test_the_page_leaves_no_variable_behind(tmp_path: Path) -> None:
    run("```console\n$ export BILLHOOK_TRACE=1\n```\n", tmp_path)

    assert "BILLHOOK_TRACE" not in os.environ
