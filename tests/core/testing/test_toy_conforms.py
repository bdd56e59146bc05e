"""The toy scheme keeps every promise: the kit is adopted in two lines."""

from billhook.testing import SchemeConformance
from tests.support.toy import toy_example


class TestToy(SchemeConformance):
    """The Brook fund."""

    example = staticmethod(toy_example)
