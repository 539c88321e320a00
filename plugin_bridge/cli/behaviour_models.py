"""`kindred train behaviour` and `kindred evaluate behaviour`."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.markup import escape

from encoders.errors import EncoderError
from encoders.store import ModelStore
from encoders.text import TextEncoder
from opensearch.client import connect
from opensearch.errors import OpenSearchError
from plugin_bridge.behaviour.diary import Diary
from plugin_bridge.behaviour.evaluating import BehaviourReport, evaluate_behaviour
from plugin_bridge.behaviour.identity import pseudonyms
from plugin_bridge.behaviour.model import open_model
from plugin_bridge.behaviour.naming import free_name
from plugin_bridge.behaviour.protocol import day_of, default_day
from plugin_bridge.behaviour.publishing import photos_of
from plugin_bridge.behaviour.reading import read_behaviour
from plugin_bridge.behaviour.training import KINDS, OF_CONTENTS, TrainOptions, title_vectors, train_behaviour
from plugin_bridge.cli.output import console, out, print_json, progress, table
from plugin_bridge.cli.progress_lines import telling
from plugin_bridge.errors import BridgeError
from plugin_bridge.experiments import note
from plugin_bridge.jobs.commands import made_name
from plugin_bridge.settings import Settings


def train(
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="Folder or file of orders; default: the diary.")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--out", metavar="NAME", help="Name of the model that is made; default: a new one.")
    ] = None,
    model: Annotated[str, typer.Option("--model", metavar="|".join(KINDS), help="What ranks.")] = "blend",
    epochs: Annotated[int, typer.Option("--epochs", min=1, max=1000, help="Of a network.")] = 15,
    leave_out: Annotated[
        list[str] | None,
        typer.Option("--leave-out", metavar="ID", help="A customer whose orders are not used. Repeat."),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="DATE", help="Only orders before this day: those since can compare it."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 7,
    index: Annotated[
        str | None,
        typer.Option("--index", metavar="ALIAS", help="Whose photos a network begins from; default: KINDRED_ALIAS."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Progress as JSON lines on standard output.")] = False,
) -> None:
    """Learn from orders what customers want next; `kindred behaviour publish NAME` puts it into the live generation."""
    if model not in KINDS:
        raise typer.BadParameter(f"{model!r} is unknown; there are {', '.join(KINDS)}", param_hint="--model")
    settings = Settings()
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    hashed = pseudonyms(settings.home)
    store = ModelStore(settings.models_dir)
    name = free_name(store, made_name("behaviour") if name is None else name)
    rows = Diary(settings.home).interactions() if data is None else read_behaviour(data, hashed.of).interactions
    if until is not None:
        rows = rows.before(day_of(until, "--until"))
    options = TrainOptions(
        kind=model, seed=seed, epochs=epochs, left_out=frozenset(hashed.of(one) for one in leave_out or ())
    )
    photos = _photos(index or settings.alias, rows.items) if model in OF_CONTENTS else {}
    with telling(json) as lines:
        try:
            trained = train_behaviour(
                rows, name, store, settings.cache / "behaviour", options, lines, _encoder(settings, store), photos
            )
        except ImportError as error:
            raise BridgeError(
                f"training needs torch and scipy ({error.name} is missing): pip install 'kindred[train,evaluate]'"
            ) from error
        experiment = note(
            settings.home,
            "behaviour",
            [trained.card],
            data=rows.digest(),
            base=model,
            settings={"epochs": epochs, "seed": seed, "left_out": len(options.left_out)},
            figures={key: value for key, value in trained.notes.items() if isinstance(value, int | float)},
            seconds=trained.seconds,
        )
        lines.result({"experiment": experiment.id, **trained.to_json()})
    if not json:
        notes = trained.notes
        console.print(
            f"{name}: {notes['items']:,} products and {notes['customers']:,} customers, {trained.seconds:.0f} s"
        )
        console.print(
            f"`kindred release {name}` compares it with the live one, `kindred behaviour publish {name}` does not"
        )


def evaluate(
    data: Annotated[Path, typer.Option("--data", metavar="DIR", help="Folder or file of orders.")],
    start: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="First day of the test; default: the last tenth.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="NAME", help="A trained model to measure beside, of earlier orders."),
    ] = None,
    split: Annotated[str, typer.Option("--split", help="Behaviour has one split, by time.")] = "test",
    seed: Annotated[int, typer.Option("--seed", min=0)] = 7,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Recommend from what lay before a date, and score against each customer's first order after it."""
    if split != "test":
        raise typer.BadParameter("behaviour has one split, `test`: what comes after --from", param_hint="--split")
    settings = Settings()
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    read = read_behaviour(data, pseudonyms(settings.home).of)
    rows = read.interactions
    day = default_day(rows) if start is None else day_of(start)
    store = ModelStore(settings.models_dir)
    stored = None if model is None else open_model(store, model)
    encoder = _encoder(settings, store)
    texts = None if encoder is None else title_vectors(rows.titles, encoder)
    with progress() as display:
        task = display.add_task("starting", total=None)
        report = evaluate_behaviour(
            rows,
            day,
            texts=texts,
            seed=seed,
            cleaning=read.cleaning,
            stored=stored,
            told=lambda message: display.update(task, description=message),
        )
    if json:
        print_json(report.to_json())
    else:
        _show(report)


def _encoder(settings: Settings, store: ModelStore) -> TextEncoder | None:
    """Return the text encoder of this home; without one titles tell nothing, and that is said."""
    try:
        return store.open_text(settings.text_model, settings.threads)
    except EncoderError as error:
        console.print(f"[yellow]titles are not read:[/] {error}", soft_wrap=True)
        return None


def _photos(alias: str, items: Sequence[str]) -> dict[int, np.ndarray]:
    """Return the photo vectors of the live generation, by an item's place; none where no OpenSearch answers."""
    try:
        with connect() as cluster:
            found = photos_of(cluster, alias, items)
    except OpenSearchError as error:
        console.print(f"[yellow]photos are not looked at:[/] {escape(str(error))}", soft_wrap=True)
        return {}
    console.print(f"photos of {len(found):,} of {len(items):,} products are known")
    return found


def _show(report: BehaviourReport) -> None:
    document = report.to_json()
    rows = []
    for name, one in document["variants"].items():
        new = one["new"]
        interval = "to".join(f" {bound:.3f} " for bound in one["ci95"]).strip()
        shown = "-" if new["recall@20"] is None else f"{new['recall@20']:.3f}"
        figures = (f"{one['recall@20']:.3f}", interval, f"{one['ndcg@10']:.3f}", shown)
        rows.append((name, *figures, f"{one['coverage']:.2f}", f"{one['gini']:.2f}", f"{one['novelty']:.1f}"))
    columns = ("", "recall@20", "95 % interval", "nDCG@10", "recall@20 new", "coverage", "Gini", "novelty")
    title = f"{document['sequences']:,} customers, {document['items']:,} products, test from {document['from']}"
    out.print(table(title, columns, rows))
    for name, gain in document["gains"].items():
        if gain is not None:
            console.print(f"{name.replace('_', ' ')}: {gain['gain']:+.1%} ({gain['low']:+.1%} to {gain['high']:+.1%})")
