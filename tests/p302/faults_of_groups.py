"""Faults in the files of groups B to S and of the correction procedure, seeded like those of group A in `faults`.

Segments are named by how they begin, because their numbers say nothing to a reader.
"""

from __future__ import annotations

from typing import Final

from tests.p302.faults import Fault, Mutation, Segments, drop, edit, golden_segments, insert, swap

X31, X71 = "x" * 31, "x" * 71


def place(base: str, start: str, nth: int = 1) -> int:
    """The number of the nth segment of a golden file that begins so."""
    found = [number for number, segment in enumerate(golden_segments(base), 1) if segment.startswith(start)]
    if len(found) < nth:
        raise ValueError(f"{base} has no segment {nth} that begins with {start!r}")
    return found[nth - 1]


class Base:
    """A golden file to break, and the section of TA1 V21 that most of its faults break."""

    def __init__(self, case: str, section: str) -> None:
        self.case, self.section = case, section

    def at(self, start: str, nth: int = 1) -> int:
        """The number of the nth segment that begins so."""
        return place(self.case, start, nth)

    def source(self, tag: str, source: str) -> str:
        return source or f"{self.section} {tag}"

    def wrong(
        self,
        name: str,
        level: int,
        start: str,
        old: str,
        new: str,
        element: int | None,
        *,
        nth: int = 1,
        also: tuple[tuple[str, str, str], ...] = (),
        or_at: tuple[str, ...] = (),
        source: str = "",
    ) -> Fault:
        """A segment says something else; `also` changes others along, `or_at` may be blamed as well."""
        number, tag = self.at(start, nth), start[:3]
        more = [(self.at(other), before, after) for other, before, after in also]
        blamed = (number, *(self.at(other) for other in or_at))
        return Fault(
            f"{self.case}: {name}",
            level,
            self.case,
            edit(number, old, new, *more),
            tag,
            blamed,
            element,
            self.source(tag, source),
        )

    def missing(self, name: str, start: str, *, nth: int = 1, count: int = 1, source: str = "") -> Fault:
        """Segments are left out; the one before or the one that now stands there is to blame."""
        number, tag = self.at(start, nth), start[:3]

        def mutate(segments: Segments) -> None:
            del segments[number - 1 : number - 1 + count]

        mutation = drop(number) if count == 1 else mutate
        return Fault(
            f"{self.case}: {name}",
            2,
            self.case,
            mutation,
            tag,
            (number - 1, number),
            None,
            self.source(tag, source),
        )

    def added(
        self, name: str, before: str, segment: str, *, nth: int = 1, level: int = 2, or_at: int = 0, source: str = ""
    ) -> Fault:
        """A segment stands where none may; `or_at` is the distance of another segment that may be blamed."""
        number, tag = self.at(before, nth), segment[:3]
        blamed = (number, number + or_at)
        return Fault(
            f"{self.case}: {name}",
            level,
            self.case,
            insert(number, segment),
            tag,
            blamed,
            None,
            self.source(tag, source),
        )

    def swapped(self, name: str, one: str, other: str, *, level: int = 2, nth: int = 1, source: str = "") -> Fault:
        """Two segments change places."""
        first, second = self.at(one, nth), self.at(other, nth)
        blamed = tuple(range(min(first, second), max(first, second) + 1))
        return Fault(
            f"{self.case}: {name}",
            level,
            self.case,
            swap(first, second),
            one[:3],
            blamed,
            None,
            self.source(one[:3], source),
        )


def replace(number: int, *segments: str) -> Mutation:
    """Put other segments in the place of one."""

    def mutate(content: Segments) -> None:
        content[number - 1 : number] = segments

    return mutate


B, BV = Base("group_b_copayment", "5.5.3.3"), Base("group_b_vat", "5.5.3.3")
BO, M02 = Base("group_b_outside_guidelines", "5.5.3.3"), Base("group_b_mark_02", "7.3")
M03, M04 = Base("group_b_mark_03", "5.5.3.3"), Base("group_b_mark_04", "5.5.3.3")
M10, FM, AM = Base("group_b_mark_10", "7.4.4"), Base("group_f_mark_02", "5.5.3.7"), Base("group_a_mark_04", "7.3")
C, D = Base("group_c_home_nursing", "5.5.3.4"), Base("group_d_household_help", "5.5.3.5")
E, F = Base("group_e_transport", "5.5.3.6"), Base("group_f_midwife", "5.5.3.7")
H, L = Base("group_h_rehab_sport", "5.5.3.8"), Base("group_l_mobile_rehab", "5.5.3.8")
O21, O20 = Base("group_o_palliative", "5.5.3.9"), Base("group_o_version_20", "5.5.3.9")
P, Q = Base("group_p_care_planning", "5.5.3.10"), Base("group_q_short_term_care", "5.5.3.11")
R, S = Base("group_r_intensive_care", "5.5.3.12"), Base("group_s_pilot_project", "5.5.3.13")

KG, HOME_VISIT, DOUBLE = "EHE+22:00000+20501", "EHE+22:00000+29933", "EHE+22:00000+20501+2,00"

FAULTS_B: Final = (
    B.wrong("a file of therapies says group C", 1, "UNB", "+B+", "+C+", None, or_at=(KG,), source="5.4 UNB"),
    B.wrong("accounting code of another group", 3, KG, "22:", "31:", 1, source="A3 8.1.14"),
    B.wrong("tariff in small letters", 3, KG, "00000", "00a00", 1),
    B.wrong("tariff of four characters", 2, KG, "00000", "0000", 1),
    B.wrong("position number of six characters", 2, KG, "20501", "205011", 2),
    B.wrong("position number of four digits", 3, KG, "20501", "2050", 2, source="A3 8.2.1"),
    B.wrong("quantity without decimals", 2, KG, "+1,00+", "+1+", 3, source="5.1 (10)"),
    B.wrong("point in the price", 2, KG, "28,52", "28.52", 4, source="5.1 (10)"),
    B.wrong("no price", 2, KG, "28,52", "", 4),
    B.wrong("31 November", 2, KG, "20251013", "20251131", 5),
    B.wrong("copayment of a unit with one decimal", 2, KG, "2,85", "2,8", 6, source="5.1 (10)"),
    B.wrong("kilometres of seven digits", 2, HOME_VISIT, "+7", "+1234567", 7),
    B.wrong("an element too many", 2, HOME_VISIT, "+7", "+7+1", 8),
    Fault(
        "group_b_copayment: two segments for one position of a day",
        3,
        B.case,
        replace(B.at(DOUBLE), *["EHE+22:00000+20501+1,00+28,52+20251027+2,85"] * 2),
        "EHE",
        (B.at(DOUBLE), B.at(DOUBLE) + 1),
        None,
        "5.5.3.3 EHE",
    ),
    B.wrong("text of 71 characters", 2, "TXT", "Bericht an Praxis?, 27.10.", X71, 1),
    B.added("two texts for one position", "ZHE", "TXT+noch einer"),
    BV.swapped("VAT before the text", "TXT", "MWS+7,00+0,36"),
    BV.wrong("VAT is a cent too high", 3, "MWS+7,00+2,65", "2,65", "2,66", 2),
    BV.wrong("VAT rate without decimals", 2, "MWS", "7,00", "7", 1, source="5.1 (10)"),
    B.wrong("letters in the practice number", 2, "ZHE", "581234500", "58123450A", 1),
    B.wrong("doctor's number of ten digits", 2, "ZHE", "417263801", "4172638011", 2),
    B.wrong("no prescription date", 2, "ZHE", "20251006", "", 3),
    B.wrong("copayment mark 6", 3, "ZHE", "+3+WS", "+6+WS", 4, source="A3 8.1.3"),
    B.wrong("diagnosis group of five characters", 2, "ZHE", "WS", "WS123", 5),
    B.wrong("blank in the diagnosis group", 3, "ZHE", "WS", "W S", 5),
    B.wrong("no diagnosis group", 2, "ZHE", "+WS+", "++", 5),
    B.wrong("kind of prescription 07", 3, "ZHE", "+03+", "+07+", 6, source="A3 8.1.12"),
    B.wrong("prescription feature 3", 3, "ZHE", "+04+4+2", "+04+3+2", 7, nth=2, source="A3 8.1.11"),
    B.wrong("accident 4", 3, "ZHE", "+04+4+2", "+04+4+4", 8, nth=2, source="A3 8.1.2"),
    BV.wrong("social compensation 5", 3, "ZHE", "+6++++0001", "+5++++0001", 9, nth=2, source="A3 8.1.2.1"),
    B.wrong("beginning of treatment", 2, "ZHE", "+03+++++1", "+03++++20251013+1", 10),
    B.wrong("report 2", 3, "ZHE", "+1+1+1010", "+2+1+1010", 11),
    B.wrong("home visit 0", 3, "ZHE", "+1+1010", "+0+1010", 12),
    B.wrong("key symptoms of three places", 2, "ZHE", "1010", "101", 13),
    B.wrong("key symptoms with a 2", 3, "ZHE", "1010", "1020", 13),
    B.wrong("no key symptom and no words", 3, "ZHE", "Gangunsicherheit nach Sturz", "", 14, nth=2),
    BV.wrong("individual symptom without words", 3, "ZHE", "Schwellung nach Bruch der Hand", "", 14, nth=2),
    B.wrong("urgent 2", 3, "ZHE", "++0+1+3", "++2+1+3", 15),
    B.wrong("urgency is missing", 2, "ZHE", "++0+1+3", "+++1+3", 15),
    B.wrong("area 6", 3, "ZHE", "+0+1+3", "+0+6+3", 16),
    B.wrong("no frequency", 2, "ZHE", "+0+1+3", "+0+1", 17),
    B.wrong("frequency of two digits", 2, "ZHE", "+0+1+3", "+0+1+13", 17),
    B.missing("no prescription", "ZHE"),
    B.missing("no diagnosis", "DIA+M54.5", count=2),
    B.wrong("diagnosis code of 13 characters", 2, "DIA", "M54.5", "M54.512345678", 1),
    B.added("approval before the diagnoses", "DIA", "SKZ+7+20250912+B2", or_at=1),
    BO.added("two approvals", "BES", "SKZ+LHB 8/2025+20250912+B2", nth=2),
    BO.wrong("approval of an aid", 3, "SKZ", "+B2", "+A1", 3, source="A3 8.1.17"),
    B.wrong("gross is a cent too high", 3, "BES", "193,47", "193,48", 1),
    B.wrong("copayment is not percent and flat", 3, "BES", "29,19", "29,20", 2),
    B.wrong("percent part is not that of the positions", 3, "BES", "29,19+19,19", "29,09+19,09", 3),
    B.wrong("flat amount over 10,00", 3, "BES", "29,19+19,19+10,00", "30,19+19,19+11,00", 4),
    BV.wrong("flat amount over what is left", 3, "BES", "5,47+0,55+4,92", "5,55+0,55+5,00", 4, nth=2),
    B.wrong("deduction in a first billing", 3, "BES", "+10,00", "+10,00+5,00", 5),
    B.missing("no sums", "BES"),
    B.wrong("claim for copayment in a first billing", 2, "BES+67,00", "BES", "GZF", None),
    B.wrong(
        "copayment of an exempt client",
        3,
        "ZHE",
        "+3+WS",
        "+1+WS",
        None,
        or_at=(KG, HOME_VISIT, "BES"),
        source="A3 8.1.3",
    ),
    B.wrong("total asks for a cent too much", 3, "GES+00", "231,28", "231,29", 2, source="5.5.2 GES"),
    B.wrong("the same voucher number twice", 3, "INV", "3102", "3101", 4, nth=2, source="5.5.3.1 INV"),
)

FAULTS_OF_CORRECTIONS: Final = (
    M02.missing("no origin", "URI", source="5.5.3.1 URI"),
    M02.missing("no origin in the second case", "URI", nth=2, source="5.5.3.1 URI"),
    M02.swapped("origin after the client", "URI", "NAD"),
    M02.wrong("provider of the origin has eight digits", 2, "URI", "440305188", "44030518", 1, source="5.5.3.1 URI"),
    M02.wrong("single number of the origin is missing", 2, "URI", ":0+", "+", 2, source="5.5.3.1 URI"),
    M02.wrong("no number of the origin", 2, "URI", "00000412:0", "", 2, source="5.5.3.1 URI"),
    M02.wrong("month 13 in the origin's date", 2, "URI", "20251110", "20251310", 3, source="5.5.3.1 URI"),
    M02.wrong("voucher of the origin has 11 characters", 2, "URI", "3101", "31013101310", 4, source="5.5.3.1 URI"),
    M02.wrong("no voucher of the origin", 2, "URI", "+3101", "", 4, source="5.5.3.1 URI"),
    M02.wrong("marks differ", 3, "FKT", "FKT+02", "FKT+04", 1, nth=2, source="5.5.3.1 FKT"),
    M02.wrong(
        "deduction in a supplementary invoice", 3, "BES", "2,75+2,75", "2,75+2,75++5,00", 5, source="5.5.3.3 BES"
    ),
    B.added("origin in a first billing", "NAD", "URI+440305188+00000009:0+20250901+4600", level=3, source="7.3"),
    M03.missing("no claim", "GZF"),
    M03.wrong("sums instead of a claim", 2, "GZF", "GZF", "BES", None),
    M03.wrong("claim is not percent and flat", 3, "GZF", "29,19", "29,20", 1),
    M03.wrong("percent part of the claim", 3, "GZF", "29,19+19,19", "29,09+19,09", 2),
    M03.wrong("flat part of the claim over 10,00", 3, "GZF", "29,19+19,19+10,00", "30,19+19,19+11,00", 3),
    M03.wrong("claim with one decimal", 2, "GZF", "5,70", "5,7", 1, nth=2, source="5.1 (10)"),
    M03.wrong("claim though copayment is due", 3, "ZHE", "+2+WS", "+3+WS", 4, source="7.4.2"),
    M03.wrong("gross in a claim for copayment", 3, "GES+00", "+0,00+", "+193,47+", 3, source="5.5.2 GES"),
    M03.wrong("asked for is not the claim", 3, "GES+00", "34,89+0,00", "34,88+0,00", 2, source="5.5.2 GES"),
    M04.wrong(
        "total forgets the deduction", 3, "GES+00", "72,93+82,87+9,94", "77,93+82,87+4,94", 4, source="5.5.2 GES"
    ),
    M04.wrong("deduction without decimals", 2, "BES", "++5,00", "++5", 5, source="5.1 (10)"),
    M04.wrong("number of another collective", 2, "URI", "00000431:0", "0000-/431:0", 2, nth=2, source="5.5.3.1 REC"),
    M10.missing("no origin", "URI", source="5.5.3.1 URI"),
    M10.wrong("resumption of a prescription that is not blank", 3, "ZHE", "+05+", "+03+", 6),
    FM.missing("no origin", "URI", source="5.5.3.1 URI"),
    FM.wrong("claim for copayment by a midwife", 2, "BES", "BES", "GZF", None),
    AM.missing("no origin", "URI", nth=3, source="5.5.3.1 URI"),
    AM.wrong("unknown mark", 3, "FKT", "FKT+04", "FKT+06", 1, nth=2, source="A3 8.1.7"),
)

VISIT, FLAT_RATE = "ESK+20251103+0730", "EHK+34:01000+032900"

FAULTS_C: Final = (
    C.wrong("accounting code of another group", 3, "EHK", "34:", "22:", 1, source="A3 8.1.14"),
    C.wrong("position number of seven digits", 3, "EHK", "032101", "0321011", 2, source="A3 8.2.4"),
    C.wrong("quantity is missing", 2, "EHK", "+1,00+", "++", 3),
    C.wrong("point in the price", 2, "EHK", "14,30", "14.30", 4, source="5.1 (10)"),
    C.wrong("kilometres with decimals", 2, FLAT_RATE, "+3+", "+3,00+", 5),
    C.wrong("no employee number", 2, "EHK", "++417720356", "", 6),
    C.wrong("employee number of eight digits", 2, "EHK", "417720356", "41772035", 6),
    C.wrong("substitute that has ended", 3, "EHK", "417720356", "999999999", 6, source="A3 8.1.19"),
    C.wrong("substitute of intensive care", 3, "EHK", "417720356", "999999990", 6, source="A3 8.1.19"),
    C.wrong("substitute of palliative care", 3, "EHK", "417720356", "999999995", 6, source="A3 8.1.19"),
    C.wrong("letter in the second employee number", 2, "EHK+34:01000+032101+1,00+14,30++9", "996", "99A", 7),
    C.wrong("a visit before the one before it", 3, "ESK+20251103+1815", "1815", "0615", None),
    C.wrong("a day before the one before it", 3, "ESK+20251104", "20251104", "20251102", None),
    C.wrong("hour 24", 2, VISIT, "0730", "2430", 2),
    C.wrong("minute 60", 2, VISIT, "0755", "0760", 3),
    C.wrong("no beginning", 2, VISIT, "+0730", "+", 2),
    C.wrong("31 November", 2, VISIT, "20251103", "20251131", 1),
    C.wrong("duration of five digits", 2, VISIT, "+25", "+12345", 4),
    C.missing("positions without a visit", VISIT),
    C.missing("a visit without positions", "EHK+34:01000+032101+1,00+14,30++9"),
    C.swapped("single service before the text", "TXT", "ELP"),
    C.wrong("single service without a quantity", 2, "ELP", "+1,00", "", 2),
    C.wrong("single service without a number", 2, "ELP", "032117", "", 1),
    C.added("VAT beside prices that contain it", "ESK+20251103+1815", "MWS+19,00+5,02"),
    C.missing("no prescription", "ZHK", count=8),
    C.wrong("no practice number", 2, "ZHK", "581234500", "", 1),
    C.wrong("no prescription date", 2, "ZHK", "+20251020", "", 3),
    C.wrong("feature of aids", 3, "ZHK", "+4", "+8", 6, nth=2, source="A3 8.1.11"),
    C.missing("second prescription without an approval", "SKZ+Pseudo"),
    C.wrong("number with a provisional promise", 3, "SKZ+Pseudo", "Pseudo", "HKP-1", 1),
    C.wrong("another date with a provisional promise", 3, "SKZ+Pseudo", "20251103", "20251104", 2),
    C.wrong("approval of domestic help", 3, "SKZ", "+C1", "+D1", 3, source="A3 8.1.17"),
    C.wrong("sum is a cent too low", 3, "BES", "76,69", "76,68", 1),
    C.wrong("copayment where there is none", 2, "BES", "76,69", "76,69+10,00", 2),
)

FAULTS_D: Final = (
    D.wrong("accounting code of transport", 3, "EHH", "31:", "41:", 1, source="A3 8.1.14"),
    D.wrong("no price", 2, "EHH", "+8,75", "", 4),
    D.wrong("kilometres in a position", 2, "EHH", "8,75", "8,75+12", 5),
    D.wrong("a deployment before the one before it", 3, "ESH+20251106", "20251106", "20251104", None),
    D.wrong("minute 60", 2, "ESH", "1300", "1260", 3),
    D.wrong("no beginning", 2, "ESH+20251106", "+0830", "", 2),
    D.missing("positions without a deployment", "ESH"),
    D.wrong("single service with one decimal", 2, "ELP", "1,00", "1,0", 2, source="5.1 (10)"),
    D.wrong("text of 71 characters", 2, "TXT", "16 x 15 Minuten", X71, 1),
    D.wrong("letters in the hospital's IK", 2, "ZHH", "261012335", "26101233A", 1),
    D.wrong("no date of the certificate", 2, "ZHH", "20251028", "", 3),
    D.wrong("accident 9", 3, "ZHH", "+2++2", "+9++2", 4, source="A3 8.1.2"),
    D.wrong("certificate of home nursing", 2, "ZHH", "ZHH", "ZHK", None),
    D.missing("diagnosis without a certificate", "ZHH"),
    D.wrong("approval of home nursing", 3, "SKZ", "+D1", "+C1", 3, source="A3 8.1.17"),
    D.wrong("sum is a cent too high", 3, "BES", "236,56", "236,57", 1),
    D.missing("no sum", "BES", nth=2),
)

FAULTS_E: Final = (
    E.wrong("first trip is number 2", 3, "KTL", "KTL+1", "KTL+3", 1, also=(("ZUK+1", "ZUK+1", "ZUK+3"),)),
    E.wrong("two trips of one number", 3, "KTL+2", "KTL+2", "KTL+1", 1),
    E.wrong("no street of the pick-up", 2, "KTL", "Mühlweg 4", "", 2),
    E.wrong("street of 31 characters", 2, "KTL", "Mühlweg 4", X31, 2),
    E.wrong("postal code of four digits", 3, "KTL", "+72070+", "+7207+", 3),
    E.wrong("no street of the destination", 2, "KTL", "Klinikstr. 9", "", 6),
    E.wrong("no postal code of the destination", 2, "KTL", "72076", "", 7),
    E.wrong("no name of the destination", 2, "KTL", "72076++Tübingen", "72076", 9),
    E.wrong("country of four characters", 2, "KTL", "+F+", "+FRAN+", 8, nth=3),
    E.missing("a trip without positions", "EKT+46:01000+040101"),
    E.wrong("accounting code of aids", 3, "EKT", "46:", "15:", 1, source="A3 8.1.14"),
    E.wrong("position number of seven digits", 3, "EKT", "030101", "0301011", 2),
    E.wrong("kilometres without decimals", 2, "EKT", "12,50", "12", 6, source="5.1 (10)"),
    E.wrong("hour 25", 2, "EKT", "0815", "2515", 7),
    E.wrong("no day", 2, "EKT+46:01000+030301", "+20251106", "", 5),
    E.wrong("VAT is a cent too low", 3, "MWS+7,00+1,71", "1,71", "1,70", 2),
    E.wrong("copayment for a trip that is not there", 3, "ZUK", "ZUK+1", "ZUK+9", 1),
    E.wrong("gross of the trip", 3, "ZUK", "33,05", "33,06", 2),
    E.wrong("copayment kind 05", 3, "ZUK", "+02+", "+05+", 3, source="A3 8.1.13"),
    E.wrong("two copayments for one trip", 3, "ZUK+2", "ZUK+2", "ZUK+1", 1),
    E.wrong("no copayment mark", 2, "ZKT", "+3+", "++", 3),
    E.wrong("copayment mark 7", 3, "ZKT", "+3+", "+7+", 3, source="A3 8.1.3"),
    E.wrong("no doctor's number", 2, "ZKT", "+628401122", "+", 2),
    E.missing("no prescription", "ZKT"),
    E.added("diagnosis in transport", "SKZ", "DIA+M54.5"),
    E.wrong("approval of an aid", 3, "SKZ", "+E2", "+A2", 3, source="A3 8.1.17"),
    E.wrong("gross is a cent too high", 3, "BES", "111,45", "111,46", 1),
    E.wrong("copayment is not that of the trips", 3, "BES", "12,84", "12,74", 2),
)

BIRTH, WAY, MEDICINE = "EHB+50:00000+20101", "EHB+50:00000+50102", "EHB+50:00000+70101"

FAULTS_F: Final = (
    F.wrong("midwife has eight digits", 2, "HEB", "452307184", "45230718", 1),
    F.wrong("letter in the hospital's IK", 2, "HEB", "261012335", "26101233A", 2),
    F.missing("no midwife", "HEB"),
    F.missing("no day", "HEL"),
    F.wrong("month 13", 2, "HEL", "20251104", "20251304", 1),
    F.missing("a day without positions", "EHB+50:00000+30101"),
    F.wrong("accounting code of home nursing", 3, BIRTH, "50:", "31:", 1, source="A3 8.1.14"),
    F.wrong("position number of six characters", 2, BIRTH, "20101", "201011", 2),
    F.wrong("position number of three digits", 3, BIRTH, "20101", "201", 2, source="A3 8.2.6"),
    F.wrong("PZN of nine digits", 2, MEDICINE, "1234562", "123456212", 5),
    F.wrong("check digit of the PZN", 3, MEDICINE, "1234562", "1234563", 5),
    F.wrong("hour 25", 2, BIRTH, "0130", "2530", 6),
    F.wrong("duration of five digits", 2, BIRTH, "+195", "+12345", 8),
    F.wrong("kilometres of seven digits", 2, "EHB+50:00000+30101", "+35+6", "+35+1234567", 9),
    F.wrong("street of 31 characters", 2, WAY, "Storchengasse 2", X31, 10),
    F.wrong("postal code of four digits", 3, WAY, "79539", "7953", 12),
    F.wrong("VAT is a cent too low", 3, "MWS", "0,94", "0,93", 2),
    F.swapped("VAT before the text", "TXT", "MWS"),
    F.missing("no facts of the case", "ZHB"),
    F.wrong("birth date key 3", 3, "ZHB", "1:2025", "3:2025", 3, source="A3 8.1.16"),
    F.wrong("birth date without its key", 2, "ZHB", "1:20251104", "20251104", 3),
    F.wrong("month 13 in the birth date", 2, "ZHB", "20251104", "20251304", 3),
    F.wrong("no time of birth", 2, "ZHB", "0312", "", 4),
    F.wrong("hour 24 of birth", 2, "ZHB", "0312", "2412", 4),
    F.wrong("ten children", 2, "ZHB", "20251107+2", "20251107+10", 6),
    F.added("two approvals", "BES", "SKZ+HEB/5+20251110+F1"),
    F.wrong("approval of others", 3, "SKZ", "+F1", "+G1", 3, source="A3 8.1.17"),
    F.wrong("sum is a cent too high", 3, "BES", "714,10", "714,11", 1),
    F.wrong("copayment where there is none", 2, "BES", "714,10", "714,10+10,00", 2),
)

FAULTS_G_TO_N: Final = (
    H.wrong("a file of rehabilitation sport says group I", 1, "UNB", "+H+", "+I+", None, or_at=("ENF",), source="5.4"),
    H.wrong("accounting code of functional training", 3, "ENF", "61:", "62:", 2, source="A3 8.1.14"),
    H.wrong("identification number of four digits", 2, "ENF", "ENF+1", "ENF+1000", 1),
    H.wrong("quantity is missing", 2, "ENF", "+1,00+", "++", 4),
    H.wrong("no day", 2, "ENF+1+61:00000+604501+1,00+7,03+20251118", "+20251118", "", 6),
    H.swapped("text before the times", "SUT+++++", "TXT"),
    H.wrong("minute 60", 2, "SUT", "1745", "1760", 3),
    H.wrong("supply period without an end", 3, "SUT+++++", "+20251130", "", 6),
    H.added("two SUT for one position", "ENF+1+61:00000+604501+1,00+7,03+20251111", "SUT+14"),
    H.wrong("copayment mark is missing", 2, "ZUV", "+0", "", 4),
    H.missing("diagnosis without a prescription", "ZUV"),
    H.wrong("approval of functional training", 3, "SKZ", "+H1", "+I1", 3, source="A3 8.1.17"),
    H.wrong("sum is a cent too low", 3, "BES", "21,09", "21,08", 1),
    L.wrong("price with three decimals", 2, "ENF", "61,20", "61,200", 5, source="5.1 (10)"),
    L.added("copayment segment that is reserved", "ZUV", "ZUZ+1+190,60+01+20,00", level=3),
    L.wrong("kilometres of seven digits", 2, "SUT", "SUT+14", "SUT+1234567", 1),
    L.wrong("VAT is a cent too high", 3, "MWS", "1,12", "1,13", 2),
    L.wrong("letters in the practice number", 2, "ZUV", "261012335", "26101233A", 1),
    L.wrong("copayment mark 8", 3, "ZUV", "+3+++4", "+8+++4", 4, source="A3 8.1.3"),
    L.wrong("percent part is not that of the positions", 3, "BES", "20,00+20,00", "21,00+21,00", 3),
    L.wrong("copayment is not percent and flat", 3, "BES", "11,25", "11,35", 2, nth=2),
    L.wrong("flat amount over 10,00", 3, "BES", "11,25+1,25+10,00", "11,75+1,25+10,50", 4, nth=2),
    L.wrong("approval of rehabilitation sport", 3, "SKZ", "+L1", "+H1", 3, source="A3 8.1.17"),
)

FAULTS_O: Final = (
    O21.missing("no first contact", "ERS"),
    O21.added("two first contacts", "ESP", "ERS+20250728"),
    O21.wrong("month 13", 2, "ERS", "20250728", "20251328", 1),
    O21.wrong("position number of 11 characters", 2, "ESP", "0102030001", "01020300011", 2),
    O21.missing("a position without a deployment", "ZZL+20251106"),
    O21.swapped("deployments out of order", "ZZL+20251103", "ZZL+20251104", level=3),
    O21.wrong("duration of two digits", 2, "ZZL", "0045", "45", 5),
    O21.wrong("hour 24", 2, "ZZL", "0805", "2405", 2),
    O21.wrong("end before the beginning", 3, "ZZL+20251104", "+20251105+", "+20251103+", 3),
    O21.wrong("no employee number", 2, "ZZL", "++417720356", "", 7),
    O21.wrong("only doctors, and no doctor's number", 3, "ZZL+20251104", "+++715530638+333333300", "", 10),
    O21.wrong("substitute of intensive care", 3, "ZZL", "417720356", "999999990", 7, source="A3 8.1.19"),
    O21.wrong("doctor's number of eight digits", 2, "ZZL+20251104", "715530638", "71553063", 10),
    O20.wrong("employee number in version 20", 2, "ZZL", "+0045", "+0045++417720356", 7),
    O21.swapped("text after the deployment", "TXT", "ZZL"),
    O21.missing("no prescription", "ZSP", count=8),
    O21.wrong("no end of the prescription", 2, "ZSP", "+20251128", "", 6),
    O21.wrong("end before the beginning of the prescription", 3, "ZSP", "+20251128", "+20251028", 6),
    O21.missing("no diagnosis", "DIA+R52.2"),
    O21.missing("no approval", "SKZ"),
    O21.wrong("provisional promise of home nursing", 3, "SKZ", "+O1", "+C2", 3, source="A3 8.1.17"),
    O21.wrong("sum is a cent too high", 3, "BES", "393,75", "393,76", 1),
)

FAULTS_P: Final = (
    P.wrong("accounting code of palliative care", 3, "EGV", "76:", "75:", 1, source="A3 8.1.14"),
    P.wrong("no day", 2, "EGV+76:00000+7600002", "+20251124", "", 5),
    P.wrong("end before the beginning", 3, "EGV", "+20251130", "+20251030", 6),
    P.wrong("text of 71 characters", 2, "TXT", "Pauschale November", X71, 1),
    P.wrong("consultation of kind 3", 3, "IBP", "IBP+1", "IBP+3", 1),
    P.wrong("end before the beginning of a consultation", 3, "IBP", "+20251117", "+20251017", 3),
    P.wrong("no number of talks", 2, "IBP", "+3+", "++", 4),
    P.wrong("nameless adviser", 2, "IBP", "+Ines Wiedehopf", "", 5),
    P.wrong("adviser of 71 characters", 2, "IBP", "Ines Wiedehopf", X71, 5),
    P.swapped("consultation before a position", "IBP", "EGV+76:00000+7600002"),
    P.added("approval in care planning", "BES", "SKZ+1+20251101+P1"),
    P.wrong("sum is a cent too low", 3, "BES", "272,20", "272,19", 1),
    P.missing("no sum", "BES"),
)

FAULTS_Q: Final = (
    Q.wrong("accounting code of home nursing", 3, "EHP", "92:", "31:", 1, source="A3 8.1.14"),
    Q.wrong("position number of eight digits", 3, "EHP", "0101101", "01011011", 2, source="A3 8.2.12"),
    Q.wrong("no last day", 2, "EHP+92:00000+0101201", "+20251114", "", 6),
    Q.wrong("last day before the first", 3, "EHP+92:00000+0101201", "+20251114", "+20251014", 6),
    Q.wrong(
        "nine days between the 7th and the 14th",
        3,
        "EHP+92:00000+0101201",
        "8,00+4,12",
        "9,00+4,12",
        3,
        also=(
            ("BES", "803,76", "807,88"),
            ("GES+00", "803,76+803,76", "807,88+807,88"),
            ("GES+51", "803,76+803,76", "807,88+807,88"),
        ),
    ),
    Q.wrong("point in the price", 2, "EHP", "96,35", "96.35", 4, source="5.1 (10)"),
    Q.missing("no approval", "SKZ", count=2),
    Q.swapped("approval before the diagnosis", "DIA", "SKZ+KZP-77"),
    Q.added("prescription in short-term care", "DIA", "ZHK+581234500+417263801+20251020"),
    Q.wrong("approval of intensive care", 3, "SKZ", "+Q1", "+R1", 3, source="A3 8.1.17"),
    Q.wrong("approval without a date", 2, "SKZ", "20251106", "", 2),
    Q.wrong("sum is a cent too high", 3, "BES", "803,76", "803,77", 1),
)

HOURS, MONTH = "AHK+A2:00000+022100", "AHK+A2:00000+022400"

FAULTS_R: Final = (
    R.wrong("position number of five digits", 2, HOURS, "022100", "02210", 2),
    R.wrong("kind of quantity 5", 3, HOURS, "20251103+2", "20251103+5", 6),
    R.wrong("no kind of quantity", 2, HOURS, "20251103+2", "20251103", 6),
    R.wrong("month without an end", 3, MONTH, "+20251130", "", 7),
    R.wrong("month that ends on its first day", 3, MONTH, "+20251130", "+20251105", 7),
    R.wrong("minus sign behind the amount", 2, "AHK+A2:00000+014410", "-18,40", "18,40-", 4, source="5.1 (9)"),
    R.missing("a position without times at work", "ASK+999999990"),
    R.wrong("no end of the time at work", 2, "ASK", "+1400", "+", 3),
    R.wrong("no day of the time at work", 2, "ASK", "+20251103", "", 5),
    R.wrong("time at work on another day than the hours", 3, "ASK", "+20251103", "+20251102", 5),
    R.wrong("nobody's number at a position that somebody does", 3, "ASK", "417720356", "999999990", 1),
    R.wrong("substitute of palliative care", 3, "ASK", "417720356", "999999995", 1, source="A3 8.1.19"),
    R.swapped("text before the times at work", "TXT", "ASK"),
    R.missing("no prescription", "ZHK", count=5),
    R.missing("no approval", "SKZ", count=2),
    R.wrong("number with a provisional promise", 3, "SKZ+Pseudo", "Pseudo", "AKI 1", 1),
    R.wrong("another date with a provisional promise", 3, "SKZ+Pseudo", "20251022", "20251023", 2),
    R.wrong("provisional promise of home nursing", 3, "SKZ+Pseudo", "+R2", "+C2", 3, source="A3 8.1.17"),
    R.wrong("deduction is left out of the sum", 3, "BES", "4735,20", "4753,60", 1),
)

FAULTS_S: Final = (
    S.wrong("accounting code of intensive care", 3, "EMP", "B1:", "A1:", 1, source="A3 8.1.14"),
    S.wrong("tariff in small letters", 3, "EMP", "00000", "00b00", 1),
    S.wrong("position number of seven digits", 3, "EMP", "014001", "0140011", 2, source="A3 8.2.14"),
    S.wrong("no employee number", 2, "EMP", "417720356", "", 5),
    S.wrong("substitute that has ended", 3, "EMP", "417720356", "999999999", 5, source="A3 8.1.19"),
    S.wrong("hour 24", 2, "EMP", "2200", "2400", 7),
    S.wrong("no last day", 2, "EMP+B1:00000+014002", "++20251114", "", 8),
    S.wrong("end before the beginning", 3, "EMP", "+20251113+", "+20251111+", 8),
    S.wrong("duration of five digits", 2, "EMP", "+480", "+12345", 10),
    S.added("two texts for one position", "EMP+B1:00000+014002", "TXT+noch einer"),
    S.added("diagnosis in a pilot project", "BES", "DIA+M54.5"),
    S.wrong("sum is a cent too low", 3, "BES", "100,45", "100,44", 1),
)

G, N = Base("group_g_dialysis", "5.5.3.8"), Base("group_n_sociotherapy", "5.5.3.8")
OFFICE = Base("group_b_collection_office", "5.3.4")


def leave_out(number: int) -> Mutation:
    """Leave a whole message out; those behind it move up."""

    def mutate(content: Segments) -> None:
        starts = [index for index, segment in enumerate(content) if segment.startswith("UNH")]
        ends = [index for index, segment in enumerate(content) if segment.startswith("UNT")]
        del content[starts[number - 1] : ends[number - 1] + 1]
        message = 0
        for index, segment in enumerate(content):
            tag, *elements = segment.split("+")
            if tag == "UNH":
                message += 1
                content[index] = "+".join([tag, f"{message:05d}", *elements[1:]])
            elif tag == "UNT":
                content[index] = "+".join([tag, elements[0], f"{message:05d}"])

    return mutate


FUTURE = "20270101"

FAULTS_OF_DATES_AND_COMBINATIONS: Final = (
    Fault(
        "group_b_collection_office: no collective invoice in kind 3",
        3,
        OFFICE.case,
        leave_out(1),
        "FKT",
        (1, 2, 3, 4),
        None,
        "5.3.4",
    ),
    Fault(
        "group_b_collection_office: sums without cases", 2, OFFICE.case, leave_out(3), "FKT", (11, 12), None, "5.3.4"
    ),
    Fault(
        "group_b_collection_office: cases without sums", 2, OFFICE.case, leave_out(2), "FKT", (10, 11), None, "5.3.4"
    ),
    Fault("group_s_pilot_project: sums without cases", 2, S.case, leave_out(2), "FKT", (3, 9), None, "5.3.2"),
    Fault("group_s_pilot_project: cases without sums", 2, S.case, leave_out(1), "FKT", (2, 3), None, "5.3.2"),
    OFFICE.wrong(
        "two invoice kinds in one file",
        3,
        "REC+00000001:2",
        "+3",
        "+2",
        3,
        or_at=("REC+00000001:0",),
        source="5.2 (5)",
    ),
    B.wrong("region of no tariff", 3, KG, "22:00", "22:30", 1, source="A3 8.1.5.2"),
    B.wrong("no position number", 2, KG, "20501", "", 2),
    B.wrong("price below nothing", 3, "EHE+22:00000+20553", "1,50", "-1,50", 4, source="5.1 (9)"),
    B.wrong("copayment below nothing", 3, HOME_VISIT, "2,09", "-2,09", 6, source="5.1 (9)"),
    B.wrong("a treatment that is still to come", 3, DOUBLE, "20251027", FUTURE, 5, source="6.3"),
    B.wrong("no practice number", 2, "ZHE", "581234500", "", 1),
    B.wrong("no doctor's number", 2, "ZHE", "417263801", "", 2),
    B.wrong("letters in the doctor's number", 2, "ZHE", "417263801", "41726380A", 2),
    B.wrong("prescription that is still to come", 3, "ZHE", "20251006", FUTURE, 3, source="6.3"),
    B.wrong("no copayment mark", 2, "ZHE", "+3+WS", "++WS", 4),
    B.wrong("no kind of prescription", 2, "ZHE", "+03+", "++", 6),
    B.wrong("feature of aids", 3, "ZHE", "+04+4+2", "+04+8+2", 7, nth=2, source="A3 8.1.11"),
    B.wrong("no key symptoms", 2, "ZHE", "+1010+", "++", 13),
    B.wrong("diagnosis without code and text", 3, "DIA++", "DIA++Zustand nach Schädel-Hirn-Trauma", "DIA", None),
    B.wrong("status that begins with a letter", 3, "INV", "30000", "A0000", 2, nth=2, source="5.5.3.1 INV"),
    B.wrong("no given name", 2, "NAD", "+Ute+", "++", 2, source="5.5.3.1 NAD"),
    B.wrong("born after the treatment", 3, "NAD", "20120229", "20260228", 3, nth=2, source="6.3"),
    BO.wrong("approval that is still to come", 3, "SKZ", "20250912", FUTURE, 2, source="6.3"),
    BO.wrong("approval without a number", 2, "SKZ", "LHB 7/2025", "", 1),
    M03.wrong("percent part of the second claim", 3, "GZF", "5,70+5,70", "5,70+5,60", 2, nth=2),
    C.wrong("a visit that is still to come", 3, "ESK+20251104", "20251104", FUTURE, 1, source="6.3"),
    C.wrong("single service of five digits", 3, "ELP", "032117", "03211", 1, source="A3 8.2.4"),
    C.wrong("accident 4", 3, "ZHK", "20251103+++4", "20251103+4++4", 4, nth=2, source="A3 8.1.2"),
    C.wrong("social compensation 5", 3, "ZHK", "20251103+++4", "20251103++5+4", 5, nth=2, source="A3 8.1.2.1"),
    C.wrong("prescription that is still to come", 3, "ZHK", "20251020", FUTURE, 3, source="6.3"),
    D.wrong("position number of five digits", 3, "EHH", "041201", "04120", 2, source="A3 8.2.4"),
    D.wrong("certificate that is still to come", 3, "ZHH", "20251028", FUTURE, 3, source="6.3"),
    E.wrong("a trip that is still to come", 3, "EKT+46:01000+030105", "20251106", FUTURE, 5, source="6.3"),
    E.wrong("copayment kind of consumption", 3, "ZUK", "+02+", "+03+", 3, source="A3 8.1.13"),
    E.wrong("copayment of an exempt client", 3, "ZKT", "+3+", "+1+", None, or_at=("ZUK", "BES"), source="A3 8.1.3"),
    E.wrong("accident 5", 3, "ZKT", "+2+6", "+5+6", 5, nth=2, source="A3 8.1.2"),
    E.wrong("social compensation 7", 3, "ZKT", "+2+6", "+2+7", 6, nth=2, source="A3 8.1.2.1"),
    E.wrong("letters in the practice number", 2, "ZKT", "581234500", "58123450A", 1),
    F.wrong("a day that is still to come", 3, "HEL+20251110", "20251110", FUTURE, 1, source="6.3"),
    F.wrong("country of two small letters", 3, WAY, "+Storchengasse 2++", "+Storchengasse 2+ch+", 11, source="A3 8.5"),
    F.wrong("actual birth that is still to come", 3, "ZHB", "20251104", FUTURE, 3, source="5.5.3.7 ZHB"),
    F.wrong("order that is still to come", 3, "ZHB", "20251107", FUTURE, 5, source="6.3"),
    F.wrong("PZN filled up to eight digits", 3, MEDICINE, "1234562", "01234562", 5),
    G.wrong("postal code of four digits", 3, "NAD", "79618", "7961", 5, nth=2, source="5.5.3.1 NAD"),
    G.wrong("country of two small letters", 3, "NAD", "Rheinfelden", "Rheinfelden+ch", 7, nth=2, source="A3 8.5"),
    G.wrong(
        "neither number nor address",
        3,
        "NAD",
        "+Am Wehr 3?, Hinterhaus+79618+Rheinfelden",
        "",
        None,
        nth=2,
        or_at=("INV+++1+502",),
    ),
    G.wrong("a dialysis that is still to come", 3, "ENF+1+56:00000+101001", "20251103", FUTURE, 6, source="6.3"),
    G.wrong("quantity of seven digits", 2, "ENF", "+1,00+", "+12345,00+", 4),
    H.wrong("end of the supply before its beginning", 3, "SUT+++++", "+20251130", "+20251030", 6, source="6.3"),
    L.wrong(
        "copayment of an exempt client", 3, "ZUV", "+3+++4", "+1+++4", None, or_at=("ENF", "BES"), source="A3 8.1.3"
    ),
    L.wrong("social compensation 5", 3, "ZUV", "+5++6", "+5++5", 6, nth=2, source="A3 8.1.2.1"),
    N.wrong("accident 4", 3, "ZUV", "+3+3", "+3+4", 5, source="A3 8.1.2"),
    N.wrong("feature of aids", 3, "ZUV", "+3+3", "+3+3++8", 7, source="A3 8.1.11"),
    N.wrong("prescription that is still to come", 3, "ZUV", "20251001", FUTURE, 3, source="6.3"),
    N.wrong("percent part is a cent too high", 3, "BES", "12,19+12,19", "12,20+12,20", 3),
    N.wrong("accounting code of dialysis", 3, "ENF", "69:", "56:", 2, source="A3 8.1.14"),
    O21.wrong("accounting code of care planning", 3, "ESP", "75:", "76:", 1, source="A3 8.1.14"),
    O21.wrong("first contact after a deployment", 3, "ERS", "20250728", "20251128", 1),
    O21.wrong("id and time of beginning", 3, "ZZL+20251106", "+++++E-2025", "+0900++++E-2025", None),
    O21.wrong("no beginning of the prescription", 2, "ZSP", "++20251101+", "+++", 5),
    O21.wrong("feature of aids", 3, "ZSP", "+4", "+8", 7, nth=2, source="A3 8.1.11"),
    P.wrong("price with three decimals", 2, "EGV", "218,00", "218,000", 4, source="5.1 (10)"),
    P.wrong("a talk that is still to come", 3, "EGV+76:00000+7600002", "20251124", FUTURE, 5, source="6.3"),
    Q.wrong("tariff in small letters", 3, "EHP", "00000", "00a00", 1),
    Q.wrong("first day that is still to come", 3, "EHP+92:00000+0101201", "20251107+20251114", "20270101+20270108", 5),
    R.wrong("accounting code of short-term care", 3, HOURS, "A2:", "91:", 1, source="A3 8.1.14"),
    R.wrong("hour 24", 2, "ASK", "0600", "2400", 2),
    R.wrong("no employee number", 2, "ASK", "417720356", "", 1),
    R.wrong("accident 4", 3, "ZHK", "20251022+++4", "20251022+4++4", 4, source="A3 8.1.2"),
    B.wrong("nothing was done", 3, "EHE+22:00000+20553", "+1,00+", "+0,00+", 3),
    C.wrong("less than nothing was done", 3, "EHK+34:01000+032901", "+4,50+", "+-4,50+", 3, source="5.1 (9)"),
    E.wrong("copayment below nothing", 3, "ZUK+2", "7,84", "-7,84", 4, source="5.1 (9)"),
    F.wrong("order without a practice", 3, "ZHB", "ZHB+261012335", "ZHB+", 1),
    F.wrong("order without a doctor", 3, "ZHB", "+999999999+1:2025", "++1:2025", 2),
    AM.wrong("extra costs below nothing", 3, "MEH", "0,00", "-1,00", 1, source="5.1 (9)"),
    S.wrong("price with one decimal", 2, "EMP", "64,00", "64,0", 4, source="5.1 (10)"),
    S.wrong("a night that is still to come", 3, "EMP", "20251112", FUTURE, None, source="6.3"),
)

FAULTS_OF_GROUPS: Final = (
    *FAULTS_B,
    *FAULTS_OF_CORRECTIONS,
    *FAULTS_C,
    *FAULTS_D,
    *FAULTS_E,
    *FAULTS_F,
    *FAULTS_G_TO_N,
    *FAULTS_O,
    *FAULTS_P,
    *FAULTS_Q,
    *FAULTS_R,
    *FAULTS_S,
    *FAULTS_OF_DATES_AND_COMBINATIONS,
)

WARNED: Final = (
    O21.wrong(
        "fewer deployments than units, which only kilometres may have",
        3,
        "ESP",
        "2,00",
        "3,00",
        None,
        also=(
            ("BES", "393,75", "542,25"),
            ("GES+00", "393,75+393,75", "542,25+542,25"),
            ("GES+51", "393,75+393,75", "542,25+542,25"),
        ),
    ),
    B.wrong("copayment of a unit that is not ten percent", 3, HOME_VISIT, "+2,09+", "+2,10+", 6, source="§61 SGB V"),
    B.wrong("no flat copayment", 3, "BES", "29,19+19,19+10,00", "19,19+19,19", 4, source="§61 SGB V"),
    B.wrong("treatment before the prescription", 3, KG, "20251013", "20251003", 5, source="6.3"),
    E.wrong("no prescription date, though it is to be given where it is known", 3, "ZKT", "+3+20251104", "+3", 4),
    E.wrong("end of a trip without its beginning", 3, "EKT", "+0815+0850+35", "++0850+35", 7),
    L.wrong("free and due positions of one number", 3, "ENF+2", "ENF+2", "ENF+1", None, or_at=("ENF+1",)),
    F.wrong("check digit of the midwife's IK", 3, "HEB", "452307184", "452307185", 1),
)
"""What may be right all the same: `verify` warns of it."""
