"""Routes through small files: which link wins, where chains stop, and what is said on the way."""

import pickle
from datetime import date
from pathlib import Path

import pytest

from billhook_p302.payers.loading import directory_of_files
from billhook_p302.payers.routing import PayerDirectory, Route, RouteProblem
from tests.p302.payers.kotr import (
    CARD,
    CENTRE,
    DAY,
    MAIL,
    OTHER_CENTRE,
    OTHER_RELAY,
    PAPER,
    PAYER,
    RELAY,
    directory,
    message,
    ordinary,
    payer_file,
)


def route(payers: PayerDirectory, code: str = "15", state: str = "08", kv: str = "", card: str = CARD) -> Route:
    return payers.route(card, code, state=state, kv_district=kv)


def codes(found: Route) -> list[str]:
    return [finding.code for finding in found.warnings]


def problem(payers: PayerDirectory, card: str = CARD, day: date | None = None) -> RouteProblem:
    with pytest.raises(RouteProblem) as raised:
        payers.route(card, "15", state="08", day=day)
    return raised.value


CENTRES = (message(CENTRE, *MAIL), message(OTHER_CENTRE, *MAIL), message(RELAY, *MAIL), message(OTHER_RELAY, *MAIL))


def test_from_card_to_payer_to_data_centre_to_paper_office(tmp_path: Path) -> None:
    found = route(directory(tmp_path, *ordinary()))
    assert (found.payer, found.payer_name) == (PAYER, "DAK-Gesundheit")
    assert (found.data_centre, found.physical_receiver, found.email) == (CENTRE, CENTRE, "da@example.org")
    assert (found.paper_office, found.paper_office_machine) == (PAPER, "")
    assert (found.fund_kind, found.charsets, found.warnings) == ("EK", ("I8",), ())
    assert [way.protocol for way in found.channels] == ["070"]
    assert len(found.trail) == 6


@pytest.mark.parametrize(
    ("code", "centre"),
    [("15", CENTRE), ("16", OTHER_CENTRE), ("21", RELAY), ("50", RELAY)],
    ids=["exact", "group", "all", "single code without group"],
)
def test_the_exact_code_comes_before_the_group_before_all(tmp_path: Path, code: str, centre: str) -> None:
    links = (f"VKG+03+{RELAY}+5++07++++00", f"VKG+03+{OTHER_CENTRE}+5++07++++10", f"VKG+03+{CENTRE}+5++07++++15")
    payers = directory(tmp_path, message(CARD, *links), *CENTRES)
    assert route(payers, code).data_centre == centre


@pytest.mark.parametrize(("code", "centre"), [("C2", CENTRE), ("31", RELAY), ("48", OTHER_CENTRE)])
def test_domestic_help_has_a_group_of_its_own_since_version_10(tmp_path: Path, code: str, centre: str) -> None:
    """KT V10 8.14: C0 stands for C1 to C4; 40 for 41 to 49, though the list below it leaves 48 out."""
    links = (f"VKG+03+{RELAY}+5++07++++30", f"VKG+03+{OTHER_CENTRE}+5++07++++40", f"VKG+03+{CENTRE}+5++07++++C0")
    day = date(2027, 2, 1)
    payers = directory(tmp_path, message(CARD, *links), *CENTRES, day=day, name="EK05Q127.ke0")
    assert payers.route(CARD, code, state="08", day=day).data_centre == centre


@pytest.mark.parametrize(("code", "centre"), [("22", CENTRE), ("31", OTHER_CENTRE)])
def test_code_99_is_for_what_no_other_link_names(tmp_path: Path, code: str, centre: str) -> None:
    links = (f"VKG+03+{OTHER_CENTRE}+5++07++++99", f"VKG+03+{CENTRE}+5++07++++20")
    assert route(directory(tmp_path, message(CARD, *links), *CENTRES), code).data_centre == centre


@pytest.mark.parametrize(
    ("state", "kv", "centre"),
    [
        ("08", "", CENTRE),
        ("05", "38", OTHER_RELAY),
        ("05", "20", RELAY),
        ("05", "", RELAY),
        ("14", "", OTHER_CENTRE),
        ("14", "38", OTHER_CENTRE),
    ],
)
def test_the_own_state_comes_before_all_and_a_kv_link_is_for_its_district_only(
    tmp_path: Path, state: str, kv: str, centre: str
) -> None:
    links = (
        f"VKG+03+{OTHER_CENTRE}+5++07++99++00",
        f"VKG+03+{CENTRE}+5++07++08++00",
        f"VKG+03+{RELAY}+5++07++05++00",
        f"VKG+03+{OTHER_RELAY}+5++07++05+38+00",
    )
    assert route(directory(tmp_path, message(CARD, *links), *CENTRES), state=state, kv=kv).data_centre == centre


def test_the_code_weighs_more_than_the_place(tmp_path: Path) -> None:
    links = (f"VKG+03+{OTHER_CENTRE}+5++07++08++00", f"VKG+03+{CENTRE}+5++07++99++15")
    assert route(directory(tmp_path, message(CARD, *links), *CENTRES)).data_centre == CENTRE


def test_data_are_encrypted_for_one_and_sent_to_another(tmp_path: Path) -> None:
    centre = message(CENTRE, f"VKG+02+{RELAY}+5++07++08++00", f"VKG+02+{OTHER_RELAY}+5++07++14++00", *MAIL)
    relay = message(RELAY, "UEM+1+00+U8", "DFU+01+070+++++relay@example.org")
    payers = directory(tmp_path, message(CARD, f"VKG+03+{CENTRE}+5++07++++00"), centre, relay)
    found = route(payers)
    assert (found.data_centre, found.physical_receiver, found.email) == (CENTRE, RELAY, "relay@example.org")
    assert found.charsets == ("U8",)
    assert route(payers, state="03").physical_receiver == CENTRE


def test_a_district_is_asked_for_where_it_decides(tmp_path: Path) -> None:
    centre = message(CENTRE, f"VKG+02+{RELAY}+5++07++05+20+00", f"VKG+02+{OTHER_RELAY}+5++07++05+38+00", *MAIL)
    payers = directory(tmp_path, message(CARD, f"VKG+03+{CENTRE}+5++07++++00"), centre, *CENTRES[2:])
    assert route(payers, state="05", kv="20").physical_receiver == RELAY
    assert "P302-RTE-025" in codes(route(payers, state="05"))
    assert "P302-RTE-025" not in codes(route(payers, state="06"))


def test_links_to_the_payer_are_followed_to_the_end(tmp_path: Path) -> None:
    chain = message(CARD, f"VKG+01+{OTHER_RELAY}+5"), message(OTHER_RELAY, f"VKG+01+{PAYER}+5")
    last = message(PAYER, f"VKG+01+{PAYER}+5", f"VKG+03+{CENTRE}+5++07++++00")
    assert route(directory(tmp_path, *chain, last, CENTRES[0])).payer == PAYER


def test_a_circle_of_payers_ends_where_it_closes(tmp_path: Path) -> None:
    one = message(CARD, f"VKG+01+{PAYER}+5")
    two = message(PAYER, f"VKG+01+{CARD}+5", f"VKG+03+{CENTRE}+5++07++++00")
    found = route(directory(tmp_path, one, two, CENTRES[0]))
    assert found.payer == PAYER
    assert "P302-RTE-030" in codes(found)


def test_a_payer_that_no_file_knows_is_named_in_the_problem(tmp_path: Path) -> None:
    found = problem(directory(tmp_path, message(CARD, f"VKG+01+{PAYER}+5")))
    assert found.finding.code == "P302-RTE-004"
    assert found.partial is not None
    assert found.partial.payer == PAYER
    assert "P302-RTE-028" in codes(found.partial)


def test_a_link_of_another_group_tells_the_payer_but_no_data_centre(tmp_path: Path) -> None:
    payers = directory(
        tmp_path, message(CARD, f"VKG+01+{PAYER}+3"), message(PAYER, f"VKG+03+{CENTRE}+3++07++++00"), CENTRES[0]
    )
    found = problem(payers)
    assert found.finding.code == "P302-RTE-004"
    assert found.partial is not None
    assert (found.partial.payer, codes(found.partial)) == (PAYER, ["P302-RTE-027", "P302-RTE-023"])


def test_a_link_for_one_billing_office_or_tariff_is_for_that_only(tmp_path: Path) -> None:
    links = (
        f"VKG+03+{CENTRE}+5++07++++00",
        f"VKG+03+{OTHER_CENTRE}+5+590000015+07++++00",
        f"VKG+03+{RELAY}+5++07++++00+12345",
    )
    payers = directory(tmp_path, message(CARD, *links), *CENTRES)
    assert payers.route(CARD, "15", state="08").data_centre == CENTRE
    assert payers.route(CARD, "15", state="08", billing_office="590000015").data_centre == OTHER_CENTRE
    assert payers.route(CARD, "15", state="08", tariff="12345").data_centre == RELAY


def test_only_data_links_carry_data(tmp_path: Path) -> None:
    payers = directory(tmp_path, message(CARD, f"VKG+03+{CENTRE}+5++28++++00"), CENTRES[0])
    assert problem(payers).finding.code == "P302-RTE-004"


def test_without_an_office_that_decrypts_there_is_no_route(tmp_path: Path) -> None:
    payers = directory(tmp_path, message(CARD, f"VKG+02+{RELAY}+5++07++++00"), CENTRES[2])
    assert problem(payers).finding.code == "P302-RTE-005"


def test_fully_electronic_billing_has_links_of_its_own(tmp_path: Path) -> None:
    links = (f"VKG+03+{CENTRE}+5++07++++00", f"VKG+03+{OTHER_CENTRE}+5++30++++00++HKP")
    payers = directory(tmp_path, message(CARD, *links), *CENTRES)
    assert payers.route(CARD, "31", state="08", delivery="30").data_centre == OTHER_CENTRE
    assert payers.route(CARD, "31", state="08").data_centre == CENTRE


def test_the_group_key_of_papers_comes_before_its_single_keys(tmp_path: Path) -> None:
    links = (
        f"VKG+03+{CENTRE}+5++07++++00",
        f"VKG+09+{OTHER_CENTRE}+5++26++++00",
        f"VKG+09+{PAPER}+5++28++++00",
        f"VKG+09+{RELAY}+5++29++++00",
    )
    found = route(directory(tmp_path, message(CARD, *links), *CENTRES, message(PAPER)))
    assert (found.paper_office, found.paper_office_machine) == (PAPER, RELAY)
    only_single = route(directory(tmp_path, message(CARD, *links[:2]), *CENTRES))
    assert only_single.paper_office == OTHER_CENTRE


def test_what_is_missing_is_said_with_the_route(tmp_path: Path) -> None:
    unknown = route(directory(tmp_path, message(CARD, f"VKG+03+{CENTRE}+5++07++++00")))
    assert codes(unknown) == ["P302-RTE-023", "P302-RTE-021"]
    silent = route(directory(tmp_path, message(CARD, f"VKG+03+{CENTRE}+5++07+7+++00"), message(CENTRE, "UEM+7+14+I8")))
    assert codes(silent) == ["P302-RTE-023", "P302-RTE-029", "P302-RTE-022"]
    twice = (f"VKG+03+{CENTRE}+5++07++++00", f"VKG+03+{OTHER_CENTRE}+5++07++++00")
    assert codes(route(directory(tmp_path, message(CARD, *twice), *CENTRES))) == ["P302-RTE-023", "P302-RTE-024"]


def test_what_is_not_valid_on_the_day_does_not_count(tmp_path: Path) -> None:
    links = (f"VKG+03+{CENTRE}+5++07++++15", "VDT+20200101+20251031", f"VKG+03+{OTHER_CENTRE}+5++07++++00")
    path = tmp_path / "EK05Q425.ke0"
    path.write_bytes(payer_file(message(CARD, *links), *CENTRES, message(PAYER, valid="19950101+20251015")))
    payers = directory_of_files([path], since=date(2025, 10, 1), until=date(2025, 12, 31))
    assert payers.route(CARD, "15", state="08", day=date(2025, 10, 31)).data_centre == CENTRE
    assert payers.route(CARD, "15", state="08", day=date(2025, 11, 1)).data_centre == OTHER_CENTRE
    assert problem(payers, card=PAYER, day=date(2025, 10, 16)).finding.code == "P302-RTE-003"


def test_why_there_is_no_route(tmp_path: Path) -> None:
    payers = directory(tmp_path, *ordinary())
    assert problem(payers, card="109500969").finding.code == "P302-RTE-002"
    assert problem(payers, day=date(2025, 12, 1)).finding.code == "P302-RTE-006"
    assert problem(PayerDirectory([], since=DAY)).finding.code == "P302-RTE-001"
    # The same again comes out of memory and is as good.
    assert problem(payers, card="109500969").finding.code == "P302-RTE-002"


def write(folder: Path, name: str, *messages: list[str]) -> Path:
    path = folder / name
    path.write_bytes(payer_file(*messages, name=name.replace(".", "")))
    return path


def test_every_fund_kind_has_its_own_partners(tmp_path: Path) -> None:
    aok = write(
        tmp_path, "AO05Q425.ke0",
        message(PAPER, f"VKG+03+{CENTRE}+5++07++++00"), message(CENTRE, f"VKG+02+{RELAY}+5++07++++00"), CENTRES[2],
    )  # fmt: skip
    vdek = write(tmp_path, "EK05Q425.ke0", message(CARD, f"VKG+03+{CENTRE}+5++07++++00"), message(CENTRE, *MAIL))
    payers = directory_of_files([aok, vdek], since=DAY)
    assert route(payers, card=PAPER).physical_receiver == RELAY
    assert route(payers, card=CARD).physical_receiver == CENTRE


def test_an_office_of_another_fund_kind_is_taken_when_there_is_no_own(tmp_path: Path) -> None:
    aok = write(tmp_path, "AO05Q425.ke0", message(CENTRE, *MAIL))
    vdek = write(tmp_path, "EK05Q425.ke0", message(CARD, f"VKG+03+{CENTRE}+5++07++++00"))
    found = route(directory_of_files([aok, vdek], since=DAY))
    assert found.email == "da@example.org"
    assert "P302-RTE-020" in codes(found)


def test_a_card_in_two_fund_kinds_is_said(tmp_path: Path) -> None:
    files = [
        write(tmp_path, name, message(CARD, f"VKG+03+{CENTRE}+5++07++++00"), message(CENTRE, *MAIL))
        for name in ("AO05Q425.ke0", "EK05Q425.ke0")
    ]
    found = route(directory_of_files(files, since=DAY))
    assert found.fund_kind == "AO"
    assert "P302-RTE-026" in codes(found)


def test_a_supplement_changes_adds_and_cancels(tmp_path: Path) -> None:
    base = write(tmp_path, "EK05Q425.ke0", *ordinary())
    supplement = write(
        tmp_path, "EK05Q425.ke1",
        message(PAYER, f""
        f"VKG+03+{OTHER_CENTRE}+5++07++++00", mark="02"), message(OTHER_CENTRE, *MAIL), message(PAPER, mark="03"),
    )  # fmt: skip
    payers = directory_of_files([base, supplement], since=DAY)
    found = route(payers)
    assert (found.payer, found.data_centre, found.paper_office) == (PAYER, OTHER_CENTRE, "")
    assert payers.office(PAPER) is None
    assert payers.office(CENTRE) is not None


def test_care_files_route_by_their_own_procedure(tmp_path: Path) -> None:
    links = (f"VKG+03+{CENTRE}+6++07++08++00", f"VKG+03+{OTHER_CENTRE}+5++07++08++00")
    payers = directory(tmp_path, message(CARD, *links), *CENTRES, name="EK06Q425.ke0", procedure="06")
    assert route(payers).data_centre == CENTRE


def test_a_directory_travels_to_a_worker_and_gives_the_same_routes(tmp_path: Path) -> None:
    payers = directory(tmp_path, *ordinary())
    found = route(payers)
    copy = pickle.loads(pickle.dumps(payers))  # noqa: S301  # our own bytes
    assert route(copy) == found
    assert route(payers) is found
    error = problem(payers, card="109500969")
    assert pickle.loads(pickle.dumps(error)).finding == error.finding  # noqa: S301  # our own bytes
