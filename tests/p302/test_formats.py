"""Files told in words and verified: what is shown and hidden, what only a file can break, and any bytes at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from billhook.model import Finding
from billhook.scheme import Description, WireFormat
from billhook_p302 import rules
from billhook_p302.formats import FORMATS, HIDDEN
from billhook_p302.testing import example_items
from tests.p302.faults import FAULTS, GOLDEN, Mutation, count, drop, edit, golden_file, golden_segments, insert
from tests.p302.test_properties import desk
from tests.p302.test_rules import PAYER
from tests.support.independent_reader import split

BILLING, ORDER, PAYERS = FORMATS


def format_of(path: Path) -> WireFormat:
    return next(each for each in FORMATS if each.sniff(path.read_bytes()[:4096], path.name))


def told(description: Description) -> str:
    return "\n".join("  " * depth + text for depth, text in description.lines)


def changed(tmp_path: Path, case: str, mutation: Mutation, *, recount: bool = True) -> list[Finding]:
    segments = golden_segments(case)
    mutation(segments)
    if recount:
        count(segments)
    path = tmp_path / "TSOL0001"
    path.write_bytes("".join(f"{segment}'" for segment in segments).encode("latin-1"))
    return list(BILLING.verify(path))


def test_a_billing_file_is_told_in_words() -> None:
    description = BILLING.describe(golden_file("a_wheelchair"), mask=False)
    assert (description.scheme, description.version) == ("p302", "21")
    assert description.counts == {"messages": 2, "segments": 22}
    assert description.facts["sender ik"] == "591104278"
    assert description.facts["service area"] == "A (aids (Hilfsmittel))"
    text = told(description)
    assert "    INV Insured person and voucher: insurance number H317604125, insured status 10000" in text
    assert "voucher info 1 (by post), voucher number 4711" in text
    assert "last name Birkholz, first name Hannelore, birth date 1950-03-01" in text
    assert "unit 12 (ST, piece), unit price 450,00, service date 2025-10-02, aid kind 00 (new delivery)" in text
    assert list(description.findings) == []


def test_a_masked_description_names_nobody() -> None:
    for case in GOLDEN.iterdir():
        if not case.is_dir():
            continue
        path = golden_file(case.name)
        text = told(BILLING.describe(path, mask=True))
        assert HIDDEN in text
        for segment in golden_segments(case.name):
            tag, *elements = segment.split("+")
            hidden = elements if tag == "NAD" else elements[:1] if tag == "INV" else ()
            for element in hidden:
                assert len(element) < 4 or f" {element}" not in text.replace(",", " ,").replace("  ", " "), (
                    case.name,
                    tag,
                )


# Elements (from 1 after the tag) that name a person or tell where one lives, counted off TA1 V21 5.5 by hand.
NAMES_SOMEBODY: dict[str, tuple[int, ...]] = {
    "NAM": (2, 3, 4),
    "INV": (1,),
    "NAD": (1, 2, 3, 4, 5, 6, 7),
    "EVO": (1,),
    "TXT": (1,),
    "DIA": (2,),
    "ZHI": (2, 8),
    "ZHE": (2, 14),
    "ZHK": (2,),
    "ZHH": (2,),
    "ZKT": (2,),
    "ZUV": (2,),
    "ZSP": (2,),
    "ZHB": (2, 4),
    "EHK": (6, 7),
    "KTL": (2, 3, 4, 5, 6, 7, 8, 9),
    "HEB": (1,),
    "EHB": (10, 11, 12, 13, 14, 15, 16, 17),
    "ZZL": (7, 8, 9, 10, 11, 12),
    "IBP": (5,),
    "ASK": (1,),
    "EMP": (5,),
}


@pytest.mark.parametrize("case", sorted(folder.name for folder in GOLDEN.iterdir() if folder.is_dir()))
def test_a_masked_line_hides_what_names_somebody_and_shows_the_rest(case: str) -> None:
    lines = [text for _, text in BILLING.describe(golden_file(case), mask=True).lines]
    content = golden_file(case).read_bytes().decode("latin-1")
    segments = [segment for segment in split(content) if segment.tag not in ("UNT", "UNZ")]
    for line, segment in zip(lines, segments, strict=True):
        tag = segment.tag
        assert line.startswith(f"{tag} ")
        hidden = [value for at in NAMES_SOMEBODY.get(tag, ()) if (value := segment.text(at))]
        assert line.count(HIDDEN) == len(hidden) + (tag == "ZHB")  # of a birth, key and date share an element
        # 999999999 stands for nobody, and for no practice either.
        assert not any(f" {value}," in f"{line}," for value in hidden if value != "999999999"), line
        if tag in ("REC", "SKZ", "BES", "KTL", "HEL", "ERS", "ZSP"):
            assert any(char.isdigit() for char in line), line


def test_a_description_says_what_keys_mean_in_every_group() -> None:
    def lines(case: str) -> str:
        return told(BILLING.describe(golden_file(case), mask=False))

    assert "billing code 46 (taxi, hired car), tariff code 01000 (Baden-Württemberg, nothing particular)" in lines(
        "group_e_transport"
    )
    therapies = lines("group_b_copayment")
    assert "prescription kind 03 (usual amount" in therapies
    assert "therapy area 1 (physiotherapy)" in therapies
    assert "approval kind C2 (home nursing: provisional, before the decision)" in lines("group_c_home_nursing")
    assert "quantity kind 4 (month, at a flat rate)" in lines("group_r_intensive_care")
    assert "birth key 2 (expected)" in lines("group_f_midwife")


def test_what_stands_inside_is_told_further_in() -> None:
    described = [(depth, text[:3]) for depth, text in BILLING.describe(golden_file("group_f_midwife"), mask=True).lines]
    assert described[10:19] == [
        (2, "INV"),
        (3, "NAD"),
        (3, "HEB"),
        (4, "HEL"),
        (5, "EHB"),
        (5, "EHB"),
        (4, "HEL"),
        (5, "EHB"),
        (3, "HEB"),
    ]


def test_an_order_file_is_told_and_right() -> None:
    path = golden_file("a_wheelchair").with_suffix(".AUF")
    assert format_of(path) is ORDER
    description = ORDER.describe(path, mask=True)
    assert description.counts == {"bytes": 348}
    assert description.facts["procedure"] == "TSOL0"
    assert description.facts["plain size"] == "642"
    assert list(ORDER.verify(path)) == []


@pytest.mark.parametrize(
    ("first", "last", "text", "code"),
    [
        (20, 24, "ESOL1", "P302-AUF-002"),
        (207, 208, "03", "P302-AUF-003"),
        (203, 204, "99", "P302-AUF-004"),
        (348, 348, "", "P302-AUF-001"),
        (33, 41, "591104279", "P302-FKT-002"),
        (116, 123, "20251301", "FIX-FLD-004"),
    ],
)
def test_a_wrong_order_file(first: int, last: int, text: str, code: str, tmp_path: Path) -> None:
    content = golden_file("a_wheelchair").with_suffix(".AUF").read_bytes()
    path = tmp_path / "TSOL0001.AUF"
    path.write_bytes(content[: first - 1] + text.encode() + content[last:])
    assert code in {finding.code for finding in ORDER.verify(path)}


def test_a_payer_file_is_told_and_verified(corpus: Path) -> None:
    path = corpus / "p302" / "kostentraegerdatei" / "AO05Q425.ke0"
    assert format_of(path) is PAYERS
    description = PAYERS.describe(path, mask=True)
    assert description.counts["messages"] == int(description.counts["messages"]) > 100
    assert "IDK Identity: ik" in told(description)
    lines = told(PAYERS.describe(path, mask=False))
    assert "link kind 03 (data centre that decrypts)" in lines
    assert "delivery kind 07 (billing data (SLGA, SLLA))" in lines
    assert "billing code 00 (all)" in lines
    assert "protocol 070 (e-mail)" in lines
    assert "processing kind 04 (as before)" in lines
    care = told(PAYERS.describe(path.with_name("AO06Q425.ke0"), mask=False))
    assert "link kind 03 (data centre that decrypts)" in care
    assert "billing code 00" in care
    assert "billing code 00 (" not in care
    assert [finding for finding in PAYERS.verify(path) if finding.is_error and finding.code.startswith("EDI-UN")] == []


A, G, COLLECTED = "a_wheelchair", "g_collective_two_cards", "i_collection_office"

ONLY_IN_FILES = (
    ("P302-UNB-005", A, edit(9, ":21:", ":20:")),
    ("P302-UNB-006", G, edit(13, "+1", "+2")),
    ("P302-UNB-007", G, edit(12, "FKT+01", "FKT+02")),
    ("P302-UNB-011", A, edit(1, "SL110427S10", "SL110428S10")),
    ("P302-UNB-013", A, edit(2, ":21:", ":23:", (9, ":21:", ":23:"))),
    ("P302-UNB-018", A, edit(2, ":21:", ":22:", (9, ":21:", ":22:"))),
    ("P302-UNB-019", A, edit(2, ":21:", ":19:", (9, ":21:", ":19:"))),
    ("P302-UNB-014", A, edit(1, "591104278", "59110427")),
    ("P302-FKT-002", A, edit(10, "109519005+109519005", "109519005+109519006")),
    ("P302-FKT-004", A, drop(9)),
    ("P302-FKT-005", G, edit(12, "+101575519+", "+109519005+")),
    ("P302-FKT-006", COLLECTED, edit(3, "FKT+01+J", "FKT+01+")),
    ("P302-REC-004", G, edit(13, ":1", ":2", (22, ":1", ":2"))),
    ("P302-REC-005", A, edit(4, "20251006", "20251007", (11, "20251006", "20251007"))),
    ("P302-URI-002", A, edit(3, "FKT+01", "FKT+04", (10, "FKT+01", "FKT+04"))),
    ("P302-GZF-001", A, edit(20, "BES+488,50+10,00++0,00", "GZF+10,00+10,00")),
    ("P302-MEH-001", A, insert(18, "MEH+1,00")),
    ("P302-ZUH-010", A, edit(17, "488,50", "488,00")),
    ("P302-ZUH-011", A, edit(17, "ZUH+1", "ZUH+9")),
)


@pytest.mark.parametrize(("code", "case", "mutation"), ONLY_IN_FILES, ids=[code for code, _, _ in ONLY_IN_FILES])
def test_what_only_a_file_can_break(code: str, case: str, mutation: Mutation, tmp_path: Path) -> None:
    found = changed(tmp_path, case, mutation)
    assert code in {finding.code for finding in found}, [f"{each.code}: {each.message}" for each in found]
    assert all(finding.message and "{" not in finding.message for finding in found)


def test_every_rule_about_files_was_broken_once(tmp_path: Path) -> None:
    seen = {code for code, _, _ in ONLY_IN_FILES} | {"P302-AUF-001", "P302-AUF-002", "P302-AUF-003", "P302-AUF-004"}
    for fault in FAULTS:
        path = tmp_path / "TSOL0001"
        path.write_bytes(fault.content())
        seen |= {finding.code for finding in BILLING.verify(path)}
    item_only = {"P302-UNB-001", "P302-UNB-003", "P302-UNB-015", "P302-UNB-016", "P302-FKT-001"}
    of_therapies = {"P302-BES-002", "P302-BES-003", "P302-BES-004", "P302-BES-005"}
    subjects = ("UNB", "FKT", "REC", "GES", "NAM", "UST", "URI", "GZF", "AUF", "BES", "MEH")
    wanted = {rule.code for rule in rules.RULES if rule.code.startswith("P302-") and rule.code[5:8] in subjects}
    assert wanted - seen - item_only - of_therapies == set()


@pytest.mark.parametrize("order", ["after-all-aids", "per-aid", "surcharge-per-aid"])
def test_all_three_orders_of_copayments_are_read(order: str, tmp_path: Path) -> None:
    files = desk({"copayment_order": order}).files(example_items(40, 7, cards=(PAYER,)))
    path = tmp_path / "TSOL0001"
    path.write_bytes(files["TSOL0001"])
    assert [finding for finding in BILLING.verify(path) if finding.is_error] == []


def test_the_order_file_says_how_a_billing_file_is_read(tmp_path: Path) -> None:
    files = desk({"charset": "I8"}).files(example_items(30, 3, cards=(PAYER,)))
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    assert b"Stuttgart" in files["TSOL0001"]
    text = told(BILLING.describe(tmp_path / "TSOL0001", mask=False))
    assert "Sanitätshaus" in text


def read_everything(path: Path) -> None:
    """Describe and verify by every format, whatever the file says that it is."""
    content = path.read_bytes()
    for each in FORMATS:
        each.sniff(content[:4096], path.name)
        description = each.describe(path, mask=True)
        for _ in description.lines:
            pass
        for finding in each.verify(path):
            assert finding.message


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=400))
@example(b"")
@example(b"UNB")
@example(b"UNA:+,? 'UNB+UNOC:3+1+2'UNH+1+SLLA:99999999999999999999:0:0'INV'BES'UNT'UNZ'")
@example("UNH+²+SLLA:²:0:0'INV++²'NAD+++²²²²²²²²'IMG+²²²²+²²'HIL+²'EHI'".encode("latin-1"))
@example(b"UNB'" + b"UNH+00001+SLGA:21:0:0'GES+" * 20)
def test_any_bytes_can_be_read(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "TSOL0001"
    path.write_bytes(content)
    read_everything(path)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_damaged_file_can_be_read(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    cases = sorted(folder.name for folder in GOLDEN.iterdir() if folder.is_dir())
    content = bytearray(golden_file(data.draw(st.sampled_from(cases))).read_bytes())
    for _ in range(data.draw(st.integers(1, 12))):
        at = data.draw(st.integers(0, len(content) - 1))
        piece = data.draw(
            st.one_of(
                st.sampled_from([b"'", b"+", b":", b"?", b",", b"-", b"9", b"0", b"\xb2", b"A"]), st.binary(max_size=6)
            )
        )
        until = data.draw(st.integers(at, min(at + 40, len(content))))
        content[at:until] = piece
        if not content:
            break
    path = tmp_path_factory.mktemp("damaged") / "TSOL0001"
    path.write_bytes(bytes(content))
    read_everything(path)
