"""What `billhook status` says of answers that do not come."""

from __future__ import annotations

from billhook.model import Rule, Severity

UNCONFIRMED = Rule(
    "P302-ANS-001",
    Severity.WARNING,
    "File {value} left on {day}, and in {days} working days nobody confirmed it.",
    "Ask the data centre {centre}; enter what it says with: billhook p302 answer file {exchange} accepted",
    "GGT Anlage 7, 3.2.2",
)
OVERDUE = Rule(
    "P302-ANS-002",
    Severity.WARNING,
    "{value} invoices are overdue, {amount} EUR in all; the oldest should have been paid by {day}.",
    "List them with: billhook settle open --overdue",
    "Richtlinien § 302, § 7 (2)",
)
UNDECIDED = Rule(
    "P302-ANS-003",
    Severity.NOTE,
    "{value} deductions of {amount} EUR wait for a decision.",
    "List them with: billhook deductions list",
    "Richtlinien § 302, § 7",
)

RULES = (UNCONFIRMED, OVERDUE, UNDECIDED)
