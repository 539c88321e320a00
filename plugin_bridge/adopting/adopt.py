"""Taking an index over: a generation with the shop's own fields and Kindred's beside them, live by one alias call.

The index itself is only read. It stays as it was, so that `leave` can give it back.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from encoders.store import ModelStore
from opensearch import generations
from opensearch.client import Cluster
from opensearch.generations import Adopted
from opensearch.leases import Lease
from opensearch.writes import writes_by_shard
from plugin_bridge.adopting import rows
from plugin_bridge.adopting.plans import AdoptPlan
from plugin_bridge.loading.changes import ChangeOptions, update
from plugin_bridge.loading.deletions import delete
from plugin_bridge.loading.live import live_generation
from plugin_bridge.loading.load import Hooks, LoadOptions, LoadReport, load_catalogue


@dataclass(frozen=True)
class AdoptReport:
    """What an adoption did. `caught_up` counts what the shop wrote while its index was read."""

    index: str
    fields: dict[str, str]
    unread: tuple[str, ...]
    load: LoadReport
    caught_up: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        """Return it as `kindred adopt --json` prints it: the load's own report, and more."""
        more = {"adopted": self.index, "fields": self.fields, "unread": list(self.unread), "caught_up": self.caught_up}
        return {**asdict(self.load), **more}


def adopt(
    plan: AdoptPlan, cluster: Cluster, store: ModelStore, home: Path, options: LoadOptions, hooks: Hooks
) -> AdoptReport:
    """Do what a plan says. Until the switch the shop's alias stays as it is; raises as `load_catalogue` does."""
    reader = _Reader(cluster, plan.adopted)
    file = home / "adopted" / f"{plan.alias}.jsonl"
    try:
        rows.write_rows(file, reader.all())
        # `force`: what stands behind the alias now is the very index that is read.
        wanted = replace(options, alias=plan.alias, adopted=plan.adopted, force=True, recipe=options.recipe)
        report = load_catalogue(file, cluster, store, home, wanted, hooks)
        writes = writes_by_shard(cluster, plan.index)
        caught_up = _catch_up(reader, file, cluster, store, home, wanted, hooks)
        _note_writes(cluster, plan, writes)
    finally:
        file.unlink(missing_ok=True)
    return AdoptReport(plan.index, dict(plan.adopted.fields), plan.unread, report, caught_up)


def _note_writes(cluster: Cluster, plan: AdoptPlan, writes: tuple[int, ...]) -> None:
    """Note how far the shop's index was read: what is written to it later is the shop's, and `leave` keeps it."""
    with Lease(cluster, plan.alias, f"adoption of {plan.index}"):
        live = live_generation(cluster, plan.alias)
        if live.adopted is not None:
            generations.update_meta(cluster, replace(live, adopted=replace(live.adopted, writes=writes)))


class _Reader:
    """Reads the shop's index, and remembers each document's content by its hash (16 bytes)."""

    def __init__(self, cluster: Cluster, adopted: Adopted) -> None:
        self._cluster, self._adopted = cluster, adopted
        self._seen: dict[str, bytes] = {}

    def all(self) -> Iterator[dict[str, Any]]:
        """Yield every document as a row."""
        for identity, source in rows.sources(self._cluster, self._adopted.index):
            self._seen[identity] = rows.content_hash(source)
            yield rows.row(identity, source)

    def changed(self, gone: list[str]) -> Iterator[dict[str, Any]]:
        """Yield what is new or different now; `gone` is given the ids that are not there any more."""
        left = dict(self._seen)
        for identity, source in rows.sources(self._cluster, self._adopted.index):
            found = rows.content_hash(source)
            if left.pop(identity, None) != found:
                self._seen[identity] = found
                yield rows.row(identity, source)
        for identity in left:
            del self._seen[identity]
        gone.extend(left)


def _catch_up(
    reader: _Reader,
    file: Path,
    cluster: Cluster,
    store: ModelStore,
    home: Path,
    options: LoadOptions,
    hooks: Hooks,
) -> dict[str, int]:
    """Bring over what the shop wrote to its index while it was read, up to the switch."""
    gone: list[str] = []
    changed = rows.write_rows(file, reader.changed(gone))
    if changed:
        changes = ChangeOptions(
            alias=options.alias, images=options.images, threads=options.threads, patience=options.patience
        )
        update(file, cluster, store, home, changes, replace(hooks, progress=lambda products: None))
    if gone:
        delete(cluster, gone, options.alias, options.patience)
    return {"changed": changed, "deleted": len(gone)}
