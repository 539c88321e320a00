"""`kindred train behaviour`: from orders to a model of the store, in steps that a kill does not undo."""

import hashlib
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from encoders.cards import ModelCard
from encoders.store import ModelStore
from encoders.text import TextEncoder
from plugin_bridge.behaviour.cold import ColdItems, fit_cold
from plugin_bridge.behaviour.crowd import crowd_of
from plugin_bridge.behaviour.fitting import Tuning, fit_parts
from plugin_bridge.behaviour.interactions import Interactions
from plugin_bridge.behaviour.learning import learn_blend
from plugin_bridge.behaviour.model import BLEND_KIND, Draft, write_model
from plugin_bridge.behaviour.parts import ItemParts
from plugin_bridge.behaviour.protocol import sequences
from plugin_bridge.behaviour.tuning import tune
from plugin_bridge.errors import BehaviourError

OF_CONTENTS = ("gru", "sasrec")
"""Kinds that begin from what a product is."""
KINDS = (BLEND_KIND, *OF_CONTENTS, "vae")
_PROVING = 200
_STEPS = 6


class Telling(Protocol):
    """What a training tells its progress to."""

    def progress(self, step: int, of: int | None = None, message: str = "", seconds_left: float | None = None) -> None:
        """Tell a step."""

    def figures(self, step: int, loss: float | None = None, valid: Any = None) -> None:
        """Tell a measurement."""


@dataclass(frozen=True)
class TrainOptions:
    """What a training is asked for. `left_out` are the hashes of customers whose rows are not used."""

    kind: str = BLEND_KIND
    seed: int = 7
    epochs: int = 15
    left_out: frozenset[str] = frozenset()
    tune: bool = True


@dataclass(frozen=True)
class Trained:
    """What a training made, and how long it took."""

    card: ModelCard
    notes: dict[str, Any]
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return what is told at the end."""
        return {
            "model": self.card.name,
            "fingerprint": self.card.fingerprint,
            "parity": dict(self.card.parity),
            "seconds": round(self.seconds, 1),
            **self.notes,
        }


def train_behaviour(
    rows: Interactions,
    name: str,
    store: ModelStore,
    work: Path,
    options: TrainOptions,
    tell: Telling,
    encoder: TextEncoder | None = None,
    photos: Mapping[int, np.ndarray] | None = None,
) -> Trained:
    """Train on all rows and put the model into the store.

    Args:
        work: a folder for what a killed training need not do again.
        encoder: reads titles; None: nothing is known of new products.
        photos: photo vectors of items, by their place in `rows.items`, which networks begin from as well.

    Raises:
        BehaviourError: the rows are too few, or the kind is unknown.
        ParityError: the exported network differs from its original; nothing is put into the store.
    """
    if options.kind not in KINDS:
        raise BehaviourError(f"--model {options.kind!r} is unknown; there are {', '.join(KINDS)}")
    started = time.monotonic()
    rows = rows.without_customers(options.left_out)
    if not len(rows):
        raise BehaviourError("no row is left to train on")
    day = float(np.floor(rows.last_day)) + 1.0
    texts = None if encoder is None else title_vectors(rows.titles, encoder)
    tell.progress(1, _STEPS, "choosing settings on an earlier cut")
    tuning = replace(_tuned(rows, day, work, options), seed=options.seed)
    tell.progress(2, _STEPS, "fitting item models")
    parts = fit_parts(rows, day, tuning, texts)
    cold = None if encoder is None or texts is None else cold_items(parts, texts, encoder.card.fingerprint)
    blend = learn_blend(
        rows,
        day,
        tuning,
        texts,
        seed=options.seed,
        told=lambda message: tell.progress(3, _STEPS, message),
        figures=lambda epoch, loss: tell.figures(epoch, loss),
    )
    notes: dict[str, Any] = {
        "rows": len(rows),
        "customers": len(np.unique(rows.customer)),
        "items": int(parts.sold.sum()),
        "day": day,
        "tuning": vars(tuning),
        "seed": options.seed,
        "left_out": len(options.left_out),
    }
    draft = Draft(options.kind, parts, crowd_of(rows, day), blend, cold, notes)
    tell.progress(5, _STEPS, "writing the model")
    with store.installing([name]) as folders:
        known = beginnings(texts, photos or {}, len(rows.items))
        parity = {} if options.kind == BLEND_KIND else _network(rows, known, folders[name], work, options, tell)
        card = write_model(folders[name], name, draft, parity)
    tell.progress(_STEPS, _STEPS, "done")
    return Trained(card, notes, time.monotonic() - started)


def title_vectors(titles: Iterable[str], encoder: TextEncoder) -> np.ndarray:
    """Return the vectors of titles, (n, dimension); capitals are lowered, or they would be spelt out."""
    return encoder.encode([title.lower() or "?" for title in titles], role="passage")


def beginnings(texts: np.ndarray | None, photos: Mapping[int, np.ndarray], items: int) -> np.ndarray | None:
    """Return text and photo vectors side by side, (items, d); a product without a photo has the mean of the others."""
    if not photos:
        return texts
    seen = np.stack(list(photos.values())).astype(np.float32)
    pictures = np.tile(seen.mean(axis=0), (items, 1))
    pictures[list(photos)] = seen
    return pictures if texts is None else np.hstack([texts, pictures])


def cold_items(parts: ItemParts, texts: np.ndarray, fingerprint: str) -> ColdItems:
    """Return what predicts the vector of a new product from its text."""
    usable = parts.sold & (np.linalg.norm(parts.vectors, axis=1) > 0)
    return fit_cold(texts[usable], parts.vectors[usable], fingerprint)


def _network(
    rows: Interactions, known: np.ndarray | None, folder: Path, work: Path, options: TrainOptions, tell: Telling
) -> dict[str, Any]:
    """Train a network, export it into the folder, and return what the gate measured."""
    from encoders.export.behaviour import export_network, prove_network
    from encoders.training.behaviour.networks import Bought, NetworkRecipe, train_network

    recipe = NetworkRecipe(options.kind, epochs=options.epochs, seed=options.seed)
    bought = Bought(sequences(rows), len(rows.items), known)
    net = train_network(bought, recipe, work, lambda epoch, of, loss: tell.figures(epoch, loss))
    export_network(net, folder, items=len(rows.items), length=recipe.length)
    return prove_network(net, folder, [one for one in bought.sequences if len(one)][:_PROVING], len(rows.items))


def _tuned(rows: Interactions, day: float, work: Path, options: TrainOptions) -> Tuning:
    """Return the settings, from an earlier run over the same rows where it was killed."""
    if not options.tune:
        return Tuning()
    mixed = hashlib.sha256(rows.item.tobytes() + rows.time.tobytes() + rows.customer.tobytes()).hexdigest()[:16]
    kept = work / f"tuning-{mixed}.json"
    if kept.is_file():
        return Tuning(**json.loads(kept.read_text(encoding="utf-8")))
    found = tune(rows, day)
    work.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(vars(found)), encoding="utf-8")
    return found
