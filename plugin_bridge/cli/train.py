"""`kindred train`: fine-tune on your own data, on a GPU where there is one."""

import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from encoders.photosets import read_photo_set
from encoders.store import ModelStore
from plugin_bridge.cli import behaviour_models
from plugin_bridge.cli.output import console, out, table
from plugin_bridge.cli.pairs import train_pairs_command, train_search_command
from plugin_bridge.cli.progress_lines import Lines, Tell, telling
from plugin_bridge.cli.taggers import train_tags
from plugin_bridge.errors import BridgeError
from plugin_bridge.experiments import data_hash, note
from plugin_bridge.settings import Settings


def register(app: typer.Typer) -> None:
    """Add this group's commands to `app`."""
    group = typer.Typer(help="Fine-tune on your own data.", no_args_is_help=True)
    group.callback()(_group)
    group.command("images")(images)
    group.command("tags")(train_tags)
    group.command("pairs")(train_pairs_command)
    group.command("search")(train_search_command)
    group.command("behaviour")(behaviour_models.train)
    app.add_typer(group, name="train")


def _group() -> None:
    """Fine-tune on your own data; a killed run goes on where it was when it is started again."""


def images(
    data: Annotated[Path, typer.Option("--data", metavar="DIR", help="Folder of labelled photos.")],
    name: Annotated[str, typer.Option("--out", metavar="NAME", help="Name of the model that is made.")],
    base: Annotated[str, typer.Option("--base", help="Network to start from.")] = "efficientnet-lite0",
    weights: Annotated[
        Path | None,
        typer.Option("--weights", metavar="FILE", help="Weights of a ResNet or VGG (safetensors, state dict)."),
    ] = None,
    cached: Annotated[
        bool | None,
        typer.Option("--cached/--whole", help="Train the last blocks on kept activations; default: without a GPU."),
    ] = None,
    tails: Annotated[
        int, typer.Option("--tails", min=1, max=8, help="Last blocks that are trained and asked, on one trunk.")
    ] = 2,
    epochs: Annotated[int, typer.Option("--epochs", min=0, max=1000)] = 8,
    minutes: Annotated[float | None, typer.Option("--minutes", min=0.1, help="End the training after so long.")] = None,
    together: Annotated[
        int, typer.Option("--together", min=0, max=100, help="Epochs on val photos too at the end; 0: never.")
    ] = 4,
    views: Annotated[int, typer.Option("--views", min=1, max=64, help="Views of each photo that are kept.")] = 6,
    size: Annotated[int | None, typer.Option("--size", min=32, max=1024, help="Side of what the network sees.")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 7,
    json: Annotated[bool, typer.Option("--json", help="Progress as JSON lines on standard output.")] = False,
) -> None:
    """Make an image encoder that also tells classes apart from a folder of labelled photos.

    The folder has train.tsv and val.tsv (path, fine class, coarse class), or products.jsonl with `image` and
    `category`. NAME and NAME-int8 then serve in `kindred load` and `kindred evaluate images`.
    """
    settings = Settings()
    photos = read_photo_set(data)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # waiting threads would take the cores from other programs
    try:
        from encoders.training.device import has_gpu
        from encoders.training.images.recipe import Recipe
        from encoders.training.images.run import train_images
    except ImportError as error:
        raise BridgeError(
            f"training needs torch and its kin ({error.name} is missing): pip install 'kindred[train]'"
        ) from error
    recipe = Recipe(
        base=base,
        cached=not has_gpu() if cached is None else cached,
        tails=tails,
        epochs=epochs,
        minutes=minutes,
        together=together,
        views=views,
        size=size,
        seed=seed,
    )
    store = ModelStore(settings.models_dir)
    with telling(json) as lines:
        outcome = train_images(
            photos, name, store, recipe, weights=weights, tell=_translated(lines), threads=settings.threads
        )
        experiment = note(
            settings.home,
            "images",
            outcome.cards,
            data=data_hash(data),
            base=base,
            settings=asdict(recipe),
            figures={"val_score": outcome.state.best, "best_epoch": outcome.state.best_epoch},
            seconds=outcome.seconds,
            device="cuda" if has_gpu() else "cpu",
        )
        lines.result({"experiment": experiment.id, **outcome.to_json()})
    if json:
        return
    rows = [
        (card.name, card.dimension, f"{card.parity['accuracy_exported']:.3f}", f"{card.parity['mean_cosine']:.5f}")
        for card in outcome.cards
    ]
    columns = ("model", "vector", f"{photos.heads[0].name} right in the gate", "mean cosine to torch")
    out.print(table(f"{outcome.photos:,} photos, {outcome.seconds / 60:.1f} minutes", columns, rows))
    if outcome.left_out:
        console.print(f"[yellow]{len(outcome.left_out):,}[/] photos were left out, first {escape(outcome.left_out[0])}")


def _translated(lines: Lines) -> Tell:
    """Return what the training of photos tells its own events to: each becomes lines that every command tells."""

    spent = last = 0.0  # seconds of the tails before, and of this one

    def tell(event: Mapping[str, Any]) -> None:
        nonlocal spent, last
        kind = event["event"]
        if kind == "step":
            lines.progress(0, message=event["step"])
        elif kind == "activations":
            lines.progress(event["photos"], event["of"], f"looking at {event['part']} photos")
        elif kind == "start":
            spent, last = spent + last, 0.0
            again = f"going on after epoch {event['epoch']}" if event["resumed"] else "starting"
            lines.log(f"{again}, val score {event['val_score']:.3f}")
        elif kind == "epoch":
            done, of = event["epoch"] + 1, event["of"]
            last = event["seconds"]
            lines.progress(done, of, "training", round((spent + last) / done * (of - done), 1))
            own = {"event", "of", "epoch", "loss", "seconds"}
            lines.figures(done, event["loss"], {name: value for name, value in event.items() if name not in own})
        elif kind == "left out":
            lines.log(f"left out: {event['photo']}", "warning")

    return tell
