"""VSB keeps every promise of a scheme."""

from billhook.testing import SchemeConformance
from billhook_vsb.testing import vsb_example


class TestVsb(SchemeConformance):
    """Invoices to the Flemish care funds."""

    example = staticmethod(vsb_example)
