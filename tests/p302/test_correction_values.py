"""What a clerk may type into a field of a key table: its values, and nothing else."""

from __future__ import annotations

import pytest

from billhook.billing.fields import field_type, parse
from billhook.billing.problems import CannotCorrect
from billhook_p302.scheme import P302

# Field → a value of its table in Anlage 3 V21, and one that it does not have.
KEYS = {
    "details.copayment_mark": ("3", "6"),  # 8.1.3 has 0 to 5
    "details.accident": ("2", "4"),  # 8.1.2 has 1 to 3
    "details.social_compensation": ("6", "1"),  # 8.1.2.1 has 6
    "details.prescription_feature": ("8", "3"),  # 8.1.11 has 1, 2, 4, 7, 8, 9
    "details.approval_kind": ("A2", "B1"),  # 8.1.17: A1, A2, B2, …; B1 was taken out
    "details.document_info": ("1", "3"),  # 8.1.18 has 0 to 2
    "details.aid_mark": ("20", "21"),  # 8.1.10 has 00 to 20
    "details.unit_key": ("14", "ST"),  # 8.6: the number is sent, not the unit
    "details.application_site": ("2", "3"),  # 8.1.15 has 0 to 2
    "details.copayment_kind": ("04", "05"),  # 8.1.13 has 01 to 04
}


@pytest.mark.parametrize("name", KEYS)
def test_a_key_field_takes_its_keys_and_nothing_else(name: str) -> None:
    wanted = field_type(P302(), name)
    right, wrong = KEYS[name]
    assert parse(wanted, f" {right} ") == right
    assert parse(wanted, "") is None
    with pytest.raises(CannotCorrect) as refused:
        parse(wanted, wrong)
    assert right in str(refused.value)


def test_a_short_table_is_told_with_its_meanings() -> None:
    assert field_type(P302(), "details.application_site").expected == (
        "one of 0 (left), 1 (right), 2 (both sides), or nothing"
    )
