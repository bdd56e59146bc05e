"""The key tables of Anlage 3 that items and files use, by subject; a new edition of Anlage 3 is new rows with their dates.

Table 8.5 (countries) refers to Anlage 8 of the DEÜV circular and is not kept here: country codes are checked by form
only.
"""

from billhook_p302.codes import aid, billing, prescription, therapy
from billhook_p302.codes.table import Key, KeyTable

TABLES: tuple[KeyTable, ...] = (
    prescription.ACCIDENT,
    prescription.SOCIAL_COMPENSATION,
    prescription.COPAYMENT_MARK,
    billing.INVOICE_KIND,
    billing.ACCOUNTING_CODE,
    billing.TARIFF_REGION,
    billing.SUM_STATUS,
    billing.PROCESSING_MARK,
    aid.AID_MARK,
    prescription.FEATURE,
    aid.COPAYMENT_KIND,
    billing.PROVIDER_GROUP,
    aid.APPLICATION_SITE,
    prescription.APPROVAL_KIND,
    prescription.DOCUMENT_INFO,
    prescription.SUBSTITUTE,
    aid.UNIT,
    therapy.PRESCRIPTION_KIND,
    therapy.BIRTH_DATE_KIND,
    therapy.AREA,
    therapy.QUANTITY_KIND,
    therapy.CONSULTATION_KIND,
    billing.TEST_INDICATOR,
)

__all__ = ["TABLES", "Key", "KeyTable", "aid", "billing", "prescription", "therapy"]
