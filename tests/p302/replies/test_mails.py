"""A data centre's mail is understood in whatever state it comes."""

from __future__ import annotations

import email.policy
import time
import tracemalloc
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billhook.model import Exchange, ExchangeState, Outcome, StoredArtifact, Verdict
from billhook.scheme import Context, Inbound
from billhook_p302.batching import FileKey
from billhook_p302.replies import reading
from billhook_p302.replies.mails import Kind, read_mail
from billhook_p302.replies.textblocks import TEXT_BLOCKS, Side, codes_in
from billhook_p302.replies.wire import Mail
from billhook_p302.scheme import P302
from billhook_p302.settings import Settings
from tests.p302.replies.letterbox import BERLIN, BLOCKS, Sent, body, mail, subject

MADE = datetime(2025, 11, 3, 14, 30, 12, tzinfo=BERLIN)
SENT = Sent("591104278", "661430035", "ESOL0", 321, MADE, 3517)
NEXT_DAY = MADE + timedelta(days=1)
ACCEPTED, REFUSED, RECORDS = "Annahmebestaetigung", "Dateiablehnung", "Datensatzabweisung"


def context() -> Context:
    scheme = P302()
    return Context(
        datetime(2025, 11, 7, 9, 0, tzinfo=BERLIN), scheme.versions[0], Settings.model_construct(providers=())
    )


def told(message: EmailMessage | bytes, name: str = "answer.eml") -> list[Outcome]:
    content = message if isinstance(message, bytes) else message.as_bytes()
    return list(reading.read(Inbound(name, content), context()))


# --- What it says -----------------------------------------------------------------------------------------------------


def test_an_acceptance() -> None:
    [outcome] = told(mail(ACCEPTED, SENT, BLOCKS["C0"], on=NEXT_DAY))
    assert (outcome.verdict, outcome.exchange, outcome.numbers) == (Verdict.RECEIVED, "ESOL0321", {"transfer": 321})
    assert outcome.codes == ("C0",)
    assert outcome.reference == "dav-0815"
    assert outcome.day == date(2025, 11, 4)
    # Four weeks after the papers came (Richtlinien § 7 (2)).
    assert outcome.due == date(2025, 12, 2)
    assert outcome.facts == {
        "sender": "591104278", "receiver": "661430035", "procedure": "ESOL0", "made": "20251103143012", "size": "3517",
        "sent": "2025-11-04T14:30:12+01:00",
    }  # fmt: skip


REFUSING = [code for code in TEXT_BLOCKS if TEXT_BLOCKS[code].refuses]


@pytest.mark.parametrize("code", REFUSING)
@pytest.mark.parametrize("written", ["code", "text", "both"])
def test_every_refusal_is_known_by_its_code_and_by_its_text(code: str, written: str) -> None:
    text = BLOCKS.get(code, BLOCKS["C20"])
    if code == "C21" and written == "text":
        pytest.skip("the catalogue gives C20 and C21 the same text")
    result = {"code": f"({code}+C98)", "text": f"{text}\n{BLOCKS['C98']}", "both": f"{code}: {text} C98"}[written]
    [outcome] = told(mail(REFUSED, SENT, result))
    assert outcome.verdict is Verdict.REJECTED
    assert outcome.codes == (code, "C98")
    assert TEXT_BLOCKS[code].told in outcome.text


def test_the_catalogue_is_whole_and_says_what_to_do() -> None:
    # GGT Anlage 7 3.2.2.4: C0 to C21 without C19, C98 and C99.
    assert set(TEXT_BLOCKS) == {f"C{number}" for number in (*range(19), 20, 21, 98, 99)}
    # 3.2.2.3: an acceptance carries C0, or C2 with C98.
    assert {code for code, block in TEXT_BLOCKS.items() if not block.refuses} == {"C0", "C2", "C98"}
    for code in set(REFUSING) - {"C99"}:
        assert TEXT_BLOCKS[code].side is not Side.NOBODY
        assert TEXT_BLOCKS[code].mend


def test_too_many_attachments_may_still_be_an_acceptance() -> None:
    [outcome] = told(mail(ACCEPTED, SENT, f"{BLOCKS['C2']} {BLOCKS['C98']}"))
    assert (outcome.verdict, outcome.codes) == (Verdict.RECEIVED, ("C2", "C98"))
    assert "Compare the list" in outcome.text


def test_a_code_that_nobody_knows_is_carried() -> None:
    [outcome] = told(mail(REFUSED, SENT, "Ergebnis: C42"))
    assert (outcome.verdict, outcome.codes) == (Verdict.REJECTED, ("C42",))
    assert "not in the catalogue" in outcome.text


def test_a_mail_that_contradicts_itself_is_for_a_person() -> None:
    [accepts] = told(mail(ACCEPTED, SENT, BLOCKS["C10"]))
    [refuses] = told(mail(REFUSED, SENT, BLOCKS["C0"]))
    assert (accepts.verdict, refuses.verdict) == (Verdict.UNKNOWN, Verdict.UNKNOWN)


def test_a_refusal_without_a_reason_still_refuses() -> None:
    [outcome] = told(mail(REFUSED, SENT, "Das war leider nichts."))
    assert (outcome.verdict, outcome.codes) == (Verdict.REJECTED, ())
    assert "read the mail" in outcome.text


def test_our_own_mail_in_it_is_no_result() -> None:
    # The copy names C13, C99 and another file number; the signature names C1.
    reply = read_mail(mail(ACCEPTED, SENT, BLOCKS["C0"]).as_bytes())
    assert (reply.codes, reply.transfer) == (("C0",), 321)


def test_the_copy_may_never_end() -> None:
    text = body(REFUSED, SENT, BLOCKS["C10"]).split("------------Ende")[0]
    reply = read_mail(mail(REFUSED, SENT, "", text=text).as_bytes())
    assert (reply.kind, reply.transfer, reply.codes) == (Kind.REFUSED, 321, ())


def test_refused_records_that_are_named() -> None:
    lines = (
        "Rechnungsnummer: R-17",
        "  Belegnummer: aB4711, Fehler 20",
        "Beleg-Nr. 4712: Preis falsch",
        "Belegnummer: aB4711 Fehler 21",
    )
    result = "\n".join(lines)
    whole, first, second = told(mail(RECORDS, SENT, result))
    assert (whole.verdict, whole.is_about_the_file) == (Verdict.RECEIVED, True)
    assert (first.verdict, first.document, first.voucher, first.deducts) == (Verdict.REJECTED, "R-17", "aB4711", True)
    assert (second.voucher, second.text) == ("4712", "Beleg-Nr. 4712: Preis falsch")


def test_refused_records_that_nobody_can_read_are_for_a_person() -> None:
    [outcome] = told(mail(RECORDS, SENT, "Wir haben sie geprüft und Fehler festgestellt."))
    assert outcome.verdict is Verdict.UNKNOWN
    assert "p302 answer records" in outcome.text


# --- In whatever state ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("charset", ["utf-8", "latin-1", "cp1252"])
@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_the_encoding_of_the_text_does_not_matter(charset: str, encoding: str) -> None:
    result = BLOCKS["C3"]
    text = body(REFUSED, SENT, result)
    if charset == "latin-1":
        text = text.replace("„", '"').replace("“", '"')
    [outcome] = told(mail(REFUSED, SENT, "", text=text, charset=charset, transfer_encoding=encoding))
    assert (outcome.verdict, outcome.codes, outcome.facts["size"]) == (Verdict.REJECTED, ("C3",), "3517")


@pytest.mark.parametrize(("real", "claimed"), [("cp1252", b"utf-8"), ("utf-8", b"us-ascii"), ("utf-8", b"x-klingon")])
def test_a_charset_that_is_not_true(real: str, claimed: bytes) -> None:
    head = b"From: a@dav.example\r\nSubject: " + subject(REFUSED, SENT).encode() + b"\r\nMIME-Version: 1.0\r\n"
    head += b'Content-Type: text/plain; charset="' + claimed + b'"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n'
    [outcome] = told(head + body(REFUSED, SENT, BLOCKS["C10"]).encode(real, "replace"))
    assert outcome.codes == ("C10",)


@pytest.mark.parametrize(
    "title",
    [
        "ANNAHMEBESTÄTIGUNG ESOL0 ABSENDER: 591104278 EMPFÄNGER: 661430035 DATEI NR.: 321",
        "=?utf-8?q?Annahmebest=C3=A4tigung?= ESOL0 Absender:591104278 Empfaenger:661430035 Datei Nr. 321",
        "=?iso-8859-1?B?QW5uYWhtZWJlc3TkdGlndW5n?= ESOL0 Absender: 591104278 Empfaenger: 661430035 Datei-Nr.: 0321",
        "WG: FW: Annahmebestaetigung  ESOL0  Absender : 591104278   Empfaenger : 661430035   Datei Nr : 321",
        "Annahmebest?tigung ESOL0 Absender: 591104278 Empf?nger: 661430035 Datei Nr.: 321",
        "Annahmebestaetigung ESOL0 Absender: 591104278 Empfaenger: 661430035 Dat",
        "Annahmebestaetigung Absender: 591104278 Empfaenger: 661430035 Datei Nr.: 321",
    ],
)
def test_the_subject_in_any_state(title: str) -> None:
    reply = read_mail(mail(ACCEPTED, SENT, BLOCKS["C0"], title=title).as_bytes())
    assert (reply.kind, reply.sender, reply.receiver) == (Kind.ACCEPTED, "591104278", "661430035")
    assert (reply.transfer, reply.procedure) == (321, "ESOL0")


def test_a_subject_in_raw_letters() -> None:
    content = mail(ACCEPTED, SENT, BLOCKS["C0"], title="X").as_bytes()
    title = "Annahmebestätigung ESOL0 Absender: 591104278 Empfänger: 661430035 Datei Nr.: 321"
    for encoding in ("latin-1", "utf-8"):
        reply = read_mail(content.replace(b"Subject: X", b"Subject: " + title.encode(encoding)))
        assert (reply.kind, reply.sender, reply.transfer) == (Kind.ACCEPTED, "591104278", 321)


def test_without_a_subject_the_body_says_it() -> None:
    accepted = read_mail(mail(ACCEPTED, SENT, BLOCKS["C0"], title="").as_bytes())
    assert (accepted.kind, accepted.transfer, accepted.procedure) == (Kind.ACCEPTED, 321, "ESOL0")
    refused = read_mail(mail(REFUSED, SENT, "Sie konnten nicht verarbeitet werden.", title="").as_bytes())
    assert refused.kind is Kind.REFUSED


def test_a_mail_in_html() -> None:
    page = (
        "<html><head><title>C99</title><style>p {}</style></head><body><p>"
        + body(REFUSED, SENT, BLOCKS["C10"]).replace("\n", "<br>\n").replace("ä", "&auml;")
        + "</p><script>C14</script></body></html>"
    )
    [outcome] = told(mail(REFUSED, SENT, "", text=page, html=True))
    assert (outcome.codes, outcome.facts["made"]) == (("C10",), "20251103143012")


def test_plain_text_beside_html_counts() -> None:
    message = mail(REFUSED, SENT, BLOCKS["C10"])
    message.add_alternative("<p>C14</p>", subtype="html")
    assert told(message)[0].codes == ("C10",)


def test_a_mail_that_was_forwarded_as_an_attachment() -> None:
    outer = EmailMessage()
    outer["Subject"] = "Guck mal"
    outer["From"] = "chef@lindenhof.example"
    outer.set_content("Was wollen die?")
    outer.add_attachment(mail(REFUSED, SENT, BLOCKS["C10"]))
    [outcome] = told(outer)
    assert (outcome.verdict, outcome.numbers) == (Verdict.REJECTED, {"transfer": 321})


def test_a_mail_that_was_forwarded_in_the_text() -> None:
    quoted = "\n".join(
        f"> {line}"
        for line in (
            "Von: annahme@dav.example",
            "Betreff: " + subject(REFUSED, SENT).replace("Empfaenger", "Emp-\n> faenger"),
            "",
            *body(REFUSED, SENT, BLOCKS["C10"]).split("\n"),
        )
    )
    outer = EmailMessage()
    outer["Subject"] = "WG:"
    outer["From"] = "chef@lindenhof.example"
    outer.set_content(f"Bitte ansehen.\n\n-----Ursprüngliche Nachricht-----\n{quoted}")
    reply = read_mail(outer.as_bytes())
    assert (reply.kind, reply.sender, reply.receiver) == (Kind.REFUSED, "591104278", "661430035")
    assert (reply.transfer, reply.codes) == (321, ("C10",))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_text_of_a_mail(encoding: str, end: str) -> None:
    text = f"Von: annahme@dav.example\nBetreff: {subject(REFUSED, SENT)}\n\n{body(REFUSED, SENT, BLOCKS['C10'])}"
    content = text.replace("\n", end).encode(encoding)
    assert Mail().sniff(content[:4096], "mail.txt")
    [outcome] = told(content, "mail.txt")
    assert (outcome.numbers, outcome.codes) == ({"transfer": 321}, ("C10",))


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\x00b.exe", "=cmd|' /C calc'!A0.csv", "CON", "ä" * 400])
def test_attachments_are_never_opened(name: str) -> None:
    message = mail(ACCEPTED, SENT, BLOCKS["C0"])
    message.add_attachment(b"C14 Dateiablehnung", maintype="application", subtype="octet-stream", filename="X")
    content = message.as_bytes().replace(b'filename="X"', b'filename="' + name.encode("utf-8") + b'"')
    [outcome] = told(content)
    assert (outcome.verdict, outcome.codes) == (Verdict.RECEIVED, ("C0",))


def test_a_huge_mail_is_read_in_moments() -> None:
    message = mail(ACCEPTED, SENT, BLOCKS["C0"])
    message.add_attachment(bytes(22 << 20), maintype="application", subtype="zip", filename="huge.zip")
    content = message.as_bytes()
    assert len(content) > 30_000_000
    began = time.monotonic()
    assert told(content)[0].verdict is Verdict.RECEIVED
    assert time.monotonic() - began < 15


def test_a_huge_text_is_read_in_moments() -> None:
    text = body(ACCEPTED, SENT, BLOCKS["C0"]) + "-- Original Nachricht " * 1_500_000
    content = mail(ACCEPTED, SENT, "", text="X").as_bytes().replace(b"\nX", b"\n" + text.encode())
    tracemalloc.start()
    began = time.monotonic()
    told(content)
    assert time.monotonic() - began < 15
    tracemalloc.stop()


WHOLE = mail(REFUSED, SENT, BLOCKS["C10"], on=NEXT_DAY).as_bytes()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(WHOLE)))
def test_a_mail_that_is_cut_off_anywhere(length: int) -> None:
    for outcome in told(WHOLE[:length]):
        assert outcome.verdict is Verdict.REJECTED


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.integers(0, len(WHOLE)))
def test_any_bytes_anywhere(noise: bytes, place: int) -> None:
    told(WHOLE[:place] + noise + WHOLE[place:])
    told(noise)
    told(b"Subject: Dateiablehnung " + noise)


def test_what_is_no_reply_says_nothing() -> None:
    message = EmailMessage(policy=email.policy.SMTP)
    message["Subject"] = "Sommerfest"
    message["From"] = "chef@lindenhof.example"
    message.set_content("Wer bringt Kuchen mit? C10")
    assert told(message) == []
    assert told(b"") == []


@pytest.mark.parametrize(
    ("head", "name", "ours"),
    [
        (b"Received: from x\r\nSubject: y\r\n", "1.txt", True),
        (b"anything", "Antwort.EML", True),
        ("Annahmebestätigung ESOL0".encode("cp1252"), "a.txt", True),
        (b"92000010", "a.txt", False),
        (b"Rechnungsnummer;Zahlbetrag\n1;2\n", "avis.csv", False),
        (b"", "a.txt", False),
    ],
)
def test_which_files_are_replies(head: bytes, name: str, ours: bool) -> None:
    assert Mail().sniff(head, name) is ours


def test_a_reply_is_told_in_words(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(mail(REFUSED, SENT, BLOCKS["C10"]).as_bytes())
    description = Mail().describe(path, mask=False)
    assert description.facts["decision"] == REFUSED
    assert description.facts["transfer number"] == "321"
    assert any("348 bytes long" in line for _, line in description.lines)
    masked = Mail().describe(path, mask=True)
    assert not any("Musterstadt" in line for _, line in masked.lines)
    assert list(Mail().verify(path)) == []


def test_a_number_in_a_text_is_no_code() -> None:
    assert codes_in("ABC10 und C 3PO, 10C2") == ()


# --- Which file it answers --------------------------------------------------------------------------------------------


def exchange(key: int, made: datetime = MADE, *, size: int = 3517, state: str = "sent", **changes: str) -> Exchange:
    fields = dict.fromkeys(FileKey._fields, "") | {
        "sender": "591104278", "data_centre": "661430035", "physical_receiver": "108018007", "test_indicator": "2",
    }  # fmt: skip
    stored = StoredArtifact("ESOL0321", "data", "", "0" * 64, size - 100, "1" * 64, size)
    file_key = FileKey(**(fields | changes))
    return Exchange(key, 1, "p302", file_key, ExchangeState(state), made.astimezone(UTC), {"transfer": 321}, (stored,))


def found(*exchanges: Exchange, on: datetime = NEXT_DAY, sent: Sent = SENT, title: str | None = None) -> list[int]:
    [outcome] = told(mail(ACCEPTED, sent, BLOCKS["C0"], on=on, title=title))
    return [one.id for one in reading.locate(outcome, exchanges)]


def test_the_file_is_that_of_this_sender_receiver_and_procedure() -> None:
    assert found(exchange(1)) == [1]
    assert found(exchange(1, data_centre="108018007", physical_receiver="661430035")) == [1]
    assert found(exchange(1, sender="591104289")) == []
    assert found(exchange(1, test_indicator="0")) == []
    stranger = replace(SENT, receiver="105810615", made=MADE + timedelta(seconds=5), size=1)
    assert found(exchange(1), sent=stranger) == []


def test_the_same_number_a_thousand_files_later() -> None:
    old, new = exchange(1), exchange(1001, MADE + timedelta(days=200), size=9999)
    # The moment at which the file was made says which one; without it, nothing is answered before it was made.
    assert found(old, new, on=NEXT_DAY + timedelta(days=300))[0] == 1
    assert found(old, new) == [1]
    late = replace(SENT, made=MADE + timedelta(days=200), size=9999)
    assert found(old, new, sent=late, on=NEXT_DAY + timedelta(days=201))[0] == 1001


def test_another_receivers_reply_counts_where_the_file_is_proved() -> None:
    other = replace(SENT, receiver="105810615")
    assert found(exchange(1), sent=other) == [1]
