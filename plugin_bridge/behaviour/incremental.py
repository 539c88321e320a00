"""The nightly update: new orders enter a trained model without training it again.

Item factors stay as they are except for items in new orders: each gets the half step of ALS against its customers'
vectors, which are folded in with the factors that stay. So all vectors still belong together, and few change.
Popularity, age and the crowd are counted anew; neighbours and the blend wait for the next training.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from encoders.cards import fingerprint_of, read_card, sha256_of, write_card
from encoders.store import ModelStore
from plugin_bridge.behaviour.crowd import crowd_of, save_crowd
from plugin_bridge.behaviour.fitting import buyers, context_counts, repeat_share
from plugin_bridge.behaviour.interactions import Interactions
from plugin_bridge.behaviour.model import BehaviourModel
from plugin_bridge.behaviour.parts import (
    ALS_ALPHA,
    ALS_HALF_LIFE,
    ALS_REGULARISATION,
    ItemParts,
    Neighbours,
    save_parts,
)
from plugin_bridge.behaviour.protocol import histories
from plugin_bridge.errors import BehaviourError


def updated(parts: ItemParts, rows: Interactions) -> tuple[ItemParts, Interactions, np.ndarray]:
    """Return the parts with all rows of the diary in them, the rows over the model's items, and the items touched.

    Raises BehaviourError where nothing is newer than the model.
    """
    day = float(np.floor(rows.last_day)) + 1.0
    if day <= parts.day and set(rows.items) <= set(parts.items):
        raise BehaviourError("the diary holds nothing newer than the model: import new orders first")
    wide = _with_new_items(parts, rows)
    place = {item: number for number, item in enumerate(wide.items)}
    mapping = np.array([place[item] for item in rows.items], np.int32)
    titles = list(wide.titles)
    for number, title in zip(mapping, rows.titles, strict=True):
        titles[number] = title or titles[number]
    ours = replace(rows, items=wide.items, titles=tuple(titles), item=mapping[rows.item])
    touched = np.unique(ours.item[ours.time >= parts.day])
    vectors = _half_step(wide, ours, touched, day)
    first = np.full(len(wide.items), day)
    np.minimum.at(first, ours.item, ours.time)
    fresh = replace(
        wide,
        day=day,
        titles=tuple(titles),
        contexts=ours.contexts,
        vectors=vectors,
        popularity=np.stack([np.log1p(buyers(ours, day, days)) for days in (30.0, 7.0, 90.0)]).astype(np.float32),
        by_context=context_counts(ours, day, 90.0),
        age=np.maximum(wide.age + (day - parts.day), day - first).astype(np.float32),
        repeat=repeat_share(ours),
        sold=wide.sold | (np.bincount(ours.item, minlength=len(wide.items)) > 0),
    )
    return fresh, ours, touched


def update_model(store: ModelStore, model: BehaviourModel, rows: Interactions) -> tuple[str, int]:
    """Write the update into the model's folder; returns the new fingerprint and how many items were touched."""
    if model.network is not None:
        raise BehaviourError(f"{model.name} is a {model.kind} network: train it again instead of updating it")
    parts, ours, touched = updated(model.parts, rows)
    folder: Path = store.folder(model.name)
    card = read_card(folder)
    with store.installing([model.name]) as folders:
        draft = folders[model.name]
        for path in folder.iterdir():
            if path.is_file():
                (draft / path.name).write_bytes(path.read_bytes())
        save_parts(draft, parts)
        save_crowd(draft, crowd_of(ours, parts.day))
        files = {name: sha256_of(draft / name) for name in card.files}
        fresh = replace(card, files=files, fingerprint=fingerprint_of(files, card.preprocessing))
        write_card(draft, fresh)
    return fresh.fingerprint, len(touched)


def _with_new_items(parts: ItemParts, rows: Interactions) -> ItemParts:
    """Return the parts with room for items that the model does not know; they have no neighbours yet."""
    known = set(parts.items)
    new = [(item, title) for item, title in zip(rows.items, rows.titles, strict=True) if item not in known]
    if not new:
        return parts
    more = len(new)

    def longer(array: np.ndarray, axis: int = 0) -> np.ndarray:
        widths = [(0, more if one == axis else 0) for one in range(array.ndim)]
        return np.pad(array, widths)

    return replace(
        parts,
        items=(*parts.items, *(item for item, _ in new)),
        titles=(*parts.titles, *(title for _, title in new)),
        neighbours={name: Neighbours(longer(one.ids), longer(one.weights)) for name, one in parts.neighbours.items()},
        popularity=longer(parts.popularity, 1),
        by_context=longer(parts.by_context, 1),
        age=longer(parts.age),
        repeat=longer(parts.repeat),
        sold=longer(parts.sold),
        vectors=longer(parts.vectors),
    )


def _half_step(parts: ItemParts, rows: Interactions, touched: np.ndarray, day: float) -> np.ndarray:
    """Return the item vectors, those of touched items solved again against all customers (Hu et al. 2008)."""
    if not len(touched):
        return parts.vectors
    wanted = np.zeros(len(parts), bool)
    wanted[touched] = True
    customers, buyers_of = [], []
    for number, (_, history) in enumerate(histories(rows)):
        customers.append(parts.customer_vector(history, day))
        items, last = np.unique(history.items[::-1], return_index=True)
        strengths = 0.5 ** (np.maximum(day - history.times[::-1][last], 0.0) / ALS_HALF_LIFE)
        for item, strength in zip(items, strengths, strict=True):
            if wanted[item]:
                buyers_of.append((int(item), number, float(strength)))
    matrix = np.array(customers)
    gram = matrix.T @ matrix + ALS_REGULARISATION * np.eye(matrix.shape[1])
    found = parts.vectors.copy()
    table = np.array(sorted(buyers_of))
    starts = np.flatnonzero(np.r_[True, table[1:, 0] != table[:-1, 0]])
    for start, end in zip(starts, [*starts[1:], len(table)], strict=True):
        who, strength = matrix[table[start:end, 1].astype(int)], table[start:end, 2]
        left = gram + (who.T * (ALS_ALPHA * strength)) @ who
        found[int(table[start, 0])] = np.linalg.solve(left, who.T @ (1.0 + ALS_ALPHA * strength))
    return found.astype(np.float32)
