"""A bridge whose shop has no rules before and after a test."""

from collections.abc import Iterator

import httpx
import pytest

from tests.fixtures.bridge import Bridge


@pytest.fixture
def http(bridge: Bridge) -> Iterator[httpx.Client]:
    """A client of the bridge with the token of a merchandiser; rules that a test leaves are removed."""
    with bridge.http("merchandiser") as client:
        yield client
        for rule in client.get("/v1/rules").json()["rules"]:
            client.delete(f"/v1/rules/{rule['id']}")
