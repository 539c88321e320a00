"""Crashes, a cluster that goes away, a locked database: what was accepted is never lost and never done twice."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from opensearch.client import Cluster, path
from opensearch.errors import ClusterUnreachableError
from opensearch.generations import Generation
from plugin_bridge.errors import StorageError
from plugin_bridge.review.documents import Documents
from plugin_bridge.review.reviewer import Reviewer
from plugin_bridge.review.values import Wanted
from plugin_bridge.settings import Settings
from plugin_bridge.storage import Storage, open_storage
from tests.fixtures.faults import Faults, faulty
from tests.plugin_bridge.review.conftest import QUICK, Suggest, source

# Accepts, and dies with the database written: before the index is ("before") or before that is noted ("after").
ACCEPT_AND_DIE = """
import os, sys
from pathlib import Path
from opensearch.client import Cluster
from plugin_bridge.review.documents import Documents
from plugin_bridge.review.reviewer import Reviewer
from plugin_bridge.settings import Settings
from plugin_bridge.storage import open_storage

url, home, alias, when, *ids = sys.argv[1:]
reviewer = Reviewer(open_storage(Settings(home=Path(home))), alias, Documents(Cluster(url)))
if when == "before":
    reviewer.documents.mark = lambda *_: os.kill(os.getpid(), 9)
else:
    reviewer.ledger.settle = lambda *_: os.kill(os.getpid(), 9)
reviewer.accept([int(one) for one in ids], "anna")
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_between_database_and_index_is_repaired_at_the_next_start(
    cluster: Cluster,
    storage: Storage,
    generation: Generation,
    reviewer: Reviewer,
    suggest: Suggest,
    tmp_path: Path,
    alias: str,
    when: str,
) -> None:
    numbers = suggest(("blank", "colour", "red", 0.9), ("shoe", "tags", "new", 0.9), ("apple", "tags", "x", 0.9))
    command = [sys.executable, "-c", ACCEPT_AND_DIE, cluster.url, str(tmp_path / "home"), alias, when]
    done = subprocess.run([*command, *map(str, numbers)], capture_output=True, text=True, env=os.environ)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert ("colour" in source(cluster, generation.index, "blank")) == (when == "after")
    assert len(reviewer.ledger.pending()) == 3
    cluster.request("DELETE", path(generation.index, "_doc", "apple"))
    again = Reviewer(storage, alias, Documents(cluster, patience=QUICK))
    assert again.repair() == 3
    assert source(cluster, generation.index, "blank")["colour"] == "red"
    assert source(cluster, generation.index, "shoe")["tags"] == ["sale", "new"]
    assert again.ledger.named(numbers)[numbers[2]].state == "gone"
    before = source(cluster, generation.index, "shoe")
    assert (again.repair(), source(cluster, generation.index, "shoe")) == (0, before)


def test_decisions_that_followed_each_other_before_the_crash_are_not_taken_for_conflicts(
    cluster: Cluster, generation: Generation, reviewer: Reviewer, suggest: Suggest
) -> None:
    (number,) = suggest(("blank", "colour", "red", 0.9))
    settle = reviewer.ledger.settle
    reviewer.ledger.settle = lambda *_: None  # type: ignore[method-assign,assignment]
    first = reviewer.accept([number], "anna")
    reviewer.undo(first.operation or 0, "anna")
    reviewer.accept([number], "bob")
    assert len(reviewer.ledger.pending()) == 3
    reviewer.ledger.settle = settle  # type: ignore[method-assign]
    reviewer.repair()
    assert reviewer.ledger.pending() == []
    assert source(cluster, generation.index, "blank")["colour"] == "red"
    assert [event["action"] for event in reviewer.history.events("blank")] == ["accept", "undo", "accept"]


def test_a_cluster_that_goes_away_leaves_decisions_pending_and_gets_them_later(
    cluster: Cluster, storage: Storage, generation: Generation, reviewer: Reviewer, suggest: Suggest, alias: str
) -> None:
    numbers = suggest(("blank", "colour", "red", 0.9), ("shoe", "tags", "new", 0.9))
    faults = Faults(plan=["drop"] * 1000)
    with faulty(cluster.url, faults) as url, Cluster(url) as through:
        cut_off = Reviewer(storage, alias, Documents(through, patience=QUICK))
        outcome = cut_off.accept(numbers, "anna")
        assert (len(outcome.decided), outcome.pending) == (2, 2)
        assert "colour" not in source(cluster, generation.index, "blank")
        faults.plan.clear()
        (other,) = [s.id for s in _more(reviewer)]
        assert cut_off.accept([other], "anna").pending == 0  # whoever decides next repairs first
    assert source(cluster, generation.index, "blank")["colour"] == "red"
    assert reviewer.ledger.pending() == []


def _more(reviewer: Reviewer) -> Any:
    from plugin_bridge.tagging.suggesting import Suggestion

    reviewer.ledger.add([("apple", Suggestion("tags", "y", 0.5, False, "tiny"), None)], "2026-01-01T00:00:00+00:00")
    return reviewer.ledger.find(Wanted(product="apple")).suggestions


def test_lost_answers_are_looked_up_not_repeated(
    cluster: Cluster, storage: Storage, generation: Generation, reviewer: Reviewer, suggest: Suggest, alias: str
) -> None:
    (number,) = suggest(("shoe", "tags", "new", 0.9))
    with faulty(cluster.url, Faults(plan=["lose", 503, "lose"])) as url, Cluster(url) as through:
        outcome = Reviewer(storage, alias, Documents(through, patience=QUICK)).accept([number], "anna")
    assert (len(outcome.decided), outcome.pending, outcome.conflicts) == (1, 0, ())
    assert source(cluster, generation.index, "shoe")["tags"] == ["sale", "new"]


def test_nothing_is_decided_where_the_products_cannot_be_read(
    storage: Storage, reviewer: Reviewer, suggest: Suggest, alias: str
) -> None:
    (number,) = suggest(("shoe", "tags", "new", 0.9))
    with Cluster("http://127.0.0.1:1") as nobody, pytest.raises(ClusterUnreachableError):
        Reviewer(storage, alias, Documents(nobody, patience=QUICK)).accept([number], "anna")
    assert reviewer.ledger.named([number])[number].state == "open"


def test_a_locked_database_decides_nothing_and_leaves_the_index_alone(
    cluster: Cluster, generation: Generation, reviewer: Reviewer, suggest: Suggest, tmp_path: Path, alias: str
) -> None:
    (number,) = suggest(("shoe", "tags", "new", 0.9))
    file = tmp_path / "home" / "kindred.db"
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    hurried = Reviewer(Storage(f"sqlite:///{file}", busy_seconds=0.1), alias, Documents(cluster, patience=QUICK))
    with pytest.raises(StorageError, match=r"locked by another process.*nothing was written"):
        hurried.accept([number], "anna")
    assert source(cluster, generation.index, "shoe")["tags"] == ["sale"]
    other.execute("ROLLBACK")
    assert hurried.accept([number], "anna").decided


def test_a_database_that_fails_after_the_write_loses_nothing(
    cluster: Cluster, generation: Generation, reviewer: Reviewer, suggest: Suggest
) -> None:
    (number,) = suggest(("shoe", "tags", "new", 0.9))
    settle = reviewer.ledger.settle

    def full(*_: Any) -> None:
        raise StorageError("the disk of the database is full", status=507)

    reviewer.ledger.settle = full  # type: ignore[method-assign]
    outcome = reviewer.accept([number], "anna")
    assert (len(outcome.decided), outcome.pending) == (1, 1)
    reviewer.ledger.settle = settle  # type: ignore[method-assign]
    reviewer.repair()
    assert reviewer.ledger.pending() == []
    assert source(cluster, generation.index, "shoe")["tags"] == ["sale", "new"]


def test_a_value_that_opensearch_refuses_is_withdrawn_and_named(
    cluster: Cluster, generation: Generation, reviewer: Reviewer, suggest: Suggest
) -> None:
    cluster.request("PUT", path(generation.index, "_mapping"), {"properties": {"made": {"type": "date"}}})
    number, other = suggest(("shoe", "made", "yesterday", 0.9), ("apple", "made", "2024-05-01", 0.9))
    outcome = reviewer.accept([number, other], "anna")
    assert [one.suggestion for one in outcome.decided] == [other]
    (conflict,) = outcome.conflicts
    assert (conflict.code, conflict.suggestion) == ("refused", number)
    assert "OpenSearch does not take made 'yesterday' for 'shoe'" in conflict.message
    assert reviewer.ledger.named([number])[number].state == "open"
    assert [one.product for one in reviewer.history.decisions()] == ["apple"]


def test_on_postgresql_it_is_the_same(
    cluster: Cluster, generation: Generation, reviewer: Reviewer, postgres: str, alias: str
) -> None:
    from plugin_bridge.review.making import make
    from tests.plugin_bridge.review.conftest import Tagger

    storage = open_storage(Settings(database_url=postgres))
    shared = Reviewer(storage, alias, Documents(cluster, patience=QUICK))
    says = {"blank": [("colour", "red", 0.9), ("colour", "blue", 0.2)], "shoe": [("tags", "new", 0.9)]}
    make(Tagger(says), cluster, generation, shared.ledger)
    red, new, blue = (one.id for one in shared.ledger.find(Wanted()).suggestions)
    outcome = shared.accept([red, new], "anna")
    assert (len(outcome.decided), outcome.conflicts, outcome.pending) == (2, (), 0)
    assert shared.accept([blue], "bob").conflicts[0].by == "anna"
    assert source(cluster, generation.index, "blank")["colour"] == "red"
    assert len(shared.history.decisions()) == 2
    assert len(shared.undo(outcome.operation or 0, "anna").decided) == 2
    assert shared.history.decisions() == []
    storage.close()
