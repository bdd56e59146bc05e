"""Text in the character sets that the payers agreed on."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billhook.wire import CHARSETS, Charset, Replacement, charset


def test_drv8_swaps_ascii_signs_with_the_german_letters() -> None:
    # DIN 66303:1986-11: § Ä Ö Ü ä ö ü ß stand at 0x40 5B 5C 5D 7B 7C 7D 7E (GGT Anlage 15).
    assert charset("I8").encode("§ÄÖÜäöüß") == (bytes.fromhex("40 5b 5c 5d 7b 7c 7d 7e"), [])
    assert charset("I8").decode(bytes.fromhex("40 5b 5c 5d 7b 7c 7d 7e")) == "§ÄÖÜäöüß"
    assert charset("I8").encode("a@b") == (b"a\xa7b", [])


def test_drv8_agrees_with_the_published_vector(corpus: Path) -> None:
    vectors = json.loads((corpus / "p302/vectors/edifact_vectors.json").read_text("utf-8"))
    vector = vectors["i8_DRV8_paid(tests/transcoding)"]
    assert charset("I8").encode(vector["text"]) == (bytes(vector["bytes"]), [])
    assert charset("I8").decode(bytes(vector["bytes"])) == vector["text"]


def test_seven_bits_hold_german_letters_but_no_at_sign() -> None:
    assert charset("I7").encode("Größe") == (b"Gr|~e", [])
    assert charset("I7").encode("a@b") == (b"a(at)b", [Replacement(1, "@", "(at)")])
    assert charset("I7").decode_leniently(b"\xe4") == ("ä", False)


def test_the_euro_sign_is_in_latin_9_and_spelled_out_in_latin_1() -> None:
    assert charset("I5").encode("5 €") == (b"5 \xa4", [])
    assert charset("I1").encode("5 €") == (b"5 EUR", [Replacement(2, "€", "EUR")])


@pytest.mark.parametrize(
    ("text", "spelled"),
    [("Łukasz", "Lukasz"), ("a – b", "a - b"), ("“so”", '"so"'), ("Žižka", "Zizka"), ("œuvre", "oeuvre")],
)
def test_letters_outside_of_latin_1_get_their_customary_spelling(text: str, spelled: str) -> None:
    fitted, replaced = charset("I1").fit(text)
    assert fitted == spelled
    assert replaced


def test_german_letters_are_spelled_with_e_where_a_set_has_none() -> None:
    assert charset("A7").encode("Jürgen Groß, Ödön")[0] == b"Juergen Gross, Oedoen"


def test_decomposed_letters_are_composed_and_not_called_a_replacement() -> None:
    assert charset("I1").encode("Mu\u0308ller") == (b"M\xfcller", [])


def test_sets_are_found_by_key_and_by_codec_name() -> None:
    assert charset("latin1") is charset("I1")
    assert charset("utf8") is charset("U8")
    with pytest.raises(LookupError, match="no character set is called 'utf-16'"):
        charset("utf-16")


@given(st.sampled_from(CHARSETS), st.text())
def test_what_is_encoded_reads_back_and_every_change_is_told(target: Charset, text: str) -> None:
    fitted, replaced = target.fit(text)
    data, told = target.encode(text)
    assert target.decode(data) == fitted
    assert told == replaced
    if not replaced and target.holds(text):
        assert fitted == text


@given(st.binary())
def test_any_bytes_become_text(data: bytes) -> None:
    for each in CHARSETS:
        text, fits = each.decode_leniently(data)
        assert isinstance(text, str)
        if fits and each.one_byte_each:
            assert each.encode_exactly(text) == data
