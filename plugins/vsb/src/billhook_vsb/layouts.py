"""The tables of the messages: segments, records and the error part of returned records.

All records share one grid of 65 zones; a wider field is a run of neighbouring zones. So a record's table names only what its
zones mean, and everything it does not name is reserve, filled with zeros. Zone names stay as the instructions have them:
`zone_24` is the field that begins with zone 24. Dutch names are those of the official error list.

What is here is the federal format (RIZIV/MyCareNet), which the Flemish care funds (zorgkassen) took over message by message.
What a sector's cookbook has differently is data in a profile (see `profile`), never a change here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from billhook.wire.fixed import RecordField, RecordLayout
from billhook.wire.layout import Kind

N, A, S, D = Kind.DIGITS, Kind.TEXT, Kind.SIGNED, Kind.DATE
"""Digits; text; sign and digits (amounts in cents, counts); a day as YYYYMMDD, 0 is none."""

RECORD = 350
"""Positions of a record."""
RETURNED = 800
"""Positions of a record that comes back: the record itself and the error part."""

INSTRUCTIONS = "RIZIV, instructies voor de facturatie op elektronische drager"
ASCII = "A7"

GRID: tuple[tuple[str, int], ...] = (
    ("1", 2), ("2", 6), ("3", 1), ("4", 7), ("5", 8), ("6a", 4), ("6b", 4), ("7", 3),
    ("8a", 12), ("8b", 1), ("9", 1), ("10", 1), ("11", 1), ("12", 1), ("13", 3), ("14", 12),
    ("15", 12), ("16", 1), ("17", 4), ("18", 3), ("19", 12), ("20", 7), ("21", 1), ("22", 5),
    ("23", 2), ("24", 5), ("25", 7), ("26", 1), ("27", 10), ("28", 25), ("29", 2), ("30", 2),
    ("31", 8), ("32", 1), ("33", 1), ("34", 1), ("35", 1), ("36", 1), ("37", 3), ("38", 12),
    ("39", 10), ("40", 2), ("41", 6), ("42", 6), ("43a", 11), ("43b", 1), ("44", 4), ("45", 26),
    ("46", 1), ("47", 8), ("48", 1), ("49", 12), ("50", 4), ("51", 6), ("52", 12), ("53", 8),
    ("54a", 3), ("54b", 5), ("55", 8), ("56", 4), ("57", 4), ("58", 4), ("59", 6), ("98", 2),
    ("99", 2),
)  # fmt: skip
"""The base zones of every record and their widths, in order."""

_Row = tuple[str, Kind, str]


def _field_name(zones: list[str]) -> str:
    """`zone_24` for 24-25; a letter stays only where the field holds a part of the zone (43a without 43b)."""
    first = zones[0]
    if first[-1] == "a" and first[:-1] + "b" in zones:
        first = first[:-1]
    return f"zone_{first}"


def _record(kind: str, title: str, *rows: _Row) -> RecordLayout:
    """A record's table: the rows' zones are found on the grid, the zones between them are reserve."""
    names = [zone for zone, _ in GRID]
    widths = dict(GRID)
    fields: list[RecordField] = []
    position = index = 0
    for row in (*rows, None):
        zones = row[0].split("-") if row else []
        start = names.index(zones[0]) if row else len(names)
        if row and names[start : start + len(zones)] != zones:
            message = f"record {kind}: {row[0]} is no run of zones"
            raise ValueError(message)
        for zone in names[index:start]:
            fields.append(_placed(f"zone_{zone}", RESERVE, N, position, widths[zone], kind, zone))
            position += widths[zone]
        if row:
            width = sum(widths[zone] for zone in zones)
            fields.append(_placed(_field_name(zones), row[2], row[1], position, width, kind, row[0]))
            position += width
        index = start + len(zones)
    return RecordLayout(kind, title, tuple(fields), f"{INSTRUCTIONS}, record {kind}", ASCII)


def _placed(name: str, title: str, kind: Kind, before: int, width: int, record: str, zone: str) -> RecordField:
    source = f"{INSTRUCTIONS}, record {record} zone {zone}"
    return RecordField(name, title, kind, before + 1, before + width, source=source)


RESERVE = "reserve"
"""Name of the zones that a record does not use."""

R10 = _record(
    "10",
    "opening of the file (Begin van het bestand)",
    ("1", N, "Recordtype"),
    ("2", N, "Volgnummer record"),
    ("3", N, "Indexcode"),
    ("4", N, "Versie bestand"),
    ("7", N, "Nummer zending"),
    ("9", N, "Code A.P.F."),
    ("13", N, "Inhoud facturatie"),
    ("14", N, "Nummer derdebetalende"),
    ("15", N, "Nummer accreditering NIC"),
    ("18", N, "Beroepscode facturerende derde"),
    ("22", N, "Gefactureerd jaar"),
    ("23", N, "Gefactureerde maand"),
    ("25-26", D, "Datum van opstelling"),
    ("27", N, "KBO-nummer"),
    ("28", A, "Referentie inrichting"),
    ("31-32-33-34", A, "BIC financiële rekening A"),
    ("36-37-38-39-40-41", A, "IBAN financiële rekening A"),
    ("43a", A, "BIC financiële rekening B"),
    ("49-50-51-52", A, "IBAN financiële rekening B"),
    ("99", N, "Controlecijfer van het record"),
)

R20 = _record(
    "20",
    "opening of an invoice (Begin van de factuur)",
    ("1", N, "Recordtype"),
    ("2", N, "Volgnummer record"),
    ("3", N, "Toestemming derdebetalende"),
    ("4", N, "Uur van opname"),
    ("5", D, "Datum van opname"),
    ("6a-6b", D, "Datum van ontslag"),
    ("7", N, "Nummer ziekenfonds van aansluiting"),
    ("8a-8b", N, "Identificatienummer rechthebbende"),
    ("9", N, "Code geslacht rechthebbende"),
    ("10", N, "Type factuur"),
    ("11", N, "Type facturering"),
    ("13", N, "Dienst 721bis"),
    ("14", N, "Nummer facturerende inrichting"),
    ("15", N, "Nummer inrichting van verblijf"),
    ("16", N, "Code stuiten verjaringstermijn"),
    ("17", N, "Reden behandeling"),
    ("18", N, "Nummer ziekenfonds van bestemming"),
    ("19", N, "Nummer opname"),
    ("20-21", D, "Datum akkoord revalidatiebehandeling"),
    ("22", N, "Uur van ontslag"),
    ("24-25", N, "Nummer individuele factuur"),
    ("26", N, "Toepassing sociale franchise"),
    ("27", N, "C.G.1 - C.G.2"),
    ("28", A, "Referentie inrichting"),
    ("29-30-31", N, "Nummer vorige factuur"),
    ("32", N, "Flag identificatie rechthebbende"),
    ("34-35-36", N, "Nummer vorige zending"),
    ("37", N, "Nummer ziekenfonds vorige facturering"),
    ("38-39", A, "Referentie ziekenfonds financieel rekeningnummer A"),
    ("41", N, "Vorig gefactureerd jaar en maand"),
    ("42-43a-43b-44-45", A, "Referentiegegevens netwerk (betalingsverbintenis) of SIS"),
    ("47", D, "Datum van facturering"),
    ("49-50-51", A, "Referentie ziekenfonds financieel rekeningnummer B"),
    ("52", N, "Opnamenummer van de moeder"),
    ("53", D, "Begindatum periode verzekerbaarheid"),
    ("54a-54b", D, "Einddatum periode verzekerbaarheid"),
    ("55", D, "Datum mededeling informatie"),
    ("56", N, "MAF lopend jaar"),
    ("57", N, "MAF lopend jaar - 1"),
    ("58", N, "MAF lopend jaar - 2"),
    ("99", N, "Controlecijfer van het record"),
)

R30 = _record(
    "30",
    "days and flat rates (Dagen en forfaits)",
    ("1", N, "Recordtype"),
    ("2", N, "Volgnummer record"),
    ("3", N, "Norm dag"),
    ("4", N, "(Pseudo-)nomenclatuurcodenummer dag en/of forfait"),
    ("5", D, "Datum eerste gefactureerde dag"),
    ("6a-6b", D, "Datum laatste gefactureerde dag"),
    ("7", N, "Nummer ziekenfonds van aansluiting"),
    ("8a-8b", N, "Identificatienummer rechthebbende"),
    ("9", N, "Code geslacht rechthebbende"),
    ("10", N, "Code bevalling"),
    ("11", N, "Verwijzing financieel rekeningnummer"),
    ("13", N, "Dienstcode"),
    ("14", N, "Plaats van verstrekking"),
    ("15", N, "Identificatienummer overeenkomst voor inrichting van verblijf"),
    ("17-18", N, "Betrekkelijke verstrekking"),
    ("19", S, "Bedrag verzekeringstegemoetkoming"),
    ("22", S, "Aantal dagen of forfaits"),
    ("24-25", S, "Indicatief bedrag"),
    ("27", S, "Persoonlijk aandeel patiënt"),
    ("28", A, "Referentie inrichting"),
    ("30-31", S, "Bedrag supplement"),
    ("32", N, "Uitzondering derdebetalersregeling"),
    ("33", N, "Code facturering"),
    ("47", D, "Datum akkoord verstrekking"),
    ("48", N, "Code transplantatie"),
    ("51", N, "Ziekenhuissite"),
    ("52", N, "Identificatie associatie zorggebied"),
    ("99", N, "Controlecijfer van het record"),
)

R40 = _record(
    "40",
    "products and flat rates (Producten en forfaits)",
    ("1", N, "Recordtype"),
    ("2", N, "Volgnummer record"),
    ("3", N, "Norm verstrekking"),
    ("4", N, "Pseudo-code categorie geneesmiddel of code forfait"),
    ("5", D, "Datum eerste gefactureerde dag"),
    ("6a-6b", D, "Datum laatste gefactureerde dag"),
    ("7", N, "Nummer ziekenfonds van aansluiting"),
    ("8a-8b", N, "Identificatienummer rechthebbende"),
    ("9", N, "Code geslacht rechthebbende"),
    ("10", N, "Code bevalling"),
    ("11", N, "Verwijzing financieel rekeningnummer"),
    ("13", N, "Dienstcode"),
    ("14", N, "Plaats van verstrekking"),
    ("15", N, "Identificatienummer overeenkomst / inrichting van verblijf"),
    ("16", N, "Gratis geneesmiddelen"),
    ("17-18", N, "Betrekkelijke verstrekking"),
    ("19", S, "Bedrag verzekeringstegemoetkoming"),
    ("20-21", D, "Datum voorschrift"),
    ("22", S, "Aantal eenheden"),
    ("23", N, "Eenheid"),
    ("24-25", N, "Identificatienummer voorschrijver"),
    ("27", S, "Bedrag persoonlijk aandeel"),
    ("28", A, "Referentie inrichting"),
    ("30-31", S, "Bedrag supplement"),
    ("32", N, "Uitzondering derdebetalersregeling"),
    ("33", N, "Code facturering"),
    ("34", N, "Code uitzondering profylaxie (voor verblijven die beginnen vóór 01/07/2006)"),
    ("35", N, "Code magistrale bereiding"),
    ("36", N, "Flag INN"),
    ("37", N, "Code galenische vorm"),
    ("38", N, "Nummer tariferingsdienst"),
    ("39", S, "Theoretisch persoonlijk aandeel patiënt"),
    ("40-41", N, "Identificatienummer product"),
    ("42-43a-43b-44-45", A, "Omschrijving product"),
    ("47", D, "Datum akkoord verstrekking"),
    ("48", N, "Code transplantatie"),
    ("49", N, "Nummer apotheker titularis"),
    ("50", N, "Geboortejaar"),
    ("51", N, "Ziekenhuissite"),
    ("52", N, "Identificatie associatie zorggebied"),
    ("98", N, "Flag btw"),
    ("99", N, "Controlecijfer van het record"),
)

R50 = _record(
    "50",
    "performances (Verstrekkingen)",
    ("1", N, "Recordtype"),
    ("2", N, "Volgnummer record"),
    ("3", N, "Norm verstrekking"),
    ("4", N, "(Pseudo-)nomenclatuurcodenummer"),
    ("5", D, "Datum eerste verrichte verstrekking"),
    ("6a-6b", D, "Datum laatste verrichte verstrekking"),
    ("7", N, "Nummer ziekenfonds van aansluiting"),
    ("8a-8b", N, "Identificatienummer rechthebbende"),
    ("9", N, "Code geslacht rechthebbende"),
    ("10", N, "Code bevalling"),
    ("11", N, "Verwijzing financieel rekeningnummer"),
    ("12", N, "Code hoogdringendheid"),
    ("13", N, "Dienstcode"),
    ("14", N, "Plaats van verstrekking"),
    ("15", N, "Identificatienummer verstrekker"),
    ("16", N, "Norm verstrekker"),
    ("17-18", N, "Betrekkelijke verstrekking"),
    ("19", S, "Bedrag verzekeringstegemoetkoming"),
    ("20-21", D, "Datum voorschrift"),
    ("22", S, "Aantal eenheden"),
    ("23", N, "Code afwijking maximaal aantal of identieke prestatie"),
    ("24-25", N, "Identificatienummer voorschrijver"),
    ("26", N, "Norm voorschrijver"),
    ("27", S, "Persoonlijk aandeel patiënt"),
    ("28", A, "Referentie inrichting"),
    ("29", N, "Code behandelde tand"),
    ("30-31", S, "Bedrag supplement"),
    ("32", A, "Uitzondering derdebetalersregeling"),
    ("33", N, "Code facturering"),
    ("34", N, "Code behandeld lid"),
    ("35", N, "Code geconventioneerde verstrekker"),
    ("36-37", N, "Uur van prestatie"),
    ("38", N, "Identificatienummer toedienaar bloed"),
    ("39-40", N, "Nummer attest van toediening"),
    ("41-42", N, "Nummer afleveringsbon of zak"),
    ("43a-43b", N, "Code implant"),
    ("44-45", A, "Omschrijving product"),
    ("46", N, "Norm plafond"),
    ("47", S, "Basiswaarde verstrekking"),
    ("48", N, "Code transplantatie"),
    ("49", N, "Identificatienummer bijkomende verstrekker"),
    ("50", N, "Aandeel in forfait"),
    ("51", N, "Ziekenhuissite"),
    ("52", N, "Identificatie associatie zorggebied"),
    ("53-54a", N, "Ritnummer"),
    ("54b", N, "Flag Gps"),
    ("55-56", N, "Notificatiecode implantaat"),
    ("57-58-59", N, "Registratiecode"),
    ("98", N, "Flag btw"),
    ("99", N, "Controlecijfer van het record"),
)

R51 = _record(
    "51",
    "electronic engagement (Betalingsverbintenis)",
    ("1", N, "Recordtype"),
    ("2", N, "Volgnummer record"),
    ("4", N, "(Pseudo-)nomenclatuurcodenummer"),
    ("5", D, "Datum verstrekking"),
    ("8a-8b", N, "Identificatienummer rechthebbende"),
    ("15", N, "Identificatienummer verstrekker"),
    ("17-18", N, "Betrekkelijke verstrekking"),
    ("19", S, "Bedrag verzekeringstegemoetkoming"),
    ("27", N, "C.G.1 - C.G.2"),
    ("42-43a-43b-44-45", A, "Referentiegegevens netwerk / nr betalingsverbintenis"),
    ("55", D, "Datum mededeling informatie"),
    ("99", N, "Controlecijfer van het record"),
)

R80 = _record(
    "80",
    "end of an invoice (Einde van de factuur)",
    ("1", N, "Recordtype"),
    ("2", N, "Volgnummer record"),
    ("4", N, "Uur van opname"),
    ("5", D, "Datum van opname"),
    ("6a-6b", D, "Datum van ontslag"),
    ("7", N, "Nummer ziekenfonds van aansluiting"),
    ("8a-8b", N, "Identificatienummer rechthebbende"),
    ("9", N, "Code geslacht rechthebbende"),
    ("10", N, "Type factuur"),
    ("13", N, "Dienst 721bis"),
    ("14", N, "Nummer facturerende inrichting"),
    ("15", S, "Bedrag financiële rekening B"),
    ("17", N, "Reden behandeling"),
    ("18", N, "Nummer ziekenfonds van bestemming"),
    ("19", S, "Bedrag financiële rekening A"),
    ("20-21", D, "Factuurdatum"),
    ("22", N, "Uur van ontslag"),
    ("24-25", N, "Nummer individuele factuur"),
    ("27", S, "Persoonlijk aandeel patiënt"),
    ("28", A, "Referentie inrichting"),
    ("30-31", S, "Bedrag supplement"),
    ("32", N, "Flag identificatie rechthebbende"),
    ("38", S, "Bedrag voorschot financiële rekening A"),
    ("98", N, "Controlecijfer van de factuur"),
    ("99", N, "Controlecijfer van het record"),
)

R90 = _record(
    "90",
    "end of the file (Einde van het bestand)",
    ("1", N, "Recordtype"),
    ("2", N, "Volgnummer record"),
    ("7", N, "Nummer zending"),
    ("14", N, "Nummer derdebetalende"),
    ("15", S, "Bedrag financiële rekening B"),
    ("19", S, "Bedrag financiële rekening A"),
    ("22", N, "Gefactureerd jaar"),
    ("23", N, "Gefactureerde maand"),
    ("27", N, "KBO-nummer"),
    ("28", A, "Referentie inrichting"),
    ("31-32-33-34", A, "BIC rekening A"),
    ("36-37-38-39-40-41", A, "IBAN rekening A"),
    ("43a", A, "BIC rekening B"),
    ("49-50-51-52", A, "IBAN rekening B"),
    ("98", N, "Controlecijfer van de zending"),
    ("99", N, "Controlecijfer van het record"),
)

_R52_OWN = (
    ("zone_16", "Serienummer", 15),
    ("zone_17", "Nummer van bewijsstuk", 25),
    ("zone_18", "Nummer toestel", 12),
    ("zone_19", "Nummer akkoord", 20),
    ("zone_20", RESERVE, 197),
)
"""Record 52 leaves the grid at position 80 (zones as the error list numbers them)."""


def _record_52() -> RecordLayout:
    """Up to position 79 on the grid, then its own zones."""
    grid = _record(
        "52",
        "reading of an identity document or number of an agreement (Lezing identiteitsdocument, nummer akkoord)",
        ("1", N, "Recordtype"),
        ("2", N, "Volgnummer record"),
        ("3", N, "Reden manuele invoering"),
        ("4", N, "(Pseudo-)nomenclatuurcodenummer"),
        ("5", D, "Datum verstrekking"),
        ("6a-6b", D, "Datum van lezing elektronisch identiteitsdocument"),
        ("8a-8b", N, "Identificatienummer rechthebbende"),
        ("9", N, "Type van lezing"),
        ("10", A, "Type van drager"),
        ("11", A, "Reden gebruik vignet"),
        ("12-13", N, "Uur van lezing"),
        ("15", N, "Identificatienummer verstrekker"),
        ("99", N, "Controlecijfer van het record"),
    )
    fields = [row for row in grid.fields if row.last < 80]
    position = 79
    for name, title, width in _R52_OWN:
        fields.append(_placed(name, title, A, position, width, "52", name.removeprefix("zone_")))
        position += width
    return RecordLayout("52", grid.title, (*fields, grid.fields[-1]), grid.source, ASCII)


R52 = _record_52()

RECORDS: Mapping[str, RecordLayout] = {each.name: each for each in (R10, R20, R30, R40, R50, R51, R52, R80, R90)}
"""The records of an invoice file by their type."""

PERFORMANCES = ("30", "40", "50")
"""Records that ask for money; 51 and 52 go with the 50 before them."""


def _run(name: str, title: str, source: str, rows: tuple[tuple[str, int, Kind, str], ...]) -> RecordLayout:
    """A table of fields one after the other: name, width, kind, title."""
    fields, position = [], 0
    for zone, width, kind, what in rows:
        fields.append(
            RecordField(zone, what, kind, position + 1, position + width, source=f"{source}, zone {zone[5:]}")
        )
        position += width
    return RecordLayout(name, title, tuple(fields), source, ASCII)


def _with_errors(*rows: tuple[str, int, Kind, str]) -> tuple[tuple[str, int, Kind, str], ...]:
    """Each zone of a segment is followed by two digits that say what is wrong with it (zone 200, then zone 2001)."""
    out: list[tuple[str, int, Kind, str]] = []
    for zone, width, kind, what in rows:
        out.append((f"zone_{zone}", width, kind, what))
        out.append((f"zone_{zone}1", 2, N, f"foutcode zone {zone}"))
    return tuple(out)


SEGMENT_200 = _run(
    "200",
    "head of every message",
    "MyCareNet, segment 200",
    (
        *_with_errors(
            ("200", 6, N, "Nummer van het bericht"),
            ("201", 2, N, "Versienummer van het bericht"),
            ("202", 2, N, "Type bericht: 12 productie, 92 test"),
            ("203", 2, N, "Status van het bericht"),
            ("204", 14, N, "Referentie van het bericht, afzender"),
            ("205", 14, N, "Referentie van het bericht, ontvanger"),
        ),
        ("zone_206", 15, A, RESERVE),
    ),
)
"""67 positions, in every message."""

_INVOICING = _with_errors(
    ("300", 6, N, "Gefactureerd jaar en maand"),
    ("301", 3, N, "Nummer van de zending"),
    ("302", 8, D, "Datum van opstelling"),
    ("303", 13, A, "Referentie van de factuur"),
    ("304", 7, N, "Versie van de instructies"),
    ("305", 45, A, "Naam contactpersoon"),
    ("306", 24, A, "Voornaam contactpersoon"),
    ("307", 10, N, "Telefoon contactpersoon"),
    ("308", 2, N, "Type factuur"),
    ("309", 2, N, "Type facturering"),
)

SEGMENT_300 = _run(
    "300",
    "head of an invoice file and of its refusal (920000, 920999)",
    "MyCareNet, segment 300",
    (*_INVOICING, ("zone_310", 20, A, RESERVE)),
)
SEGMENT_300_RECEIPT = _run(
    "300",
    "head of a receipt (931000): the number of the message that arrived",
    "MyCareNet, segment 300",
    (
        ("zone_300", 6, N, "Nummer van het ontvangen bericht"),
        ("zone_3001", 2, N, "foutcode"),
        ("zone_302", 152, A, RESERVE),
    ),
)
SEGMENT_300_ANSWER = _run(
    "300",
    "head of an answer on the content (920098, 920099, 920900)",
    "MyCareNet, segment 300",
    (
        *_INVOICING,
        *_with_errors(("310", 5, N, "Foutenpercentage, twee decimalen"), ("311", 2, N, "Type weigering")),
        ("zone_312", 459, A, RESERVE),
    ),
)


def _sums(first: str, *, length: int) -> tuple[tuple[str, int, Kind, str], ...]:
    """The zones that records 95 and 96 (and 91 and 92) have in common; zone numbers begin with 4 or 5."""

    def amount(zone: int, what: str) -> tuple[tuple[str, int, Kind, str], ...]:
        return (
            (f"zone_{first}{zone:02d}", 12, S, what),
            (f"zone_{first}{zone + 1:02d}1", 2, N, f"foutcode zone {first}{zone + 1:02d}"),
        )

    rows = (
        *_with_errors(
            (f"{first}00", 2, N, "Recordtype"),
            (f"{first}01", 3, N, "Nummer van de betaler"),
            (f"{first}02", 12, N, "Nummer van de verzamelfactuur"),
        ),
        *amount(3, "Gevraagd bedrag rekening A"),
        *amount(5, "Gevraagd bedrag rekening B"),
        *amount(7, "Gevraagd bedrag, alle rekeningen"),
        *_with_errors((f"{first}09", 8, N, "Aantal records"), (f"{first}10", 2, N, "Controlegetal")),
    )
    if length == RECORD:
        return (*rows, *amount(11, "Gevraagd bedrag rekening C"), (f"zone_{first}13", 257, A, RESERVE))
    return (
        *rows,
        *amount(11, "Aanvaard bedrag rekening A"),
        *amount(13, "Geweigerd bedrag rekening A"),
        *amount(15, "Aanvaard bedrag rekening B"),
        *amount(17, "Geweigerd bedrag rekening B"),
        *amount(19, "Aanvaard bedrag, alle rekeningen"),
        *amount(21, "Geweigerd bedrag, alle rekeningen"),
    )


_TOTALS = "MyCareNet, totals"

R95 = _run("95", "totals of one payer", _TOTALS, _sums("4", length=RECORD))
R96 = _run("96", "totals of the file", _TOTALS, _sums("5", length=RECORD))

R91 = _run(
    "91",
    "settlement of one payer",
    _TOTALS,
    (
        *_sums("4", length=RETURNED),
        *_with_errors(
            ("423", 22, A, "Betalingsreferentie rekening A"),
            ("424", 22, A, "Betalingsreferentie rekening B"),
            ("425", 12, S, "Gevraagd bedrag rekening C"),
            ("426", 12, S, "Aanvaard bedrag rekening C"),
            ("427", 12, S, "Geweigerd bedrag rekening C"),
            ("428", 22, A, "Betalingsreferentie rekening C"),
        ),
        ("zone_429", 523, A, RESERVE),
    ),
)
R92 = _run(
    "92",
    "settlement of the file",
    _TOTALS,
    (
        *_sums("5", length=RETURNED),
        *_with_errors(
            ("525", 12, S, "Gevraagd bedrag rekening C"),
            ("526", 12, S, "Aanvaard bedrag rekening C"),
            ("527", 12, S, "Geweigerd bedrag rekening C"),
        ),
        ("zone_529", 595, A, RESERVE),
    ),
)

TRAILERS: Mapping[str, RecordLayout] = {each.name: each for each in (R91, R92, R95, R96)}
"""Records of totals by their type: 95 and 96 close an invoice file, 91 and 92 a settlement."""

ERROR_PART = _run(
    "error",
    "what the payer found, positions 351 to 800 of a returned record",
    "MyCareNet, returned records",
    (
        ("zone_101", 3, A, "Nummer van de zending"),
        ("zone_102", 8, A, "Datum van opstelling"),
        ("zone_103", 6, A, "Gefactureerd jaar en maand"),
        ("zone_104", 3, A, "Bestemming"),
        ("zone_110", 86, A, "Gegevens van de verzekeraar"),
        ("zone_111a", 1, A, "Letter 1"),
        ("zone_111b", 6, A, "Foutcode 1"),
        ("zone_112a", 1, A, "Letter 2"),
        ("zone_112b", 6, A, "Foutcode 2"),
        ("zone_113a", 1, A, "Letter 3"),
        ("zone_113b", 6, A, "Foutcode 3"),
        ("zone_114", 12, S, "Aanvaard bedrag rekening A"),
        ("zone_115", 12, S, "Aanvaard bedrag rekening B"),
        ("zone_116", 12, S, "Persoonlijk aandeel bij het aanvaarde deel"),
        ("zone_117", 7, A, "Verbeterde nomenclatuurcode"),
        ("zone_118", 1, A, "Code verbetering"),
        ("zone_119", 12, A, "Resultaat van de verzekeraar"),
        ("zone_120", 200, A, "Commentaar"),
        ("zone_121", 61, A, RESERVE),
        ("zone_122", 6, A, "Rangnummer in dit antwoord"),
    ),
)

_NUMBER = re.compile(r"\d+")


@cache
def by_number(record: str) -> Mapping[int, RecordField]:
    """The fields of a record by the number of their first zone, as error codes name them: 100720 is zone 7 of record 10."""
    found: dict[int, RecordField] = {}
    for row in RECORDS[record].fields:
        number = int(_NUMBER.findall(row.name)[0])
        found.setdefault(number, row)
    return found


LAYOUTS = (
    SEGMENT_200, SEGMENT_300, SEGMENT_300_RECEIPT, SEGMENT_300_ANSWER,
    *RECORDS.values(), *TRAILERS.values(), ERROR_PART,
)  # fmt: skip
"""Every table, for the reference page and the tests."""
