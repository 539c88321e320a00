"""What the tests of labels share: the same database tests on SQLite and on PostgreSQL, and a small generation."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from opensearch.client import Cluster
from opensearch.generations import Generation
from plugin_bridge.labels.judgments import JudgmentLedger
from plugin_bridge.labels.ledger import PairLedger
from plugin_bridge.labels.reading import Reading
from plugin_bridge.settings import Settings
from plugin_bridge.storage import Storage, open_storage
from tests.plugin_bridge.review.conftest import make_generation
from tests.plugin_bridge.storage.conftest import postgres

__all__ = ["postgres"]


@pytest.fixture(params=["sqlite", "postgresql"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    """A database of each kind; the PostgreSQL is shared by all tests, so each has an alias of its own."""
    url = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    found = open_storage(Settings(home=tmp_path / "home", database_url=url))
    yield found
    found.close()


@pytest.fixture
def alias() -> str:
    return f"test-labels-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def ledger(storage: Storage, alias: str) -> PairLedger:
    return PairLedger(storage, alias)


@pytest.fixture
def reading(storage: Storage, alias: str) -> Reading:
    return Reading(storage, alias)


@pytest.fixture
def judgments(storage: Storage, alias: str) -> JudgmentLedger:
    return JudgmentLedger(storage, alias)


@pytest.fixture
def generation(cluster: Cluster, alias: str) -> Iterator[Generation]:
    """The five products of the tests of reviewing, live behind the alias."""
    yield make_generation(cluster, alias)
    cluster.request("DELETE", f"/{alias}-g*", params={"expand_wildcards": "all"})
