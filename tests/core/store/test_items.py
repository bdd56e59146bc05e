"""Items come back as they were stored, with their amounts computed, streamed and in order."""

import json
import tracemalloc
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError

from billhook.model import BillingItem, Client, ItemState, Split, SplitKind
from billhook.money import Rounding
from billhook.plugins import MissingScheme
from billhook.store import Database, tables
from billhook.store.database import next_ids
from billhook.store.items import (
    StoredItemError,
    UnstorableItem,
    get_item,
    insert_items,
    iter_items,
    priced,
    read_items,
    select_items,
    set_states,
    update_items,
)
from tests.core.store.toy import Details, Toy, toy_item

SCHEMES = {"toy": Toy()}
ITEM = tables.item


def _stored(database: Database, *items: BillingItem) -> list[BillingItem]:
    with database.write() as connection:
        insert_items(connection, SCHEMES, items)
    with database.read() as connection:
        return list(iter_items(connection, SCHEMES, order=(ITEM.c.id,)))


def test_an_item_comes_back_as_it_was(database: Database) -> None:
    (stored,) = _stored(database, toy_item())
    assert stored == toy_item(id=1)


def test_an_item_with_hardly_anything_comes_back_too(database: Database) -> None:
    bare = toy_item(
        client=Client(),
        text="",
        service_from=None,
        vat_rate=None,
        net=67500,
        vat=0,
        gross=67500,
        splits=(),
        details=Details(),
        case_number="",
        source="",
        extra={},
    )
    (stored,) = _stored(database, bare)
    assert stored == replace(bare, id=1)


def test_amounts_are_computed_when_an_item_is_stored(database: Database) -> None:
    """2.5 × 13.33 = 33.325 net; 19 % of it 6.33175 → 6.33; gross 33.325 + 6.33 = 39.655 → 39.66; net 33.33."""
    wrong = toy_item(quantity=Decimal("2.5"), unit_price=Decimal("13.33"), vat_rate=Decimal(19), net=1, vat=1, gross=1)
    (stored,) = _stored(database, wrong)
    assert (stored.net, stored.vat, stored.gross) == (3333, 633, 3966)
    assert priced(wrong) == replace(stored, id=0)


def test_a_scheme_may_round_in_its_own_way(database: Database) -> None:
    class RoundsDown(Toy):
        rounding = Rounding.DOWN

    with database.write() as connection:
        item = toy_item(quantity=Decimal(1), unit_price=Decimal("1.999"), vat_rate=None)
        insert_items(connection, {"toy": RoundsDown()}, [item])
        assert connection.scalar(sa.select(ITEM.c.gross)) == 199


def test_what_the_client_bears_is_summed_up_by_kind(database: Database) -> None:
    kinds = [
        (SplitKind.COPAYMENT, 100),
        (SplitKind.OWN_SHARE, 20),
        (SplitKind.COPAYMENT, 3),
        (SplitKind.SURCHARGE, 4000),
    ]
    _stored(database, toy_item(splits=tuple(Split(kind, amount) for kind, amount in kinds)))
    with database.read() as connection:
        sums = connection.execute(sa.select(ITEM.c.copayment, ITEM.c.own_share, ITEM.c.surcharge)).one()
    assert tuple(sums) == (103, 20, 4000)


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
DAY = st.none() | st.dates()
AMOUNT = st.integers(-(10**12), 10**12)
ITEMS = st.builds(
    toy_item,
    client=st.builds(Client, TEXT, TEXT, TEXT, DAY, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT),
    text=TEXT,
    voucher=TEXT,
    code=TEXT,
    service_from=DAY,
    service_to=DAY,
    quantity=st.decimals(-(10**6), 10**6, places=3),
    unit_price=st.decimals(-(10**6), 10**6, places=4),
    vat_rate=st.none() | st.decimals(0, 99, places=2),
    splits=st.lists(st.builds(Split, st.sampled_from(SplitKind), AMOUNT), max_size=3).map(tuple),
    details=st.builds(
        Details,
        prescribed_on=DAY,
        prescriber=TEXT,
        rate=st.none() | st.decimals(allow_nan=False, allow_infinity=False),
        visits=st.none() | st.integers(),
        sides=st.lists(TEXT, max_size=2),
    ),
    state=st.sampled_from(ItemState),
    line_ok=st.booleans(),
    document_ok=st.booleans(),
    case_number=TEXT,
    extra=st.dictionaries(TEXT, TEXT | st.integers(-(2**53), 2**53) | st.none() | st.booleans(), max_size=3),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ITEMS)
def test_every_item_comes_back(database: Database, item: BillingItem) -> None:
    with database.engine.connect() as connection:
        transaction = connection.begin()
        key = next_ids(connection, "item", 1)[0]
        insert_items(connection, SCHEMES, [replace(item, id=key)])
        assert get_item(connection, SCHEMES, key) == priced(replace(item, id=key))
        transaction.rollback()


def test_links_and_state_come_back(database: Database) -> None:
    first, second = _stored(
        database,
        toy_item(1, state=ItemState.SENT, line_ok=True, document_ok=True),
        toy_item(2, id=9, kind="rebill", corrects=1),
    )
    assert (first.state, first.line_ok, first.document_ok) == (ItemState.SENT, True, True)
    assert (second.id, second.kind, second.corrects) == (9, "rebill", 1)


def test_an_identity_is_given_once(database: Database) -> None:
    with pytest.raises(IntegrityError):
        _stored(database, toy_item(), toy_item())


def test_items_come_in_the_order_asked_for(database: Database) -> None:
    with database.write() as connection:
        insert_items(
            connection,
            SCHEMES,
            [
                toy_item(n, voucher=voucher, line=line)
                for n, voucher, line in [(1, "b", 2), (2, "a", 1), (3, "b", 1), (4, "B", 1)]
            ],
        )
    with database.read() as connection:
        ordered = iter_items(connection, SCHEMES, order=(ITEM.c.voucher, ITEM.c.line))
        assert [item.number for item in ordered] == ["4711-4", "4711-2", "4711-3", "4711-1"]
        some = iter_items(connection, SCHEMES, ITEM.c.voucher == "b", ITEM.c.line == 2)
        assert [item.number for item in some] == ["4711-1"]


def test_items_can_be_read_through_a_join(database: Database) -> None:
    with database.write() as connection:
        insert_items(connection, SCHEMES, [toy_item(n) for n in range(1, 4)])
        finding = {
            "id": 1,
            "item_id": 2,
            "origin": "check",
            "code": "TOY-X-001",
            "severity": "error",
            "message": "",
            "mend": "",
            "source": "",
            "params": "{}",
            "created": "",
        }
        connection.execute(tables.finding.insert().values(finding))
        joined = select_items().join(tables.finding, tables.finding.c.item_id == ITEM.c.id)
        assert [item.id for item in read_items(connection, SCHEMES, joined)] == [2]


def test_changed_items_are_written_over(database: Database) -> None:
    stored = _stored(database, toy_item(1), toy_item(2))
    changed = replace(
        stored[0],
        quantity=Decimal(2),
        vat_rate=None,
        state=ItemState.CORRECTED,
        client=replace(stored[0].client, insurance_number="B123456782"),
    )
    with database.write() as connection:
        assert update_items(connection, SCHEMES, [changed]) == 1
    with database.read() as connection:
        first, second = iter_items(connection, SCHEMES, order=(ITEM.c.id,))
    assert first == priced(changed)
    assert first.gross == 90000
    assert second == stored[1]


def test_states_are_written_alone(database: Database) -> None:
    before = _stored(database, toy_item(1), toy_item(2))
    with database.write() as connection:
        set_states(connection, [(1, ItemState.FAULTY, False, False), (2, ItemState.CHECKED, True, False)])
    with database.read() as connection:
        after = list(iter_items(connection, SCHEMES, order=(ITEM.c.id,)))
    assert after == [
        replace(before[0], state=ItemState.FAULTY),
        replace(before[1], state=ItemState.CHECKED, line_ok=True),
    ]


def test_an_item_whose_scheme_is_not_installed_says_what_to_install(database: Database) -> None:
    _stored(database, toy_item())
    with database.read() as connection, pytest.raises(MissingScheme, match="pip install billhook-toy"):
        list(iter_items(connection, {}))
    with database.write() as connection, pytest.raises(MissingScheme, match="pip install billhook-toy"):
        insert_items(connection, {}, [toy_item(2)])


def test_details_of_another_scheme_are_refused(database: Database) -> None:
    class Other(BaseModel):
        pass

    with database.write() as connection, pytest.raises(UnstorableItem, match="Other, not Details"):
        insert_items(connection, SCHEMES, [toy_item(details=Other())])


def test_details_that_a_newer_plugin_refuses_are_named_without_their_value(database: Database) -> None:
    class Stricter(Details):
        prescriber: int  # type: ignore[assignment]  # that is the point

    class Newer(Toy):
        Details: type[BaseModel] = Stricter

    _stored(database, toy_item(details=Details(prescriber="Dr. Muster")))
    with database.read() as connection, pytest.raises(StoredItemError) as caught:
        list(iter_items(connection, {"toy": Newer()}))
    assert "item 1" in str(caught.value)
    assert "details.prescriber" in str(caught.value)
    assert "Muster" not in str(caught.value)


def test_what_says_no_more_than_its_default_is_not_stored(database: Database) -> None:
    with database.write() as connection:
        insert_items(connection, SCHEMES, [toy_item(details=Details(prescriber="Dr. Muster", visits=0))])
        body = json.loads(connection.scalar(sa.select(tables.item.c.body)) or "")
    assert body["details"] == {"prescriber": "Dr. Muster", "visits": 0}


def test_details_may_gain_a_field(database: Database) -> None:
    class Wider(Details):
        delivered_on: date | None = None

    class Newer(Toy):
        Details: type[BaseModel] = Wider

    _stored(database, toy_item())
    with database.read() as connection:
        (item,) = iter_items(connection, {"toy": Newer()})
    assert isinstance(item.details, Wider)
    assert (item.details.prescriber, item.details.delivered_on) == ("123456789", None)


def test_memory_does_not_grow_with_the_number_of_items(database: Database) -> None:
    def many(count: int, start: int) -> Any:
        return (toy_item(number) for number in range(start, start + count))

    def peak_of_reading() -> int:
        with database.read() as connection:
            tracemalloc.start()
            count = sum(1 for _ in iter_items(connection, SCHEMES, chunk=100))
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert count > 0
        return peak

    with database.write() as connection:
        insert_items(connection, SCHEMES, many(1_000, 0))
    small = peak_of_reading()
    with database.write() as connection:
        insert_items(connection, SCHEMES, many(4_000, 1_000))
    assert peak_of_reading() < small * 1.5


def test_the_indexes_are_used(tmp_path: Any) -> None:
    """The questions that are asked over years of items are answered by an index, not by reading them all."""
    database = Database.open(f"sqlite:///{tmp_path / 'billhook.db'}", create=True)
    database.upgrade()
    questions = {
        "scheme = 'toy' AND state IN ('draft', 'faulty', 'corrected')": "ix_item_state",
        "scheme = 'toy' AND state = 'checked' AND document_ok = 1": "ix_item_state",
        "scheme = 'toy' AND provider = '1' AND voucher = '2' ORDER BY line": "ix_item_voucher",
        "scheme = 'toy' AND provider = '1' AND number = '2'": "ix_item_source",
        "client_id = 1 AND service_from >= '2025-01-01'": "ix_item_client",
        "payer = '109519005' AND service_from BETWEEN '2025-01-01' AND '2025-03-31'": "ix_item_payer",
        "document_id = 1": "ix_item_document",
        "corrects = 1": "ix_item_corrects",
    }
    with database.read() as connection:
        for question, index in questions.items():
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN SELECT body FROM item WHERE {question}").all()  # noqa: S608  # ours
            assert [index in row[3] for row in plan] == [True], (question, plan)
    database.close()
