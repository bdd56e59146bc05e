"""`billhook p302 codes`: key tables listed, searched and explained as Anlage 3 has them."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from billhook_p302.codes.finding import BOOK, rows, search, tables_named
from billhook_p302.codes.legs import explain
from billhook_p302.commands import app


def ask(*words: str, unit_keys: dict[str, str] | None = None) -> Result:
    workspace = SimpleNamespace(settings=lambda _: SimpleNamespace(unit_keys=unit_keys or {}))
    shown: list[Any] = []
    host = SimpleNamespace(json=False, workspace=lambda: workspace, show=lambda data, **_: shown.append(data))
    return CliRunner().invoke(app, ["codes", *words], obj=host, catch_exceptions=False)


def asked(*words: str, exits: int = 0, unit_keys: dict[str, str] | None = None) -> Any:
    result = ask(*words, "--json", unit_keys=unit_keys)
    assert result.exit_code == exits, result.output
    return json.loads(result.stdout)


def test_all_tables_are_listed_with_every_line() -> None:
    listed = asked("list")
    assert [table["section"] for table in listed] == [table.section for table in BOOK]
    assert {table["section"] for table in listed} >= {"8.1.5.1", "8.1.5.2 (3-5)", "8.1.19", "8.2.11", "8.6"}
    assert all(len(table["rows"]) == len(list(rows(own))) for table, own in zip(listed, BOOK, strict=True))


@pytest.mark.parametrize(
    ("asked_for", "sections"),
    [
        ("8.6", ["8.6"]),
        ("8.1.5.2", ["8.1.5.2", "8.1.5.2 (3-5)"]),
        ("8.1.1", ["8.1.1 (1)", "8.1.1 (5)"]),
        ("Mengeneinheit", ["8.6"]),
        ("pruefvermerk", ["8.1.9"]),
        ("kind of approval", ["8.1.17"]),
        ("nothing like it", []),
    ],
)
def test_a_table_is_found_by_section_or_by_words(asked_for: str, sections: list[str]) -> None:
    assert [table.section for table in tables_named(asked_for)] == sections


def test_a_table_is_told_with_its_places_where_it_has_no_values() -> None:
    (table,) = asked("list", "8.2.13")
    assert (table["lengths"], table["groups"]) == ([6], ["R"])
    assert [(row["value"], row["original"]) for row in table["rows"]] == [
        ("place 1-2", "Leistungsgrundlage"),
        ("place 3", "Art der Funktionseinschränkung"),
        ("place 4-6", "Vergütungsart"),
    ]


def test_a_day_leaves_out_what_does_not_hold_then() -> None:
    def codes(day: str) -> set[str]:
        (table,) = asked("list", "8.1.5.1", "--on", day)
        return {row["value"] for row in table["rows"]}

    assert codes("2027-02-01") - codes("2027-01-31") == {"C1", "C2", "C3", "C4"}
    assert "18" not in codes("2027-01-31")
    assert "18" in codes("2005-12-31")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("Wiedereinsatz", {("8.1.10", "02")}),
        ("re-use", {("8.1.10", "02")}),
        ("kostenvoranschlag", {("8.1.5.2 (3-5)", "099")}),
        ("Hoergeraeteakustiker", {("8.1.5.1", "14")}),
        ("hörgeräte", {("8.1.5.1", "14")}),
        ("999999995", {("8.1.19", "999999995")}),
        ("r2", {("8.1.17", "R2")}),
        ("Blankoverordnung", {("8.1.12", "05")}),
        ("Produktgruppe", {("8.2.2", "place 1-2")}),
        ("xyzzy", set()),
    ],
)
def test_a_key_is_found_by_value_and_by_words_of_both_languages(words: str, found: set[tuple[str, str]]) -> None:
    assert {(table.section, row.value) for table, row in search(words)} == found


def test_nothing_found_is_told_and_ends_with_one() -> None:
    assert asked("search", "xyzzy", exits=1) == []
    assert ask("list", "xyzzy").exit_code == 1
    assert ask("search", "Miete", "--on", "31.02.2027").exit_code == 2


def test_a_key_of_a_provider_group_is_explained() -> None:
    told = asked("legs", "1900099", "--on", "2026-11-22")
    assert told["holds"] is True
    assert told["accounting_code"]["original"] == "sonstiger Hilfsmittellieferant"
    assert told["groups"] == ["A"]
    assert told["tariff_region"]["original"] == "Bundeseinheitlich"
    assert told["special_tariff"]["original"] == "nach genehmigtem Kostenvoranschlag"


@pytest.mark.parametrize(
    ("legs", "day", "problems"),
    [
        ("c1 01 000", "2027-02-01", []),
        ("C101000", "2027-01-31", ["accounting code C1 does not hold on 2027-01-31"]),
        ("6000000", "2026-01-01", ["accounting code 60 belongs to no group of providers (key 8.1.14)"]),
        (
            "1926U01",
            "2026-01-01",
            ["26 is no tariff region (key 8.1.5.2)", "special tariff U01 is not assigned to anything"],
        ),
        ("2026000", "2026-01-01", ["20 is no accounting code (key 8.1.5.1)", "26 is no tariff region (key 8.1.5.2)"]),
    ],
)
def test_what_is_wrong_with_a_key_is_told(legs: str, day: str, problems: list[str]) -> None:
    assert asked("legs", legs, "--on", day, exits=1 if problems else 0)["problems"] == problems


@pytest.mark.parametrize("text", ["", "19", "19000990", "190009A9", "19x0099"])
def test_what_has_not_the_form_of_a_key_is_none(text: str) -> None:
    assert explain(text) is None
    assert ask("legs", text).exit_code == 1


def test_the_own_units_are_shown_with_their_keys() -> None:
    told = asked("units", unit_keys={"Stück": "12", "PAA": "10"})
    assert [(each["unit"], each["key"], each["original"]) for each in told["units"]] == [
        ("PAA", "10", "Paar"),
        ("Stück", "12", "Stück"),
    ]
    assert len(told["unused"]) == 12


def test_a_unit_with_a_key_that_there_is_not_is_told() -> None:
    told = asked("units", unit_keys={"Dutzend": "99"}, exits=1)
    assert told["units"] == [{"unit": "Dutzend", "key": "99", "meaning": "", "original": ""}]
