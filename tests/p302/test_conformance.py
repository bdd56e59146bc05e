"""§302 keeps every promise of a scheme; what stands in its files is read back by a reader that is not ours."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from billhook.model import BillingItem
from billhook.money import format_cents, format_decimal
from billhook.testing import Example, SchemeConformance
from billhook_p302.groups.parts import details_of
from billhook_p302.testing import conformance_example
from billhook_p302.testing_groups import group_example
from tests.support.independent_reader import POSITIONS, read


def amounts(files: Mapping[str, bytes]) -> dict[str, int]:
    content = read(files["data"])
    names = {"gross": "gross", "copayment": "copayment", "own_share": "own_share", "surcharge": "surcharge"}
    stated = {name: int(content.sum("BES", amount).scaleb(2)) for name, amount in names.items()}
    totals = [message.all("GES")[0] for message in content.messages if message.kind == "SLGA"]
    return {**stated, "billed": int(sum((total.amount(2) for total in totals), Decimal(0)).scaleb(2))}


def lines(files: Mapping[str, bytes]) -> Iterator[tuple[str, ...]]:
    voucher = client = ""
    for segment in read(files["data"]).segments:
        if segment.tag == "INV":
            voucher = segment.text(4)
        elif segment.tag == "NAD":
            client = segment.text(3)
        elif segment.tag == "EHI":
            yield (voucher, client, *(segment.text(at) for at in (3, 5, 6, 7)))


def line_of(item: BillingItem) -> tuple[str, ...]:
    details = details_of(item)
    born = f"{item.client.birth_date:%Y%m%d}" if item.client.birth_date else details.birth_date_text
    price = format_cents(int(item.unit_price.scaleb(2)))
    return (
        item.voucher,
        born,
        format_decimal(item.quantity, 2),
        price,
        f"{item.service_from:%Y%m%d}",
        details.aid_mark,
    )


def example() -> Example:
    return replace(conformance_example(), amounts_of=amounts, read_back=lines, projection=line_of)


class TestAids(SchemeConformance):
    """Aids, group A."""

    example = staticmethod(example)


def group_amounts(files: Mapping[str, bytes]) -> dict[str, int]:
    content = read(files["data"])
    names = ("gross", "copayment", "own_share", "surcharge")
    stated = {name: int(content.sum("BES", name).scaleb(2)) for name in names}
    totals = [message.all("GES")[0] for message in content.messages if message.kind == "SLGA"]
    return {**stated, "billed": int(sum((total.amount(2) for total in totals), Decimal(0)).scaleb(2))}


def group_lines(files: Mapping[str, bytes]) -> Iterator[tuple[str, ...]]:
    """Voucher, birth date, quantity and price of every position: what all groups have."""
    voucher = client = ""
    for segment in read(files["data"]).segments:
        if segment.tag == "INV":
            voucher = segment.text(4)
        elif segment.tag == "NAD":
            client = segment.text(3)
        elif segment.tag in POSITIONS:
            quantity, price, _ = POSITIONS[segment.tag]
            yield voucher, client, segment.text(quantity), segment.text(price)


def group_line_of(item: BillingItem) -> tuple[str, ...]:
    price = format_cents(int(item.unit_price.scaleb(2)))
    return item.voucher, f"{item.client.birth_date:%Y%m%d}", format_decimal(item.quantity, 2), price


class TestAllOtherGroups(SchemeConformance):
    """Groups B to S, one file each."""

    @staticmethod
    def example() -> Example:
        return replace(group_example(), amounts_of=group_amounts, read_back=group_lines, projection=group_line_of)
