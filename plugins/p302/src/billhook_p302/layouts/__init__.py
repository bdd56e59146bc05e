"""Every segment, message and record of §302 SGB V that the plugin writes or reads, as tables.

Abrechnungsdatei: TA1 (Technische Anlage 1, TP5) V21, with the rows of other versions as far as they are known.
Auftragsdatei: GGT Anlage 2. Kostenträgerdatei: Anhang 3 to Anlage 1. Rows carry the versions in which they hold, so
that a new version of TA1 is new rows. One module a group of providers, or two where they are built alike.
"""

from __future__ import annotations

from collections.abc import Mapping

from billhook.wire.grammar import MessageLayout
from billhook_p302.layouts.aids import A_BES, EHI, HIL, MEH, SLLA_A, ZHI, ZUH
from billhook_p302.layouts.care import AHK, ASK, EGV, EHP, EMP, IBP, SLLA_P, SLLA_Q, SLLA_R, SLLA_S
from billhook_p302.layouts.every_group import BES, DIA, EVO, IMG, INV, MWS, NAD, SKZ, SLLA_FKT, SLLA_REC, TXT, URI
from billhook_p302.layouts.frame import SERVICE, UNB, UNH, UNT, UNZ
from billhook_p302.layouts.home_nursing import EHH, EHK, ELP, ESH, ESK, SLLA_C, SLLA_D, ZHH, ZHK
from billhook_p302.layouts.midwives import EHB, HEB, HEL, SLLA_F, ZHB
from billhook_p302.layouts.order import ORDER_RECORD
from billhook_p302.layouts.others import (
    ENF,
    G_BES,
    SLLA_G,
    SLLA_H,
    SLLA_I,
    SLLA_J,
    SLLA_K,
    SLLA_L,
    SLLA_M,
    SLLA_N,
    SUT,
    ZUV,
    ZUZ,
)
from billhook_p302.layouts.palliative import ERS, ESP, SLLA_O, ZSP, ZZL
from billhook_p302.layouts.payers import (
    KOTR,
    KOTR_SERVICE,
    KOTR_UNB,
    KOTR_UNH,
    KOTR_UNT,
    KOTR_UNZ,
    VKG,
    payer_message_layout,
)
from billhook_p302.layouts.therapies import B_BES, EHE, GZF, SLLA_B, ZHE
from billhook_p302.layouts.totals import SLGA, SLGA_FKT, SLGA_GES, SLGA_NAM, SLGA_REC, SLGA_SKO, SLGA_UST
from billhook_p302.layouts.transport import E_BES, EKT, KTL, SLLA_E, ZKT, ZUK

SLLA: Mapping[str, MessageLayout] = {
    layout.name.removeprefix("SLLA:"): layout
    for layout in (
        *(SLLA_A, SLLA_B, SLLA_C, SLLA_D, SLLA_E, SLLA_F),
        *(SLLA_G, SLLA_H, SLLA_I, SLLA_J, SLLA_K, SLLA_L, SLLA_M, SLLA_N),
        *(SLLA_O, SLLA_P, SLLA_Q, SLLA_R, SLLA_S),
    )
}
"""The SLLA message of each group of providers (Sammelgruppenschlüssel, A3 8.1.14)."""


def message_layout(header: Mapping[str, object], message: Mapping[str, object]) -> MessageLayout | None:
    """The layout of a message, by the values of UNB and UNH; None for one that has no table here."""
    if message.get("message_type") == "SLGA":
        return SLGA
    if message.get("message_type") == "SLLA":
        return SLLA.get(str(header.get("service_area")))
    return None


__all__ = [
    "AHK",
    "ASK",
    "A_BES",
    "BES",
    "B_BES",
    "DIA",
    "EGV",
    "EHB",
    "EHE",
    "EHH",
    "EHI",
    "EHK",
    "EHP",
    "EKT",
    "ELP",
    "EMP",
    "ENF",
    "ERS",
    "ESH",
    "ESK",
    "ESP",
    "EVO",
    "E_BES",
    "GZF",
    "G_BES",
    "HEB",
    "HEL",
    "HIL",
    "IBP",
    "IMG",
    "INV",
    "KOTR",
    "KOTR_SERVICE",
    "KOTR_UNB",
    "KOTR_UNH",
    "KOTR_UNT",
    "KOTR_UNZ",
    "KTL",
    "MEH",
    "MWS",
    "NAD",
    "ORDER_RECORD",
    "SERVICE",
    "SKZ",
    "SLGA",
    "SLGA_FKT",
    "SLGA_GES",
    "SLGA_NAM",
    "SLGA_REC",
    "SLGA_SKO",
    "SLGA_UST",
    "SLLA",
    "SLLA_A",
    "SLLA_B",
    "SLLA_C",
    "SLLA_D",
    "SLLA_E",
    "SLLA_F",
    "SLLA_FKT",
    "SLLA_G",
    "SLLA_H",
    "SLLA_I",
    "SLLA_J",
    "SLLA_K",
    "SLLA_L",
    "SLLA_M",
    "SLLA_N",
    "SLLA_O",
    "SLLA_P",
    "SLLA_Q",
    "SLLA_R",
    "SLLA_REC",
    "SLLA_S",
    "SUT",
    "TXT",
    "UNB",
    "UNH",
    "UNT",
    "UNZ",
    "URI",
    "VKG",
    "ZHB",
    "ZHE",
    "ZHH",
    "ZHI",
    "ZHK",
    "ZKT",
    "ZSP",
    "ZUH",
    "ZUK",
    "ZUV",
    "ZUZ",
    "ZZL",
    "message_layout",
    "payer_message_layout",
]
