"""Master records, contracts, cases and plans: written once, found by the provider's own numbers."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy.exc import IntegrityError

from billhook.model import (
    Address,
    BillingLine,
    BillingSlot,
    Case,
    CasePeriod,
    Contract,
    ContractVersion,
    DeliveryLine,
    DeliverySlot,
    InfoRequest,
    Participant,
    Party,
    PartyKind,
    PartyRole,
    RequestState,
    SlotState,
)
from billhook.store import Database, cases, parties, tables

ERIKA = Party(
    0,
    "K-100",
    PartyKind.PERSON,
    "Muster",
    "Erika",
    date(1950, 3, 1),
    Address("Am Markt 1", "12345", "Musterstadt"),
    {"insurance_number": "A123456780"},
)
FUND = Party(0, "109519005", PartyKind.ORGANISATION, "AOK Nordost", identifiers={"ik": "109519005"})


def test_a_party_is_found_by_its_number(database: Database) -> None:
    with database.write() as connection:
        erika, fund = parties.save_parties(connection, [ERIKA, FUND])
    assert erika == replace(ERIKA, id=1)
    with database.read() as connection:
        assert parties.get_party(connection, number="K-100") == erika
        assert parties.get_party(connection, id=fund.id) == fund
        assert parties.get_party(connection, number="K-101") is None
        assert parties.parties_by_number(connection, ["K-100", "K-101"]) == {"K-100": erika}
        assert parties.party_ids(connection, ["K-100", "109519005", "?"]) == {"K-100": 1, "109519005": 2}
        assert list(parties.list_parties(connection)) == [fund, erika]


def test_a_party_saved_again_keeps_its_id(database: Database) -> None:
    moved = replace(ERIKA, address=Address("Feldweg 2", "12346", "Neustadt"))
    with database.write() as connection:
        first = parties.save_party(connection, ERIKA)
        assert parties.save_party(connection, moved) == replace(moved, id=first.id)
        assert list(parties.list_parties(connection)) == [replace(moved, id=first.id)]


def test_a_number_given_twice_ends_as_the_last_one_says(database: Database) -> None:
    with database.write() as connection:
        saved = parties.save_parties(connection, [ERIKA, replace(ERIKA, given_name="Erna")])
        assert [party.id for party in saved] == [1, 1]
        assert [party.given_name for party in parties.list_parties(connection)] == ["Erna"]


def test_roles_are_given_once(database: Database) -> None:
    with database.write() as connection:
        erika, fund = parties.save_parties(connection, [ERIKA, FUND])
        insured = PartyRole(erika.id, "insured")
        pays = PartyRole(fund.id, "payer", of_party=erika.id, valid_from=date(2025, 1, 1))
        assert parties.add_roles(connection, [insured, pays, insured]) == 2
        assert parties.add_roles(connection, [insured, pays]) == 0
        assert parties.roles_of(connection, fund.id) == [pays]
        assert list(parties.list_parties(connection, role="insured")) == [erika]


def test_a_contract_and_its_versions(database: Database) -> None:
    with database.write() as connection:
        fund = parties.save_party(connection, FUND)
        contract = cases.save_contract(connection, Contract(0, "R-12", "Rehab devices", fund.id))
        old = ContractVersion(
            0, contract.id, "2024", "p302", date(2024, 1, 1), date(2024, 12, 31), True, {"rate": "0.85"}
        )
        new = replace(old, label="2025", valid_from=date(2025, 1, 1), valid_to=None, released=False)
        versions = [cases.save_contract_version(connection, version) for version in (new, old)]
        released = cases.save_contract_version(connection, replace(versions[0], released=True))
        assert cases.save_contract(connection, replace(contract, id=0, inactive=True)).id == contract.id
    with database.read() as connection:
        assert list(cases.list_contracts(connection)) == [replace(contract, inactive=True)]
        assert cases.contract_versions(connection, contract.id) == [versions[1], released]


def test_a_case_is_found_by_its_number_and_takes_corrections_of_its_facts(database: Database) -> None:
    with database.write() as connection:
        erika = parties.save_party(connection, ERIKA)
        facts = {"prescribed_on": "2025-09-30", "approval": "G-1"}
        case = cases.save_case(
            connection, Case(0, "V-2025-17", erika.id, "supply", None, date(2025, 10, 1), None, facts)
        )
        cases.set_facts(connection, case.id, {"prescribed_on": "2025-10-01", "approval": "", "prescriber": "123456789"})
        changed = replace(case, facts={"prescribed_on": "2025-10-01", "prescriber": "123456789"})
        assert cases.get_case(connection, number="V-2025-17") == changed
        assert cases.get_case(connection, id=case.id) == changed
        assert cases.get_case(connection, number="V-0") is None
        assert cases.cases_by_number(connection, ["V-2025-17", "V-0"]) == {"V-2025-17": changed}
        again = cases.save_case(connection, replace(changed, id=0, closed=date(2025, 12, 31)))
        assert again.id == case.id
        assert list(cases.list_cases(connection, client=erika.id)) == [again]
        assert list(cases.list_cases(connection)) == [again]


@pytest.fixture
def case_id(database: Database) -> int:
    with database.write() as connection:
        erika, _ = parties.save_parties(connection, [ERIKA, FUND])
        return cases.save_case(connection, Case(0, "V-2025-17", erika.id)).id


def test_what_belongs_to_a_case(database: Database, case_id: int) -> None:
    with database.write() as connection:
        second, first = cases.add_periods(
            connection,
            [
                CasePeriod(0, case_id, "2026", date(2026, 1, 1)),
                CasePeriod(0, case_id, "2025", date(2025, 10, 1), date(2025, 12, 31)),
            ],
        )
        takes_part = [Participant(case_id, 2, "payer", 2), Participant(case_id, 1, "payer", 1, date(2025, 1, 1))]
        cases.add_participants(connection, takes_part)
        (request,) = cases.add_requests(
            connection, [InfoRequest(0, case_id, "approval", RequestState.SENT, due=date(2025, 11, 1))]
        )
    with database.read() as connection:
        assert cases.periods_of(connection, case_id) == [first, second]
        assert cases.participants_of(connection, case_id) == takes_part[::-1]
        assert cases.requests_of(connection, case_id) == [request]


def test_plans_with_their_slots(database: Database, case_id: int) -> None:
    with database.write() as connection:
        (period,) = cases.add_periods(connection, [CasePeriod(0, case_id, "2025", date(2025, 10, 1))])
        (delivery,) = cases.add_delivery_lines(
            connection, [DeliveryLine(0, period.id, "R-7", Decimal("1.5"), date(2025, 10, 1), None, "1M")]
        )
        late, early = cases.add_delivery_slots(
            connection,
            [DeliverySlot(0, delivery.id, date(2025, month, 1), Decimal("1.5")) for month in (11, 10)],
        )
        (billing,) = cases.add_billing_lines(connection, [BillingLine(0, period.id, 2, "R-7", delivery.id)])
        (slot,) = cases.add_billing_slots(
            connection, [BillingSlot(0, billing.id, date(2025, 10, 1), date(2025, 10, 31))]
        )
        cases.set_slot_states(connection, tables.delivery_slot, [(early.id, SlotState.DELIVERED, "")])
        cases.set_slot_states(connection, tables.billing_slot, [(slot.id, SlotState.FIXED, "approval is missing")])
    with database.read() as connection:
        assert cases.delivery_lines_of(connection, case_id) == [delivery]
        assert cases.delivery_slots_of(connection, delivery.id) == [replace(early, state=SlotState.DELIVERED), late]
        assert cases.billing_lines_of(connection, case_id) == [billing]
        blocked = replace(slot, state=SlotState.FIXED, block="approval is missing")
        assert cases.billing_slots_of(connection, billing.id) == [blocked]


def test_a_delivery_of_a_line_is_due_once_a_day(database: Database, case_id: int) -> None:
    """Planning again must not deliver twice: the database itself refuses the second slot."""
    with database.write() as connection:
        (period,) = cases.add_periods(connection, [CasePeriod(0, case_id, "2025", date(2025, 10, 1))])
        (line,) = cases.add_delivery_lines(
            connection, [DeliveryLine(0, period.id, "R-7", Decimal(1), date(2025, 10, 1))]
        )
    slot = DeliverySlot(0, line.id, date(2025, 10, 1), Decimal(1))
    with pytest.raises(IntegrityError), database.write() as connection:
        cases.add_delivery_slots(connection, [slot, slot])
