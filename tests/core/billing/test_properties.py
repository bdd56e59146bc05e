"""Whatever vouchers come: every clean item leaves exactly once, sums add up, and doing it again changes nothing."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from billhook.model import ItemState
from billhook.store import tables
from tests.core.billing.conftest import open_desk
from tests.support.toy import read_toy_file

LINE = st.fixed_dictionaries(
    {
        "code": st.sampled_from(["A1", "A2", "B1", "C1", "Z9"]),
        "quantity": st.decimals("0.01", "150", places=2).map(str),
        "unit_price": st.decimals("0", "9999", places=3).map(str),
        "vat_rate": st.sampled_from([None, "7", "19"]),
        "copayment": st.sampled_from([None, "0.00", "5.00"]),
        "text": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5),
    }
)
VOUCHER = st.fixed_dictionaries(
    {
        "payer": st.sampled_from(["brook-north", "brook-south", "nobody"]),
        "branch": st.sampled_from(["north", "nook", "south", ""]),
        "prescribed_on": st.sampled_from(["2025-09-01", "2025-10-20", None]),
        "lines": st.lists(LINE, min_size=1, max_size=4),
    }
)


def rows_of(vouchers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "scheme": "toy",
            "number": f"{at}-{place}",
            "provider": f"p{at % 2}",
            "voucher": f"v{at}",
            "line": place,
            "payer": voucher["payer"],
            "service_from": "2025-10-06",
            "details": {"branch": voucher["branch"], "prescribed_on": voucher["prescribed_on"]},
            **line,
        }
        for at, voucher in enumerate(vouchers)
        for place, line in enumerate(voucher["lines"], start=1)
    ]


# Without `explain`: it traces every line, which makes a database some twenty times slower.
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
)
@given(
    vouchers=st.lists(VOUCHER, min_size=1, max_size=12),
    limits=st.tuples(st.one_of(st.none(), st.integers(1, 4)), st.one_of(st.none(), st.integers(1, 3))),
    collective=st.booleans(),
)
def test_any_vouchers(vouchers: list[dict[str, Any]], limits: tuple[int | None, int | None], collective: bool) -> None:
    rows = rows_of(vouchers)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for desk in open_desk(folder, f"sqlite:///{folder / 'billhook.db'}"):
            named = {"vouchers_a_file": limits[0], "documents_a_file": limits[1]}
            desk.configure(collective=collective, **{key: value for key, value in named.items() if value})
            imported = desk.take(rows)
            assert (imported.errors, imported.added) == (0, len(rows))
            assert desk.take([*rows, {**rows[0], "number": "more", "voucher": "more"}], "2.jsonl").unchanged == len(
                rows
            )

            right = {
                f"v{at}"
                for at, voucher in enumerate(vouchers)
                if voucher["payer"] != "nobody"
                and voucher["prescribed_on"] == "2025-09-01"
                and all(line["code"] != "Z9" for line in voucher["lines"])
            }
            desk.check()
            items = {item.number: item for item in desk.items()}
            for item in items.values():
                if item.voucher != "more":
                    assert item.document_ok is (item.voucher in right)
            right |= {"more"} if items["more"].document_ok else set()

            result = desk.export()
            lines: Counter[str] = Counter()
            where: dict[str, set[int]] = {}
            for exchange in result.exchanges:
                path = next(artifact.path for artifact in exchange.artifacts if artifact.role == "data")
                assert path is not None
                read = read_toy_file(path.read_bytes())
                mine = [items[line[2]] for line in read["lines"]]
                lines.update(item.number for item in mine)
                for item in mine:
                    where.setdefault(item.voucher, set()).add(exchange.id)
                assert exchange.totals.gross == sum(item.gross for item in mine)
                assert exchange.totals.billed == sum(item.billed for item in mine)
                assert exchange.vouchers == len({(item.provider, item.voucher) for item in mine})
                assert limits[0] is None or exchange.vouchers <= limits[0]
                assert limits[1] is None or exchange.documents <= limits[1]
            assert set(lines.values()) <= {1}
            assert set(lines) == {item.number for item in items.values() if item.voucher in right}
            assert all(len(files) == 1 for files in where.values())
            for item in desk.items():
                assert (item.state is ItemState.BATCHED) is (item.voucher in right)
            numbers = [int(row["number"].split("-")[1]) for row in desk.rows(tables.document) if row["exchange_id"]]
            per_series = Counter(numbers)
            assert not numbers or sorted(per_series)[-1] == len(per_series)
            before = desk.dump()
            assert desk.export().exchanges == []
            assert desk.dump() == before
