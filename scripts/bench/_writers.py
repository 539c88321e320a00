"""What goes on while a model is released: shoppers who search without a pause, and writers whose changes must last."""

import json
import tempfile
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from encoders.store import ModelStore
from opensearch.client import Cluster
from opensearch.leases import LeaseHeldError
from plugin_bridge.loading.changes import ChangeOptions, update

SIZE = 10
Answer = tuple[str, str, tuple[str, ...]]
"""A query, the indices that its hits come from, and the ids in order."""


def storefront(text: str) -> dict[str, Any]:
    """Return a storefront's own request."""
    fields = ["title^3", "brand^2", "category.text", "tags.text", "colour.text", "description"]
    query = {"multi_match": {"query": text, "fields": fields, "type": "cross_fields"}}
    return {"query": query, "size": SIZE, "_source": False}


def order(text: str, answer: dict[str, Any]) -> Answer:
    """Return what an answer says."""
    hits = answer["hits"]["hits"]
    return text, ",".join(sorted({hit["_index"] for hit in hits})), tuple(hit["_id"] for hit in hits)


class Shoppers:
    """Clients that search an alias in turn, as fast as they are answered, and note every answer."""

    def __init__(self, url: str, alias: str, texts: list[str], count: int) -> None:
        self._url, self._alias, self._texts = url, alias, texts
        self._stop = threading.Event()
        self.answers: list[Answer] = []
        self.seconds: list[float] = []
        self.failures: list[str] = []
        self._threads = [threading.Thread(target=self._shop, args=(number,), daemon=True) for number in range(count)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Stop, and wait for the last answers."""
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _shop(self, number: int) -> None:
        place = number * 7
        with Cluster(self._url) as client:
            while not self._stop.is_set():
                text = self._texts[place % len(self._texts)]
                place += 1
                started = time.perf_counter()
                try:
                    answer = client.search(self._alias, storefront(text))
                except Exception as error:  # noqa: BLE001 - any failure is what is counted
                    self.failures.append(f"{text!r}: {error}")
                    continue
                self.seconds.append(time.perf_counter() - started)
                if answer["_shards"]["failed"]:
                    self.failures.append(f"{text!r}: {answer['_shards']}")
                self.answers.append(order(text, answer))


@dataclass
class Changes:
    """What writers were told is written: values by product, and the products that are gone."""

    prices: dict[str, float] = field(default_factory=dict)
    stock: dict[str, int] = field(default_factory=dict)
    new: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    waited: int = 0

    @property
    def count(self) -> int:
        """Number of products that were changed."""
        return len({*self.prices, *self.stock, *self.new, *self.gone})

    def missing(self, cluster: Cluster, alias: str) -> list[str]:
        """Return what does not stand in the live index as it was acknowledged."""
        cluster.request("POST", f"/{alias}/_refresh")
        wanted = sorted({*self.prices, *self.stock, *self.new, *self.gone})
        found: dict[str, dict[str, Any]] = {}
        for part in _parts(wanted):
            params = {"_source_includes": "price,stock"}
            docs = cluster.request("POST", f"/{alias}/_mget", {"ids": part}, params=params)["docs"]
            found |= {one["_id"]: one["_source"] for one in docs if one.get("found")}
        wrong = [f"{one}: price" for one, price in self.prices.items() if found.get(one, {}).get("price") != price]
        wrong += [f"{one}: stock" for one, stock in self.stock.items() if found.get(one, {}).get("stock") != stock]
        wrong += [f"{one}: not there" for one in self.new if one not in found]
        return wrong + [f"{one}: still there" for one in self.gone if one in found]


class Writers:
    """`kindred update` for prices, and a program of the shop that writes, adds and deletes past Kindred."""

    def __init__(self, url: str, alias: str, ids: list[str], store: ModelStore, home: Path) -> None:
        self._url, self._alias, self._store, self._home = url, alias, store, home
        # No product has two writers: whoever wrote it last is known.
        third = len(ids) // 3
        self._updated, self._direct = ids[:third], ids[third : 2 * third]
        self._stop = threading.Event()
        self.changes = Changes()
        self.failures: list[str] = []
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._update, self._write)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Stop, and wait for the last acknowledgements."""
        self._stop.set()
        for thread in self._threads:
            thread.join(120)

    def _update(self) -> None:
        turn = 0
        with Cluster(self._url) as cluster, tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "changes.jsonl"
            while not self._stop.is_set():
                turn += 1
                rows = {self._updated[(turn * 20 + n) % len(self._updated)]: 1000.0 + turn for n in range(20)}
                lines = (json.dumps({"id": one, "price": price}) for one, price in rows.items())
                file.write_text("\n".join(lines) + "\n")
                try:
                    update(file, cluster, self._store, self._home, ChangeOptions(alias=self._alias, threads=1))
                    self.changes.prices |= rows
                except LeaseHeldError:
                    self.changes.waited += 1  # nothing was written, and the command says so
                except Exception as error:  # noqa: BLE001 - counted, and shown
                    self.failures.append(f"update: {error}")
                self._stop.wait(0.5)

    def _write(self) -> None:
        turn = 0
        with Cluster(self._url) as cluster:
            while not self._stop.is_set():
                turn += 1
                one, own = self._direct[turn % len(self._direct)], f"bench-new-{turn}"
                try:
                    again = {"retry_on_conflict": 3}
                    cluster.request("POST", f"/{self._alias}/_update/{one}", {"doc": {"stock": turn}}, params=again)
                    self.changes.stock[one] = turn
                    if turn % 10 == 0:
                        cluster.request("PUT", f"/{self._alias}/_doc/{own}", {"title": f"qzxv{turn} wkjq{turn}"})
                        self.changes.new.add(own)
                    if turn % 40 == 0:
                        old = f"bench-new-{turn - 20}"
                        cluster.request("DELETE", f"/{self._alias}/_doc/{old}")
                        self.changes.new.discard(old)
                        self.changes.gone.add(old)
                except Exception as error:  # noqa: BLE001 - counted, and shown
                    self.failures.append(f"write: {error}")
                self._stop.wait(0.05)


def _parts(items: Iterable[str], size: int = 1000) -> Iterable[list[str]]:
    listed = list(items)
    return (listed[start : start + size] for start in range(0, len(listed), size))
