"""A made-up procedure, claims for ferry crossings, with a field of every kind: what the tests of the wire use."""

from billhook.wire import (
    Field,
    Group,
    K,
    Kind,
    M,
    MessageLayout,
    OneOf,
    SegmentLayout,
    ServiceLayouts,
    Use,
    any_number,
    optional,
)
from billhook.wire.interchange import LayoutChoice

UNB = SegmentLayout(
    "UNB",
    "File header",
    (
        Field("syntax", "Syntax", Kind.TEXT, "4", M, group="syntax", allowed=("UNOC",)),
        Field("syntax_version", "Syntaxversion", Kind.DIGITS, "1", M, group="syntax", allowed=("3",)),
        Field("sender", "Absender", Kind.TEXT, "..35", M),
        Field("receiver", "Empfänger", Kind.TEXT, "..35", M),
        Field("made_on", "Datum", Kind.DATE, "8", M, group="made"),
        Field("made_at", "Uhrzeit", Kind.TIME, "4", M, group="made"),
        Field("interchange_reference", "Referenz", Kind.INTEGER, "5..14", M),
        Field("service_area", "Bereich", Kind.TEXT, "..12", M),
        Field("file_name", "Dateiname", Kind.TEXT, "..14", M),
        Field("test_indicator", "Testindikator", Kind.DIGITS, "1", M, allowed=("0", "1", "2")),
    ),
    "Ferry 1",
)
UNH = SegmentLayout(
    "UNH",
    "Message header",
    (
        Field("message_reference", "Referenz", Kind.INTEGER, "5..14", M),
        Field("message_type", "Nachricht", Kind.TEXT, "4", M, group="message", allowed=("FERR",)),
        Field("message_version", "Version", Kind.INTEGER, "..3", M, group="message"),
    ),
    "Ferry 2",
)
UNT = SegmentLayout(
    "UNT",
    "Message end",
    (
        Field("segment_count", "Anzahl", Kind.INTEGER, "6", M),
        Field("message_reference", "Referenz", Kind.INTEGER, "5..14", M),
    ),
    "Ferry 3",
)
UNZ = SegmentLayout(
    "UNZ",
    "File end",
    (
        Field("message_count", "Anzahl", Kind.INTEGER, "6", M),
        Field("interchange_reference", "Referenz", Kind.INTEGER, "5..14", M),
    ),
    "Ferry 4",
)
SERVICE = ServiceLayouts(UNB, UNH, UNT, UNZ)

PAS = SegmentLayout(
    "PAS",
    "Passenger",
    (
        Field("last_name", "Nachname", Kind.TEXT, "..47", M),
        Field("first_name", "Vorname", Kind.TEXT, "..30", K),
        Field("born_on", "Geburtsdatum", Kind.PARTIAL_DATE, "8", K),
        Field("ticket", "Fahrkarte", Kind.DIGITS, "9", K),
    ),
    "Ferry 5 PAS",
)
TRP = SegmentLayout(
    "TRP",
    "Trip",
    (
        Field("line", "Linie", Kind.TEXT, "2", M, group="route"),
        Field("pier", "Anleger", Kind.TEXT, "..5", M, group="route"),
        Field("lane", "Spur", Kind.TEXT, "..3", K, group="route"),
        Field("seats", "Plätze", Kind.DECIMAL, "..4,2", M),
        Field("seat_kind", "Platzart", Kind.TEXT, "2", K, since=20),
        Field("fare", "Fahrpreis", Kind.CENTS, "..10,2", M),
        Field("on", "Datum", Kind.DATE, "8", M),
        Field("leaves", "Abfahrt", Kind.TIME, "4", K),
        Field("minutes", "Dauer", Kind.INTEGER, "..4", K),
        Field("token", "Marke", Kind.TEXT, "22..256", K, until=20),
    ),
    "Ferry 5 TRP",
)
BAG = SegmentLayout("BAG", "Baggage", (Field("weight", "Gewicht", Kind.DECIMAL, "..3,1", M),), "Ferry 5 BAG")
FEE = SegmentLayout("FEE", "Fee", (Field("fee", "Gebühr", Kind.CENTS, "..10,2", M),), "Ferry 5 FEE")
SUM = SegmentLayout("SUM", "Sum", (Field("total", "Summe", Kind.CENTS, "..10,2", M),), "Ferry 5 SUM")

_TRIPS_WITH_FEES = Group("trip", (Use("TRP"), optional("BAG"), Use("FEE")), 1, None)
_TRIPS_THEN_FEES = Group("", (Group("trip", (Use("TRP"), optional("BAG")), 1, None), Use("FEE", 1, None)))

FERR = MessageLayout(
    "FERR",
    "FERR",
    "Crossings",
    (UNH, PAS, TRP, BAG, FEE, SUM, UNT),
    Group(
        "FERR",
        (
            Use("UNH"),
            Group("passenger", (Use("PAS"), OneOf((_TRIPS_WITH_FEES, _TRIPS_THEN_FEES)), any_number("SUM")), 1, None),
            Use("UNT"),
        ),
    ),
    "Ferry 5",
)


def _choose(_header: object, message: object) -> MessageLayout | None:
    assert isinstance(message, dict)
    return FERR if message.get("message_type") == "FERR" else None


CHOOSE: LayoutChoice = _choose
