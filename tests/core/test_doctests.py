"""The examples in the docstrings of the ground floor are true."""

import doctest
import importlib

import pytest

MODULES = [
    "billhook.money",
    "billhook.dates",
    "billhook.identifiers.bsnr",
    "billhook.identifiers.himi",
    "billhook.identifiers.ik",
    "billhook.identifiers.kvnr",
    "billhook.identifiers.lanr",
    "billhook.identifiers.pzn",
    "billhook.identifiers.riziv",
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_true(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0
