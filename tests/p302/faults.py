"""Faults for `verify` to find: each breaks one golden file in one place that TA1 forbids, and says where that is.

Levels are those of TA1 chapter 6: 1 frame and service segments, 2 order, type, length and must-elements, 3 keys, sums
and combinations. A fault knows nothing of the rules that may find it; only the spec's section that it breaks is named.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

GOLDEN: Final = Path(__file__).parent / "golden"

Segments = list[str]
Mutation = Callable[[Segments], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """One broken file.

    `at` are the numbers (UNB is 1) of the segments that may be blamed: more than one where two contradict each other,
    or where one is missing between them. `element` counts from 1 after the tag; None where any will do.
    """

    name: str
    level: int
    base: str
    mutation: Mutation
    tag: str
    at: tuple[int, ...]
    element: int | None
    source: str
    recount: bool = True

    def content(self) -> bytes:
        """The bytes of the broken file."""
        segments = golden_segments(self.base)
        before = list(segments)
        self.mutation(segments)
        if self.recount:
            count(segments)
        if segments == before:
            raise ValueError(f"{self.name} breaks nothing")
        return "".join(f"{segment}'" for segment in segments).encode("iso-8859-1")


def golden_file(case: str) -> Path:
    """The billing file of a golden case."""
    return next(path for path in (GOLDEN / case).iterdir() if path.suffix == "" and path.name[1:4] == "SOL")


def golden_segments(case: str) -> Segments:
    """Its segments, without their ends."""
    text = golden_file(case).read_bytes().decode("iso-8859-1")
    return text.replace("?'", "\0").removesuffix("'").replace("'", "\1").replace("\0", "?'").split("\1")


def count(segments: Segments) -> None:
    """Make UNT and UNZ fit again, so that a fault is the only one."""
    start = messages = 0
    for index, segment in enumerate(segments):
        tag, *elements = segment.split("+")
        if tag == "UNH":
            start, messages = index, messages + 1
        elif tag == "UNT":
            segments[index] = "+".join([tag, f"{index - start + 1:06d}", *elements[1:]])
        elif tag == "UNZ":
            segments[index] = "+".join([tag, f"{messages:06d}", *elements[1:]])


def edit(number: int, old: str, new: str, *more: tuple[int, str, str]) -> Mutation:
    """Replace a text in a segment, and more of the same."""

    def mutate(segments: Segments) -> None:
        for place, before, after in ((number, old, new), *more):
            if before not in segments[place - 1]:
                raise ValueError(f"segment {place} is {segments[place - 1]!r} and has no {before!r}")
            segments[place - 1] = segments[place - 1].replace(before, after, 1)

    return mutate


def drop(number: int) -> Mutation:
    """Leave a segment out."""

    def mutate(segments: Segments) -> None:
        del segments[number - 1]

    return mutate


def insert(number: int, segment: str) -> Mutation:
    """Put a segment in, so that it has this number."""

    def mutate(segments: Segments) -> None:
        segments.insert(number - 1, segment)

    return mutate


def swap(one: int, other: int) -> Mutation:
    """Let two segments change places."""

    def mutate(segments: Segments) -> None:
        segments[one - 1], segments[other - 1] = segments[other - 1], segments[one - 1]

    return mutate


A, C, E, G = "a_wheelchair", "c_several_aids", "e_net_prices", "g_collective_two_cards"
I, J, K, L = "i_collection_office", "j_no_number", "k_states_repair_reuse", "l_optional_segments"  # noqa: E741 - named like the cases

X71 = "x" * 71
X31 = "x" * 31

FAULTS: Final = (
    # --- service segments (5.4) ---
    Fault("syntax version 2", 1, A, edit(1, "UNOC:3", "UNOC:2"), "UNB", (1,), 1, "5.4 UNB"),
    Fault("sender has eight digits", 1, A, edit(1, "591104278", "59110427"), "UNB", (1,), 2, "5.4 UNB"),
    Fault("receiver is missing", 1, A, edit(1, "+109519005+", "++"), "UNB", (1,), 3, "5.4 UNB"),
    Fault("month 13 in the header", 1, A, edit(1, "20251006:", "20251306:"), "UNB", (1,), 4, "5.4 UNB"),
    Fault("hour 25 in the header", 1, A, edit(1, ":0930", ":2530"), "UNB", (1,), 4, "5.4 UNB"),
    Fault("reference is missing", 1, A, edit(1, "+00001+A", "++A", (22, "+00001", "")), "UNB", (1,), 5, "5.4 UNB"),
    Fault("reference 00000", 1, A, edit(1, "+00001+A", "+00000+A", (22, "00001", "00000")), "UNB", (1,), 5, "5.4 UNB"),
    Fault("unknown provider group", 1, A, edit(1, "+A+", "+Z+"), "UNB", (1,), 6, "A3 8.1.14"),
    Fault("logical name is missing", 1, A, edit(1, "SL110427S10", ""), "UNB", (1,), 7, "5.4 UNB"),
    Fault("test indicator 3", 1, A, edit(1, "S10+0", "S10+3"), "UNB", (1,), 8, "5.4 UNB"),
    Fault("one message too many", 1, A, edit(22, "000002", "000003"), "UNZ", (22,), 1, "5.4 UNZ", recount=False),
    Fault("another reference at the end", 1, A, edit(22, "+00001", "+00002"), "UNZ", (22,), 2, "5.4 UNZ"),
    Fault("one segment too many", 1, A, edit(8, "000007", "000008"), "UNT", (8,), 1, "5.4 UNT", recount=False),
    Fault("another message number at the end", 1, A, edit(8, "+00001", "+00002"), "UNT", (8,), 2, "5.4 UNT"),
    Fault(
        "a gap in the message numbers",
        1,
        A,
        edit(9, "00002", "00003", (21, "+00002", "+00003")),
        "UNH",
        (9,),
        1,
        "5.4 UNH",
    ),
    Fault("unknown message", 1, A, edit(2, "SLGA", "SLGB"), "UNH", (2,), 2, "5.4 UNH"),
    Fault("a version that has ended", 1, A, edit(2, ":21:", ":19:", (9, ":21:", ":19:")), "UNH", (2,), 2, "5.5.1"),
    Fault("two versions in one file", 1, A, edit(9, ":21:", ":20:"), "UNH", (9,), 2, "5.2 (6)"),
    Fault("release number 1", 1, A, edit(2, ":0:0", ":1:0"), "UNH", (2,), 2, "5.4 UNH"),
    Fault("no header", 1, A, drop(1), "UNB", (1,), None, "5.4 UNB"),
    Fault("no trailer", 1, A, drop(22), "UNZ", (21, 22), None, "5.4 UNZ"),
    Fault("a message is not closed", 1, A, drop(8), "UNT", (7, 8), None, "5.4 UNT"),
    # --- SLGA (5.5.2) ---
    Fault("processing mark 05", 3, A, edit(3, "FKT+01", "FKT+05"), "FKT", (3,), 1, "A3 8.1.7"),
    Fault("collective mark N", 3, A, edit(3, "01++", "01+N+"), "FKT", (3,), 2, "5.5.2 FKT"),
    Fault("provider has eight digits", 2, A, edit(3, "591104278", "59110427"), "FKT", (3,), 3, "5.5.2 FKT"),
    Fault("letter in the payer's IK", 2, A, edit(3, "109519005", "10951900A"), "FKT", (3,), 4, "5.5.2 FKT"),
    Fault("no card IK in an invoice", 2, A, edit(3, "109519005+109519005", "109519005+"), "FKT", (3,), 5, "5.5.2 FKT"),
    Fault(
        "sender is not the file's",
        3,
        A,
        edit(3, "109519005+591104278", "109519005+591108158"),
        "FKT",
        (3,),
        6,
        "5.5.2 FKT",
    ),
    Fault("card IK in a collective", 3, G, edit(3, "519++", "519+100177504+"), "FKT", (3,), 5, "5.5.2 FKT"),
    Fault(
        "blank in the invoice number",
        2,
        A,
        edit(4, "00000001", "000 0001", (11, "00000001", "000 0001")),
        "REC",
        (4,),
        1,
        "5.5.2 REC",
    ),
    Fault(
        "invoice number ends with a slash",
        2,
        A,
        edit(4, "00000001", "0000001/", (11, "00000001", "0000001/")),
        "REC",
        (4,),
        1,
        "5.5.2 REC",
    ),
    Fault(
        "two hyphens in a row",
        2,
        A,
        edit(4, "00000001", "2025--01", (11, "00000001", "2025--01")),
        "REC",
        (4,),
        1,
        "5.5.2 REC",
    ),
    Fault(
        "invoice number of 15 characters",
        2,
        A,
        edit(4, "00000001", "000000000000001", (11, "00000001", "000000000000001")),
        "REC",
        (4,),
        1,
        "5.5.2 REC",
    ),
    Fault("invoice number in three parts", 2, A, edit(4, ":0+", ":0:1+"), "REC", (4,), 1, "5.5.2 REC"),
    Fault(
        "month 13 in the invoice date",
        2,
        A,
        edit(4, "20251006", "20251306", (11, "20251006", "20251306")),
        "REC",
        (4,),
        2,
        "5.5.2 REC",
    ),
    Fault("invoice kind 4", 3, A, edit(4, "+1", "+4", (11, "+1", "+4")), "REC", (4,), 3, "A3 8.1.4"),
    Fault("tax number in a collective", 3, G, insert(5, "UST+99015/28765"), "UST", (5,), None, "5.5.2 UST"),
    Fault("discount with one decimal", 2, L, edit(6, "3,00", "3,0"), "SKO", (6,), 1, "5.1 (10)"),
    Fault("discount in 1000 days", 2, L, edit(6, "+7", "+1000"), "SKO", (6,), 2, "5.5.2 SKO"),
    Fault("exempt mark N", 3, L, edit(5, "+J", "+N"), "UST", (5,), 2, "5.5.2 UST"),
    Fault("only one sum", 2, A, drop(6), "GES", (5, 6), None, "5.5.2 GES"),
    Fault("total is not the first sum", 3, A, swap(5, 6), "GES", (5,), None, "5.5.2 GES"),
    Fault("sum state 12", 3, A, edit(6, "GES+11", "GES+12"), "GES", (6,), 1, "A3 8.1.6"),
    Fault("sum for a state that has no case", 3, A, edit(6, "GES+11", "GES+31"), "GES", (6,), None, "5.5.2 GES"),
    Fault("the same sum state twice", 3, K, edit(7, "GES+31", "GES+11"), "GES", (7,), 1, "5.5.2 GES"),
    Fault("asked for is not gross less copayment", 3, A, edit(5, "478,50", "479,50"), "GES", (5,), 2, "5.5.2 GES"),
    Fault(
        "gross is not the sum of the cases",
        3,
        A,
        edit(5, "478,50+488,50", "479,50+489,50", (6, "478,50+488,50", "479,50+489,50")),
        "GES",
        (5,),
        3,
        "5.5.2 GES",
    ),
    Fault("states do not add up", 3, K, edit(7, "110,00+120", "111,00+121"), "GES", (5, 7), None, "5.5.2 GES"),
    Fault(
        "collective is not the sum of its invoices",
        3,
        G,
        edit(5, "210,66+226,05", "211,66+227,05", (8, "80,10+89,00", "81,10+90,00")),
        "GES",
        (5, 8),
        None,
        "5.5.2 GES",
    ),
    Fault(
        "single number 0 under a collective", 3, G, edit(13, ":1", ":0", (22, ":1", ":0")), "REC", (13,), 1, "5.5.2 REC"
    ),
    Fault("nameless provider", 2, A, edit(7, "+Sanitätshaus Lindenhof GmbH", ""), "NAM", (7,), 1, "5.5.2 NAM"),
    Fault("name of 31 characters", 2, A, edit(7, "Sanitätshaus Lindenhof GmbH", X31), "NAM", (7,), 1, "5.5.2 NAM"),
    Fault("no name", 2, A, drop(7), "NAM", (6, 7), None, "5.5.2 NAM"),
    Fault("umlaut in the e-mail address", 3, L, edit(10, "@lindenhof", "@lindenhöf"), "NAM", (10,), 4, "5.5.2 NAM"),
    # --- SLLA, base segments (5.5.3.1) ---
    Fault("processing marks differ", 3, A, edit(10, "FKT+01", "FKT+02"), "FKT", (10,), 1, "5.5.3.1 FKT"),
    Fault("providers differ", 3, A, edit(10, "591104278", "591108158"), "FKT", (10,), 3, "5.5.3.1 FKT"),
    Fault("payers differ", 3, A, edit(10, "109519005", "105830016"), "FKT", (10,), 4, "5.5.3.1 FKT"),
    Fault("cards differ", 3, A, edit(10, "005+109519005", "005+100167999"), "FKT", (10,), 5, "5.5.3.1 FKT"),
    Fault("issuer is missing in kind 3", 3, I, edit(18, "+591233445", ""), "FKT", (18,), 6, "5.5.3.1 FKT"),
    Fault(
        "issuer in kind 1",
        3,
        A,
        edit(10, "109519005+109519005", "109519005+109519005+591233445"),
        "FKT",
        (10,),
        6,
        "5.5.3.1 FKT",
    ),
    Fault("another number than the invoice", 3, A, edit(11, "00000001", "00000002"), "REC", (11,), 1, "5.5.3.1 REC"),
    Fault("another date than the invoice", 3, A, edit(11, "20251006", "20251005"), "REC", (11,), 2, "5.5.3.1 REC"),
    Fault("another kind than the invoice", 3, A, edit(11, "06+1", "06+2"), "REC", (11,), 3, "5.5.3.1 REC"),
    Fault("status of four characters", 2, A, edit(12, "10000", "1000"), "INV", (12,), 2, "5.5.3.1 INV"),
    Fault(
        "insurance number of 13 characters",
        2,
        A,
        edit(12, "H317604125", "H317604125123"),
        "INV",
        (12,),
        1,
        "5.5.3.1 INV",
    ),
    Fault("voucher information 3", 3, A, edit(12, "+1+4711", "+3+4711"), "INV", (12,), 3, "A3 8.1.18"),
    Fault("no voucher number", 2, A, edit(12, "+4711", ""), "INV", (12,), 4, "5.5.3.1 INV"),
    Fault("voucher number of 11 characters", 2, A, edit(12, "4711", "47114711471"), "INV", (12,), 4, "5.5.3.1 INV"),
    Fault("the same voucher number twice", 3, K, edit(26, "6002", "6001"), "INV", (26,), 4, "5.5.3.1 INV"),
    Fault(
        "origin in a first billing",
        3,
        A,
        insert(13, "URI+591104278+00000009:0+20250901+4600"),
        "URI",
        (13,),
        None,
        "5.5.3.1 URI",
    ),
    Fault("nameless client", 2, A, edit(13, "Birkholz", ""), "NAD", (13,), 1, "5.5.3.1 NAD"),
    Fault("no birth date", 2, A, edit(13, "+19500301", ""), "NAD", (13,), 3, "5.5.3.1 NAD"),
    Fault("month 13 in the birth date", 2, A, edit(13, "19500301", "19501301"), "NAD", (13,), 3, "5.5.3.1 NAD"),
    Fault("neither number nor address", 3, A, edit(12, "H317604125+10000", "+"), "NAD", (12, 13), None, "5.5.3.1 NAD"),
    Fault("image month 13", 3, L, edit(17, "+12+", "+13+"), "IMG", (17,), 2, "5.5.3.1 IMG"),
    Fault("prescription id of 21 characters", 2, L, edit(18, ".58", ".5"), "EVO", (18,), 1, "5.5.3.1 EVO"),
    Fault("electronic prescription before the image", 2, L, swap(17, 18), "EVO", (17, 18), None, "5.5.3.1"),
    # --- SLLA, group A (5.5.3.2) ---
    Fault(
        "first aid is number 2",
        3,
        A,
        edit(14, "HIL+1", "HIL+2", (17, "ZUH+1", "ZUH+2")),
        "HIL",
        (14,),
        1,
        "5.5.3.2 HIL",
    ),
    Fault("two aids of one number", 3, C, edit(16, "HIL+2", "HIL+1"), "HIL", (16,), 1, "5.5.3.2 HIL"),
    Fault("an aid without a position", 2, K, drop(18), "EHI", (17, 18), None, "5.5.3.2"),
    Fault("accounting code of one character", 2, A, edit(15, "15:", "1:"), "EHI", (15,), 1, "5.5.3.2 EHI"),
    Fault("accounting code of another group", 3, A, edit(15, "15:", "21:"), "EHI", (15,), 1, "A3 8.1.14"),
    Fault("tariff in small letters", 3, A, edit(15, "01000", "01a00"), "EHI", (15,), 1, "5.5.3.2 EHI"),
    Fault("no position number", 2, A, edit(15, "1850020001", ""), "EHI", (15,), 2, "5.5.3.2 EHI"),
    Fault(
        "position number of 11 characters", 2, A, edit(15, "1850020001", "18500200011"), "EHI", (15,), 2, "5.5.3.2 EHI"
    ),
    Fault("quantity without decimals", 2, A, edit(15, "+1,00+", "+1+"), "EHI", (15,), 3, "5.1 (10)"),
    Fault("quantity of seven digits", 2, A, edit(15, "+1,00+", "+12345,00+"), "EHI", (15,), 3, "5.5.3.2 EHI"),
    Fault("unit 99", 3, A, edit(15, "+12+", "+99+"), "EHI", (15,), 4, "A3 8.6"),
    Fault("unit in letters", 3, A, edit(15, "+12+", "+ST+"), "EHI", (15,), 4, "A3 8.6"),
    Fault("point in the price", 2, A, edit(15, "450,00", "450.00"), "EHI", (15,), 5, "5.1 (10)"),
    Fault("price with three decimals", 2, A, edit(15, "450,00", "450,000"), "EHI", (15,), 5, "5.1 (10)"),
    Fault("31 September", 2, A, edit(15, "20251002", "20250931"), "EHI", (15,), 6, "5.5.3.2 EHI"),
    Fault("mark 21", 3, A, edit(15, "20251002+00", "20251002+21"), "EHI", (15,), 7, "A3 8.1.10"),
    Fault("no mark", 2, A, edit(15, "20251002+00", "20251002"), "EHI", (15,), 7, "5.5.3.2 EHI"),
    Fault("inventory number of 21 characters", 2, K, edit(20, "INV-4711/08", "x" * 21), "EHI", (20,), 8, "5.5.3.2 EHI"),
    Fault("application site 3", 3, K, edit(18, "+++2", "+++3"), "EHI", (18,), 10, "A3 8.1.15"),
    Fault("hour 25", 2, K, edit(20, "0915", "2515"), "EHI", (20,), 12, "5.5.3.2 EHI"),
    Fault("minute 60", 2, K, edit(20, "+1000+", "+1060+"), "EHI", (20,), 13, "5.5.3.2 EHI"),
    Fault("supply period without an end", 3, C, edit(15, "+20250930", ""), "EHI", (15,), 16, "5.5.3.2 EHI"),
    Fault(
        "consumables without a supply period",
        3,
        C,
        edit(15, "++++++++20250701+20250930", ""),
        "EHI",
        (15,),
        15,
        "5.5.3.2 EHI",
    ),
    Fault("text of 71 characters", 2, C, edit(21, "Wechselversorgung", X71), "TXT", (21,), 1, "5.5.3.2 TXT"),
    Fault("two texts for one position", 2, C, insert(22, "TXT+noch einer"), "TXT", (22,), None, "5.5.3.2 TXT"),
    Fault("colon that is not released", 2, J, edit(26, "Maß?:", "Maß:"), "TXT", (26,), 1, "5.1 (11)"),
    Fault("VAT is not price x quantity x rate", 3, E, edit(16, "0,88", "0,87"), "MWS", (16,), 2, "5.5.3.2 MWS"),
    Fault("VAT rate without decimals", 2, E, edit(16, "7,00", "7"), "MWS", (16,), 1, "5.1 (10)"),
    Fault("copayment for an aid that is not there", 3, A, edit(17, "ZUH+1", "ZUH+9"), "ZUH", (17,), 1, "5.5.3.2 ZUH"),
    Fault("two copayments for one aid", 3, C, edit(23, "ZUH+2", "ZUH+1"), "ZUH", (23,), 1, "5.5.3.2 ZUH"),
    Fault("gross of the aid", 3, A, edit(17, "488,50", "488,00"), "ZUH", (17,), 2, "5.5.3.2 ZUH"),
    Fault("copayment kind 05", 3, A, edit(17, "+02+", "+05+"), "ZUH", (17,), 3, "A3 8.1.13"),
    Fault("no extra costs segment", 2, A, drop(18), "MEH", (17, 18), None, "5.5.3.2 MEH"),
    Fault("extra costs without an amount", 2, A, edit(18, "+0,00", ""), "MEH", (18,), 1, "5.5.3.2 MEH"),
    Fault("an element too many", 2, A, edit(18, "0,00", "0,00+1"), "MEH", (18,), 2, "5.5.3.2 MEH"),
    Fault("no prescription", 2, A, drop(19), "ZHI", (18, 19), None, "5.5.3.2 ZHI"),
    Fault("letters in the practice number", 2, A, edit(19, "581234500", "58123450A"), "ZHI", (19,), 1, "5.5.3.2 ZHI"),
    Fault("no doctor's number", 2, A, edit(19, "123456601", ""), "ZHI", (19,), 2, "5.5.3.2 ZHI"),
    Fault("no prescription date", 2, A, edit(19, "20250922", ""), "ZHI", (19,), 3, "5.5.3.2 ZHI"),
    Fault("copayment mark 6", 3, A, edit(19, "0922+3", "0922+6"), "ZHI", (19,), 4, "A3 8.1.3"),
    Fault("accident 4", 3, L, edit(23, "+3+2+6", "+3+4+6"), "ZHI", (23,), 5, "A3 8.1.2"),
    Fault("social compensation 5", 3, L, edit(23, "+3+2+6", "+3+2+5"), "ZHI", (23,), 6, "A3 8.1.2.1"),
    Fault("prescription feature 3", 3, L, edit(23, "+6+4", "+6+3"), "ZHI", (23,), 7, "A3 8.1.11"),
    Fault("recommendation without an employee number", 3, K, edit(39, "999999997", ""), "ZHI", (39,), 8, "5.5.3.2 ZHI"),
    Fault("recommendation without an IK", 3, K, edit(39, "+461200344", ""), "ZHI", (39,), 9, "5.5.3.2 ZHI"),
    Fault(
        "recommendation with a practice",
        3,
        K,
        edit(39, "ZHI+999999999", "ZHI+581234500"),
        "ZHI",
        (39,),
        1,
        "5.5.3.2 ZHI",
    ),
    Fault("prescription before the copayments", 2, A, swap(17, 19), "ZHI", (17, 18, 19), None, "5.5.3.2"),
    Fault(
        "diagnosis of 71 characters", 2, C, edit(31, "Lipödem der Beine beidseits", X71), "DIA", (31,), 2, "5.5.3.2 DIA"
    ),
    Fault("approval without a number", 2, C, edit(32, "GK-2025/0815", ""), "SKZ", (32,), 1, "5.5.3.2 SKZ"),
    Fault("approval without a date", 2, C, edit(32, "20250620", ""), "SKZ", (32,), 2, "5.5.3.2 SKZ"),
    Fault("kind of approval X9", 3, C, edit(32, "A1", "X9"), "SKZ", (32,), 3, "A3 8.1.17"),
    Fault("two approvals", 2, C, insert(33, "SKZ+GK-2025/0816+20250620+A1"), "SKZ", (33,), None, "5.5.3.2 SKZ"),
    Fault("gross of the case", 3, A, edit(20, "488,50", "488,00"), "BES", (20,), 1, "5.5.3.2 BES"),
    Fault("copayment of the case", 3, A, edit(20, "+10,00", "+11,00"), "BES", (20,), 2, "5.5.3.2 BES"),
    Fault("own share of the case", 3, C, edit(33, "76,00", "75,00"), "BES", (33,), 3, "5.5.3.2 BES"),
    Fault("extra costs of the case", 3, C, edit(33, "135,50", "135,00"), "BES", (33,), 4, "5.5.3.2 BES"),
    Fault("no extra costs of the case", 2, A, edit(20, "++0,00", ""), "BES", (20,), 4, "5.5.3.2 BES"),
    Fault("no sums", 2, A, drop(20), "BES", (19, 20), None, "5.5.3.2 BES"),
    Fault("unknown segment", 2, A, insert(19, "XYZ+1"), "XYZ", (19,), None, "5.5.3.2"),
    Fault(
        "segment of another group",
        2,
        A,
        insert(15, "EHE+22:01000+20501+1,00+30,00+20251002"),
        "EHE",
        (15,),
        None,
        "5.5.3.2",
    ),
)
