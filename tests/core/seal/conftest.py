"""A trust centre, a sender and a receiver."""

import pytest

from billhook.seal import Identity
from tests.support.authority import Authority


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="session")
def sender(authority: Authority) -> Identity:
    return authority.identity("590000015")


@pytest.fixture(scope="session")
def receiver(authority: Authority) -> Identity:
    return authority.identity("109519005")
