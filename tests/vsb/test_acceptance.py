"""The acceptance rule at its border, and the central application that is played by it."""

from __future__ import annotations

import pytest

from billhook.model import Verdict
from billhook.scheme import Inbound
from billhook_vsb import layouts
from billhook_vsb.acceptance import Decision, Stage, judge
from billhook_vsb.lines import Line
from billhook_vsb.messages import Message, read_message
from billhook_vsb.simulator import Extra, Simulation, simulate
from billhook_vsb.testing import flat_rate, item
from billhook_vsb.validation import Found, to_lines
from tests.vsb.desk import HEAD, PROFILE, SCHEME, TODAY, changed, context, file_of


def frame(invoices: int, performances: int) -> list[Line]:
    """Lines of a file with so many invoices of so many records 50 each; only their types matter here."""
    kinds = ["10", *(["20", *["50"] * performances, "80"] * invoices), "90"]
    return [Line(kind, place, kind.ljust(350, "0")) for place, kind in enumerate(kinds, 1)]


def refused(lines: list[Line], *codes: tuple[int, str]) -> list[Found]:
    """Letter and code on the records at these places."""
    return [Found(code[1:], code[0], lines[place - 1].kind, place, place) for place, code in codes]


def test_exactly_five_percent_is_accepted_and_one_record_more_is_not() -> None:
    lines = frame(2, 7)  # 2 + 2 * 9 = 20 records: one is 5 %
    one = judge(lines, refused(lines, (3, "R500540")), PROFILE)
    assert (one.total, len(one.refused), one.percent) == (20, 1, 500)
    assert one.decision is Decision.ACCEPTABLE
    two = judge(lines, refused(lines, (3, "R500540"), (4, "R500540")), PROFILE)
    assert two.decision is Decision.TOO_MANY
    assert two.refusal_type == "02"
    # One of 19 records is 5.26 %.
    short = frame(1, 15)
    assert judge(short, refused(short, (3, "R500540")), PROFILE).decision is Decision.TOO_MANY


def test_figures_of_the_insurers_that_answered() -> None:
    # Six records 10 20 50 51 80 90: an F on record 20 gave 66.67 %, one R gave 16.66 %.
    kinds = ["10", "20", "50", "51", "80", "90"]
    lines = [Line(kind, place, kind.ljust(350, "0")) for place, kind in enumerate(kinds, 1)]
    assert judge(lines, refused(lines, (2, "F200814")), PROFILE).percent == 6666
    companion = refused(lines, (4, "R512712"))
    assert judge(lines, companion, PROFILE).percent == 1666


def test_an_error_of_the_invoice_counts_all_its_records() -> None:
    lines = frame(30, 2)
    judgement = judge(lines, refused(lines, (2, "F200703")), PROFILE)
    assert judgement.refused == frozenset({2, 3, 4, 5})
    assert judgement.decision is Decision.ACCEPTABLE  # 4 of 122


def test_checking_of_an_invoice_stops_at_its_first_f() -> None:
    lines = frame(30, 2)
    judgement = judge(lines, refused(lines, (2, "F200703"), (3, "R500540"), (7, "R500540")), PROFILE)
    assert [found.code for found in judgement.found] == ["200703", "500540"]
    assert judgement.refused == frozenset({2, 3, 4, 5, 7})


def test_one_blocking_code_refuses_the_sending_whatever_the_percentage() -> None:
    lines = frame(50, 5)
    judgement = judge(lines, refused(lines, (1, "B100721")), PROFILE)
    assert judgement.decision is Decision.BLOCKED
    assert judgement.refusal_type == "01"
    assert judgement.stage(confirmed=False) is Stage.REFUSED


def test_signals_decide_nothing() -> None:
    lines = frame(1, 5)
    judgement = judge(lines, refused(lines, (3, "S502744"), (4, "E500840")), PROFILE)
    assert judgement.refused == frozenset()
    assert judgement.decision is Decision.ACCEPTABLE


def test_a_record_with_several_codes_counts_once() -> None:
    lines = frame(2, 7)
    judgement = judge(lines, refused(lines, (3, "R500540"), (3, "R501940")), PROFILE)
    assert len(judgement.refused) == 1


def test_the_threshold_and_the_counting_of_the_frame_are_the_profiles() -> None:
    lines = frame(2, 7)
    one = refused(lines, (3, "R500540"))
    assert judge(lines, one, PROFILE.model_copy(update={"count_frame": False})).decision is Decision.TOO_MANY  # 1 of 18
    assert judge(lines, one, PROFILE.model_copy(update={"threshold_percent": 4})).decision is Decision.TOO_MANY


def test_a_worker_confirms_refusals_and_signs_acceptances() -> None:
    lines = frame(2, 7)
    many = judge(lines, refused(lines, (3, "R500540"), (4, "R500540")), PROFILE)
    assert many.stage(confirmed=False) is Stage.AWAITS_CONFIRMATION
    assert many.stage(confirmed=True) is Stage.REFUSED
    good = judge(lines, [], PROFILE)
    assert good.stage(confirmed=False) is Stage.AWAITS_SIGNATURE
    assert good.stage(confirmed=True) is Stage.ACCEPTED


def test_when_every_performance_is_refused_a_worker_confirms_it() -> None:
    lines = frame(1, 1)
    wide = PROFILE.model_copy(update={"threshold_percent": 50})
    judgement = judge(lines, refused(lines, (3, "R500540")), wide)
    assert judgement.decision is Decision.NOTHING_LEFT
    assert judgement.stage(confirmed=False) is Stage.AWAITS_CONFIRMATION


# --- The simulator ----------------------------------------------------------------------------------------------------


def rehearsed(content: bytes, *extra: str, confirm: bool = True) -> Simulation:
    return simulate(content, PROFILE, TODAY, extra=[Extra.parse(text) for text in extra], confirm=confirm)


def answer(result: Simulation, kind: str) -> Message:
    [found] = [each for each in result.answers if each.kind == kind]
    return read_message(found.content)


def clean(count: int) -> bytes:
    return file_of([item(key) for key in range(1, count + 1)])


def test_a_clean_file_is_received_accepted_and_settled() -> None:
    result = rehearsed(clean(3))
    assert [each.kind for each in result.answers] == ["931000", "920098", "920900"]
    sent = read_message(clean(3))
    for each in result.answers:
        message = read_message(each.content)
        assert message.reference == sent.reference
        assert not message.problems
    settlement = answer(result, "920900")
    # Three invoices of 15 days at 84.50 with 30.00 of own share each.
    assert settlement.amounts("asked") == 3 * (15 * 8450 - 3000)
    assert settlement.amounts("accepted") == settlement.amounts("asked")
    assert settlement.payment_references == ("001/202510/901/", "001/202510/902/", "001/202510/903/")


def test_the_simulator_refuses_and_accepts_at_the_border() -> None:
    # Invoices of four records (20, 30, 30, 80) and the frame: ten of them make 42 records, of which two are 4.76 %;
    # nine make 38, of which two are 5.26 %. A refused day takes its personal share with it.
    assert rehearsed(clean(10), "3:R300540").stage is Stage.ACCEPTED
    assert rehearsed(clean(9), "3:R300540").stage is Stage.REFUSED
    # Exactly 5 %: 2 + 8 * 4 + 2 * 3 = 40 records, of which two are refused.
    exact = file_of([*(item(key) for key in range(1, 9)), flat_rate(9), flat_rate(12)])
    assert len(read_message(exact).records) == 40
    days = [record.sequence for record in read_message(exact).records if record.kind == "30"]
    at_the_border = rehearsed(exact, f"{days[0]}:R300540")
    assert at_the_border.judgement is not None
    assert (len(at_the_border.judgement.refused), at_the_border.judgement.percent) == (2, 500)
    assert at_the_border.stage is Stage.ACCEPTED
    assert rehearsed(exact, f"{days[0]}:R300540", f"{days[2]}:R300540").stage is Stage.REFUSED


def test_a_refusal_names_codes_percentage_and_type() -> None:
    result = rehearsed(clean(2), "3:R300540")
    refusal = answer(result, "920099")
    assert (refusal.refusal_type, refusal.error_percent) == ("02", "20.00")
    assert [str(fault) for fault in refusal.faults] == ["R300540 (record 30, nr. 3)", "R300419 (record 30, nr. 4)"]
    blocked = answer(rehearsed(clean(2), "1:B100721"), "920099")
    assert blocked.refusal_type == "01"


def test_nothing_but_the_receipt_leaves_before_a_worker_acts() -> None:
    waiting = rehearsed(clean(2), confirm=False)
    assert waiting.stage is Stage.AWAITS_SIGNATURE
    assert [each.kind for each in waiting.answers] == ["931000"]
    assert rehearsed(clean(2), "3:R300540", confirm=False).stage is Stage.AWAITS_CONFIRMATION


def test_a_settlement_pays_what_is_not_refused() -> None:
    settlement = answer(rehearsed(clean(10), "3:R300540"), "920900")
    one = 15 * 8450 - 3000
    assert settlement.amounts("asked") == 10 * one
    assert settlement.amounts("refused") == one
    assert settlement.amounts("accepted") == 9 * one


def test_each_account_is_paid_with_its_own_reference() -> None:
    """Record 91: accepted amounts of A and B at 80 and 108, payment references at 164 and 188 (MyCareNet, record 91)."""
    [content] = [each.content for each in rehearsed(clean(1)).answers if each.kind == "920900"]
    at = content.rindex(b"91", 0, len(content) - 800)
    trailer = bytearray(content[at : at + 800])
    trailer[79:91], trailer[107:119] = b"+00000100000", b"+00000023750"
    trailer[163:185], trailer[187:209] = b"901/202510/901/A".ljust(22), b"901/202510/901/B".ljust(22)
    settled = content[:at] + bytes(trailer) + content[at + 800 :]
    promised = [
        (one.reference, one.amount)
        for one in SCHEME.read(Inbound("920900.txt", settled), context())
        if one.verdict is Verdict.PAID
    ]
    assert promised == [("901/202510/901/A", 100_000), ("901/202510/901/B", 23_750)]


@pytest.mark.parametrize(
    ("first", "text", "zone", "code"),
    [
        (9, "07", "2011", "20"),  # version
        (13, "55", "2021", "20"),  # neither test nor production
        (21, "0" * 14, "2041", "10"),  # no reference
        (68, "202513", "3001", "20"),  # no month
        (81, "20991231", "3021", "20"),  # made tomorrow
        (81, "20010101", "3021", "21"),  # made before the euro
        (81, "2025XX01", "3021", "11"),  # no day
        (106, "0001999", "3041", "21"),  # production instructions in a test file
        (106, "1231999", "3041", "20"),
        (200, "07", "3081", "20"),
    ],
)
def test_what_the_payer_cannot_read_is_refused_with_920999(first: int, text: str, zone: str, code: str) -> None:
    content = clean(1)
    broken = content[: first - 1] + text.encode() + content[first - 1 + len(text) :]
    result = rehearsed(broken)
    assert result.stage is Stage.UNREADABLE
    assert (zone, code) in {(fault.zone, fault.code) for fault in result.segment_faults}
    [only] = result.answers
    assert only.kind == "920999"
    told = read_message(only.content)
    assert ("203", "40") in {(fault.zone, fault.code) for fault in told.segment_faults}
    assert (zone, code) in {(fault.zone, fault.code) for fault in told.segment_faults}


def test_totals_that_do_not_add_up_are_unreadable() -> None:
    content = clean(1)
    last = (len(content) - HEAD) // 350
    broken = changed(content, last, 24, "+00000000001", sign=False)
    faults = {(fault.segment, fault.zone, fault.code) for fault in rehearsed(broken).segment_faults}
    assert ("96", "5041", "41") in faults
    broken = changed(content, last - 1, 5, "999", sign=False)
    assert ("95", "4011", "20") in {(f.segment, f.zone, f.code) for f in rehearsed(broken).segment_faults}


def test_a_sending_that_is_open_or_accepted_is_not_taken_twice() -> None:
    content = clean(1)
    third_party = read_message(content).records[0].text("zone_14")
    again = simulate(content, PROFILE, TODAY, sent={(third_party, "001/2025")})
    assert again.stage is Stage.UNREADABLE
    assert ("3011", "40") in {(fault.zone, fault.code) for fault in again.segment_faults}


def test_a_test_file_does_not_enter_the_live_buffer() -> None:
    live = simulate(clean(1), PROFILE, TODAY, test_buffer=False)
    assert [(fault.zone, fault.code) for fault in live.segment_faults] == [("2021", "30")]


def test_the_segment_layouts_close_without_a_gap() -> None:
    for layout in layouts.LAYOUTS:
        assert layout.fields[0].first == 1
    assert to_lines([b"10"])[0].raw == "10".ljust(350)
