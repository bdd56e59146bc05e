"""Group P, care planning (gesundheitliche Versorgungsplanung, §132g SGB V): TA1 V21 5.5.3.10."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from billhook.model import BillingItem, Finding
from billhook_p302 import layouts, rules
from billhook_p302.codes.billing import ACCOUNTING_CODES
from billhook_p302.groups import positions, sums
from billhook_p302.groups.parts import GROSS_ONLY, LINE, LINE_COMPUTED, TEXT, details_of
from billhook_p302.groups.structure import Group, Part, Row, Table, Terms, each
from billhook_p302.placing import Placed

ANOTHER = "2"
"""Kind of a consultation that is not the first; its reason is told in a text."""

EGV = Table(layouts.EGV, {**LINE, "service_from": "service_from", "service_to": "service_to"}, computed=LINE_COMPUTED)
IBP = Table(
    layouts.IBP,
    {
        "consultation_kind": "kind",
        "began_on": "began_on",
        "ended_on": "ended_on",
        "conversations": "talks",
        "consultant": "adviser",
    },
    more={"text": "text"},
    entries="details.consultations",
)
FURTHER_TEXT = Table(layouts.TXT, {"text": "details.further_texts"}, later=("text",))


def _more_texts(item: BillingItem, terms: Terms) -> Iterator[Row]:  # noqa: ARG001  # as Part asks
    for words in details_of(item).further_texts:
        yield Row(layouts.TXT, {"text": words}, item, FURTHER_TEXT.places)


def _in_order(ibp: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    begin, end = ibp.day("began_on"), ibp.day("ended_on")
    if begin and end and end < begin:
        yield ibp.at(rules.CONSULTATION_ORDER, "ended_on", end)


def _reason(segments: Sequence[Placed], day: date) -> Iterator[Finding]:  # noqa: ARG001  # as others
    """Another consultation is explained in a text."""
    if not any(placed.tag == "TXT" for placed in segments):
        for placed in segments:
            if placed.tag == "IBP" and placed.text("consultation_kind") == ANOTHER:
                yield placed.at(rules.CONSULTATION_REASON, "consultation_kind")


GROUP = Group(
    letter="P",
    title="care planning (§132g SGB V)",
    section="5.5.3.10",
    codes=ACCOUNTING_CODES["P"],
    line=EGV,
    parts=(TEXT, Part(FURTHER_TEXT, _more_texts)),
    after_lines=(each(IBP),),
    closing=GROSS_ONLY,
    checks={"EGV": (*positions.PRICED, positions.service_date, positions.period), "IBP": (_in_order,)},
    voucher_checks=(sums.walk, _reason, positions.against_prescription),
)
