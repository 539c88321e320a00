"""`kindred train search`: an encoder fine-tuned on judged queries, by the machinery that trains on pairs."""

import hashlib
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from encoders.store import ModelStore
from plugin_bridge.catalogue.readers import Row, read_rows
from plugin_bridge.errors import EvaluationError
from plugin_bridge.evaluation.folders import JudgedSet
from plugin_bridge.experiments import Experiment, find, identity_of, record
from plugin_bridge.pairs.baselines import product_text
from plugin_bridge.pairs.scoring import LETTERS
from plugin_bridge.pairs.training import (
    Tell,
    Wanted,
    base_name,
    export_base,
    install_encoder,
    room_on_disk,
    source_of,
    still_there,
)

KIND = "train-search"
HIGHEST = 3
LEAST = 20
_VALID_OF = 5


def train_search(
    judged: JudgedSet, name: str, store: ModelStore, wanted: Wanted, home: Path, *, tell: Tell = lambda event: None
) -> tuple[Experiment, bool]:
    """Fine-tune on judgments, export through the gate as NAME and NAME-int8, record; as `train_pairs` does for pairs.

    Raises EvaluationError where fewer than LEAST judgments are at hand, or none of them is good.
    """
    from encoders.training.device import device_name
    from encoders.training.pairs.adapt import adapt
    from encoders.training.pairs.bi_encoder import BiRecipe, TextPairs, train_bi_encoder

    store.folder(name)
    rows = list(graded(judged))
    good = sum(grade > HIGHEST / 2 for *_, grade in rows)
    if len(rows) < LEAST or not good:
        raise EvaluationError(
            f"{judged.folder}: {len(rows)} judgments of products in the catalogue, {good} of them 2 or 3, are too few "
            f"to learn from; at least {LEAST} wanted, some of them good"
        )
    export_base(store, wanted.base, tell)
    labels = hashlib.sha256(orjson.dumps(sorted(rows))).hexdigest()[:16]
    settings = {key: value for key, value in asdict(wanted).items() if key not in ("what", "cross_epochs", "minutes")}
    one = identity_of(KIND, labels, settings, store.card(base_name(wanted.base)).fingerprint)
    before = find(home, one)
    if (
        before is not None
        and before.model == name
        and all(still_there(store, *model) for model in before.models.items())
    ):
        tell({"event": "log", "message": f"experiment {one} was run before; this is its recorded result"})
        return before, True
    started = time.monotonic()
    source = source_of(wanted.base)
    work = home / "training" / f"search-{name}-{one}"
    work.mkdir(parents=True, exist_ok=True)
    figures: dict[str, Any] = {}
    if wanted.adapt:
        losses = adapt(source, [product for _, _, product, _ in rows], steps=wanted.adapt, seed=wanted.seed, tell=tell)
        figures["adaptation"] = {"steps": len(losses), "first_loss": losses[0], "last_loss": losses[-1]}
    sides = []
    for held in (False, True):
        chosen = [row for row in rows if held_out(row[0]) == held]
        query, passage = (str(source.preprocessing[f"{role}_prefix"]) for role in ("query", "passage"))
        sides.append(
            TextPairs(
                [query + text for _, text, _, _ in chosen],
                [passage + product for _, _, product, _ in chosen],
                np.asarray([grade / HIGHEST for *_, grade in chosen]),
            )
        )
    recipe = BiRecipe(loss=wanted.loss, epochs=wanted.epochs, seed=wanted.seed)
    with room_on_disk(store, work):
        made = train_bi_encoder(source, sides[0], sides[1], recipe, work, tell)
        cards = install_encoder(
            made.folder, name, store, wanted.base, f"judgments of {judged.folder.name}",
            lambda message: tell({"event": "log", "message": message}),
        )  # fmt: skip
    figures |= {"valid_f1_before": made.before, "valid_f1": made.f1, "loss": made.loss, "trials": dict(made.trials)}
    experiment = Experiment(
        id=one,
        kind=KIND,
        model=name,
        base=base_name(wanted.base),
        labels=labels,
        settings=settings,
        figures={**figures, "judgments": len(rows), "queries": len(judged.queries)},
        parity={made_card.name: dict(made_card.parity) for made_card in cards},
        seconds=round(time.monotonic() - started, 1),
        device=device_name(),
        models={made_card.name: made_card.fingerprint for made_card in cards},
    )
    record(home, experiment)
    return experiment, False


def graded(judged: JudgedSet) -> Iterator[tuple[str, str, str, int]]:
    """Yield (query id, query, product text, grade) of every judgment whose product is in the catalogue."""
    wanted = {product for grades in judged.judgments.values() for product in grades}
    texts = {}
    for row in read_rows(judged.products):
        if isinstance(row, Row) and str(row.data.get("id")) in wanted:
            texts[str(row.data["id"])] = product_text(row.data)[:LETTERS]
    for query in judged.queries:
        for product, grade in judged.judgments[query.id].items():
            if product in texts:
                yield query.id, query.text, texts[product], int(grade)


def held_out(query: str) -> bool:
    """Return whether the query of this id is kept from training; a comparison before a release asks too."""
    return int(hashlib.sha256(query.encode()).hexdigest(), 16) % _VALID_OF == 0
