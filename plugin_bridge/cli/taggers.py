"""`kindred train tags` and `kindred evaluate tags`."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from encoders.store import ModelStore
from encoders.tagger import Tagger
from plugin_bridge.cli.output import out, print_json, progress, table
from plugin_bridge.cli.progress_lines import Lines, telling
from plugin_bridge.errors import BridgeError
from plugin_bridge.experiments import data_hash, note
from plugin_bridge.settings import Settings
from plugin_bridge.tagging.calibration import WANTED_PRECISION
from plugin_bridge.tagging.evaluating import TagReport, evaluate_tagger
from plugin_bridge.tagging.labels import SPLITS, LabelledSet, read_labelled
from plugin_bridge.tagging.making import Encoders, chosen_fields, label_faults, make_tagger, read_examples
from plugin_bridge.tagging.trained import read_tagger_card
from plugin_bridge.tagging.training import Report

SHOWN = 5

Data = Annotated[Path, typer.Option("--data", metavar="DIR", help="Folder of labelled products, or one file.")]
Images = Annotated[Path | None, typer.Option("--images", metavar="DIR", help="Folder of their photos; default: DIR.")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


def train_tags(
    data: Data,
    name: Annotated[str, typer.Option("--out", metavar="NAME", help="Name of the model that is made.")],
    fields: Annotated[
        str | None, typer.Option("--fields", metavar="A,B", help="Fields to learn; default: all that can be.")
    ] = None,
    images: Images = None,
    text_model: Annotated[str | None, typer.Option("--text-model", help="Default: KINDRED_TEXT_MODEL.")] = None,
    image_model: Annotated[
        str | None, typer.Option("--image-model", help="Default: KINDRED_IMAGE_MODEL; `none`: words alone.")
    ] = None,
    precision: Annotated[
        float, typer.Option("--precision", min=0.5, max=1.0, help="Wanted of what is called sure.")
    ] = WANTED_PRECISION,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Kept in the card; this training draws nothing.")] = 7,
    json: Json = False,
) -> None:
    """Learn categories, tags and attributes from labelled products; `kindred tag --model NAME` then suggests them."""
    settings, started = Settings(), time.monotonic()
    labelled = read_labelled(data, images)
    wanted = chosen_fields(labelled, fields.split(",") if fields else None)
    store = ModelStore(settings.models_dir)
    encoders = _encoders(settings, store, labelled, text_model, image_model)

    with telling(json) as lines:
        report = _translated(lines)
        _tell_faults(labelled, wanted, lines)
        count, of = 0, len(labelled.of("train")) + len(labelled.of("valid"))

        def read(products: int) -> None:
            nonlocal count
            count += products
            lines.progress(count, of, "reading products")

        card = make_tagger(
            labelled,
            wanted,
            encoders,
            store,
            name,
            precision=precision,
            report=report,
            progress=read,
            notes={"seed": seed},
        )
        experiment = note(
            settings.home,
            "tags",
            [card],
            data=data_hash(data),
            base=" + ".join(one.card.name for one in (encoders.text, encoders.photo) if one is not None),
            settings={"fields": list(wanted), "precision": precision, "seed": seed},
            figures={"products": of},
            seconds=time.monotonic() - started,
        )
        told = {"model": name, "fingerprint": card.fingerprint, "parity": dict(card.parity)}
        lines.result({"experiment": experiment.id, **told})


def evaluate_tags(
    data: Data,
    model: Annotated[
        str | None, typer.Option("--model", metavar="NAME", help="A trained tagger; default: one trained for this.")
    ] = None,
    split: Annotated[str, typer.Option("--split", help="train, valid or test.")] = "test",
    fields: Annotated[str | None, typer.Option("--fields", metavar="A,B")] = None,
    images: Images = None,
    baselines: Annotated[bool, typer.Option("--baselines/--no-baselines")] = True,
    json: Json = False,
) -> None:
    """Score category, tag and attribute suggestions on products that were not learned from, beside the baselines.

    Without --model a tagger is trained on the train split first and is not kept.
    """
    if split not in SPLITS:
        raise typer.BadParameter(f"must be one of {', '.join(SPLITS)}", param_hint="--split")
    settings = Settings()
    labelled = read_labelled(data, images)
    products = labelled.of(split)
    if not products:
        raise BridgeError(f"{data}: its {split} split holds no product")
    store = ModelStore(settings.models_dir)
    with progress() as display:
        task = display.add_task("training and scoring", total=None)
        if model is None:
            report = _trained_for_this(settings, store, labelled, split, fields, baselines)
        else:
            card, words = read_tagger_card(store.folder(store.card(model).name))
            network = Tagger(store.folder(model), store.card(model))
            photo = None if card.photo is None else store.open_image(card.photo.model, settings.threads)
            encoders = Encoders(store.open_text(card.text.model, settings.threads), photo, settings.cache / "tagging")
            examples = read_examples(products, words, encoders)

            def predict(some: Any, sense: Any) -> dict[str, Any]:
                own = card.of_sense(network.logits(some.read.inputs), sense)
                return {one.name: one.probabilities(own) for one in card.fields if sense in one.deciders}

            report = evaluate_tagger(
                card, predict, examples, labelled.of("train"), model=model, split=split, baselines=baselines
            )
        display.update(task, completed=1, total=1)
    if json:
        print_json(report.to_json())
    else:
        _show(report)


def _trained_for_this(
    settings: Settings, store: ModelStore, labelled: LabelledSet, split: str, fields: str | None, baselines: bool
) -> TagReport:
    from plugin_bridge.tagging.trying import try_tagger

    wanted = chosen_fields(labelled, fields.split(",") if fields else None)
    encoders = _encoders(settings, store, labelled, None, None)
    return try_tagger(labelled, wanted, encoders, split=split, baselines=baselines)


def _encoders(
    settings: Settings, store: ModelStore, labelled: LabelledSet, text_model: str | None, image_model: str | None
) -> Encoders:
    text = store.open_text(text_model or settings.text_model, settings.threads)
    chosen = image_model or settings.image_model
    photos = chosen != "none" and any(product.photo is not None for product in labelled.products)
    photo = store.open_image(chosen, settings.threads) if photos else None
    return Encoders(text, photo, settings.cache / "tagging")


def _tell_faults(labelled: LabelledSet, fields: list[str], lines: Lines) -> None:
    for one in label_faults(labelled.of("train"), fields):
        if one.lonely:
            values = ", ".join(one.lonely)
            lines.log(f"one example only: field {one.field}, values {values}", "warning")
        for found in one.contradicting[:SHOWN]:
            values, ids = ", ".join(map(str, found.values)), ", ".join(map(str, found.ids))
            lines.log(f"contradicting labels: field {found.field}, values {values}, ids {ids}", "warning")
        if len(one.contradicting) > SHOWN:
            more = len(one.contradicting) - SHOWN
            lines.log(f"contradicting labels: field {one.field}, {more} more", "warning")


def _translated(lines: Lines) -> Report:
    """Return what the training tells its steps to; a trained field's accuracy becomes figures, the rest sentences."""
    fields = 0

    def report(step: str, details: Mapping[str, Any]) -> None:
        nonlocal fields
        if step == "trained":
            fields += 1
            lines.figures(fields, valid={f"{details['field']} from {details['from']}": details["held_out_accuracy"]})
        lines.log(f"{step}: {_worded(details)}")

    return report


def _worded(details: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in details.items() if name != "parity")


def _show(report: TagReport) -> None:
    rows = []
    for name, fields in {**report.variants, **{f"kindred, {one}": f for one, f in report.senses.items()}}.items():
        for field, one in fields.items():
            sure = "" if one.sure is None else f"{one.sure:.3f} at {one.sure_precision or 0:.3f}"
            figures = (one.accuracy, one.f1_macro, one.ece, one.coverage_at_precision_95)
            rows.append((field, name, *(f"{figure:.3f}" for figure in figures), sure))
    columns = ("field", "", "accuracy", "macro-F1", "ECE", "told at 95 %", "sure, precision")
    examples = report.best[report.main].examples
    out.print(table(f"{examples:,} {report.split} products", columns, sorted(rows, key=lambda row: row[0])))
