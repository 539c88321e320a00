"""A generation for the time of a measurement, under an alias of its own, that never meets a shopper."""

import hashlib
import os
import re
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from encoders.store import ModelStore
from opensearch import generations
from opensearch.client import Cluster
from opensearch.generations import Generation
from plugin_bridge.loading.load import Hooks, LoadOptions, LoadReport, load_catalogue

PREFIX = "kindred-evaluation"


@contextmanager
def temporary_generation(
    products: Path,
    cluster: Cluster,
    store: ModelStore,
    *,
    model: str,
    threads: int = 0,
    hooks: Hooks | None = None,
) -> Iterator[tuple[Generation, LoadReport]]:
    """Load `products` into a generation without a drop-in, and take it away again, also after a failure.

    What evaluations of this machine left behind when they were killed is taken away first. Raises as
    `load_catalogue` does.
    """
    sweep(cluster)
    alias = f"{_prefix()}{os.getpid()}"
    options = LoadOptions(alias=alias, photos=False, text_model=model, threads=threads)
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}-") as home:
        try:
            report = load_catalogue(products, cluster, store, Path(home), options, hooks)
            live = generations.live(cluster, alias)
            assert live is not None  # the load has just made it live
            yield live, report
        finally:
            remove(cluster, alias)


def remove(cluster: Cluster, alias: str) -> None:
    """Delete every generation of an alias, the live one too."""
    for generation in generations.history(cluster, alias):
        cluster.request("DELETE", f"/{generation.index}")


def sweep(cluster: Cluster) -> list[str]:
    """Delete what evaluations of this machine left behind whose process is gone; return the aliases."""
    pattern = re.compile(re.escape(_prefix()) + r"(\d+)")
    found = {one.alias for one in generations.all_of_them(cluster)}
    left = []
    for alias in sorted(found):
        named = pattern.fullmatch(alias)
        if named and int(named[1]) != os.getpid() and not psutil.pid_exists(int(named[1])):
            remove(cluster, alias)
            left.append(alias)
    return left


def _prefix() -> str:
    # Two machines may measure on one cluster: a process of the other one must not be taken for dead.
    host = hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]
    return f"{PREFIX}-{host}-"
