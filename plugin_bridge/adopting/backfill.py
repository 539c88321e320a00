"""Completing the live generation: products that were written past Kindred get their vectors.

A shop that goes on writing to its alias itself leaves products without vectors, or with those of an earlier text.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from encoders.store import ModelStore
from opensearch.client import Cluster
from opensearch.generations import Generation
from opensearch.mappings import IMAGE_HASH, TEXT_HASH, TIE
from plugin_bridge.adopting import rows
from plugin_bridge.catalogue import adoption
from plugin_bridge.loading.changes import ChangeOptions, update
from plugin_bridge.loading.documents import text_hash
from plugin_bridge.loading.live import live_generation
from plugin_bridge.loading.load import Hooks


@dataclass(frozen=True)
class BackfillReport:
    """What a backfill did: products looked at, those that lacked something, texts and photos encoded."""

    alias: str
    generation: str
    documents: int
    incomplete: int
    encoded: int
    photos: dict[str, int]
    problems: list[str]


def backfill(cluster: Cluster, store: ModelStore, home: Path, options: ChangeOptions, hooks: Hooks) -> BackfillReport:
    """Complete every product of the live generation; raises as `update` does. Killed, it is simply run again."""
    generation = live_generation(cluster, options.alias)
    file = home / "adopted" / f"{options.alias}-backfill.jsonl"
    try:
        incomplete = rows.write_rows(file, _incomplete(cluster, generation))
        if not incomplete:
            return BackfillReport(options.alias, generation.name, generation.documents, 0, 0, {}, [])
        report = update(file, cluster, store, home, options, hooks)
    finally:
        file.unlink(missing_ok=True)
    return BackfillReport(
        alias=options.alias,
        generation=generation.name,
        documents=report.documents,
        incomplete=incomplete,
        encoded=report.counts["encoded"],
        photos=report.photos,
        problems=report.problems,
    )


def _incomplete(cluster: Cluster, generation: Generation) -> Iterator[dict[str, Any]]:
    for identity, source in rows.sources(cluster, generation.index):
        adopted = generation.adopted
        if adopted is not None:
            own = adoption.own_part(source, adopted)
        else:
            own = {name: source[name] for name in ("image",) if name in source}
        text = adoption.text_of(generation, own if adopted is not None else source)
        stale = source.get(TEXT_HASH) != text_hash(text) or TIE not in source
        unseen = generation.image is not None and bool(own.get("image")) and source.get(IMAGE_HASH) is None
        if stale or unseen:
            yield rows.row(identity, own)
