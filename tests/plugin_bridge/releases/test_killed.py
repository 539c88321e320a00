"""A release that is killed at each of its steps: a repeat, or a rollback, always ends in one whole generation."""

import os
import signal
import subprocess
import sys

import pytest

from opensearch import generations
from plugin_bridge.errors import ReleaseError
from plugin_bridge.releases import records
from plugin_bridge.releases.switching import rollback
from tests.fixtures.bridge import PRODUCTS
from tests.plugin_bridge.releases.conftest import SECOND

POINTS = ("create", "copy", "catch up", "prepare", "compare", "proving", "ready", "switched")
AND_DIE = """
import os, sys
from pathlib import Path
from encoders.store import ModelStore
from opensearch.client import Cluster
from plugin_bridge.releases.release import Wanted, release
from plugin_bridge.releases.workshop import Hooks, Workshop
from plugin_bridge.settings import Settings
from plugin_bridge.storage import LateStorage

url, home, alias, model, point = sys.argv[1:]
settings = Settings(home=Path(home), alias=alias, threads=1)
hooks = Hooks(reached=lambda reached: os.kill(os.getpid(), 9) if reached == point else None)
shop = Workshop(Cluster(url), ModelStore(settings.models_dir), settings, LateStorage(settings), alias, hooks)
release(shop, Wanted(model, "anna", force=True))
"""


def killed(shop, point: str, released: str = SECOND) -> None:
    """Run a release in a process that kills itself at a point."""
    workshop = shop.workshop
    arguments = (workshop.cluster.url, workshop.settings.home, shop.alias, released, point)
    done = subprocess.run(
        [sys.executable, "-c", AND_DIE, *map(str, arguments)], capture_output=True, text=True, env=os.environ
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


def assert_whole(shop, model: str) -> None:
    """One generation is live, complete, with every product and every vector, made by one encoder."""
    cluster = shop.workshop.cluster
    live = generations.live(cluster, shop.alias)
    assert live is not None and live.complete and live.text.model == model
    assert shop.documents().keys() == {one["id"] for one in PRODUCTS}
    body = {"query": {"exists": {"field": "kindred_text"}}, "size": 0, "track_total_hits": True}
    assert cluster.search(shop.alias, body, search_pipeline="_none")["hits"]["total"]["value"] == len(PRODUCTS)


@pytest.mark.parametrize("point", POINTS)
def test_a_repeat_ends_in_one_whole_generation(new_shop, point):
    shop = new_shop("killed-" + point.replace(" ", "-"))
    killed(shop, point)
    assert_whole(shop, SECOND if point == "switched" else shop.live.text.model)
    done = shop.release(force=True)
    assert done.state == records.RELEASED and done.step("switch") is not None
    assert_whole(shop, SECOND)
    # Nothing half built is left, and nothing was built twice.
    assert [one.index for one in generations.history(shop.workshop.cluster, shop.alias)] == [
        shop.live.index,
        done.target,
    ]
    assert len(shop.workshop.releases.all()) == 1


@pytest.mark.parametrize("point", ("ready", "switched"))
def test_a_rollback_ends_in_one_whole_generation(new_shop, point):
    shop = new_shop("killed-back-" + point)
    killed(shop, point)
    if point == "switched":
        assert rollback(shop.workshop).live == shop.live.index
    else:
        with pytest.raises(ReleaseError, match="has no older complete generation"):
            rollback(shop.workshop)
    assert_whole(shop, shop.live.text.model)
