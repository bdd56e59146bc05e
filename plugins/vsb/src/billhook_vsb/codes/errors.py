"""The error codes of the federal list: which there are, and with which letter the payer gives them.

A code has six characters: record type, number of the zone (the first one of a field), sequence. The letter comes beside it:
B refuses the sending, F the invoice, R the record; S and E are carried and decide nothing. `errors.csv` holds codes and letters
only (RIZIV/CIN lists of 2021 to 2024). A provider who has the official list of the care funds imports it as part of a profile.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files

from billhook.words import words


class Letter(StrEnum):
    """How a code weighs."""

    BLOCKING = "B"
    INVOICE = "F"
    RECORD = "R"
    SIGNAL = "S"
    ENTITLEMENT = "E"


@cache
def letters() -> Mapping[str, str]:
    """Code → letter, of every code of the federal list."""
    text = files("billhook_vsb.codes").joinpath("errors.csv").read_text(encoding="ascii")
    return {row["code"]: row["letter"] for row in csv.DictReader(text.splitlines())}


SEQUENCES: Mapping[str, str] = {
    "01": words("not numeric, no date, or a reserve zone that is not zero"),
    "02": words("the check digits are wrong"),
    "03": words("the value is not allowed"),
    "04": words("digits that must be zero are not"),
    "05": words("the first position is neither + nor -"),
    "06": words("the numeric part carries a sign"),
    "09": words("the second half of a split zone is wrong"),
    "19": words("refused because of an error in another record that belongs to it"),
}
"""What the last two characters mean where they mean the same in all records; 10 to 18 are contradictions inside the file,
20 to 39 to what the payer knows, from 40 on they are about the right to bill, the price and limits."""

SEGMENT_CODES: Mapping[str, str] = {
    "10": words("a mandatory zone is empty"),
    "11": words("the form is wrong"),
    "15": words("the amount is not zero though the sender has one account"),
    "20": words("the value is not allowed"),
    "21": words("the value does not fit the others"),
    "22": words("the message is not the one that is expected"),
    "30": words("not allowed together with what another zone says"),
    "31": words("a production message in the test buffer"),
    "40": words("sent twice, or a sign is wrong"),
    "41": words("the amount is not the sum of the file"),
}
"""The two digits beside a zone of a segment, as far as they mean the same everywhere."""


def zone_of(code: str) -> str:
    """The number of the zone that a code names.

    >>> zone_of("100720")
    '7'
    """
    return code[2:4].lstrip("0")


def meaning(code: str) -> str:
    """What a code means in general words; empty where only the payer's list knows."""
    return SEQUENCES.get(code[4:6], "")
