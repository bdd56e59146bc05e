"""The examples of TA1 V21 7.5: what a correction says of the invoice that it follows comes out exactly as printed there."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.p302.test_golden import GOLDEN, Case, bill
from tests.support.independent_reader import read

EXAMPLES = [
    ("7.5.1.1 first correction", "04", "A-135", "0", "2014-05-02", "28", "URI+123456789+A-135:0+20140502+28'"),
    ("7.5.1.1 second correction", "04", "A-135", "0", "2014-05-02", "28", "URI+123456789+A-135:0+20140502+28'"),
    ("7.5.1.1 supplementary", "02", "A-135", "0", "2014-05-02", "28", "URI+123456789+A-135:0+20140502+28'"),
    ("7.5.1.2 first correction", "04", "ABC", "E", "2015-07-07", "28", "URI+123456789+ABC:E+20150707+28'"),
    ("7.5.1.2 after a change of IK", "04", "ABC", "E", "2015-07-07", "28", "URI+123456789+ABC:E+20150707+28'"),
    ("7.5.1.3 claim for copayment", "03", "58D", "0", "2015-01-18", "59", "URI+123456789+58D:0+20150118+59'"),
]
"""Where in TA1; mark; number, single number, date and voucher of the first invoice, all by IK 123456789; segment."""


@pytest.mark.parametrize(
    ("mark", "number", "ordinal", "day", "voucher", "segment"),
    [example[1:] for example in EXAMPLES],
    ids=[example[0] for example in EXAMPLES],
)
def test_an_example_of_ta1_comes_out_exactly(
    mark: str, number: str, ordinal: str, day: str, voucher: str, segment: str, tmp_path: Path
) -> None:
    # The provider bills under an IK of its own, as in 7.5.1.2: what was then stays.
    folder = tmp_path / "case"
    shutil.copytree(GOLDEN / f"group_b_mark_{mark}", folder)
    rows = [json.loads(row) for row in (folder / "items.jsonl").read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["voucher"] == rows[0]["voucher"]]
    for row in rows:
        row["details"].update(
            original_provider="123456789",
            original_number=number,
            original_ordinal=ordinal,
            original_date=day,
            original_voucher_number=voucher,
        )
    (folder / "items.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    case = replace(Case.load(f"group_b_mark_{mark}"), folder=folder)
    workspace, result = bill(case, tmp_path / "home", f"sqlite:///{tmp_path / 'billhook.db'}")
    with workspace:
        (exchange,) = result.exchanges
        (content,) = [a.path.read_bytes() for a in exchange.artifacts if a.path is not None and a.path.suffix == ""]
    text = content.decode("iso-8859-1")
    assert text.count("'URI+") == 1
    assert f"'{segment}" in text
    assert {message.all("FKT")[0].text(1) for message in read(content).messages} == {mark}
