"""What can be wrong with a table that somebody else made, and with a payment advice; each rule once, with its mend."""

from __future__ import annotations

from billhook.model import Rule, Severity

_SOURCE = "Zahlungsavis as CSV: no published description; what any reader of tables must refuse"


def _error(code: str, text: str, mend: str) -> Rule:
    return Rule(code, Severity.ERROR, text, mend, _SOURCE)


def _warning(code: str, text: str, mend: str) -> Rule:
    return Rule(code, Severity.WARNING, text, mend, _SOURCE)


NOT_TEXT = _error("MASS-CSV-001", "the file is {kind}, not a table of text", "save it as CSV and try again")
EMPTY = _error("MASS-CSV-002", "the file is empty", "download it again")
BYTES = _warning(
    "MASS-CSV-003", "bytes that are no {encoding} stand here; they were read as �", "compare with the original"
)
NO_SEPARATOR = _error(
    "MASS-CSV-004", "no line has columns: none of ; tab , | splits it", "name the separator in the profile"
)
NO_COLUMN = _error(
    "MASS-CSV-005",
    "no column is {name}; the headers are {headers}",
    "add the header that means it to the aliases of {name} in the profile",
)
TWICE = _error("MASS-CSV-006", "columns {columns} both say {value}", "rename one, or take it out of the aliases")
UNKNOWN_COLUMN = Rule(
    "MASS-CSV-007",
    Severity.NOTE,
    "column {value} is not known and was left out",
    "add it to the aliases if it matters",
    _SOURCE,
)
RAGGED = _error(
    "MASS-CSV-008", "{value} cells where the header has {columns}", "quote the cell that has a separator in it"
)
NO_AMOUNT = _error("MASS-CSV-009", "{value} is no amount with a decimal {decimal}", "mend the amount")
NO_DAY = _error("MASS-CSV-010", "{value} is no day written {form}", "mend the date")
NO_MONTH = _error("MASS-CSV-011", "{value} is no month", "write it as 01.2026 or 2026-01")
MISSING = _error("MASS-CSV-012", "{name} is empty", "fill it in")
TOTAL_LIES = _error(
    "MASS-CSV-013",
    "the total row says {value} for {name}, the lines above add up to {sum}",
    "ask the payer for the whole file; a line is missing or was changed",
)
OPEN_QUOTE = _error("MASS-CSV-014", "a quote opens here and the cell does not end", "close the quote")
LONG_LINE = _error("MASS-CSV-015", "the line has more than {limit} characters", "this is no table; download it again")
FRACTIONS = _error("MASS-CSV-016", "{value} has parts of a cent", "an amount has two decimals")
NO_ROWS = _error("MASS-CSV-017", "below the header there is no row", "download it again")
NO_NUMBER = _error("MASS-CSV-018", "{value} is no number with a decimal {decimal}", "mend the number")

NO_TEXT_IN_PDF = _error(
    "MASS-ADV-001",
    "the PDF has no text in it: it is a picture",
    "download the advice as CSV, or type what it says into a CSV of the same columns",
)
NO_PDF = _error("MASS-ADV-002", "the PDF cannot be read: {value}", "download it again, without a password")
NO_TABLE_IN_PDF = _error(
    "MASS-ADV-003",
    "no line of the PDF's text is a line of an advice: none has an invoice number and an amount",
    "download the advice as CSV",
)
PDF_LINE = _warning(
    "MASS-ADV-004",
    "this line of the PDF has an amount and stands under no heading; it was left out",
    "compare with the PDF; where it is a row, take this advice as CSV",
)
CUT_MISMATCH = _warning(
    "MASS-ADV-005",
    "billed {billed} less {reduced} is {rest}, but {value} is approved",
    "ask the payer; what is approved counts",
)

NO_PAYMENT_DAY = _error(
    "MASS-ADV-006",
    "no day of payment: {rows} rows have none, and none stands beside the table",
    "look it up on the account statement and give it with --booked",
)

TOO_LARGE = _error(
    "MASS-ADV-007",
    "the file has {value}; an advice of more than {most} is not booked at once",
    "ask whether this is an advice; if it is, cut it into several files with the same headings",
)

RULES = (
    NOT_TEXT, EMPTY, BYTES, NO_SEPARATOR, NO_COLUMN, TWICE, UNKNOWN_COLUMN, RAGGED, NO_AMOUNT, NO_DAY, NO_MONTH, MISSING,
    TOTAL_LIES, OPEN_QUOTE, LONG_LINE, FRACTIONS, NO_ROWS, NO_NUMBER, NO_TEXT_IN_PDF, NO_PDF, NO_TABLE_IN_PDF, PDF_LINE,
    CUT_MISMATCH, NO_PAYMENT_DAY, TOO_LARGE,
)  # fmt: skip
"""All of them."""
