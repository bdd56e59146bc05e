"""What passes the check can be written, and an independent reader finds in the file what the items said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from billhook.model import BillingItem, Finding, Split, SplitKind
from billhook.money import line_amount
from billhook.scheme import Keys
from billhook_p302.details import Details, Diagnosis
from billhook_p302.groups.parts import details_of, voucher_number
from billhook_p302.settings import Settings
from billhook_p302.testing import PROVIDER, example_items
from tests.p302.desk import BERLIN, SCHEME, Desk
from tests.p302.test_rules import PAYER, payers
from tests.support.independent_reader import BillingFile, Message, Segment, read

NOW = datetime(2025, 11, 3, 9, 30, tzinfo=BERLIN)
DIRECTORY = payers()

EXCHANGED = str.maketrans("@[\\]{|}~§ÄÖÜäöüß", "§ÄÖÜäöüß@[\\]{|}~")
"""DRV8 and the 7-bit set put German letters at the places of these signs (GGT Anlage 15)."""
CODECS = {"I1": "latin-1", "I5": "iso-8859-15", "I7": "latin-1", "I8": "latin-1", "P8": "cp850", "U8": "utf-8"}

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
plain = st.text(st.sampled_from("ABCabc019 .,:+'?-/äöüßÄŁ€"), max_size=40)
words = st.one_of(plain, plain, texts)
keys = st.one_of(st.sampled_from(("", "0", "00", "01", "02", "03", "06", "1", "2", "3", "8", "A1")), plain)
numbers = st.one_of(st.sampled_from(("", "999999999", "581234500", "123456601")), plain)
days = st.one_of(st.none(), st.dates(date(1880, 1, 1), date(2030, 1, 1)), st.dates(date(2025, 9, 1), date(2025, 11, 5)))
quantities = st.one_of(
    st.decimals(-10, 20_000, places=2), st.decimals(0, 100, places=4), st.integers(1, 5).map(Decimal)
)
prices = st.one_of(st.decimals(-10, 100_000, places=2), st.decimals(0, 10**11, places=2), st.decimals(0, 9, places=4))
rates = st.sampled_from(
    (None, None, Decimal(0), Decimal(7), Decimal(19), Decimal("19.5"), Decimal("7.125"), Decimal(-1))
)
cents = st.one_of(st.integers(-100, 2_000), st.integers(0, 10**13))

item_changes: dict[str, st.SearchStrategy[Any]] = {
    "code": words,
    "text": words,
    "unit": words,
    "voucher": words,
    "payer": st.one_of(st.just(PAYER), numbers),
    "service_from": days,
    "service_to": days,
    "quantity": quantities,
    "unit_price": prices,
    "vat_rate": rates,
    "splits": st.lists(st.builds(Split, st.sampled_from(SplitKind), cents), max_size=3).map(tuple),
}
client_changes: dict[str, st.SearchStrategy[Any]] = {
    "family_name": words,
    "given_name": words,
    "birth_date": days,
    "insurance_number": words,
    "insurance_status": keys,
    "street": words,
    "postal_code": words,
    "city": words,
    "country": keys,
}
detail_changes: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(
        (
            "voucher_number",
            "special_care",
            "prescription_id",
            "inventory_number",
            "product_feature",
            "pzn",
            "parcel_number",
        ),
        words,
    ),
    **dict.fromkeys(
        (
            "document_info",
            "copayment_mark",
            "accident",
            "social_compensation",
            "prescription_feature",
            "approval_kind",
            "aid_mark",
            "unit_key",
            "application_site",
            "copayment_kind",
            "insurance_kind",
            "birth_date_text",
        ),
        keys,
    ),
    **dict.fromkeys(
        ("bsnr", "lanr", "employee_number", "recommender_ik", "image_ik", "image_month", "provider_group"), numbers
    ),
    **dict.fromkeys(("prescribed_on", "approved_on", "supply_from", "supply_to"), days),
    "approval_number": words,
    "aid": st.integers(1, 999),
    "kilometres": st.one_of(st.none(), st.integers(0, 10**8)),
    "minutes": st.one_of(st.none(), st.integers(0, 10**6)),
    "time_from": st.one_of(st.none(), st.times()),
    "time_to": st.one_of(st.none(), st.times()),
    "supply_months": st.one_of(st.none(), st.integers(1, 99)),
    "diagnoses": st.lists(st.builds(Diagnosis, code=words, text=words), max_size=3).map(tuple),
}


@st.composite
def changed_items(draw: st.DrawFn) -> list[BillingItem]:
    """The items of a few example vouchers; in some of them up to three things are set to anything at all."""
    items = example_items(draw(st.integers(1, 4)), draw(st.integers(0, 10_000)), cards=(PAYER,))
    whole = draw(st.booleans())
    item_new = draw(st.fixed_dictionaries({}, optional=item_changes)) if draw(st.booleans()) else {}
    client_new = draw(st.fixed_dictionaries({}, optional=client_changes)) if draw(st.booleans()) else {}
    detail_new = draw(st.fixed_dictionaries({}, optional=detail_changes)) if draw(st.booleans()) else {}
    chosen = [draw(st.sampled_from(sorted(new))) for new in (item_new, client_new, detail_new) if new]
    changed = []
    for item in items:
        if whole or item.voucher == items[0].voucher:
            fields = {name: value for name, value in item_new.items() if name in chosen}
            client = replace(item.client, **{name: value for name, value in client_new.items() if name in chosen})
            some = {name: value for name, value in detail_new.items() if name in chosen}
            details = Details.model_validate({**item.details.model_dump(), **some})
            item = replace(item, **fields, client=client, details=details)  # noqa: PLW2901  # one item, changed step by step
            amount = line_amount(item.quantity, item.unit_price, item.vat_rate)
            item = replace(item, net=amount.net, vat=amount.vat, gross=amount.gross)  # noqa: PLW2901  # one item, changed step by step
        changed.append(item)
    return changed


receivers = st.fixed_dictionaries(
    {},
    optional={
        "charset": st.sampled_from(sorted(CODECS)),
        "copayment_order": st.sampled_from(("after-all-aids", "per-aid", "surcharge-per-aid")),
        "static_one": st.booleans(),
        "unit_in_text": st.booleans(),
        "pzn_as_product_feature": st.booleans(),
        "parcel_number_in_text": st.booleans(),
        "vat_per_line": st.booleans(),
        "billing_period_as_supply_period": st.booleans(),
        "collective_invoice": st.booleans(),
        "invoice_kind": st.sampled_from((1, 2, 3)),
        "version": st.sampled_from(("20", "21")),
        "test_indicator": st.sampled_from((0, 1, 2)),
    },
)


def desk(receiver: dict[str, Any]) -> Desk:
    provider = {"ik": PROVIDER, "name": "Sanitätshaus Łódź GmbH", "state": "08", "provider_group": "1501000"}
    return Desk(
        Settings.model_validate(
            {
                "providers": [{**provider, "accounting_code": "15"}],
                "biller_ik": "591233445",
                "biller_name": "Abrechnungszentrum Nord",
                "defaults": receiver,
            }
        ),
        DIRECTORY,
        NOW,
    )


def clean_vouchers(items: Sequence[BillingItem], found: Sequence[Finding]) -> list[BillingItem]:
    """What the core would let leave: vouchers without an error on any line."""
    faulty = {finding.item for finding in found if finding.is_error}
    held = {item.voucher for item in items if item.id in faulty}
    return [item for item in items if item.voucher not in held]


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(changed_items(), receivers)
def test_whatever_passes_the_check_can_be_written_and_read_back(
    items: list[BillingItem], receiver: dict[str, Any]
) -> None:
    counter = desk(receiver)
    found = counter.findings(items)
    for finding in found:
        assert "{" not in finding.message or finding.value is not None
    clean = clean_vouchers(items, found)
    assert all(isinstance(SCHEME.keys(item, counter.ctx), Keys) for item in clean)
    if not clean:
        return
    files = counter.files(clean)
    (name,) = [name for name in files if not name.endswith(".AUF")]
    charset = receiver.get("charset", "I1")
    content = read(files[name], CODECS[charset])
    assert len(files[f"{name}.AUF"]) == 348
    note(files[name])
    says_the_same(content, clean, charset in ("I7", "I8"))


def says_the_same(content: BillingFile, items: Sequence[BillingItem], exchanged: bool) -> None:
    """Sums, and every voucher with its client, lines and copayments, as a stranger reads them."""
    gross = Decimal(sum(item.gross for item in items)).scaleb(-2)
    assert content.positions() == content.sum("BES", "gross") == gross
    invoices = [message for message in content.messages if message.kind == "SLGA" and not message.all("FKT")[0].text(2)]
    assert sum(message.all("GES")[0].amount(3) for message in invoices) == gross
    kept = sum(item.share(SplitKind.COPAYMENT) + item.share(SplitKind.OWN_SHARE) for item in items)
    assert content.sum("BES", "copayment") + content.sum("BES", "own_share") == Decimal(kept).scaleb(-2)
    assert sum(message.all("GES")[0].amount(4) for message in invoices) == Decimal(kept).scaleb(-2)
    surcharge = sum(item.share(SplitKind.SURCHARGE) for item in items)
    assert content.sum("MEH", "surcharge") == content.sum("BES", "surcharge") == Decimal(surcharge).scaleb(-2)
    for message in content.messages:
        if message.kind == "SLLA":
            for segments in vouchers(message):
                compare(segments, items, exchanged)


def vouchers(message: Message) -> list[list[Segment]]:
    """The segments of a message by voucher."""
    found: list[list[Segment]] = []
    for segment in message.segments:
        if segment.tag == "INV":
            found.append([])
        if found:
            found[-1].append(segment)
    return found


def compare(segments: Sequence[Segment], items: Sequence[BillingItem], exchanged: bool) -> None:
    def text(segment: Segment, element: int) -> str:
        found = segment.text(element)
        return found.translate(EXCHANGED) if exchanged else found

    inv = segments[0]
    mine = [item for item in items if voucher_number(item) == text(inv, 4)]
    mine.sort(key=lambda item: (details_of(item).aid, item.line))
    if not mine:
        return  # its number was transliterated
    if len({item.voucher for item in mine}) > 1:
        return  # two vouchers were given one number; which is which only `verify` asks (P302-INV-006)
    nad = segments[1]
    born = mine[0].client.birth_date
    if born is not None:
        assert nad.text(3) == f"{born.year:04d}{born:%m%d}"
    if mine[0].client.family_name.isascii() and mine[0].client.family_name.isprintable() and not exchanged:
        assert nad.text(1) == mine[0].client.family_name
    lines = [segment for segment in segments if segment.tag == "EHI"]
    assert len(lines) == len(mine)
    for line, item in zip(lines, mine, strict=True):
        assert line.text(6) == f"{item.service_from:%Y%m%d}"
        assert line.text(7) == details_of(item).aid_mark
    aids = {details_of(item).aid for item in mine}
    assert len([segment for segment in segments if segment.tag == "HIL"]) == len(aids)
    assert len([segment for segment in segments if segment.tag == "MEH"]) == len(aids)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(0, 10_000))
def test_the_examples_are_right_by_every_rule(count: int, seed: int) -> None:
    items = example_items(count, seed, cards=(PAYER,))
    assert [finding for finding in desk({}).findings(items) if finding.is_error] == []
    assert example_items(count, seed, cards=(PAYER,)) == items


def test_a_time_and_a_distance_arrive() -> None:
    items = example_items(1, 5, cards=(PAYER,))
    details = items[0].details.model_copy(update={"time_from": time(9, 15), "time_to": time(10), "kilometres": 12})
    items[0] = replace(items[0], details=details)
    content = read(desk({}).files(items)["TSOL0001"])
    (line, *_) = [segment for segment in content.segments if segment.tag == "EHI"]
    assert [line.text(at) for at in (11, 12, 13)] == ["12", "0915", "1000"]
