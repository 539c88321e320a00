"""Experiments of the trainings that learn from a folder of data: one call when they have ended."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from encoders.cards import ModelCard
from plugin_bridge.experiments.records import Experiment, identity_of, record

_READ_AT_ONCE = 2**20
_TABLES = frozenset({".tsv", ".csv", ".jsonl", ".json", ".gz", ".txt", ".parquet"})


def note(
    home: Path,
    kind: str,
    cards: Sequence[ModelCard],
    *,
    data: str,
    base: str,
    settings: Mapping[str, Any],
    figures: Mapping[str, Any],
    seconds: float,
    device: str = "cpu",
) -> Experiment:
    """Record a training that made these models, the first of which names it, and return the record.

    Args:
        data: hash of what it learned from, see `data_hash`.
        base: the model that it started from, or what made its inputs.
    """
    first = cards[0]
    experiment = Experiment(
        id=identity_of(kind, data, settings, base),
        kind=kind,
        model=first.name,
        base=base,
        labels=data,
        settings=settings,
        figures=figures,
        parity={card.name: dict(card.parity) for card in cards},
        seconds=round(seconds, 1),
        device=device,
        models={card.name: card.fingerprint for card in cards},
    )
    record(home, experiment)
    return experiment


def data_hash(data: Path) -> str:
    """Return the hash of a file, or of a folder's tables; photos count by their lines in the tables."""
    files = [data] if data.is_file() else sorted(one for one in data.iterdir() if one.suffix in _TABLES)
    found = hashlib.sha256()
    for file in files:
        found.update(file.name.encode())
        with file.open("rb") as stream:
            while part := stream.read(_READ_AT_ONCE):
                found.update(part)
    return found.hexdigest()[:16]
