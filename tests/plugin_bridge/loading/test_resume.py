"""Loads that die in the middle."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from encoders.store import ModelStore
from opensearch import generations
from opensearch.bulk import Patience
from opensearch.client import Cluster
from opensearch.errors import ClusterRefusedError
from opensearch.node import start, stop
from plugin_bridge.errors import LoadError
from plugin_bridge.loading.checkpoint import Checkpoint, Lines, Origin, Settled
from plugin_bridge.loading.load import Hooks, LoadOptions, load_catalogue
from tests.fixtures.faults import Faults, faulty
from tests.plugin_bridge.loading.conftest import Loader, documents, many, write_products

CHILD = """
import sys
from pathlib import Path
from encoders.store import ModelStore
from opensearch.client import Cluster
from opensearch.errors import ClusterRefusedError
from plugin_bridge.loading.load import LoadOptions, load_catalogue
file, url, models, home, alias = sys.argv[1:]
options = LoadOptions(alias=alias, rows_per_chunk=40)
load_catalogue(Path(file), Cluster(url), ModelStore(Path(models)), Path(home), options)
"""


@pytest.mark.parametrize("die_at", [1, 7])
def test_kill_9_and_resume(
    cluster: Cluster, model_store: ModelStore, load: Loader, alias: str, tmp_path: Path, die_at: int
) -> None:
    products = [*many(500), {"id": "last", "title": "x"}, b"not json"]
    products[100]["title.short"] = "always refused"
    file = write_products(tmp_path / "p.jsonl", products)
    child: list[subprocess.Popen] = []
    started = threading.Event()

    def kill(number: int) -> None:
        started.wait(60)
        if number == die_at:
            os.kill(child[0].pid, signal.SIGKILL)

    first = Faults(on_bulk=kill)
    with faulty(cluster.url, first) as url:
        arguments = [str(file), url, str(model_store.root), str(tmp_path / "home"), alias]
        child.append(subprocess.Popen([sys.executable, "-c", CHILD, *arguments]))
        started.set()
        assert child[0].wait(120) == -signal.SIGKILL
    assert generations.live(cluster, alias) is None

    rest = Faults()
    with faulty(cluster.url, rest) as url, Cluster(url) as through:
        report = load(file, through=through, resume=True, rows_per_chunk=40)
    assert report.resumed
    assert (report.documents, report.dead_letters) == (500, {"count": 1})
    assert report.cleaning["rejected"] == {"unreadable": 1}
    assert set(documents(cluster, alias)) == {*(f"p{n}" for n in range(500) if n != 100), "last"}
    sent = {identity for request in rest.operations for identity in request}
    if die_at == 7:
        assert len(sent) < 501  # what was acknowledged is not sent again
    assert [g.name for g in generations.history(cluster, alias)] == ["g001"]


def test_dead_letters_are_listed_once_after_a_resume(
    cluster: Cluster, load: Loader, alias: str, tmp_path: Path
) -> None:
    products = many(100)
    for n in (20, 60):
        products[n]["title.short"] = "x"  # `title` is text and can hold no fields: always refused
    file = write_products(tmp_path / "p.jsonl", products)
    interrupted(load, cluster, file, after=4)
    report = load(file, resume=True, rows_per_chunk=10)
    assert (report.documents, report.dead_letters) == (98, {"count": 2})
    letters = Path(report.files["dead_letters"] or "").read_text().splitlines()
    assert len(letters) == 2
    assert set(documents(cluster, alias)) == {f"p{n}" for n in range(100) if n not in (20, 60)}


def interrupted(load: Loader, cluster: Cluster, file: Path, *, after: int = 2) -> None:
    """Load until `after` bulk requests have passed, then fail for good."""
    fault = pytest.raises(ClusterRefusedError, match="401")
    plan: list[int | str] = ["pass"] * after + [401] * 9
    with faulty(cluster.url, Faults(plan=plan)) as url, Cluster(url) as through, fault:
        load(file, through=through, rows_per_chunk=10)


def test_a_changed_file_is_not_resumed(cluster: Cluster, load: Loader, tmp_path: Path) -> None:
    file = write_products(tmp_path / "p.jsonl", many(60))
    interrupted(load, cluster, file)
    write_products(file, [*many(59), {"id": "other", "title": "x"}])
    with pytest.raises(LoadError, match=r"is not the file that the interrupted load began with.*without --resume"):
        load(file, resume=True)


def test_other_encoders_or_options_are_not_resumed(cluster: Cluster, load: Loader, tmp_path: Path) -> None:
    file = write_products(tmp_path / "p.jsonl", many(60))
    interrupted(load, cluster, file)
    with pytest.raises(LoadError, match=r"used the text encoder 'all-minilm-l6-v2-int8 .*this one 'all-minilm-l6-v2 "):
        load(file, resume=True, text_model="all-minilm-l6-v2")
    with pytest.raises(LoadError, match="the text recipe"):
        load(file, resume=True, recipe="title")


def test_nothing_to_resume_begins_anew_and_says_so(load: Loader, tmp_path: Path) -> None:
    report = load(write_products(tmp_path / "p.jsonl", many(3)), resume=True)
    assert not report.resumed
    assert "there is no interrupted load to resume; starting from the beginning" in report.problems


def test_an_index_that_went_is_not_resumed(cluster: Cluster, load: Loader, alias: str, tmp_path: Path) -> None:
    file = write_products(tmp_path / "p.jsonl", many(60))
    interrupted(load, cluster, file)
    cluster.request("DELETE", f"/{alias}-g001")
    report = load(file, resume=True)
    assert (report.resumed, report.documents) == (False, 60)


@pytest.mark.timeout(400)
def test_a_node_that_stops_in_the_middle_is_waited_for(start_node, model_store: ModelStore, tmp_path: Path) -> None:
    settings, state = start_node()
    stopped = threading.Event()

    def restart() -> None:
        stop(settings)
        stopped.set()
        start(settings)

    restarts = []

    def fail(number: int) -> None:
        if number == 4:
            restarts.append(threading.Thread(target=restart))
            restarts[0].start()
            stopped.wait(60)

    told: list[str] = []
    file = write_products(tmp_path / "p.jsonl", many(600))
    options = LoadOptions(
        alias="test-stopped", rows_per_chunk=50, patience=Patience(patience=200, first=0.2, longest=1)
    )
    with faulty(state.url, Faults(on_bulk=fail)) as url, Cluster(url) as through:
        report = load_catalogue(file, through, model_store, tmp_path / "home", options, Hooks(notify=told.append))
    restarts[0].join()
    assert report.documents == 600
    with Cluster(state.url) as direct:
        assert set(documents(direct, "test-stopped")) == {f"p{n}" for n in range(600)}
    assert any(message.startswith("waiting for OpenSearch") for message in told)
    assert "OpenSearch takes writes again, going on" in told


ORIGIN = Origin("p", "0", 1, "i", "t", None, None, None, "r")


def test_a_torn_last_line_does_not_count(tmp_path: Path) -> None:
    file = tmp_path / "c.jsonl"
    checkpoint = Checkpoint.begin(file, ORIGIN)
    checkpoint.add(Settled(1, 10, 10))
    checkpoint.add(Settled(11, 20, 9, 1, {"encoded": 3}))
    whole = file.read_bytes()
    for cut in range(1, len(whole.splitlines(keepends=True)[-1])):
        file.write_bytes(whole[:-cut])
        read = Checkpoint.read(file)
        assert read.settled == [Settled(1, 10, 10)]
        read.add(Settled(11, 20, 10))
        assert Checkpoint.read(file).settled == [Settled(1, 10, 10), Settled(11, 20, 10)]
    file.write_bytes(whole)
    assert Checkpoint.read(file).settled == [Settled(1, 10, 10), Settled(11, 20, 9, 1, {"encoded": 3})]
    assert Checkpoint.read(file).origin == ORIGIN


@pytest.mark.parametrize("content", [b"", b"{}\n", b"[]\n", b'{"format":9}\n', b"garbage\n"])
def test_what_is_no_checkpoint(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "c.jsonl"
    file.write_bytes(content)
    with pytest.raises(LoadError, match=r"c.jsonl: .*without --resume"):
        Checkpoint.read(file)


def test_lines() -> None:
    lines = Lines([Settled(10, 12, 3), Settled(1, 3, 3), Settled(20, 20, 1)])
    assert [n for n in range(25) if n in lines] == [1, 2, 3, 10, 11, 12, 20]
