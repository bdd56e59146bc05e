"""The reference pages of §302, made of the declarations that the program itself works by.

`python -m billhook_p302.reference docs/reference` writes them anew; a test says when they are out of date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from billhook.model import Rule
from billhook.wire.grammar import MessageLayout
from billhook.wire.layout import SegmentLayout
from billhook.wire.reference import order, record_page, segment_page
from billhook_p302 import layouts, versions
from billhook_p302.codes import TABLES, KeyTable, SpanTable, Structure, billing, positions
from billhook_p302.details import (
    Approval,
    Consultation,
    Deployment,
    Details,
    Diagnosis,
    Prescription,
    SingleService,
)
from billhook_p302.groups import GROUPS
from billhook_p302.groups.parts import DIA, EVO, IMG, INV, NAD, SKZ, SKZ_FURTHER, SUM_PLACES, URI
from billhook_p302.groups.structure import Approvals, Table
from billhook_p302.payers import keys as payer_keys
from billhook_p302.replies.advice import COLUMNS
from billhook_p302.replies.letters import MARKS
from billhook_p302.replies.textblocks import SIDES, SOURCE, TEXT_BLOCKS
from billhook_p302.rules import RULES
from billhook_p302.settings import (
    TEMPLATE,
    Contact,
    CopaymentOrder,
    Discount,
    PositionPriority,
    Provider,
    ProviderGroup,
    Receiver,
    Settings,
)

_SUBJECTS: Mapping[str, str] = {
    "UNB": "File and provider (UNB, UNH, UNT, UNZ)",
    "FKT": "Parties (FKT)",
    "REC": "Invoice (REC)",
    "GES": "Sums of an invoice (GES)",
    "NAM": "Name of the biller (NAM)",
    "UST": "VAT mark (UST)",
    "URI": "Original invoice (URI)",
    "COR": "Correction procedure (processing mark)",
    "ANS": "Answers that do not come (`billhook status`)",
    "INV": "Insured person and voucher (INV)",
    "NAD": "Name and address (NAD)",
    "IMG": "Image archive (IMG)",
    "EVO": "Electronic prescription (EVO)",
    "HIL": "Aid (HIL)",
    "EHI": "Line of an aid (EHI)",
    "TXT": "Text (TXT)",
    "MWS": "VAT (MWS)",
    "ZUH": "Copayment and own share (ZUH)",
    "MEH": "Surcharge (MEH)",
    "ZHI": "Prescription (ZHI)",
    "DIA": "Diagnosis (DIA)",
    "SKZ": "Approval (SKZ)",
    "BES": "Sums of a voucher (BES)",
    "EHE": "Therapies: line (EHE)",
    "ZHE": "Therapies: prescription (ZHE)",
    "ESK": "Home nursing: visit (ESK)",
    "EHK": "Home nursing: line (EHK)",
    "ELP": "Home nursing and domestic help: single service (ELP)",
    "ZHK": "Home nursing and intensive care: prescription (ZHK)",
    "ESH": "Domestic help: visit (ESH)",
    "EHH": "Domestic help: line (EHH)",
    "ZHH": "Domestic help: certificate (ZHH)",
    "KTL": "Transport: trip (KTL)",
    "EKT": "Transport: line (EKT)",
    "ZUK": "Transport: copayment (ZUK)",
    "ZKT": "Transport: prescription (ZKT)",
    "HEB": "Midwives: who did it (HEB)",
    "HEL": "Midwives: day (HEL)",
    "EHB": "Midwives: line (EHB)",
    "ZHB": "Midwives: case (ZHB)",
    "ENF": "Other providers: line (ENF)",
    "SUT": "Other providers: more about a line (SUT)",
    "ZUV": "Other providers: prescription (ZUV)",
    "ZUZ": "Other providers: copayment (ZUZ)",
    "ERS": "Palliative care: first contact (ERS)",
    "ESP": "Palliative care: line (ESP)",
    "ZZL": "Palliative care: when and who (ZZL)",
    "ZSP": "Palliative care: prescription (ZSP)",
    "EGV": "Care planning: line (EGV)",
    "IBP": "Care planning: consultation (IBP)",
    "EHP": "Short-term care: line (EHP)",
    "AHK": "Intensive care: line (AHK)",
    "ASK": "Intensive care: when and who (ASK)",
    "EMP": "Pilot projects: line (EMP)",
    "GZF": "Claim for unpaid copayments (GZF)",
    "AUF": "Order file (Auftragsdatei)",
}


def rules_page() -> str:
    """Every rule of this scheme, by subject."""
    parts = [
        (
            "# Rules of §302\n\n"
            "Every finding of `billhook check` and `billhook verify` names one of these codes. An error\n"
            "holds the voucher back; a warning or note does not. The same code means the same on an item and in a file.\n"
            "A rule that holds in several segments has the same number in each: `P302-EHI-013` for aids is `P302-EHE-013` for\n"
            "therapies.\n\n"
            "Rules that follow from a single row of a segment's table (mandatory, type, length, character set) and from the\n"
            "frame of a file have the codes of the wire, `EDI-…` and `FIX-…`: see {doc}`wire`. Those of payer files and routes,\n"
            "`P302-KTR` and `P302-RTE`, are in {doc}`p302-payers`. TA1 is Technische Anlage 1, A3 is Anlage 3 of the §302\n"
            "guidelines, GGT are the Gemeinsame Grundsätze Technik.\n"
        )
    ]
    for subject, title in _SUBJECTS.items():
        rules = [rule for rule in RULES if rule.code.startswith(f"P302-{subject}-")]
        if rules:
            parts.append(f"## {title}\n\n{_rules(rules)}")
    return "\n".join(parts)


def _rules(rules: Iterable[Rule]) -> str:
    return _table(
        ("Code", "Weight", "What is wrong", "How to mend it", "Source"),
        ((f"`{rule.code}`", rule.severity.value, rule.text, rule.mend, rule.source) for rule in rules),
    )


def settings_page() -> str:
    """Every setting with its type and default."""
    parts = [
        (
            "# Settings of §302\n\n"
            "The section `[schemes.p302]` of `billhook.toml`. How to fill it in: {doc}`/how-to/p302-settings`.\n"
        ),
        f"## `[schemes.p302]`\n\n{_model(Settings, leave_out=('providers', 'defaults', 'receivers'))}",
        (
            "## `[[schemes.p302.providers]]`\n\nWhoever items may be billed for; at least one, each IK once.\n\n"
            f"{_model(Provider, leave_out=('discounts', 'groups'))}"
        ),
        "### `[[schemes.p302.providers.groups]]`\n\nOther groups that the provider bills beside its main one.\n\n"
        + _model(ProviderGroup),
        "### `[[schemes.p302.providers.discounts]]`\n\nCash discounts (Skonto), at most nine.\n\n" + _model(Discount),
        "## `[schemes.p302.defaults]` and `[[schemes.p302.receivers]]`\n\n"
        "What receivers want. `defaults` holds for all; a row of `receivers` for those that its `data_centre` and `payer`\n"
        "name (empty fits all). What a row leaves out is as in `defaults`. The row that names more wins, and of equals the\n"
        "first.\n\n" + _model(Receiver, leave_out=("contact",)),
        "### `contact`\n\nWhom the payer may ask: it stands in SLGA NAM.\n\n" + _model(Contact),
        f"## Choices\n\n{_choices(PositionPriority, 'position_priority')}\n{_choices(CopaymentOrder, 'copayment_order')}",
        "## What `billhook init` writes\n\n```toml\n" + TEMPLATE.strip() + "\n```\n",
    ]
    return "\n".join(parts)


def _choices(choice: type[Enum], name: str) -> str:
    values = ", ".join(f"`{each.value}`" for each in choice)
    return f"`{name}`: {values}. {(choice.__doc__ or '').splitlines()[0]}\n"


def items_page() -> str:
    """The §302 fields of an item, and the key tables that they draw from."""
    places: dict[str, list[str]] = {}
    tables = [INV, URI, NAD, IMG, EVO, *(table for group in GROUPS.values() for table in group.tables), DIA, SKZ]
    fields = [
        ("FKT", {"processing_kind": "details.processing_mark", "provider_ik": "provider", "card_ik": "payer"}),
        *((each.layout.tag, each.places) for each in tables),
    ]
    for tag, paths in (*fields, ("BES", SUM_PLACES)):
        for path in paths.values():
            if tag not in places.setdefault(path, []):
                places[path].append(tag)
    parts = [
        (
            "# Items of §302\n\n"
            "What §302 wants to know of an item beyond what every item has: the object `details` of an import row, or columns\n"
            "`details.…` in CSV. Nothing here is mandatory at import; what is missing is a finding of `billhook check`.\n\n"
            "A field marked *voucher* is the same on all lines of a voucher; one marked *case* is kept with the case too,\n"
            "so that a correction goes there as well.\n"
        ),
        "## By group\n\n"
        "The group (Sammelgruppe) of a line follows from the accounting code in its `provider_group`. All lines of a voucher\n"
        "are of one group. Fields of the insured person and of the file, and `code`, `quantity`, `unit_price`, `vat_rate` and\n"
        "`text`, are the same everywhere.\n\n"
        + _table(("Group", "A line", "What the lines of a voucher share"), _by_group()),
        f"## `details`\n\n{_model(Details, leave_out=(), levels=True)}",
        *(_list(name, model) for name, model in _LISTS.items()),
        "## The other fields\n\n"
        + _table(
            ("Field", "Goes into"),
            (
                (f"`{path}`", ", ".join(tags))
                for path, tags in sorted(places.items())
                if not path.startswith("details.")
            ),
        ),
        (
            "`payer` is the IK on the insurance card; `code` the position number (ten digits of the Hilfsmittelverzeichnis).\n"
            "`copayment`, `own_share` and `surcharge` belong to the aid of their line and are summed up for it.\n"
        ),
        "The keys that fields draw from, and what they mean: {doc}`p302-codes`. A value outside of its table is an error.\n",
    ]
    return "\n".join(parts)


def codes_page() -> str:
    """Every key table, the ranges of special tariffs, and how position numbers are built."""
    parts = [
        (
            "# Keys of §302\n\n"
            "The tables of Anlage 3 (Schlüsselverzeichnisse), V21, and what V22 adds from 01.02.2027 on.\n"
            "{doc}`/how-to/p302-codes` tells how to search them. *Valid* is empty where no beginning and no end is known;\n"
            "a value is asked for on the day of the file. Countries (8.5) are those of DEÜV Anlage 8 and not kept here.\n"
        )
    ]
    for table in TABLES:
        rows = (
            (f"`{key.value}`", key.meaning, key.original, _days(key.valid_from, key.valid_to), key.source)
            for key in table
        )
        with_source = any(key.source for key in table)
        width = 5 if with_source else 4
        head = ("Key", "Meaning", "Original", "Valid", "Source")[:width]
        parts.append(_heading(table) + _table(head, (row[:width] for row in rows)))
    special = billing.SPECIAL_TARIFF
    spans = (
        (f"`{span.value}`" if span.value else "else", span.meaning, span.original)
        for span in (*special.spans, special.rest)
    )
    parts.append(_heading(special) + _table(("Range", "Meaning", "Original"), spans))
    parts.append(
        "## Groups and accounting codes\n\nA3 V21 8.1.14, A3 V22 8.1.5.1\n\n"
        + _table(
            ("Group", "What it is", "Accounting codes"),
            (
                (f"`{group.value}`", group.meaning, ", ".join(billing.CODES_BY_GROUP[group.value]))
                for group in billing.PROVIDER_GROUP
            ),
        )
    )
    for structure in positions.STRUCTURES:
        places = (
            (f"{at.first}" if at.first == at.last else f"{at.first}–{at.last}", at.meaning, at.original)
            for at in structure.places
        )
        groups = f", groups {', '.join(structure.groups)}" if structure.groups else ""
        parts.append(
            _heading(structure)
            + f"{structure.digits} places{groups}.\n\n"
            + _table(("Places", "Meaning", "Original"), places)
        )
    return "\n".join(parts)


def layouts_page() -> str:
    """Every segment of a billing file and the order in which segments stand, and the order file."""
    frame = (layouts.UNB, layouts.UNH, layouts.UNT, layouts.UNZ)
    shared = (
        *(layouts.SLLA_FKT, layouts.SLLA_REC, layouts.INV, layouts.URI, layouts.NAD, layouts.IMG, layouts.EVO),
        *(layouts.TXT, layouts.MWS, layouts.DIA, layouts.SKZ, layouts.BES),
    )
    parts = [
        (
            "# Segments of §302\n\n"
            "The tables that billing files are written, read, told in words and checked by: TA1 V21, with the rows of other\n"
            "versions as far as they are known ({doc}`p302-versions`). In an order `?` may come once, `+` one or more times,\n"
            "`*` any number of times, and `|` is one or the other. Keys are in {doc}`p302-codes`.\n"
        ),
        "## The frame of a file\n",
        *map(segment_page, frame),
        _message(layouts.SLGA, frame),
        "## SLLA: what all groups have in common\n",
        *map(segment_page, shared),
    ]
    for group, message in layouts.SLLA.items():
        if group in "HIJKLMN":
            continue  # the same table as G
        parts.append(_message(message, (*frame, *shared), "SLLA:G to SLLA:N" if group == "G" else ""))
    parts.append(record_page(layouts.ORDER_RECORD))
    return "\n".join(parts)


def _message(message: MessageLayout, told: Sequence[SegmentLayout], name: str = "") -> str:
    """A message with its order, and those of its segments that were not told before."""
    title = "Claims of other providers (Sonstige)" if name else message.title
    head = f"## {name or message.name}: {title}\n\n{message.source}\n\n```text\n{order(message.body)}\n```\n"
    return "\n".join([head, *(segment_page(segment) for segment in message.segments if segment not in told)])


def versions_page() -> str:
    """Which version of TA1 holds when, and what each is known to have brought."""
    eras = (
        (
            era.name,
            str(era.valid_from),
            str(era.valid_to or ""),
            "written and read" if era.writable else "read",
            "" if int(era.name) >= versions.FIRST_KNOWN else "in part",
        )
        for era in versions.HISTORY
    )
    changes = ((f"V{change.version}", change.what, change.source) for change in versions.CHANGES)
    return "\n".join(
        [
            (
                "# Versions of §302\n\n"
                "The version (TA1) of a file is decided by the day on which it is made; where versions overlap the newest\n"
                "is taken, unless `version` of a receiver pins another ({doc}`p302-settings`). Files of all versions since\n"
                "2004 are read. Only V21 is kept whole; of others what is known to differ. A file of a version that is known in\n"
                "part has no errors from its tables, only warnings, and `verify` says so; sums, numbers and the frame hold in\n"
                "every version.\n"
            ),
            _table(("Version", "From", "To", "Billhook", "Known"), eras),
            "".join(f"V{name}: {what}.\n" for name, what in versions.PROVISIONAL.items()),
            (
                "Therapies (group B) prescribed until 2020-12-31 could be billed by V13 until "
                f"{versions.THERAPIES_BY_V13_UNTIL}.\n"
            ),
            "## What a version brought\n\nAs far as it is known here.\n\n"
            + _table(("Version", "What", "Source"), changes),
            (
                "## Versions of the payer file\n\n"
                "Kostenträgerdatei, Anhang 3 to Anlage 1. A file does not say which version it is; what a version brought is\n"
                "known in files whose quarter reaches into it.\n\n"
            )
            + _table(("Version", "From", "What"), payer_keys.CHANGES),
        ]
    )


def _heading(table: KeyTable | SpanTable | Structure) -> str:
    note = f"{table.note}\n\n" if table.note else ""
    return f"## {table.section} {table.title} ({table.original})\n\n{table.source}\n\n{note}"


def _by_group() -> Iterator[tuple[str, str, str]]:
    """Which fields each group reads, of a line and of the voucher, by segment; G to N are alike."""
    for letter, group in GROUPS.items():
        if letter in "HIJKLMN":
            continue
        title = "G to N, other providers (Sonstige)" if letter == "G" else f"{letter}, {group.title}"
        lines = [*(bracket.table for bracket in group.brackets), group.line, *(part.table for part in group.parts)]
        if group.shares is not None:
            lines += [each for each in (group.shares.copayment, group.shares.surcharge) if each is not None]
        prescriptions = group.prescriptions
        voucher = [part.table for part in group.opening]
        voucher += [table for table in (prescriptions.first, prescriptions.further) if table is not None]
        voucher += [DIA] if prescriptions.diagnoses else []
        voucher += [SKZ] if prescriptions.approvals is not Approvals.NONE else []
        voucher += [SKZ_FURTHER] if prescriptions.approvals in (Approvals.SOME, Approvals.ANY) else []
        voucher += [part.table for part in group.after_lines]
        sums = [group.closing.places[name].removeprefix("details.") for name in group.closing.sums]
        line, apart = _fields_of(lines), [name for name in sums if name in ("copayment", "flat_copayment")]
        if apart and group.shares is None:
            line += "; BES: " + ", ".join(f"`{name}`" for name in apart)
        yield title, line, _fields_of(voucher)


def _fields_of(tables: Iterable[Table]) -> str:
    """The fields that segments are filled from: each once, where it is met first."""
    told: set[str] = set()
    parts: dict[str, list[str]] = {}
    for table in tables:
        for field, path in table.places.items():
            name = path.removeprefix("details.") if field in table.layout.names else ""
            if name and name not in told and name not in _EVERYWHERE:
                told.add(name)
                parts.setdefault(table.layout.tag, []).append(f"`{name}`")
    return "; ".join(f"{tag}: {', '.join(names)}" for tag, names in parts.items())


_EVERYWHERE = frozenset({"code", "quantity", "unit_price", "provider_group", "text", "vat_rate"})
"""Fields that every group reads."""


_LISTS: Mapping[str, type[BaseModel]] = {
    "diagnoses": Diagnosis,
    "single_services": SingleService,
    "deployments": Deployment,
    "further_approvals": Approval,
    "further_prescriptions": Prescription,
    "consultations": Consultation,
}
"""Fields of an item that are lists, and what they are lists of."""


def _list(name: str, model: type[BaseModel]) -> str:
    """One list of an item: what each of its entries has."""
    words = (model.__doc__ or "").splitlines()[0]
    return f"### `details.{name}`\n\nA list of objects. {words}\n\n{_model(model)}"


def _days(start: date | None, end: date | None) -> str:
    """When a key holds, in words."""
    parts = (f"from {start}" if start else "", f"until {end}" if end else "")
    return " ".join(part for part in parts if part)


def _model(model: type[BaseModel], *, leave_out: Sequence[str] = (), levels: bool = False) -> str:
    head = ("Field", "Type", "Default", "Original", "Meaning") if levels else ("Setting", "Type", "Default", "Meaning")
    return _table(head, _fields(model, leave_out, levels=levels))


def _fields(model: type[BaseModel], leave_out: Sequence[str], *, levels: bool) -> Iterator[Sequence[str]]:
    for name, info in model.model_fields.items():
        if name in leave_out:
            continue
        meaning = info.description or info.title or name.replace("_", " ")
        if levels:
            extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
            marks = [str(extra[key]) for key in ("level", "master") if extra.get(key)]
            meaning += f" (*{', '.join(marks)}*)" if marks else ""
            yield f"`{name}`", _type(info.annotation), _default(info), info.title or "", meaning
        else:
            yield f"`{name}`", _type(info.annotation), _default(info), meaning


def _type(annotation: Any) -> str:  # any annotation
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{value}`" for value in get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "choice"
    args = [arg for arg in get_args(annotation) if arg not in (type(None), Ellipsis)]
    if get_origin(annotation) is dict:
        return "table"
    if get_origin(annotation) is tuple:
        return "list"
    if args:
        return _type(args[0])
    return {"str": "text", "int": "whole number", "bool": "true or false", "Decimal": "number"}.get(
        getattr(annotation, "__name__", ""), getattr(annotation, "__name__", "")
    )


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    if info.default_factory is not None:
        default = info.get_default(call_default_factory=True)
        return ", ".join(f"`{key}` = `{value}`" for key, value in default.items())
    default = info.default
    if isinstance(default, Enum):
        return f"`{default.value}`"
    if default in ("", None, ()):
        return ""
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def replies_page() -> str:
    """The text blocks of a data centre's mail, and the columns of a payment advice."""
    blocks = _table(
        ("code", "what it means", "fault", "refuses", "what to do"),
        (
            (f"`{one.code}`", one.meaning, SIDES[one.side], "yes" if one.refuses else "no", one.mend)
            for one in TEXT_BLOCKS.values()
        ),
    )
    marks = _table(("mark", "the invoice"), ((f"`{mark.value}`", words) for mark, words in MARKS.items()))
    columns = _table(
        ("column", "headings that mean it"),
        ((f"`{name}`", ", ".join(f"`{head}`" for head in heads)) for name, heads in COLUMNS.items()),
    )
    return (
        "# Answers of §302\n\nHow to work with them: [Read the answers](../how-to/p302-answers.md).\n\n"
        f"## Text blocks of a data centre's mail\n\n{SOURCE}, in our words. A block is known by its code and by its text; a code "
        "that is not in the catalogue is carried. C19 is not in it.\n\n"
        f"{blocks}\n## Marks of an invoice\n\nKey 8.1.9 (Prüfvermerk), Anlage 3 V21.\n\n{marks}\n"
        "## Columns of a payment advice\n\nHeadings are compared without capitals, points, colons and `EUR`; umlauts may be "
        f"written out. Other columns are passed over.\n\n{columns}"
    )


PAGES = {
    "p302-rules.md": rules_page,
    "p302-settings.md": settings_page,
    "p302-items.md": items_page,
    "p302-replies.md": replies_page,
    "p302-codes.md": codes_page,
    "p302-versions.md": versions_page,
    "p302-layouts.md": layouts_page,
}
"""File name in docs/reference → what makes it."""


def main(folder: Path) -> None:
    """Write all pages."""
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
