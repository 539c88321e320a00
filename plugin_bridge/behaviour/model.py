"""A trained model of behaviour in the model store: what is in its folder, writing it, opening it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from encoders.behaviour import VECTORS_FILE, BehaviourNetwork
from encoders.cards import MODEL_FILE, ModelCard, fingerprint_of, read_card, sha256_of, write_card
from encoders.store import ModelStore
from plugin_bridge.behaviour.blend import Blend, load_blend, save_blend
from plugin_bridge.behaviour.cold import CATALOGUE_FILE, COLD_FILE, ColdItems, load_cold, save_cold
from plugin_bridge.behaviour.crowd import Crowd, load_crowd, save_crowd
from plugin_bridge.behaviour.parts import ItemParts, load_parts, save_parts
from plugin_bridge.behaviour.protocol import History
from plugin_bridge.errors import BehaviourError

NOTES_FILE = "behaviour.json"
KIND = "behaviour"
BLEND_KIND = "blend"


@dataclass(frozen=True)
class BehaviourModel:
    """An opened model: parts, crowd, and the blend or the network that ranks; `kind` says which of them."""

    name: str
    fingerprint: str
    kind: str
    parts: ItemParts
    crowd: Crowd
    blend: Blend
    cold: ColdItems | None
    network: BehaviourNetwork | None
    notes: Mapping[str, Any]
    folder: Path

    @property
    def place(self) -> dict[str, int]:
        """The place of every item, by id."""
        found = self.__dict__.get("_kept_place")
        if found is None:
            found = {item: number for number, item in enumerate(self.parts.items)}
            object.__setattr__(self, "_kept_place", found)
        return found

    def scores(self, history: History, now: float) -> np.ndarray:
        """Return the score of every item, -inf for what was never sold."""
        if self.network is None:
            return self.blend.scores(self.parts, self.crowd, history, now)
        return np.where(self.parts.sold, self.network.scores(history.items), -np.inf)


@dataclass(frozen=True)
class Draft:
    """What a training made, before it is a model of the store."""

    kind: str
    parts: ItemParts
    crowd: Crowd
    blend: Blend
    cold: ColdItems | None
    notes: Mapping[str, Any]


def write_model(folder: Path, name: str, draft: Draft, parity: Mapping[str, Any]) -> ModelCard:
    """Write a draft and its card into a folder of the store, which may hold an exported network already."""
    written = [save_parts(folder, draft.parts), save_blend(folder, draft.blend)]
    if draft.cold is not None:
        written.append(save_cold(folder / COLD_FILE, draft.cold))
    written += [folder / one for one in (MODEL_FILE, VECTORS_FILE) if (folder / one).is_file()]
    # The crowd is no part of the card's files: it changes whenever a customer is forgotten.
    save_crowd(folder, draft.crowd)
    notes = {"kind": draft.kind, **draft.notes}
    (folder / NOTES_FILE).write_text(json.dumps(notes, indent=1, default=str) + "\n", encoding="utf-8")
    files = {path.name: sha256_of(path) for path in written}
    preprocessing = {"kind": draft.kind}
    card = ModelCard(
        name=name,
        kind="behaviour",
        revision="1",
        dimension=int(draft.parts.vectors.shape[1]),
        pooling="none",
        preprocessing=preprocessing,
        languages=(),
        licence="as the orders it was trained on",
        source="kindred train behaviour",
        precision="fp32",
        files=files,
        fingerprint=fingerprint_of(files, preprocessing),
        parity=dict(parity),
    )
    write_card(folder, card)
    return card


def open_model(store: ModelStore, name: str) -> BehaviourModel:
    """Open a model of the store.

    Raises:
        ModelNotFoundError: there is none of this name.
        BehaviourError: it is no model of behaviour, or a file of it is damaged.
    """
    store.card(name)
    folder = store.folder(name)
    card = read_card(folder)
    if card.kind != KIND:
        raise BehaviourError(f"model {name!r} is one of {card.kind}, not of behaviour")
    try:
        notes = json.loads((folder / NOTES_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BehaviourError(f"{folder / NOTES_FILE} cannot be read: {error}") from error
    parts = load_parts(folder)
    network = BehaviourNetwork(folder, len(parts)) if (folder / MODEL_FILE).is_file() else None
    return BehaviourModel(
        name=name,
        fingerprint=card.fingerprint,
        kind=str(notes.get("kind", BLEND_KIND)),
        parts=parts,
        crowd=load_crowd(folder),
        blend=load_blend(folder),
        cold=next((load_cold(folder / one) for one in (CATALOGUE_FILE, COLD_FILE) if (folder / one).is_file()), None),
        network=network,
        notes=notes,
        folder=folder,
    )


def behaviour_models(store: ModelStore) -> list[str]:
    """Return the names of the models of behaviour in a store."""
    return [card.name for card in store.list() if card.kind == KIND]
