"""The key tables of Anlage 3, by subject; a new edition of Anlage 3 is new rows with their dates.

Table 8.5 (countries) refers to Anlage 8 of the DEÜV circular and is not kept here: country codes are checked by form
only.
"""

from billhook_p302.codes import aid, billing, positions, prescription, therapy
from billhook_p302.codes.table import Key, KeyTable, Place, Span, SpanTable, Structure

TABLES: tuple[KeyTable, ...] = (
    prescription.STATUS_KIND,
    prescription.STATUS_FEATURE,
    prescription.ACCIDENT,
    prescription.SOCIAL_COMPENSATION,
    prescription.COPAYMENT_MARK,
    billing.INVOICE_KIND,
    billing.ACCOUNTING_CODE,
    billing.TARIFF_REGION,
    billing.SUM_STATUS,
    billing.PROCESSING_MARK,
    billing.VAT_KEY,
    billing.PAYMENT_REMARK,
    aid.AID_MARK,
    prescription.FEATURE,
    therapy.PRESCRIPTION_KIND,
    aid.COPAYMENT_KIND,
    billing.PROVIDER_GROUP,
    aid.APPLICATION_SITE,
    therapy.BIRTH_DATE_KIND,
    prescription.APPROVAL_KIND,
    prescription.DOCUMENT_INFO,
    prescription.SUBSTITUTE_EMPLOYEE,
    aid.UNIT,
    therapy.AREA,
    therapy.QUANTITY_KIND,
    therapy.CONSULTATION_KIND,
    billing.TEST_INDICATOR,
)
"""All tables with values, in the order of Anlage 3, then those of TA1."""

__all__ = [
    "TABLES",
    "Key",
    "KeyTable",
    "Place",
    "Span",
    "SpanTable",
    "Structure",
    "aid",
    "billing",
    "positions",
    "prescription",
    "therapy",
]
