"""Diagnoses in a CSV file: a column for each part of each diagnosis, numbered from 1."""

from __future__ import annotations

from pathlib import Path

from billhook.billing.importing import ImportResult, import_items
from billhook.store import Workspace
from billhook.store.items import iter_items
from billhook_p302.details import Diagnosis

HEADER = "number;provider;voucher;quantity;unit_price;details.diagnoses.1.code;details.diagnoses.1.text;details.diagnoses.2.code"


def imported(folder: Path, *rows: str, header: str = HEADER) -> tuple[ImportResult, list[object]]:
    path = folder / "items.csv"
    path.write_text("\n".join((header, *rows)) + "\n", "utf-8")
    with Workspace.create(folder / "shop") as workspace:
        result = import_items(workspace, path, scheme="p302")
        with workspace.database.read() as connection:
            return result, [item.details for item in iter_items(connection, workspace.schemes)]


def test_numbered_columns_become_the_diagnoses_in_order(tmp_path: Path) -> None:
    result, details = imported(
        tmp_path,
        "1;591104278;a;1;10,00;Z93.3;Kolostoma;C20",
        "2;591104278;b;1;10,00;;Lipödem;",
        "3;591104278;c;1;10,00;;;",
    )
    assert result.stored, result.findings
    assert [getattr(each, "diagnoses") for each in details] == [  # noqa: B009  # the store gives any scheme's details
        (Diagnosis(code="Z93.3", text="Kolostoma"), Diagnosis(code="C20")),
        (Diagnosis(text="Lipödem"),),
        (),
    ]


def test_a_part_that_a_diagnosis_does_not_have_is_an_unknown_column(tmp_path: Path) -> None:
    header = "number;provider;voucher;quantity;unit_price;details.diagnoses.1.kode"
    result, details = imported(tmp_path, "1;591104278;a;1;10,00;Z93.3", header=header)
    assert not details
    assert [(each.line, each.field) for each in result.findings] == [(1, "details.diagnoses.1.kode")]


def test_a_whole_list_in_one_cell_is_refused_with_the_way_out(tmp_path: Path) -> None:
    header = "number;provider;voucher;quantity;unit_price;details.diagnoses"
    result, details = imported(tmp_path, "1;591104278;a;1;10,00;Z93.3", header=header)
    assert not details
    assert "diagnoses.1.code" in result.findings[0].mend
