"""The steps before anything can be shown, each one a command that a person could type."""

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.markup import escape

from encoders.errors import ModelNotFoundError
from encoders.store import ModelStore
from opensearch import generations, node
from opensearch.client import Cluster, connect
from opensearch.settings import ClusterSettings
from plugin_bridge import background
from plugin_bridge.client import BridgeClient
from plugin_bridge.settings import Settings
from plugin_bridge.tokens import TokenStore

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "sample"
CATALOGUE = SAMPLE / "products.jsonl"
SERVED_SECONDS = 60.0


class DemoError(Exception):
    """A step failed; the message says which, and what to do."""


@dataclass(frozen=True)
class Shop:
    """A bridge and a cluster that hold the sample catalogue behind `alias`."""

    bridge: BridgeClient
    cluster: Cluster
    alias: str

    def __enter__(self) -> "Shop":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bridge.close()
        self.cluster.close()


class Preparation:
    """Runs the steps and remembers what it started, so that a failure leaves nothing half-started behind."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._settings = Settings()
        self._started = False

    def environment(self, seconds: float) -> None:
        """Report how long the virtual environment took."""
        self._done("virtual environment", seconds)

    def run(self) -> Shop:
        """Return the shop, ready. Raises DemoError."""
        self._encoders()
        self._services()
        cluster = connect()
        shop = Shop(BridgeClient(self._settings.local_url, self.secret("storefront")), cluster, self._settings.alias)
        self._catalogue(cluster)
        return shop

    def secret(self, role: str) -> str:
        """Return the token of a role."""
        return TokenStore(self._settings.home).secret(role)

    def undo(self) -> None:
        """Stop what this run started; what ran before goes on."""
        if self._started:
            self._started = False
            subprocess.run(_kindred("down"), stdin=subprocess.DEVNULL, check=False)

    def _encoders(self) -> None:
        store = ModelStore(self._settings.models_dir)
        for name in (self._settings.text_model, self._settings.image_model):
            try:
                store.card(name)
                self._done(f"encoder {name}, exported before")
            except ModelNotFoundError:
                base = name.removesuffix("-int8")
                self._command(f"encoder {base}: torch to ONNX, fp32 and int8", "models", "export", base, quiet=True)

    def _services(self) -> None:
        local = ClusterSettings().is_local
        running = background.state(self._settings) is not None and (not local or node.state() is not None)
        if running and background.is_alive(self._settings):
            self._done("OpenSearch and bridge, running already")
            return
        self._started = not running
        self._command("OpenSearch and bridge", "up")

    def _catalogue(self, cluster: Cluster) -> None:
        alias, stamp, key = self._settings.alias, self._settings.home / "demo.json", _key()
        live = generations.live(cluster, alias)
        if live is not None and not _is_sample(cluster, live.index):
            raise DemoError(
                f"the alias {alias} holds other products than the sample's, and they stay: "
                "set KINDRED_ALIAS=kindred-sample to have the sample beside them"
            )
        if live is not None and _read(stamp).get(live.index, key) == key and not self._problem(live.index):
            self._done(f"{_count(cluster, live.index)} sample products, loaded before")
            return
        self._command("the sample catalogue", "load", str(CATALOGUE.relative_to(ROOT)))
        now = generations.live(cluster, alias)
        if now is None:
            raise DemoError(f"the load ended, but nothing is behind the alias {alias}")
        stamp.write_text(json.dumps({now.index: key}) + "\n")
        self._served(now.index)

    def _problem(self, index: str) -> str | None:
        """Return why the bridge cannot serve a generation, as when its encoders were made anew since."""
        loaded: Any = background.readiness(self._settings)["loaded"]
        return next((one["problem"] for one in loaded if one["index"] == index), None)

    def _served(self, index: str) -> None:
        """Wait until the bridge serves a generation that has just become live."""
        end = time.monotonic() + SERVED_SECONDS
        while time.monotonic() < end:
            loaded: Any = background.readiness(self._settings)["loaded"]
            if any(one["index"] == index and one["live"] and one["loaded"] for one in loaded):
                return
            time.sleep(0.2)
        raise DemoError(f"the bridge does not serve {index} after {SERVED_SECONDS:.0f} s; `kindred status` says why")

    def _command(self, title: str, *arguments: str, quiet: bool = False) -> None:
        """Run a command and report its time; `quiet` drops its result, not its progress and its errors."""
        self._console.print(f"[bold cyan]▸[/] {escape(title)}   [dim]$ kindred {escape(' '.join(arguments))}[/]")
        began = time.monotonic()
        result = subprocess.DEVNULL if quiet else None
        done = subprocess.run(_kindred(*arguments), cwd=ROOT, stdin=subprocess.DEVNULL, stdout=result, check=False)
        if done.returncode != 0:
            raise DemoError(f"`kindred {' '.join(arguments)}` failed, see above; run scripts/demo again to go on")
        self._done(title, time.monotonic() - began)

    def _done(self, title: str, seconds: float = 0.0) -> None:
        took = f"   [dim]{seconds:.1f} s[/]" if seconds >= 0.05 else ""
        self._console.print(f"[bold green]✓[/] {escape(title)}{took}")


def _kindred(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "plugin_bridge", *arguments]


def _key() -> str:
    """Return a hash over the catalogue and its pictures: an edited sample is loaded anew."""
    digest = hashlib.sha256(CATALOGUE.read_bytes())
    for path in sorted((SAMPLE / "pictures").iterdir()):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _is_sample(cluster: Cluster, index: str) -> bool:
    """Return whether an index holds products of the sample and no others."""
    lines = CATALOGUE.read_text(encoding="utf-8").splitlines()
    return _count(cluster, index) == _count(cluster, index, [json.loads(line)["id"] for line in lines])


def _count(cluster: Cluster, index: str, ids: Sequence[str] | None = None) -> int:
    query = {"match_all": {}} if ids is None else {"ids": {"values": list(ids)}}
    body = {"query": query, "size": 0, "track_total_hits": True}
    return int(cluster.search(index, body, search_pipeline="_none")["hits"]["total"]["value"])


def _read(stamp: Path) -> dict[str, str]:
    try:
        return dict(json.loads(stamp.read_text()))
    except (FileNotFoundError, ValueError):
        return {}
