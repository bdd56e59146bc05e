"""The conformance kit: what every scheme promises, as tests that a plugin adopts in two lines.

class TestBrook(SchemeConformance):
    example = staticmethod(brook_example)
"""

from billhook.testing.conformance import SchemeConformance
from billhook.testing.example import Example, Faulty
from billhook.testing.memory import MemoryBatch, batches_of

__all__ = ["Example", "Faulty", "MemoryBatch", "SchemeConformance", "batches_of"]
