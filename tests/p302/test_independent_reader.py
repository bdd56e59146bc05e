"""The independent reader itself, and what it finds in the golden files: sums and counts worked out by hand."""

import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.independent_reader import Message, Unreadable, main, read, read_order, round_half_up, split

GOLDEN = Path(__file__).parent / "golden"
DRV8 = str.maketrans("§ÄÖÜäöüß", "@[\\]{|}~")
"""The letters that DIN 66303 of 1986 (DRV8) has in the places of these characters; the rest is ISO 8859-1."""

CASES = sorted(folder.name for folder in GOLDEN.iterdir() if folder.is_dir())


def billing_file(case: str) -> Path:
    return next(path for path in (GOLDEN / case).iterdir() if path.suffix == "" and path.name[1:4] == "SOL")


def test_control_characters_are_released_one_by_one() -> None:
    (segment,) = split("NAD+D?'Angelo+a?:b?+c??+1?,5:x'")
    assert segment.elements == (("D'Angelo",), ("a:b+c?",), ("1,5", "x"))
    assert segment.text(3, 2) == "x"
    assert segment.text(9) == ""


def test_line_ends_before_a_tag_are_skipped_and_those_in_a_text_are_kept() -> None:
    first, second = split("AAA+1'\r\nBBB+x\ny'")
    assert (first.tag, second.tag, second.text(1)) == ("AAA", "BBB", "x\ny")


def test_a_segment_without_an_end_is_told() -> None:
    with pytest.raises(Unreadable, match="no end"):
        list(split("AAA+1'BBB+2"))


@pytest.mark.parametrize(
    ("exact", "rounded"), [("5.945", "5.95"), ("5.9449", "5.94"), ("0.095", "0.10"), ("-0.005", "-0.01"), ("0", "0")]
)
def test_a_half_cent_goes_up(exact: str, rounded: str) -> None:
    assert round_half_up(Decimal(exact)) == Decimal(rounded)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"UNT+000007+00001'", b"UNT+000008+00001'"),
        (b"UNT+000007+00001'", b"UNT+000007+00002'"),
        (b"UNZ+000002+00001'", b"UNZ+000003+00001'"),
        (b"UNZ+000002+00001'", b"UNZ+000002+00002'"),
        (b"UNH+00002+", b"UNH+00003+"),
        (b"UNT+000007+00001'", b""),
        (b"UNZ+000002+00001'", b""),
        (b"UNH+00001+SLGA:21:0:0'", b""),
    ],
)
def test_a_broken_frame_is_refused(old: bytes, new: bytes) -> None:
    content = billing_file("a_wheelchair").read_bytes()
    assert old in content
    with pytest.raises(Unreadable):
        read(content.replace(old, new))


@pytest.mark.parametrize("case", CASES)
def test_the_sums_of_a_golden_file_agree_with_each_other(case: str) -> None:
    billing = read(billing_file(case).read_bytes())
    gross, deduction = billing.sum("BES", "gross"), billing.sum("BES", "deduction")
    kept = billing.sum("BES", "copayment") + billing.sum("BES", "own_share") + billing.sum("GZF", "copayment")
    claimed = {m.all("FKT")[0].text(1) for m in billing.messages} == {"03"}
    assert (Decimal(0) if claimed else billing.positions()) == gross
    if billing.group in "AE":
        charged = [billing.sum(tag, amount) for tag in ("ZUH", "ZUK") for amount in ("copayment", "own_share")]
        assert sum(charged) == kept
    elif billing.group in "BGHIJKLMN":
        percent, flat = (billing.sum("BES", part) + billing.sum("GZF", part) for part in ("percent", "flat"))
        assert billing.copayments() == percent
        assert percent + flat == kept
    else:
        assert kept == 0
    assert billing.sum("MEH", "surcharge") == billing.sum("BES", "surcharge")
    for message in billing.messages:
        if message.kind == "SLGA":
            total, *states = message.all("GES")
            assert total.text(1) == "00"
            for element in (2, 3, 4):
                assert total.amount(element) == sum(state.amount(element) for state in states)
            asked_for = total.amount(4) if claimed else total.amount(3) - total.amount(4)
            assert total.amount(2) == asked_for
    invoices = [m for m in billing.messages if m.kind == "SLGA" and m.all("FKT")[0].text(2) != "J"]
    assert sum(m.all("GES")[0].amount(3) for m in invoices) == gross
    assert sum(m.all("GES")[0].amount(4) for m in invoices) == kept + deduction


@pytest.mark.parametrize("case", CASES)
def test_each_aid_has_one_extra_cost_segment(case: str) -> None:
    for message in read(billing_file(case).read_bytes()).messages:
        assert len(message.all("HIL")) == len(message.all("MEH"))


@pytest.mark.parametrize("case", CASES)
def test_an_order_fits_its_file(case: str) -> None:
    path = billing_file(case)
    content = path.read_bytes()
    header, order = read(content).header, read_order(path.with_name(path.name + ".AUF").read_bytes())
    assert order["procedure"] + order["transfer"] == path.name
    assert order["file_name"] == header.text(7)
    assert (order["owner"], order["user"]) == (header.text(2), header.text(3))
    assert order["created"].startswith(header.text(4, 1) + header.text(4, 2))
    assert int(order["plain_size"]) == int(order["sent_size"]) == len(content)


@pytest.mark.parametrize("case", CASES)
def test_a_derivation_spells_out_its_file(case: str) -> None:
    rows = (GOLDEN / case / "derivation.md").read_text(encoding="utf-8").splitlines()
    cells = [row.split("|") for row in rows if row.startswith("| ") and "`" in row]
    told = "".join(cell[2].split("`")[1] for cell in cells if cell[1].strip().isdigit())
    charset = tomllib.loads((GOLDEN / case / "case.toml").read_text(encoding="utf-8"))["charset"]
    letters = DRV8 if charset == "I8" else {}
    assert told.translate(letters).encode("iso-8859-1") == billing_file(case).read_bytes()


def test_messages_are_found_by_kind() -> None:
    kinds = [(m.kind, m.version) for m in read(billing_file("b_version_20").read_bytes()).messages]
    assert kinds == [("SLGA", "20"), ("SLLA", "20")]
    assert Message("SLGA", "20").all("GES") == []


def test_an_order_of_another_length_is_refused() -> None:
    with pytest.raises(Unreadable, match="348"):
        read_order(b"50000001")


def test_the_reader_says_what_it_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(billing_file("e_net_prices"))]) == 0
    out = capsys.readouterr().out
    assert "2 messages, 35 segments, 1 cases" in out
    assert "positions 40.53, cases 40.53, copayments 11.20" in out
