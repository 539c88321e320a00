"""A node, a bridge and a catalogue for the time of one benchmark, in a home of their own; nothing is left running.

A benchmark never uses the local node or `OPENSEARCH_URL`: what others do there would be in its figures.
"""

import gzip
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from encoders.export.recipe import cached_store
from encoders.store import ModelStore
from opensearch import dropin, generations
from opensearch.client import Cluster
from opensearch.dropin import DropIn
from opensearch.generations import Generation
from opensearch.node import ensure_installed, start, stop
from opensearch.settings import NodeSettings
from plugin_bridge import background
from plugin_bridge.cli.ending import ended_in_order
from plugin_bridge.loading.load import Hooks, LoadOptions, load_catalogue
from plugin_bridge.plugging import plug_in
from plugin_bridge.settings import Settings
from plugin_bridge.tokens import TokenStore

import _common  # isort: skip

SHIPPED_MODEL = "all-minilm-l6-v2-int8"


@dataclass(frozen=True)
class Shop:
    """One alias: its live generation and the parts of its drop-in."""

    alias: str
    generation: Generation
    dropin: DropIn


@dataclass(frozen=True)
class Service:
    """A running node and bridge."""

    cluster: Cluster
    store: ModelStore
    settings: Settings

    @property
    def token(self) -> str:
        """The secret of the storefront's token."""
        return TokenStore(self.settings.home).secret("storefront")

    def load(self, products: Path, alias: str) -> Shop:
        """Load a catalogue behind `alias`, and plug it in."""
        _common.say(f"loading {products.name} behind {alias}")
        options = LoadOptions(alias=alias, photos=False, text_model=self.settings.text_model)
        parts: list[DropIn] = []

        def install(cluster: Cluster, generation: Generation) -> None:
            parts.append(plug_in(cluster, generation, self.settings))

        hooks = Hooks(install=install)
        report = load_catalogue(products, self.cluster, self.store, self.settings.home, options, hooks)
        _common.say(f"{report.documents:,} products in {report.seconds:.0f} s")
        generation = generations.live(self.cluster, alias)
        assert generation is not None  # the load has made it live
        dropin.probe(self.cluster, parts[-1])
        return Shop(alias, generation, parts[-1])


@contextmanager
def service(model: str = SHIPPED_MODEL) -> Iterator[Service]:
    """Yield a service whose generations are made by the encoder `model`."""
    _common.say(f"exporting {model}, where it is not in the cache")
    store = cached_store((model.removesuffix("-int8"),))
    home = Path(tempfile.mkdtemp(prefix="kindred-bench-"))
    home.chmod(0o755)  # the node runs as another user where this one is root
    http, transport, bridge = free_ports(3)
    node = NodeSettings(home=home / "node", http_port=http, transport_port=transport, distribution=NodeSettings().root)
    settings = Settings(home=home, bridge_port=bridge, text_model=model, alias="bench", bridge_url=None)
    with ExitStack() as undo:
        undo.callback(shutil.rmtree, home, ignore_errors=True)
        undo.enter_context(ended_in_order())
        (home / "models").symlink_to(store.root, target_is_directory=True)
        _common.say("starting OpenSearch and the bridge")
        ensure_installed(node)
        undo.callback(stop, node)
        state = start(node)
        undo.callback(background.stop, settings)
        background.start(settings, state.url)
        yield Service(undo.enter_context(Cluster(state.url, pool=16)), store, settings)


def first_rows(catalogue: Path, rows: int, folder: Path) -> Path:
    """Write the first rows of a gzipped catalogue to a file of their own and return it."""
    file = folder / f"products-{rows}.jsonl"
    with gzip.open(catalogue, "rb") as source, file.open("wb") as target:
        for _, line in zip(range(rows), source, strict=False):
            target.write(line)
    return file


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
