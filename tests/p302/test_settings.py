"""The set-up of a provider: what is refused, and which row holds for whom."""

from typing import Any

import pytest
from pydantic import ValidationError

from billhook_p302.settings import TEMPLATE, Settings

PROVIDER: dict[str, Any] = {"ik": "591104278", "name": "Sanitätshaus Lindenhof GmbH", "state": "08"}


def settings(**more: Any) -> Settings:
    return Settings.model_validate({"providers": [PROVIDER], **more})


def test_the_row_that_names_more_holds_and_of_equals_the_first() -> None:
    rows = [
        {"data_centre": "661430035", "max_invoices": 1},
        {"payer": "101575519", "max_invoices": 2},
        {"data_centre": "661430035", "payer": "101575519", "max_invoices": 3},
        {"data_centre": "661430035", "max_invoices": 4},
    ]
    mine = settings(receivers=rows)
    assert mine.receiver("661430035", "105830016").max_invoices == 1
    assert mine.receiver("109519005", "101575519").max_invoices == 2
    assert mine.receiver("661430035", "101575519").max_invoices == 3
    assert mine.receiver("109519005", "109519005").max_invoices is None


def test_a_row_says_only_what_is_different() -> None:
    mine = settings(
        defaults={"test_indicator": 2, "contact": {"name": "Frau Specht"}},
        receivers=[{"payer": "101575519", "static_one": True}],
    )
    row = mine.receiver("661430035", "101575519")
    assert (row.test_indicator, row.static_one, row.contact.name) == (2, True, "Frau Specht")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"providers": []}, "at least 1 item"),
        ({"providers": [PROVIDER, PROVIDER]}, "same ik"),
        ({"providers": [{**PROVIDER, "state": "17"}]}, "pattern"),
        ({"providers": [{**PROVIDER, "name": "x" * 31}]}, "30 characters"),
        ({"providers": [{**PROVIDER, "vat_exempt": True}]}, "tax_number"),
        ({"defaults": {"invoice_kind": 2}}, "biller_ik"),
        ({"defaults": {"invoice_kind": 3}, "biller_ik": "591233445"}, "biller_name"),
        ({"defaults": {"version": "19"}}, "'20', '21' or '22'"),
        ({"defaults": {"next_billing": "1X"}}, "date formula"),
        ({"defaults": {"contact": {"email": "büro@example.de"}}}, "pattern"),
        ({"defaults": {"test_indicator": 3}}, "0, 1 or 2"),
        ({"invoice_number": "{year}"}, "{n} is missing"),
        ({"invoice_number": "{n}-{month}"}, "no pattern"),
        ({"invoice_number": "RE {n}"}, "at most 14 letters and digits"),
        ({"invoice_number": "{n:015d}"}, "at most 14 letters and digits"),
        ({"unknown": 1}, "Extra inputs"),
    ],
)
def test_what_cannot_work_is_refused_with_a_reason(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        settings(**wrong)


def test_name_and_phone_must_fit_beside_a_second_name() -> None:
    contact = {"name": "Frau Annegret Buntspecht", "phone": "0711/55501-20"}
    assert settings(defaults={"contact": contact}).defaults.contact.phone == contact["phone"]
    with pytest.raises(ValidationError, match="30 characters"):
        settings(providers=[{**PROVIDER, "name2": "Filiale Nord"}], defaults={"contact": contact})


@pytest.mark.parametrize("pattern", ["{n:08d}", "{n}", "RE-{year}-{n:06d}", "A{n:05d}/{year}"])
def test_patterns_of_invoice_numbers(pattern: str) -> None:
    assert settings(invoice_number=pattern).invoice_number == pattern


def test_the_template_names_every_setting() -> None:
    names = set(Settings.model_fields) | set(type(settings().defaults).model_fields)
    assert [name for name in sorted(names - {"unit_keys"}) if name not in TEMPLATE] == []
