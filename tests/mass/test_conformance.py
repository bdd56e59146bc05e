"""MASS keeps every promise of a scheme."""

from billhook.testing import SchemeConformance
from billhook_mass.testing import mass_example


class TestMass(SchemeConformance):
    """CSV invoices to LWL, LVR and LWV Hessen."""

    example = staticmethod(mass_example)
