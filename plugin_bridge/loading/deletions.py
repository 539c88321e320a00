"""Deletions from the live generation."""

from collections.abc import Iterable
from dataclasses import dataclass

from opensearch.bulk import BulkSender, Patience, delete_action
from opensearch.client import Cluster, path
from opensearch.leases import Lease
from plugin_bridge.errors import LoadError
from plugin_bridge.loading.live import live_generation, settle_count


@dataclass(frozen=True)
class DeleteReport:
    """What a deletion did; `missing` names ids (the first 100) that were not there."""

    alias: str
    generation: str
    documents: int
    deleted: int
    not_found: int
    missing: list[str]


def delete(cluster: Cluster, ids: Iterable[str], alias: str, patience: Patience | None = None) -> DeleteReport:
    """Delete products from the live generation; ids that are not there are reported and no error."""
    wanted = list(dict.fromkeys(ids))
    with Lease(cluster, alias, f"deletion of {len(wanted)} products"):
        generation = live_generation(cluster, alias)
        missing: list[str] = []
        present: list[str] = []
        for start in range(0, len(wanted), 1000):
            part = wanted[start : start + 1000]
            body, params = {"ids": part}, {"_source": False}
            found = cluster.request("POST", path(generation.index, "_mget"), body, params=params)
            for identity, one in zip(part, found["docs"], strict=True):
                (present if one.get("found") else missing).append(identity)
        sender = BulkSender(cluster, generation.index, patience=patience)
        outcome = sender.send([delete_action(identity) for identity in present])
        if outcome.refused:
            first = outcome.refused[0]
            raise LoadError(f"{len(outcome.refused)} products were not deleted; id {first.id!r}: {first.reason}")
        generation = settle_count(cluster, generation)
    return DeleteReport(alias, generation.name, generation.documents, len(present), len(missing), missing[:100])
