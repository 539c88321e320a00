"""Giving everything back: the shop's own index behind its alias, as current as the live generation, and no drop-in."""

from dataclasses import asdict, dataclass
from typing import Any

from opensearch import generations
from opensearch.bulk import Action, BulkSender, Patience, delete_action, index_action
from opensearch.client import Cluster, path
from opensearch.generations import Adopted, Generation
from opensearch.leases import Lease
from opensearch.writes import written_since
from plugin_bridge.adopting import rows
from plugin_bridge.catalogue import adoption
from plugin_bridge.errors import LoadError
from plugin_bridge.loading.documents import serialise
from plugin_bridge.loading.live import live_generation
from plugin_bridge.loading.publish import count
from plugin_bridge.plugging import unplug

_AT_ONCE = 500
_SHOWN = 100


@dataclass(frozen=True)
class LeaveReport:
    """What leaving did. `index` is what the alias stands for now.

    `written` and `deleted` were brought back to it. `newer` products were written there by the shop itself since the
    adoption, and stay as they are. `only_there` names products that only this index has (the first 100 of
    `only_there_count`).
    """

    alias: str
    index: str
    given_back: bool
    documents: int
    written: int = 0
    deleted: int = 0
    newer: int = 0
    only_there_count: int = 0
    only_there: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it as `kindred leave --json` prints it."""
        return asdict(self)


def leave(
    cluster: Cluster, alias: str, *, delete: bool = False, keep: bool = False, patience: Patience | None = None
) -> LeaveReport:
    """Give an alias back to the index that was taken over for it, and take Kindred out of the cluster.

    What is new or changed since is written to that index first; only then does the alias move, in one call, and only
    after counts agree are generations deleted (not where `keep`). Nothing of the shop's is lost: what it wrote to its
    index itself since the adoption stays, and products that only its index has are deleted with `delete` alone: they
    were deleted in the live generation, or never came into it. Where none was taken over, the live generation stays
    behind the alias as a plain index.

    Raises:
        LoadError: nothing of Kindred is behind the alias, or a product could not be written back.
        LeaseHeldError: another process writes to the alias.
    """
    with Lease(cluster, alias, "leaving"):
        live = live_generation(cluster, alias)
        adopted = live.adopted
        given_back = adopted is not None and cluster.exists(path(adopted.index))
        index, brought = live.index, _Brought()
        if adopted is not None and given_back:
            index, brought = adopted.index, _bring_back(cluster, live, adopted, delete, patience)
            generations.switch(cluster, alias, index)
        known = generations.history(cluster, alias)
        for generation in known:
            unplug(cluster, generation)
        dropped = known if given_back and not keep else []
        for generation in dropped:
            generations.drop(cluster, generation)
    return LeaveReport(
        alias=alias,
        index=index,
        given_back=given_back,
        documents=count(cluster, index),
        written=brought.written,
        deleted=brought.deleted,
        newer=brought.newer,
        only_there_count=len(brought.only_there),
        only_there=brought.only_there[:_SHOWN],
        dropped=tuple(one.index for one in dropped),
        kept=tuple(one.index for one in known if one not in dropped),
    )


@dataclass(frozen=True)
class _Brought:
    """What was brought back, and what was left as it is."""

    written: int = 0
    deleted: int = 0
    newer: int = 0
    only_there: tuple[str, ...] = ()


def _bring_back(
    cluster: Cluster, live: Generation, adopted: Adopted, delete: bool, patience: Patience | None
) -> _Brought:
    """Make the shop's index as current as the live generation, and leave what the shop wrote there itself."""
    own = set(written_since(cluster, adopted.index, adopted.writes))
    before = {identity: rows.content_hash(_bare(source)) for identity, source in rows.sources(cluster, adopted.index)}
    sender = BulkSender(cluster, adopted.index, patience=patience)
    written = newer = 0
    waiting: list[Action] = []
    for identity, source in rows.sources(cluster, live.index):
        part = adoption.own_part(source, adopted)
        if before.pop(identity, None) == rows.content_hash(_bare(part)):
            continue
        if identity in own:
            newer += 1
            continue
        waiting.append(index_action(identity, serialise(part)))
        written += 1
        if len(waiting) >= _AT_ONCE:
            _send(sender, waiting)
            waiting = []
    gone = [identity for identity in before if delete and identity not in own]
    _send(sender, [*waiting, *map(delete_action, gone)])
    cluster.request("POST", path(adopted.index, "_refresh"), timeout=300)
    only_there = tuple(sorted(set(before) - set(gone)))
    there, wanted = count(cluster, adopted.index), count(cluster, live.index) + len(only_there)
    if there != wanted:
        raise LoadError(
            f"{adopted.index} holds {there:,} documents where {wanted:,} are expected; the alias was left as it is. "
            f"Somebody writes to it or to {live.index}; try again"
        )
    return _Brought(written, len(gone), newer, only_there)


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
