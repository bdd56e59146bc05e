"""The demo data of §302: what is wrong in it is what its README says, and what leaves adds up in a second reader."""

import json
import shutil
import tomllib
from collections.abc import Iterator
from csv import DictReader
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from billhook.billing.checking import CheckResult, check
from billhook.billing.correcting import correct
from billhook.billing.exporting import ExportResult, export
from billhook.billing.importing import import_items
from billhook.store import Workspace, tables
from billhook_p302.payers.importing import import_files
from tests.support.independent_reader import BillingFile, read

EXAMPLES = Path(__file__).parents[2] / "examples" / "p302"
NOW = datetime(2025, 11, 3, 9, tzinfo=UTC)

MISTAKES = {
    "25107-1": "details.prescribed_on",
    "25112-1": "details.aid_mark",
    "25118-1": "client.insurance_number",
    "25121-1": "details.approval_number",
    "25125-1": "details.copayment_mark",
    "25129-1": "details.insurance_kind",
    "25131-1": "client.birth_date",
    "25133-1": "payer",
    "25136-1": "details.supply_to",
    "25138-1": "details.lanr",
    "25140-1": "details.provider_group",
    "25145-1": "text",
    "25147-1": "details.application_site",
}
"""Item → the field that the README calls wrong."""

ONLY_A_WARNING = {"25118-1"}


def rows() -> Iterator[dict[str, str]]:
    """The rows of both files: number, voucher and what the payer is asked for, without Billhook's import."""
    for line in (EXAMPLES / "items.jsonl").read_text(encoding="utf-8").splitlines():
        yield json.loads(line)
    with (EXAMPLES / "items.csv").open(encoding="utf-8", newline="") as file:
        for row in DictReader(file, delimiter=";"):
            amounts = ("quantity", "unit_price", "copayment", "surcharge")
            yield row | {name: row[name].replace(",", ".") for name in amounts}


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """A workspace with the demo's settings, payers and items."""
    home = tmp_path / "home"
    Workspace.create(home, url=f"sqlite:///{tmp_path / 'demo.db'}").close()
    shutil.copy(EXAMPLES / "billhook.toml", home / "billhook.toml")
    with Workspace.open(home, url=f"sqlite:///{tmp_path / 'demo.db'}") as opened:
        report = import_files(opened.database, sorted((EXAMPLES / "payers").glob("*.ke0")), now=NOW)
        assert [finding for file in report.files for finding in file.findings] == []
        for name in ("items.jsonl", "items.csv"):
            result = import_items(opened, EXAMPLES / name, scheme="p302", now=NOW)
            assert (result.errors, result.warnings) == (0, 0), result.findings
        yield opened


def numbers(workspace: Workspace) -> dict[int, str]:
    with workspace.database.read() as connection:
        found = connection.execute(sa.select(tables.item.c.id, tables.item.c.number))
        return {int(row.id): str(row.number) for row in found}


def places(workspace: Workspace, checked: CheckResult) -> set[tuple[str, str]]:
    """Item and field of every finding, but not that a letter is outside the character set."""
    names = numbers(workspace)
    return {(names[f.item or 0], f.field or "") for f in checked.findings if not f.code.startswith("EDI-CHR")}


def files(result: ExportResult) -> list[BillingFile]:
    return [
        read(artifact.path.read_bytes())
        for exchange in result.exchanges
        for artifact in exchange.artifacts
        if artifact.role == "data" and artifact.path is not None
    ]


def gross_of(but: set[str]) -> Decimal:
    """The gross of all vouchers but these; a net price's VAT as its row says."""
    total = Decimal(0)
    for row in rows():
        if row["voucher"] not in but:
            net = Decimal(row["quantity"]) * Decimal(row["unit_price"])
            vat = (net * Decimal(row.get("vat_rate") or 0) / 100).quantize(Decimal("0.01"), "ROUND_HALF_UP")
            total += (net + vat).quantize(Decimal("0.01"), "ROUND_HALF_UP")
    return total


def test_the_files_are_as_large_as_the_readme_says() -> None:
    vouchers = {row["voucher"] for row in rows()}
    assert len(vouchers) == 48
    assert len({row["payer"] for row in rows()} - {"101575591"}) == 8


def test_the_check_finds_the_mistakes_and_no_others(workspace: Workspace) -> None:
    checked = check(workspace, now=NOW)
    assert places(workspace, checked) == set(MISTAKES.items())
    assert (checked.vouchers, checked.faulty) == (48, len(MISTAKES) - len(ONLY_A_WARNING))


def test_what_is_right_leaves_without_corrections(workspace: Workspace) -> None:
    check(workspace, now=NOW)
    result = export(workspace, now=NOW)
    faulty = {number.partition("-")[0] for number in MISTAKES.keys() - ONLY_A_WARNING}
    assert sum(exchange.vouchers for exchange in result.exchanges) == 48 - len(faulty)
    assert sum(billing.sum("BES", "gross") for billing in files(result)) == gross_of(faulty)


def test_after_the_corrections_only_the_privately_insured_stays(workspace: Workspace) -> None:
    check(workspace, now=NOW)
    typed = tomllib.loads((EXAMPLES / "corrections.toml").read_text(encoding="utf-8"))["correction"]
    assert {one["item"]: one["field"] for one in typed} == {k: v for k, v in MISTAKES.items() if k != "25129-1"}
    for one in typed:
        correct(workspace, one["value"], item=one["item"], field=one["field"], now=NOW)
    again = check(workspace, now=NOW)
    assert places(workspace, again) == {("25129-1", "details.insurance_kind")}
    result = export(workspace, now=NOW)
    read_back = files(result)
    assert sum(exchange.vouchers for exchange in result.exchanges) == 47
    assert sum(billing.sum("BES", "gross") for billing in read_back) == gross_of({"25129"})
    assert sum(billing.positions() for billing in read_back) == gross_of({"25129"})
    assert gross_of({"25129"}) == Decimal("7489.15")
    # One file for each data centre and fund kind; the agricultural fund's takes at most four vouchers a file.
    receivers = sorted(billing.header.text(3) for billing in read_back)
    assert receivers == ["102109128"] * 2 + ["105810615", "109519005", "660510336"] + ["661430035"] * 2


def test_nothing_is_wrong_with_the_files_that_leave(workspace: Workspace) -> None:
    check(workspace, now=NOW)
    result = export(workspace, now=NOW)
    formats = workspace.schemes["p302"].wire_formats()
    for exchange in result.exchanges:
        for artifact in exchange.artifacts:
            assert artifact.path is not None
            head = artifact.path.read_bytes()[:4096]
            wire = next(each for each in formats if each.sniff(head, artifact.name))
            assert [finding for finding in wire.verify(artifact.path) if finding.is_error] == []


def test_the_same_export_again_bills_nothing(workspace: Workspace) -> None:
    check(workspace, now=NOW)
    assert export(workspace, now=NOW).exchanges
    assert not export(workspace, now=NOW).exchanges
