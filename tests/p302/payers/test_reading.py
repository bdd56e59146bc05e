"""Payer files as they really are: what is kept, what is said about it by line, and what is refused."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from billhook.model import Finding, Rule
from billhook_p302.payers import rules
from billhook_p302.payers.checking import LinkChecks
from billhook_p302.payers.model import Office, Validity
from billhook_p302.payers.reading import PayerFile, PayerFileRefused
from tests.p302.payers.kotr import CARD, CENTRE, MAIL, OTHER_CENTRE, PAPER, PAYER, RELAY, message, ordinary, payer_file


def read(
    folder: Path, content: bytes, name: str = "EK05Q425.ke0", encoding: str = "iso-8859-1"
) -> tuple[list[Office], list[Finding]]:
    """All offices of a file and everything that is odd in it."""
    path = folder / name
    path.write_bytes(content)
    findings: list[Finding] = []
    file = PayerFile(path, findings.append, encoding)
    offices = list(file.offices())
    checks = LinkChecks(file.header.edition, file.name)
    for office in offices:
        findings.extend(checks.office(office))
    findings.extend(checks.findings())
    return offices, findings


def test_an_ordinary_file_has_nothing_odd(tmp_path: Path) -> None:
    offices, findings = read(tmp_path, payer_file(*ordinary()))
    assert [office.ik for office in offices] == [CARD, PAYER, CENTRE, PAPER]
    assert findings == []


def test_all_that_a_message_says_is_kept(tmp_path: Path) -> None:
    segments = [
        f"IDK+{CENTRE}+99+Datenstelle+12345",
        "VDT+20200101+20301231",
        "FKT+02",
        "KTO+123456+20050550+Sparkasse+Kasse+DE02200505501015871393+HASPDEHH",
        f"VKG+02+{RELAY}+5+590000015+07+1+05+38+15+00000",
        "VDT+20240101",
        "NAM+01+Name eins+Name zwei++Name vier",
        "ANS+1+20097+Hamburg+Müllerstraße 1?'a",
        "ANS+2+20009+Hamburg+10 14 44",
        "ASP+01+040/1+040/2+Frau Muster+Daten?: Annahme",
        "UEM+1+00+I8",
        "DFU+01+016+USER+0800+1800+3+ftam.example.org?:5000",
        "VDT+20250101",
        "DFU+02+070+++++da@example.org",
        "UEM+7+14+I8",
    ]
    offices, findings = read(tmp_path, payer_file(segments, message(RELAY, *MAIL)))
    office = offices[0]
    assert (office.ik, office.short_name, office.insurer_number, office.mark) == (CENTRE, "Datenstelle", "12345", "02")
    assert office.valid == Validity(date(2020, 1, 1), date(2030, 12, 31))
    assert office.name == "Name eins Name zwei Name vier"
    assert office.account is not None
    assert (office.account.iban, office.account.bic) == ("DE02200505501015871393", "HASPDEHH")
    link = office.links[0]
    assert (link.kind, link.partner, link.group, link.billing_office, link.delivery) == (
        "02",
        RELAY,
        "5",
        "590000015",
        "07",
    )
    assert (link.medium, link.state, link.kv_district, link.code, link.tariff) == ("1", "05", "38", "15", "00000")
    assert (link.valid, link.line) == (Validity(date(2024, 1, 1)), 8)
    assert [address.street for address in office.addresses] == ["Müllerstraße 1'a", "10 14 44"]
    assert office.contacts[0].subject == "Daten: Annahme"
    ftam, mail, disc = office.channels
    assert (ftam.protocol, ftam.address, ftam.user, ftam.opens, ftam.closes, ftam.days) == (
        "016", "ftam.example.org:5000", "USER", "0800", "1800", "3",
    )  # fmt: skip
    assert ftam.valid == Validity(date(2025, 1, 1))
    assert (mail.protocol, mail.address, mail.charset) == ("070", "da@example.org", "I8")
    assert (disc.medium, disc.parameter, disc.protocol) == ("7", "14", "")
    assert office.email(date(2025, 11, 1)) == "da@example.org"
    # There is a link to a relay, and nobody in this short file names an office that decrypts.
    assert [finding.code for finding in findings] == ["P302-KTR-065"]


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
@pytest.mark.parametrize("una", ["UNA:+,? '", ""])
def test_line_ends_and_una_are_a_matter_of_taste(tmp_path: Path, end: str, una: str) -> None:
    offices, findings = read(tmp_path, payer_file(*ordinary(), end=end, una=una))
    assert len(offices) == 4
    assert findings == []


@pytest.mark.parametrize("created", ["250923:1612", "20250923:1612"])
def test_the_date_of_unb_has_six_or_eight_digits(tmp_path: Path, created: str) -> None:
    assert read(tmp_path, payer_file(*ordinary(), created=created))[1] == []


@pytest.mark.parametrize(("name", "told"), [("EK05Q426.ke0", True), ("EK05Q127.ke0", False), ("EK05Q227.ke0", False)])
def test_a_code_is_unknown_in_files_whose_quarter_ends_before_it_begins(tmp_path: Path, name: str, told: bool) -> None:
    """KT V10 holds from 01.02.2027: a file for the first quarter has its codes from its first day."""
    messages = (message(CARD, f"VKG+03+{CENTRE}+5++07++99++C0"), message(CENTRE, *MAIL))
    _, found = read(tmp_path, payer_file(*messages, name=name.replace(".", "")), name)
    assert (rules.UNKNOWN_CODE.code in {finding.code for finding in found}) is told


def test_a_renamed_file_is_known_by_its_unb(tmp_path: Path) -> None:
    path = tmp_path / "kassen.txt"
    path.write_bytes(payer_file(*ordinary()))
    file = PayerFile(path, list[Finding]().append)
    next(file.offices())
    assert file.header.edition.name == "EK05Q425.ke0"


def test_utf8_is_read_when_the_clerk_says_so(tmp_path: Path) -> None:
    content = payer_file(message(CARD, name="Müllerkasse")).decode("iso-8859-1").encode()
    offices, _ = read(tmp_path, content, encoding="utf-8")
    assert offices[0].name == "Müllerkasse"


Change = Callable[[bytes], bytes]


def swap(old: str, new: str) -> Change:
    """The ordinary file with one text in place of another."""

    def change(content: bytes) -> bytes:
        assert old.encode("iso-8859-1") in content
        return content.replace(old.encode("iso-8859-1"), new.encode("iso-8859-1"), 1)

    return change


def instead(*messages: list[str], name: str = "EK05Q425KE0") -> Change:
    """A file with other messages."""
    return lambda _: payer_file(*messages, name=name)


def segments(ik: str, *after_name: str, links: tuple[str, ...] = ()) -> list[str]:
    """A message whose last segments are these."""
    return [f"IDK+{ik}+99+Kasse", "VDT+19950101", "FKT+01", *links, "NAM+01+Kasse", "ANS+1+20097+Hamburg", *after_name]


ODD: list[tuple[Rule, int | None, Change]] = [
    (rules.NAME_DIFFERS, 2, swap("EK05Q425KE0", "EK05Q325KE0")),
    (rules.HEADER_DATE, 2, swap("250923:1612", "251323:1612")),
    (rules.SEGMENT_COUNT, 10, swap("UNT+000008", "UNT+000009")),
    (rules.MESSAGE_REFERENCE, 10, swap("UNT+000008+00001", "UNT+000008+00007")),
    (rules.MESSAGE_COUNT, 36, swap("UNZ+000004", "UNZ+000005")),
    (rules.FILE_NUMBER, 36, swap("UNZ+000004+00004", "UNZ+000004+00005")),
    (rules.REFERENCE_TWICE, 11, swap("UNH+00002", "UNH+00001")),
    (rules.NO_UNT, 3, swap("UNT+000008+00001'\n", "")),
    (rules.WIRE, None, swap("FKT+01'", "FK+01'")),
    (rules.UNKNOWN_SEGMENT, 6, swap("FKT+01'", "XYZ+01'")),
    (rules.MISSING_SEGMENT, 3, swap("FKT+01'\n", "")),
    (rules.SEGMENT_ORDER, 9, swap("NAM+01+Kasse'\n", "ANS+1+20097+Hamburg'\nNAM+01+Kasse'\n")),
    (rules.FIELD, 5, swap("VDT+19950101", "VDT+19950231")),
    (rules.RAW_COMMA, 8, swap("NAM+01+Kasse", "NAM+01+Kasse, die")),
    (rules.IK_CHECK_DIGIT, 4, swap(f"IDK+{CARD}", "IDK+101560001")),
    (rules.NO_IK, 3, swap(f"IDK+{CARD}+99+Kasse'\n", "")),
    (rules.IK_TWICE, 11, instead(message(CARD), message(CARD))),
    (rules.UNKNOWN_MARK, 6, swap("FKT+01", "FKT+09")),
    (rules.CANCELLED, 6, swap("FKT+01", "FKT+03")),
    (rules.EXPIRED, 5, swap("VDT+19950101", "VDT+19950101+20250930")),
    (rules.VALIDITY_REVERSED, 5, swap("VDT+19950101", "VDT+20260101+20251231")),
    (rules.STRAY_VALIDITY, 7, swap("FKT+01'\n", "FKT+01'\nVDT+20250101'\n")),
    (rules.UNKNOWN_LINK_KIND, 7, swap("VKG+01", "VKG+08")),
    (rules.WRONG_LINK_KIND, 15, swap("VKG+03+661430035+5++07", "VKG+03+661430035+5++28")),
    (rules.WRONG_LINK_KIND, 16, swap("5++28", "5++07")),
    (rules.WRONG_LINK_KIND, 7, swap(f"VKG+01+{PAYER}+5++", f"VKG+01+{PAYER}+5++29")),
    (rules.NO_DELIVERY, 15, swap("5++07", "5++")),
    (rules.PARTNER_MISSING, 15, swap(f"VKG+03+{CENTRE}", f"VKG+03+{OTHER_CENTRE}")),
    (rules.MEDIUM_NOT_TAKEN, 15, swap("5++07++", "5++07+7+")),
    (rules.MEDIUM_NOT_TAKEN, 15, swap("".join(f"{each}'\n" for each in MAIL), "")),
    (rules.MEDIUM_NOT_TAKEN, 7, instead(message(PAYER, f"VKG+09+{CENTRE}+5++28+6+++00"), message(CENTRE, *MAIL))),
    (rules.WRONG_GROUP, 7, swap(f"{PAYER}+5", f"{PAYER}+3")),
    (
        rules.RELAY_WITHOUT_CENTRE,
        4,
        instead(message(PAYER, f"VKG+02+{RELAY}+5++07++++00"), message(RELAY, *MAIL)),
    ),
    (rules.LINK_TWICE, 16, swap(f"VKG+09+{PAPER}+5++28++99++00", f"VKG+03+{CENTRE}+5++07++99++00")),
    (rules.UNKNOWN_CODE, 7, swap("5++++++00", "5++++++64")),
    (rules.CODES_OVERLAP, 8, instead(message(CENTRE, f""
    f"VKG+03+{CENTRE}+5++07++++10", f"VKG+03+{CENTRE}+5++07++++15", *MAIL))),
    (rules.UNKNOWN_STATE, 15, swap("5++07++99", "5++07++17")),
    (rules.UNKNOWN_DELIVERY, 16, swap("5++28", "5++25")),
    (rules.UNKNOWN_MEDIUM, 15, swap("5++07++", "5++07+8+")),
    (rules.LINK_CYCLE, 15, instead(message(CARD, f"VKG+01+{PAYER}+5"), message(PAYER, f"VKG+01+{CARD}+5"))),
    (rules.SEVERAL_PAYERS, 8, instead(message(CARD, f""
    f"VKG+01+{PAYER}+5", f"VKG+01+{PAPER}+5"), message(PAYER), message(PAPER))),
    (
        rules.PARTNER_EXPIRED,
        7,
        instead(message(CARD, f"VKG+01+{PAYER}+5"), message(PAYER, valid="19950101+20250930")),
    ),
    (rules.PARTNER_EXPIRED, 7, instead(message(CARD, f"VKG+01+{PAYER}+5"), message(PAYER, mark="03"))),
    (rules.NO_TRANSMISSION, 9, instead(segments(CENTRE, "UEM+1+00+I8"))),
    (rules.OLD_PROTOCOL, 10, instead(segments(CENTRE, "UEM+1+00+I8", "DFU+01+011+++++0401234"))),
    (rules.OLD_PROTOCOL, 10, instead(segments(CENTRE, "UEM+1+00+I8", "DFU+01+004+++++0401234"))),
    (rules.UNKNOWN_PROTOCOL, 10, instead(segments(CENTRE, "UEM+1+00+I8", "DFU+01+099+++++0401234"))),
    (rules.MEDIUM_PARAMETER, 9, instead(segments(CENTRE, "UEM+1++I8", MAIL[1]))),
    (rules.MEDIUM_PARAMETER, 9, instead(segments(CENTRE, "UEM+7+00+I8"))),
    (rules.UNKNOWN_CHARSET, 9, instead(segments(CENTRE, "UEM+1+00+99", MAIL[1]))),
    (rules.STRAY_TRANSMISSION, 9, instead(segments(CENTRE, MAIL[1]))),
    (rules.EMAIL_ADDRESS, 10, instead(segments(CENTRE, MAIL[0], "DFU+01+070+++++da@example"))),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "line", "change"), ODD, ids=[f"{rule.code}-{line}" for rule, line, _ in ODD])
def test_what_is_odd_is_said_by_line_and_the_rest_is_kept(
    tmp_path: Path, rule: Rule, line: int | None, change: Change
) -> None:
    offices, findings = read(tmp_path, change(payer_file(*ordinary())))
    assert offices
    places = [finding.line for finding in findings if finding.code == rule.code]
    assert places
    assert line is None or places[0] == line
    assert not any(finding.is_error for finding in findings)


REFUSED: list[tuple[Rule, bytes]] = [
    (rules.EMPTY, b""),
    (rules.EMPTY, b" \r\n"),
    (rules.NOT_EDIFACT, b"%PDF-1.7 something"),
    (rules.NOT_EDIFACT, b"500000010000034800"),
    (rules.BINARY, payer_file(*ordinary()).decode("iso-8859-1").encode("utf-16")),
    (rules.BINARY, payer_file(*ordinary()).replace(b"Hamburg", b"Ham\0urg")),
    (
        rules.NOT_A_PAYER_FILE,
        b"UNB+UNOC:3+590000015+661430035+20251101:0800+00001+A+SL590000S11+2'UNH+00001+SLGA:21:0:0'UNT+000002+00001'UNZ+000001+00001'",
    ),
    (rules.NO_EDITION, payer_file(*ordinary(), name="KASSEN")),
    (rules.OTHER_PROCEDURE, payer_file(*ordinary(), name="AO03Q425KE0")),
    (rules.RE_ENCODED, payer_file(message(CARD, name="Müllerkasse")).decode("iso-8859-1").encode()),
    (rules.TRUNCATED, payer_file(*ordinary())[:-20]),
    (rules.TRUNCATED, payer_file(*ordinary()).rpartition(b"UNZ")[0]),
    (rules.NO_MESSAGES, payer_file()),
    (rules.SEVERAL_FILES, payer_file(*ordinary()) + b"\n" + payer_file(*ordinary())),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "content"), REFUSED, ids=[f"{rule.code}-{at}" for at, (rule, _) in enumerate(REFUSED)]
)
def test_what_is_no_payer_file_is_refused(tmp_path: Path, rule: Rule, content: bytes) -> None:
    with pytest.raises(PayerFileRefused) as refused:
        read(tmp_path, content, name="kassen.txt")
    assert refused.value.finding.code == rule.code
    assert refused.value.finding.is_error


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere.ke0"):
        with pytest.raises(PayerFileRefused) as refused:
            PayerFile(path, list[Finding]().append)
        assert refused.value.finding.code == rules.NOT_READABLE.code


def test_latin_1_is_not_taken_for_utf_8(tmp_path: Path) -> None:
    with pytest.raises(PayerFileRefused) as refused:
        read(tmp_path, payer_file(message(CARD, name="Müllerkasse")), encoding="utf-8")
    assert refused.value.finding.code == rules.UNDECODABLE.code


def test_every_rule_about_files_is_tested_here_or_with_the_import() -> None:
    with_the_import = {
        rules.TWO_OF_ONE_EDITION, rules.NO_BASE, rules.EDITION_REPLACED, rules.OLDER_EDITION, rules.MARK_DOES_NOT_FIT,
        rules.NEXT_EDITION_OUT, rules.EDITION_OUTDATED, rules.NOTHING_IMPORTED, rules.NOT_READABLE, rules.UNDECODABLE,
    }  # fmt: skip
    tested = {rule.code for rule in (*(row[0] for row in ODD), *(row[0] for row in REFUSED), *with_the_import)}
    assert {rule.code for rule in rules.RULES if "-KTR-" in rule.code} == tested


def test_codes_are_unique_and_texts_are_complete() -> None:
    assert len({rule.code for rule in rules.RULES}) == len(rules.RULES)
    for rule in rules.RULES:
        assert rule.text.endswith("."), rule.code
        assert rule.mend, rule.code
        assert rule.source.startswith("KT V10"), rule.code
