"""The desk of a bridge, in process over a real node: the queue's background, the curve, what other processes did."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from opensearch import generations
from opensearch.client import Cluster
from opensearch.generations import EncoderRef
from plugin_bridge.errors import BridgeError
from plugin_bridge.labels.candidates import Shelf
from plugin_bridge.labels.desk import LabelDesk
from plugin_bridge.labels.pool import Question
from plugin_bridge.labels.values import Said, pair_key
from plugin_bridge.labels.warming import Warmer
from plugin_bridge.settings import Settings
from plugin_bridge.storage import LateStorage

PRODUCTS = 24
DIMENSION = 8
WAIT_SECONDS = 120
Desks = Callable[[], LabelDesk]


def products() -> list[dict[str, Any]]:
    """Products in six families; those of a family have nearly the same title and vector."""
    chance = np.random.default_rng(11)
    middles = chance.normal(size=(6, DIMENSION))
    return [
        {
            "id": f"p{number:02}",
            "title": f"family {number % 6} thing {number // 6} model X{number % 6}000",
            "brand": f"brand{number % 2}",
            "price": 10.0 + number % 6,
            "kindred_text": (middles[number % 6] + 0.05 * chance.normal(size=DIMENSION)).tolist(),
            "kindred_image": (middles[number % 6] + 0.05 * chance.normal(size=DIMENSION)).tolist(),
        }
        for number in range(PRODUCTS)
    ]


def family(one: str) -> int:
    return int(one[1:]) % 6


def load(cluster: Cluster, alias: str, rows: list[dict[str, Any]]) -> str:
    text, image = EncoderRef("none", "0" * 32, DIMENSION), EncoderRef("none", "1" * 32, DIMENSION)
    made = generations.create(cluster, alias, text=text, image=image)
    made = generations.update_meta(cluster, replace(made, complete=True, documents=len(rows)))
    lines: list[bytes] = []
    for one in rows:
        source = {name: value for name, value in one.items() if name != "id"}
        lines += [orjson.dumps({"index": {"_id": one["id"]}}), orjson.dumps(source)]
    answer = cluster.request("POST", f"/{made.index}/_bulk", b"\n".join(lines) + b"\n", params={"refresh": True})
    assert not answer["errors"], answer
    generations.switch(cluster, alias, made.index)
    return made.index


@pytest.fixture
def index(cluster: Cluster, alias: str) -> Iterator[str]:
    yield load(cluster, alias, products())
    cluster.request("DELETE", f"/{alias}-g*", params={"expand_wildcards": "all"})


@pytest.fixture
def desks(cluster: Cluster, alias: str, index: str, tmp_path: Path) -> Iterator[Desks]:
    """Makes desks that share one database, as two bridges or a command beside a bridge do."""
    made: list[tuple[LabelDesk, LateStorage]] = []

    def make() -> LabelDesk:
        settings = Settings(home=tmp_path / "home", alias=alias)
        storage = LateStorage(settings)
        made.append((LabelDesk(settings, storage, cluster), storage))
        return made[-1][0]

    yield make
    for desk, storage in made:
        desk.close()
        storage.close()


def ask(desk: LabelDesk, alias: str, count: int = 50, by: str = "anna") -> list[Question]:
    found, left = desk.queue(alias).next(by, count, patience=WAIT_SECONDS)
    assert left is not None, desk.queue(alias).problem
    return found


def wait(condition: Callable[[], Any]) -> Any:
    end = time.monotonic() + WAIT_SECONDS
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


def answer(desk: LabelDesk, alias: str, pairs: list[tuple[str, str]], by: str = "anna") -> None:
    said = [
        Said(f"{by}-{left}-{right}", left, right, "similar" if family(left) == family(right) else "dissimilar")
        for left, right in pairs
    ]
    assert not desk.save(alias, said, by).refused


def test_the_first_pairs_stand_ready_before_anybody_asks(desks: Desks, alias: str) -> None:
    first, second = desks(), desks()
    first.start()
    assert not first._storage.exists(), "nobody has said anything: no database is made"
    answer(first, alias, [("p00", "p06")])
    second.start()
    queue = wait(lambda: second._queues.get(alias))
    wait(queue._ready.is_set)
    started = time.perf_counter()
    pairs, left = second.queue(alias).next("anna", 5)
    assert len(pairs) == 5 and left is not None and time.perf_counter() - started < 1.0
    assert ("p00", "p06") not in {(one.left.id, one.right.id) for one in pairs}


def test_a_busy_process_prepares_nothing_and_a_failure_is_tried_again() -> None:
    prepared, busy = threading.Event(), threading.Event()
    failures = [BridgeError("nothing is live yet")]

    def prepare() -> None:
        if failures:
            raise failures.pop()
        prepared.set()

    def work() -> None:
        while not busy.is_set():
            sum(range(1000))

    thread = threading.Thread(target=work)
    thread.start()
    warmer = Warmer(prepare, seconds=0.3)
    warmer.start()
    try:
        assert not prepared.wait(1.5)
    finally:
        busy.set()
    thread.join(10)
    assert prepared.wait(WAIT_SECONDS)


def test_candidates_are_neighbours_also_across_brand(cluster: Cluster, alias: str, index: str) -> None:
    shelf = Shelf(cluster, generations.read(cluster, index))
    drawn = shelf.drawn(PRODUCTS, 3)
    assert {one.id for one in drawn} == {one["id"] for one in products()}
    assert [one.id for one in shelf.drawn(5, 3)] == [one.id for one in shelf.drawn(5, 3)]
    pairs = set(shelf.neighbours(drawn))
    same = [pair for pair in pairs if family(pair[0]) == family(pair[1])]
    assert len(same) == 6 * (4 * 3 // 2)  # every two of the four products of each family
    assert all(left < right for left, right in pairs) and len(pairs) > len(same)
    assert shelf.missing(["p01", "ghost"]) == {"ghost"}
    assert drawn[0].image is not None and "kindred_text" not in drawn[0].product


def test_what_another_process_labelled_is_not_asked(desks: Desks, alias: str) -> None:
    one, other = desks(), desks()
    first = ask(one, alias, 5)
    assert {question.key for question in ask(other, alias, 5)} & {question.key for question in first}
    answer(other, alias, [(question.left.id, question.right.id) for question in first])
    assert not {question.key for question in ask(one, alias)} & {question.key for question in first}


def test_labels_teach_the_queue_and_make_a_curve(desks: Desks, alias: str) -> None:
    desk = desks()
    every = [f"p{number:02}" for number in range(PRODUCTS)]
    known = [(left, right) for left in every for right in every if left < right and int(left[1:]) < 6]
    assert "Too few labels" in desk.stats(alias, "anna")["verdict"]["text"]
    answer(desk, alias, known)
    ask(desk, alias)
    stats = wait(lambda: (found := desk.stats(alias, "anna")) and found["curve"] and found)
    assert stats["pairs"] == stats["mine"] == len(known) == 6 * 18 + 15
    assert stats["similar"] == 6 * 3
    assert stats["curve"][-1]["f1"] > 0.8 and stats["verdict"]["text"].startswith("The last doubling")
    left = {question.key for question in ask(desk, alias)}
    assert left and not left & {pair_key(*pair) for pair in known}
    kinds = {question.why for question in ask(desk, alias)}
    assert "uncertain" in kinds


def test_a_new_generation_has_a_new_pool(cluster: Cluster, desks: Desks, alias: str) -> None:
    desk = desks()
    ask(desk, alias, 5)
    load(cluster, alias, [{**one, "id": "n" + one["id"][1:]} for one in products()])

    def of_the_new_one() -> bool:
        desk.queue(alias)._wake.set()
        return any(question.left.id.startswith("n") for question in ask(desk, alias, 5))

    wait(of_the_new_one)
    assert all(question.left.id.startswith("n") for question in ask(desk, alias))
