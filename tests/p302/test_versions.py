"""Files of other versions of TA1 are read by what is known of them, and what is not known is said."""

from __future__ import annotations

import itertools
from datetime import date, datetime
from pathlib import Path

import pytest

from billhook.model import Finding, Severity
from billhook_p302 import rules, versions
from billhook_p302.formats import FORMATS
from billhook_p302.reference import PAGES
from tests.p302.desk import BERLIN, Desk, directory, read_items, read_settings
from tests.p302.faults import GOLDEN

BILLING = FORMATS[0]


def file_of(version: str, day: str, claim: str, group: str = "A", unb_reference: str = "00001") -> str:
    """A small file as somebody made it then. Its sums are 100,00 for a member."""
    head = f"UNB+UNOC:3+591104278+109519005+{day}:0930+{unb_reference}+{group}+SL110427S{day[4:6]}+2'"
    totals = (
        f"UNH+00001+SLGA:{version}:0:0'FKT+01++591104278+109519005+109519005+591104278'REC+R1:0+{day}+1'"
        "GES+00+100,00+100,00'GES+11+100,00+100,00'NAM+Muster'UNT+000007+00001'"
    )
    case = f"INV+H317604125+10000+0+1'NAD+Birkholz+Hannelore+19500301'{claim}"
    claims = f"UNH+00002+SLLA:{version}:0:0'FKT+01++591104278+109519005+109519005'REC+R1:0+{day}+1'{case}"
    count = claims.count("'") + 1
    return f"{head}{totals}{claims}UNT+{count:06d}+00002'UNZ+000002+{unb_reference}'"


AID_WITHOUT_UNIT = (
    "HIL+1'EHI+15:01000+1850020001+1,00+100,00+{day}+00'ZUH+1+100,00'MEH+0,00'"
    "ZHI+581234500+123456601+{day}+0'BES+100,00+++0,00'"
)
THERAPY_BEFORE_THE_REFORM = (
    "EHE+22:00000+20501+1,00+100,00+{day}'ZHE+581234500+123456601+{day}+0+WS1+01'DIA+M54.5'BES+100,00'"
)
NURSING_WITHOUT_NUMBERS = (
    "ESK+{day}+0730'EHK+31:00000+032101+1,00+100,00'ZHK+581234500+123456601+{day}'SKZ+4711+{day}+C1'BES+100,00'"
)
PALLIATIVE_OF_V20 = (
    "ERS+{day}'ESP+75:00000+0101010101+1,00+100,00'ZZL+{day}+0800++0900'"
    "ZSP+581234500+123456601+{day}++{day}+{day}'DIA+C34.1'SKZ+4711+{day}+O1'BES+100,00'"
)


def read(tmp_path: Path, text: str) -> list[Finding]:
    path = tmp_path / "ESOL0001"
    path.write_bytes(text.encode("latin-1"))
    return list(BILLING.verify(path))


@pytest.mark.parametrize(
    ("version", "day", "group", "claim"),
    [
        ("20", "20250102", "A", AID_WITHOUT_UNIT.replace("1,00+100,00+", "1,00+12+100,00+", 1)),
        ("19", "20240301", "A", AID_WITHOUT_UNIT),
        ("16", "20220301", "A", AID_WITHOUT_UNIT),
        ("09", "20140301", "A", AID_WITHOUT_UNIT),
        ("13", "20200301", "B", THERAPY_BEFORE_THE_REFORM),
        ("16", "20220301", "C", NURSING_WITHOUT_NUMBERS),
        ("20", "20250102", "O", PALLIATIVE_OF_V20),
    ],
)
def test_a_file_that_was_right_in_its_day_has_no_errors(
    version: str, day: str, group: str, claim: str, tmp_path: Path
) -> None:
    found = read(tmp_path, file_of(version, day, claim.replace("{day}", day), group))
    assert [(each.code, each.tag, each.element, each.message) for each in found if each.is_error] == []
    told = {each.code for each in found if each.severity is Severity.NOTE}
    assert told == (set() if version == "20" else {rules.VERSION_PARTLY_KNOWN.code})


AGES = (
    ("22", "20270201"), ("21", "20251001"), ("20", "20240701"), ("19", "20240101"), ("18", "20230701"),
    ("17", "20230101"), ("16", "20220101"), ("15", "20210701"), ("14", "20201001"), ("13", "20200101"),
    ("12", "20190701"), ("11", "20180101"), ("10", "20170701"), ("9", "20131001"), ("8", "20130101"),
    ("7", "20120401"), ("6", "20080201"), ("5", "20040201"),
)  # fmt: skip
"""Each version with its first day: the table on the cover of TA1 V21, and Anlage 3 V22."""


@pytest.mark.parametrize(("version", "day"), AGES)
def test_a_file_is_read_told_and_checked_back_to_the_oldest_version(version: str, day: str, tmp_path: Path) -> None:
    claim = AID_WITHOUT_UNIT.replace("{day}", day)
    if int(version) >= 20:  # the unit (EHI 4) came with V20
        claim = claim.replace("1,00+100,00+", "1,00+12+100,00+", 1)
    path = tmp_path / "ESOL0001"
    for text, wrong in ((claim, set()), (claim.replace("BES+100,00", "BES+90,00"), {"P302-BES-001", "P302-GES-004"})):
        path.write_bytes(file_of(version, day, text).encode("latin-1"))
        assert {each.code for each in BILLING.verify(path) if each.is_error} == wrong
    description = BILLING.describe(path, mask=False)
    lines = [line for _, line in description.lines]
    assert description.version == version
    assert any("last name Birkholz" in line for line in lines)
    assert any("unit price 100,00" in line for line in lines)
    assert [each for each in description.findings if each.is_error] == []


def test_each_version_of_the_table_is_among_them() -> None:
    assert [version for version, _ in AGES] == [era.name for era in versions.HISTORY]


def test_what_a_version_lacks_is_said_once(tmp_path: Path) -> None:
    found = read(tmp_path, file_of("16", "20220301", AID_WITHOUT_UNIT.replace("{day}", "20220301")))
    (note,) = [each for each in found if each.code == rules.VERSION_PARTLY_KNOWN.code]
    assert (note.tag, note.segment) == ("UNH", 2)
    assert "V20 EHI: unit of the quantity" in note.message
    assert "V17 employee numbers" in note.message
    assert "V16" not in note.message


def test_sums_must_add_up_in_every_version(tmp_path: Path) -> None:
    claim = AID_WITHOUT_UNIT.replace("{day}", "20220301").replace("BES+100,00", "BES+90,00")
    errors = {each.code for each in read(tmp_path, file_of("16", "20220301", claim)) if each.is_error}
    assert errors == {"P302-BES-001", "P302-GES-004"}


def test_what_does_not_fit_the_tables_of_an_old_version_is_a_warning(tmp_path: Path) -> None:
    claim = AID_WITHOUT_UNIT.replace("{day}", "20220301").replace("+00'ZUH", "+00++++++++++++surplus'ZUH")
    found = [each for each in read(tmp_path, file_of("16", "20220301", claim)) if each.tag == "EHI"]
    assert [(each.code, each.severity) for each in found] == [("EDI-ELM-009", Severity.WARNING)]


def test_an_interchange_reference_was_not_needed_before_v12(tmp_path: Path) -> None:
    text = file_of("11", "20180301", AID_WITHOUT_UNIT.replace("{day}", "20180301"), unb_reference="")
    assert [each.code for each in read(tmp_path, text) if each.is_error and each.tag == "UNB"] == []
    today = file_of("21", "20251103", AID_WITHOUT_UNIT.replace("{day}", "20251103"), unb_reference="")
    assert [each.code for each in read(tmp_path, today) if each.is_error and each.tag == "UNB"] == ["EDI-ELM-001"]


def test_therapies_by_v13_could_be_billed_for_five_years(tmp_path: Path) -> None:
    def late(group: str, claim: str) -> list[str]:
        text = file_of("13", "20250301", claim.replace("{day}", "20250301"), group)
        return [each.code for each in read(tmp_path, text) if each.code == rules.VERSION_NOT_VALID.code]

    assert late("B", THERAPY_BEFORE_THE_REFORM) == []
    assert late("A", AID_WITHOUT_UNIT) == [rules.VERSION_NOT_VALID.code]


def test_a_file_of_the_next_version_is_read_by_the_tables_of_today(tmp_path: Path) -> None:
    claim = AID_WITHOUT_UNIT.replace("{day}", "20270201").replace("1,00+100,00+", "1,00+12+100,00+", 1)
    found = read(tmp_path, file_of("22", "20270201", claim))
    assert [each.code for each in found if each.is_error] == []
    assert rules.VERSION_PROVISIONAL.code in {each.code for each in found}


def test_every_version_of_the_history_is_on_the_page() -> None:
    page = PAGES["p302-versions.md"]()
    assert all(f"| {era.name} |" in page for era in versions.HISTORY)
    assert all(change.what in page for change in versions.CHANGES)
    assert versions.PROVISIONAL["22"] in page


def test_the_table_of_versions_leaves_no_day_out() -> None:
    eras = sorted(versions.HISTORY, key=lambda era: era.valid_from)
    for before, after in itertools.pairwise(eras):
        assert before.valid_to is None or (after.valid_from - before.valid_to).days <= 1, (before.name, after.name)


# --- A run after the first day of V22 ----------------------------------------------------------------------------------

HELP = GOLDEN / "group_d_household_help"


def desk_of_domestic_help(now: datetime, provider_group: str) -> Desk:
    """The provider of the golden case with another key of its contract, and a payer file that is in force."""
    mine = read_settings(HELP / "settings.toml")
    code = provider_group[:2]
    providers = [
        each.model_copy(update={"accounting_code": code, "provider_group": provider_group}) for each in mine.providers
    ]
    settings = mine.model_copy(update={"providers": tuple(providers)})
    return Desk(settings, directory(sorted(HELP.glob("*.ke0")), now.date()), now)


@pytest.mark.parametrize(
    ("day", "provider_group", "refused"),
    [
        (date(2027, 1, 31), "C101000", True),
        (date(2027, 2, 1), "C101000", False),
        (date(2027, 2, 1), "3101000", False),
    ],
)
def test_domestic_help_is_billed_under_its_own_codes_from_the_first_day_of_v22(
    day: date, provider_group: str, refused: bool, tmp_path: Path
) -> None:
    """A3 V22 8.1.5.1 brings C1 to C4; 8.1.14 still lists 31 to 34 for group D, so both are taken."""
    desk = desk_of_domestic_help(datetime(day.year, day.month, day.day, 9, tzinfo=BERLIN), provider_group)
    items = read_items(HELP / "items.jsonl")
    errors = {finding.code for finding in desk.findings(items) if finding.is_error}
    assert errors == ({"P302-EHH-002"} if refused else set())
    if not refused:
        (name,) = [name for name in desk.files(items) if not name.endswith(".AUF")]
        path = tmp_path / name
        path.write_bytes(desk.files(items)[name])
        content = path.read_text("latin-1")
        assert "+D+SL" in content
        assert f"EHH+{provider_group[:2]}:{provider_group[2:]}+" in content
        assert content.count(":22:0:0'") == 2
        assert [each.code for each in BILLING.verify(path) if each.is_error] == []
