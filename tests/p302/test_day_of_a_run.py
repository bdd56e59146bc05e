"""A run just after midnight in Germany bills on the German day, in every place where a file names a day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from billhook.billing.contexts import Tables
from billhook_p302 import receivers
from tests.p302.test_golden import Case, bill
from tests.support import independent_reader

HALF_PAST_MIDNIGHT = datetime(2025, 12, 31, 23, 30, tzinfo=UTC)
"""In Berlin it is 00:30 on 1 January 2026: another day, month and year than in UTC."""


def test_all_days_of_a_file_are_the_german_ones(tmp_path: Path) -> None:
    wheelchair = Case.load("a_wheelchair")
    case = Case(
        folder=wheelchair.folder,
        now=HALF_PAST_MIDNIGHT,
        data_file=wheelchair.data_file,
        order_file=wheelchair.order_file,
        first_invoice_number=wheelchair.first_invoice_number,
        interchange_reference=wheelchair.interchange_reference,
        transfer_number=wheelchair.transfer_number,
    )
    workspace, result = bill(case, tmp_path / "workspace", f"sqlite:///{tmp_path / 'billhook.db'}")
    with workspace:
        (exchange,) = result.exchanges
        with workspace.database.read() as connection:
            assert {each.day for each in receivers.billed(Tables(connection))} == {date(2026, 1, 1)}
        paths = {artifact.role: artifact.path for artifact in exchange.artifacts}
    assert paths["data"] is not None
    assert paths["order"] is not None
    billing = independent_reader.read(paths["data"].read_bytes())
    assert billing.header.text(4) == "20260101"
    assert billing.header.text(4, 2) == "0030"
    assert billing.header.text(7)[-2:] == "01", "the month in the logical file name"
    assert {segment.text(2) for message in billing.messages for segment in message.all("REC")} == {"20260101"}
    assert independent_reader.read_order(paths["order"].read_bytes())["created"].startswith("20260101003")
