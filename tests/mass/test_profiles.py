"""A profile is checked before it is used: every fault with file, line and key."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from billhook.store import ConfigError
from billhook_mass.fields import ROWS
from billhook_mass.profile import ADVICE_FIELDS, CHECKS, ProfileError, load, parse, shipped_text
from billhook_mass.settings import Settings, settings_of
from billhook_mass.yaml_lines import LARGEST
from tests.mass.desk import Desk

TEXT = shipped_text("lwl-assumed")


def faults(text: str) -> list[tuple[int, str]]:
    """Line and key of everything that is wrong."""
    with pytest.raises(ProfileError) as caught:
        parse(text, name="own.yaml")
    assert str(caught.value).startswith("own.yaml")
    return [(problem.line, problem.key) for problem in caught.value.problems]


def line_of(text: str, part: str) -> int:
    return next(at for at, row in enumerate(text.splitlines(), 1) if part in row)


def test_the_shipped_profile_says_that_it_is_assumed() -> None:
    found = load("lwl-assumed")
    assert found.status == "assumed"
    assert len(found.assumptions) > 5
    assert set(found.checks) == set(CHECKS)


@pytest.mark.parametrize(
    ("before", "after", "key"),
    [
        ("encoding: cp1252", "encoding: klingon", "file.encoding"),
        ('day: "%d.%m.%Y"', 'day: "%d.%m"', "file.day"),
        ('month: "%m.%Y"', 'month: "%H:%M"', "file.month"),
        ('name: "{facility}_{month}_{n:04d}.csv"', 'name: "{facility}.csv"', "file.name"),
        ('name: "{facility}_{month}_{n:04d}.csv"', 'name: "{town}_{n}.csv"', "file.name"),
        ('name: "{facility}_{month}_{n:04d}.csv"', 'name: "../{n}.csv"', "file.name"),
        ("quoting: minimal", "quoting: maximal", "file.quoting"),
        ("line_end: crlf", "line_ends: crlf", "file.line_ends"),
        ("field: invoice.date, required", "field: invoice.day, required", "records.1.columns.2.field"),
        ("severity: error, tolerance", "severity: huge, tolerance", "checks.M02.severity"),
        ("  M08: {severity: error}", "  M09: {severity: error}", ""),
        ("percent: 75", "percent: 175", "absences.kinds.hospital.percent"),
        ("per: year", "per: decade", "absences.kinds.hospital.limit.per"),
        ("step: 10", "step: 0", "hours.step"),
        ("part_months: calendar", "part_months: halves", "part_months"),
        ("required: [invoice, approved]", "required: [invoice, wish]", "advice"),
        ("profile: lwl-assumed", "profile: LWL assumed!", "profile"),
        ("invoice: facility", "invoice: everything", "grouping.invoice"),
    ],
)
def test_a_fault_is_named_with_its_line_and_key(before: str, after: str, key: str) -> None:
    assert before in TEXT
    [(line, named)] = faults(TEXT.replace(before, after, 1))
    assert named == key
    # What concerns the whole profile stands at its top; `advice` is told where its section begins.
    wanted = {"": 1, "advice": line_of(TEXT, "advice:")}.get(key) or line_of(TEXT, before)
    assert line == wanted


def test_all_faults_are_told_at_once() -> None:
    text = TEXT.replace("encoding: cp1252", "encoding: klingon").replace("step: 10", "step: 0")
    assert [key for _, key in faults(text)] == ["file.encoding", "hours.step"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("profile: a\nprofile: b\n", 2),
        ("profile: [a\n", 2),
        ("- a\n- b\n", 1),
        ("profile: &x a\nversion: *x\n", 2),
        ("", 1),
        (
            "a: {b: {c: {d: {e: {f: {g: {h: {i: {j: {k: {l: {m: {n: {o: {p: {q: {r: {s: {t: {u: 1}}}}}}}}}}}}}}}}}}}}\n",
            1,
        ),
        ("profile: \x07\n", 1),
        ("? [a, b]\n: c\n", 1),
    ],
    ids=["twice", "open list", "no mapping", "alias", "empty", "too deep", "bell", "key that is a list"],
)
def test_what_is_no_yaml_of_ours_is_refused_with_its_line(text: str, line: int) -> None:
    assert [at for at, _ in faults(text)] == [line]


def test_a_huge_file_is_refused_before_it_is_read() -> None:
    assert faults("# " + "x" * LARGEST + "\n") == [(0, "")]


def test_words_stay_words_and_numbers_numbers() -> None:
    found = parse(
        TEXT.replace(
            "words: {hospital: KH, cure: R, leave: U, other: S}",
            "words: {hospital: 0815, cure: no, leave: 7, other: S}",
        )
    )
    assert found.keys.absences.words == {"hospital": "0815", "cure": "no", "leave": "7", "other": "S"}


_LINE = "  - kind: line\n    columns: [{header: A, field: line.amount}, {header: B, field: line.rate}]\n"
_NO_HEAD = "file: {header: false}\n"
_END = "  - kind: file_end\n    mark: Z\n    columns: [{field: file.total}]\n"


@pytest.mark.parametrize(
    ("records", "why"),
    [
        (f"records:\n{_END}", "exactly one record of the kind line"),
        (f"records:\n{_LINE}".replace("header: B, ", ""), "no heading"),
        (f"records:\n{_LINE}".replace("header: B", "header: A"), "two columns"),
        (f"records:\n{_LINE}".replace("kind: line", "kind: file_end"), "has no place in a file_end"),
        (f"records:\n{_LINE}".replace("header: B", "text: x, header: B"), "not both"),
        (f"{_NO_HEAD}records:\n{_LINE}{_END}", "each needs a mark"),
    ],
)
def test_record_kinds_must_make_a_file(records: str, why: str) -> None:
    with pytest.raises(ProfileError, match=why):
        parse(f'profile: own\nversion: "1"\n{records}')


def test_a_profile_holds_from_a_day_to_a_day() -> None:
    found = parse(TEXT.replace("status: assumed", "status: assumed\nvalid_from: 2026-01-01\nvalid_to: 2026-12-31", 1))
    assert [found.covers(date(year, 6, 1)) for year in (2025, 2026, 2027)] == [False, True, False]


def test_the_profile_of_the_day_is_taken(tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text(TEXT.replace("profile: lwl-assumed", "profile: old\nvalid_to: 2025-12-31", 1))
    (tmp_path / "new.yaml").write_text(TEXT.replace("profile: lwl-assumed", "profile: new\nvalid_from: 2026-01-01", 1))
    own = Settings.model_validate(
        {"payers": [{"key": "lwl", "profile": "new.yaml", "earlier_profiles": ["old.yaml"]}]},
        context={"folder": tmp_path},
    )
    assert own.profile_of("lwl", date(2025, 12, 31)).profile == "old"
    assert own.profile_of("lwl", date(2026, 1, 1)).profile == "new"
    assert own.profile_of("lvr", date(2026, 1, 1)).profile == "lwl-assumed"


@pytest.mark.parametrize("name", ["nothing", "nothing.yaml"])
def test_a_profile_that_is_not_there_is_said_so(name: str) -> None:
    with pytest.raises(ProfileError, match="nothing"):
        load(name)


def test_a_bad_profile_is_a_wrong_setting_of_billhook_toml(tmp_path: Path) -> None:
    desk = Desk(tmp_path, profile="own.yaml")
    (tmp_path / "home" / "own.yaml").write_text(TEXT.replace("encoding: cp1252", "encoding: klingon"))
    with pytest.raises(ConfigError, match=r"own.yaml, line \d+: file.encoding: 'klingon' is no character set"):
        desk.workspace.settings("mass")
    desk.close()


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"invoice_number": "{year}"}, "different numbers"),
        ({"invoice_number": "{nn}"}, "no pattern"),
        ({"facilities": [{"number": "H1"}, {"number": "H1"}]}, "same number"),
        ({"facilities": [{"number": "H 1"}]}, "pattern"),
        ({"payers": [{"key": "lwl"}, {"key": "lwl"}]}, "same key"),
        ({"payers": [{"key": "LWL"}]}, "pattern"),
        ({"profile": "nothing"}, "no such profile"),
    ],
)
def test_wrong_settings_are_refused(values: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        settings_of(values)


def test_every_value_has_a_name_of_its_own_and_a_meaning() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)
    assert all(row.original and row.meaning for row in ROWS)
    assert all(ADVICE_FIELDS.values())


def test_the_synthetic_profile_proposal_says_the_same_columns(corpus: Path) -> None:
    first = (corpus / "mass" / "synthetic_mass_invoice.csv").read_text("cp1252").splitlines()[0]
    assert [column.header for column in load("lwl-assumed").line.columns] == first.split(";")
