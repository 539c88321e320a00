"""Giving everything back: the shop's own index behind its alias, as current as the live generation, and no drop-in."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from opensearch import generations
from opensearch.bulk import Action, BulkSender, Patience, delete_action, index_action
from opensearch.client import Cluster, path
from opensearch.generations import Adopted, Generation
from opensearch.leases import Lease
from plugin_bridge.adopting import rows
from plugin_bridge.catalogue import adoption
from plugin_bridge.errors import LoadError
from plugin_bridge.loading.changes import live_generation
from plugin_bridge.loading.documents import serialise
from plugin_bridge.loading.publish import count
from plugin_bridge.plugging import unplug

_AT_ONCE = 500


@dataclass(frozen=True)
class LeaveReport:
    """What leaving did. `index` is what the alias stands for now; `written` and `deleted` were brought back to it."""

    alias: str
    index: str
    given_back: bool
    documents: int
    written: int
    deleted: int
    dropped: list[str]
    kept: list[str]

    def to_json(self) -> dict[str, Any]:
        """Return it as `kindred leave --json` prints it."""
        return asdict(self)


def leave(cluster: Cluster, alias: str, *, keep: bool = False, patience: Patience | None = None) -> LeaveReport:
    """Give an alias back to the index that was taken over for it, and take Kindred out of the cluster.

    What changed since is written to that index first: products that are new, other or gone; only then does the alias
    move, in one call, and only after counts agree are generations deleted (not where `keep`). Where none was taken
    over, the live generation stays behind the alias as a plain index.

    Raises:
        LoadError: nothing of Kindred is behind the alias, or a product could not be written back.
        LeaseHeldError: another process writes to the alias.
    """
    with Lease(cluster, alias, "leaving"):
        live = live_generation(cluster, alias)
        adopted = live.adopted
        given_back = adopted is not None and cluster.exists(path(adopted.index))
        written = deleted = 0
        if adopted is not None and given_back:
            written, deleted = _bring_back(cluster, live, adopted, patience)
            generations.switch(cluster, alias, adopted.index)
        known = generations.history(cluster, alias)
        for generation in known:
            unplug(cluster, generation)
        dropped = [] if keep or not given_back else known
        for generation in dropped:
            generations.drop(cluster, generation)
    index = adopted.index if adopted is not None and given_back else live.index
    return LeaveReport(
        alias=alias,
        index=index,
        given_back=given_back,
        documents=count(cluster, index),
        written=written,
        deleted=deleted,
        dropped=[one.index for one in dropped],
        kept=[one.index for one in known if one not in dropped],
    )


def _bring_back(cluster: Cluster, live: Generation, adopted: Adopted, patience: Patience | None) -> tuple[int, int]:
    """Make the shop's index as current as the live generation; return how many were written and deleted."""
    before = {identity: rows.content_hash(_bare(source)) for identity, source in rows.sources(cluster, adopted.index)}
    sender = BulkSender(cluster, adopted.index, patience=patience)
    written = 0
    waiting: list[Action] = []
    for identity, own in _current(cluster, live, adopted):
        if before.pop(identity, None) != rows.content_hash(_bare(own)):
            waiting.append(index_action(identity, serialise(own)))
            written += 1
        if len(waiting) >= _AT_ONCE:
            _send(sender, waiting)
            waiting = []
    _send(sender, [*waiting, *(delete_action(identity) for identity in before)])
    cluster.request("POST", path(adopted.index, "_refresh"), timeout=300)
    there, wanted = count(cluster, adopted.index), count(cluster, live.index)
    if there != wanted:
        raise LoadError(
            f"{adopted.index} holds {there:,} documents where {live.index} holds {wanted:,}; the alias was left as it "
            "is. Somebody writes to one of them; try again"
        )
    return written, len(before)


def _current(cluster: Cluster, live: Generation, adopted: Adopted) -> Iterator[tuple[str, dict[str, Any]]]:
    for identity, source in rows.sources(cluster, live.index):
        yield identity, adoption.own_part(source, adopted)


def _send(sender: BulkSender, actions: list[Action]) -> None:
    if not actions:
        return
    refused = sender.send(actions).refused
    if refused:
        first = refused[0]
        raise LoadError(
            f"{len(refused)} products could not be written back, the alias was left as it is; id {first.id!r}: "
            f"{first.reason}"
        )


def _bare(source: dict[str, Any]) -> dict[str, Any]:
    """Return a document without empty values: a load leaves them out, and nothing is said by them."""
    return {name: value for name, value in source.items() if value not in (None, "", [])}
