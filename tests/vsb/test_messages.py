"""Every message of the corpus reads to its values; damaged ones are read as far as they go."""

import csv
import json
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billhook.scheme import Inbound
from billhook_vsb import control, layouts
from billhook_vsb.answers import outcomes
from billhook_vsb.formats import VsbMessage, data_of
from billhook_vsb.messages import KINDS, read_message
from billhook_vsb.segments import check_segments
from billhook_vsb.takeover import rows
from billhook_vsb.validation import to_lines, validate
from tests.vsb.desk import PROFILE, SCHEME, TODAY, context, file_of, invoices


def index(corpus: Path) -> list[dict[str, str]]:
    with (corpus / "vsb" / "index.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def cents(text: str) -> int | None:
    return int(text) if text else None


# --- The corpus -------------------------------------------------------------------------------------------------------


def test_every_message_of_the_corpus_reads_to_its_values(corpus: Path) -> None:
    found = index(corpus)
    assert {row["type"] for row in found} == set(KINDS)
    for row in found:
        message = read_message((corpus / "vsb" / "messages" / row["file"]).read_bytes())
        told = data_of(message)
        errors = " ".join(f"{fault.record}#{fault.sequence:06d}:{fault.letter}{fault.code}" for fault in message.faults)
        expected = {
            "message": row["type"],
            "test": row["message_type_z202"] == "92",
            "reference": row["sender_ref_z204"],
            "payer_reference": row["oa_ref_z205"],
            "sending": row["send_no_z301"] or None,
            "year_month": row["year_month_z300"] or None,
            "asked": cents(row["asked_92"]) if row["asked_92"] else told["asked"],
            "accepted": cents(row["accepted_92"]),
            "refused": cents(row["refused_92"]),
            "refusal_type": row["refusal_type_z311"] or None,
            "payment_references": [row["payref_91"]] if row["payref_91"] else [],
        }
        assert {name: told[name] for name in expected} == expected, row["file"]
        assert str(told["created"] or "").replace("-", "") == row["created_z302"], row["file"]
        assert (
            str(told["error_percent"] or "").replace(".", "").zfill(5 if row["error_pct_z310"] else 0)
            == (row["error_pct_z310"])
        ), row["file"]
        assert ",".join(record.kind for record in (*message.records, *message.totals)) == row["record_types"], row[
            "file"
        ]
        assert errors == row["errors"], row["file"]
        assert (f"{message.records[-1].sequence:06d}" if message.records else "") == row["last_seq_z2"], row["file"]


def test_the_amounts_of_a_settlement_are_also_those_of_each_payer(corpus: Path) -> None:
    for row in index(corpus):
        message = read_message((corpus / "vsb" / "messages" / row["file"]).read_bytes())
        for record in message.totals:
            if record.kind == "91" and row["accepted_91"]:
                assert record.cents("zone_419") == int(row["accepted_91"])
                assert record.cents("zone_421") == int(row["refused_91"])
                assert record.cents("zone_407") == record.cents("zone_419") + record.cents("zone_421")


def test_a_readable_refusal_tells_its_zones(corpus: Path) -> None:
    message = read_message((corpus / "vsb" / "messages" / "920999_pyc_L267.txt").read_bytes())
    assert [(fault.segment, fault.zone, fault.code) for fault in message.segment_faults] == [
        ("200", "203", "40"),
        ("96", "5011", "20"),
    ]


def test_describe_gives_json_and_hides_persons_when_asked(corpus: Path) -> None:
    for path in sorted((corpus / "vsb" / "messages").iterdir()):
        told = VsbMessage().describe(path, mask=True)
        json.dumps(told.data)
        lines = "\n".join(text for _, text in told.lines)
        message = read_message(path.read_bytes())
        for record in message.records:
            person = record.text("zone_8").strip("0 ")
            assert not (len(person) > 8 and person in lines), path.name


# --- Control digits ---------------------------------------------------------------------------------------------------


def vectors(corpus: Path, name: str) -> list[bytes]:
    lines = (corpus / "vsb" / "vectors" / name).read_bytes().split(b"\n")
    return [line for line in lines if line.strip()]


def test_control_digits_are_those_of_records_that_no_insurer_objected_to(corpus: Path) -> None:
    right = vectors(corpus, "records_z99_correct.txt")
    wrong = vectors(corpus, "records_z99_flagged_wrong_by_insurer.txt") + vectors(
        corpus, "records_z99_off_by_10_not_flagged.txt"
    )
    assert len(right) == 56
    assert len(wrong) == 50
    assert all(control.of_record(record).encode() == record[348:350] for record in right)
    assert not any(control.of_record(record).encode() == record[348:350] for record in wrong)


def test_nomenclature_codes_end_in_their_check_digit(corpus: Path) -> None:
    found = [line.decode().strip() for line in vectors(corpus, "nomenclature_codes_mod7.txt")]
    assert len(found) == 8
    assert all(control.is_nomenclature_code(code) for code in found)
    assert not any(control.is_nomenclature_code(f"{code[:-1]}{(int(code[-1]) + 1) % 10}") for code in found)


def test_control_digit_98_of_two_consultations_is_13() -> None:
    # 101032 + 101032 = 202064 = 2083 * 97 + 13; 567011 twice (a record 50 and its 52) gives 92.
    assert control.of_codes(["0101032", "0101032"]) == "13"
    assert control.of_codes(["0567011", "0567011"]) == "92"


# --- The tables against the corpus ------------------------------------------------------------------------------------


def test_the_grid_is_that_of_the_instructions(corpus: Path) -> None:
    with (corpus / "vsb" / "codes" / "zone_grid.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    positions, at = [], 1
    for name, width in layouts.GRID:
        positions.append((name, str(at), str(width)))
        at += width
    assert positions == [(row["zone"], row["pos"], row["len"]) for row in rows]


def test_the_fields_of_every_record_lie_where_the_instructions_have_them(corpus: Path) -> None:
    with (corpus / "vsb" / "codes" / "zones.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    borders = {
        kind: {row.first for row in layout.fields} | {layout.length + 1} for kind, layout in layouts.RECORDS.items()
    }
    apart = [
        (row["record"], row["zones"])
        for row in rows
        if not row["name_nl"].startswith("reserve") and int(row["pos"]) not in borders[row["record"]]
    ]
    # The day of discharge is one field here; zones 12-13 and 16 of record 52 are cut where the description says.
    assert apart == [("20", "6b")]


# --- Damage -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kept", [1, 67, 100, 226, 227, 500, 227 + 350 * 5 + 100])
def test_a_sending_that_was_cut_off_is_verified_to_where_it_goes(tmp_path: Path, kept: int) -> None:
    file = tmp_path / "cut.txt"
    file.write_bytes(file_of(invoices(3))[:kept])
    found = list(VsbMessage(PROFILE, TODAY).verify(file))
    assert any(finding.is_error for finding in found)
    totals = [finding for finding in found if finding.code == "VSB-FILE-002"]
    assert kept < 6 or any(finding.message.startswith("Segment 96 zone 5001: ") for finding in totals)


def test_lost_blanks_at_the_end_and_line_ends_in_between_do_no_harm() -> None:
    content = file_of(invoices(2))
    assert read_message(content.rstrip()).counts == read_message(content).counts
    cut = b"\r\n".join([content[:227], *(content[at : at + 350] for at in range(227, len(content), 350))])
    assert read_message(cut).counts == read_message(content).counts


def take_everything(content: bytes) -> None:
    """Whatever a message is used for."""
    message = read_message(content)
    data_of(message)
    lines = to_lines([record.raw for record in message.records])
    list(validate(lines, TODAY, PROFILE))
    list(check_segments(message, TODAY, PROFILE))
    list(outcomes(message, context()))
    list(SCHEME.read(Inbound("answer", content), context()))
    list(rows(message))


@given(st.binary(max_size=2000))
@settings(max_examples=60, deadline=None)
def test_no_bytes_at_all_stop_the_reader(content: bytes) -> None:
    take_everything(content)


@given(st.sampled_from(sorted(KINDS)), st.text(alphabet="0123456789 +-ABC", max_size=4000))
@settings(max_examples=60, deadline=None)
def test_no_text_behind_a_message_number_stops_the_reader(kind: str, rest: str) -> None:
    take_everything(kind.encode() + rest.encode())


def damaged(content: bytes, random: Random) -> bytes:
    """The message with a few bytes changed, cut out or doubled."""
    found = bytearray(content)
    for _ in range(random.randrange(1, 12)):
        at = random.randrange(max(len(found), 1))
        match random.randrange(4):
            case 0:
                found[at : at + 1] = bytes([random.randrange(256)])
            case 1:
                del found[at : at + random.randrange(1, 400)]
            case 2:
                found[at:at] = found[at : at + random.randrange(1, 60)]
            case _:
                found[at : at + 6] = bytes(random.choices(b"0123456789 +-", k=6))
    return bytes(found)


def fuzz(corpus: Path, rounds: int, seed: int) -> None:
    originals = [path.read_bytes() for path in sorted((corpus / "vsb" / "messages").iterdir())] + [file_of(invoices(2))]
    random = Random(seed)  # noqa: S311  # damage, not secrets
    for _ in range(rounds):
        take_everything(damaged(random.choice(originals), random))


def test_damaged_messages_are_read_as_far_as_they_go(corpus: Path) -> None:
    fuzz(corpus, 150, seed=1)


def test_a_superscript_in_an_amount_stops_no_reader(corpus: Path) -> None:
    # ISO 8859-1 has ¹, ² and ³, which are digits to Python and no numbers.
    for path in sorted((corpus / "vsb" / "messages").iterdir()):
        content = path.read_bytes()
        for sign in (b"\xb9", b"\xb2"):
            take_everything(content.replace(b"0", sign))
            take_everything(content[:400] + content[400:].replace(b"00", b"0" + sign))


@pytest.mark.torture
def test_a_minute_of_damage(corpus: Path) -> None:
    fuzz(corpus, 40_000, seed=2)
