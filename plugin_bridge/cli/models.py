"""`kindred models`: list the encoders of this machine, make them, check them again."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from encoders.cards import ModelCard, name_at
from encoders.errors import EncoderError
from encoders.heads import CLASSES_FILE
from encoders.shipped import SHIPPED
from encoders.store import ModelStore
from plugin_bridge.cli.output import console, out, print_json, progress, table
from plugin_bridge.settings import Settings

if TYPE_CHECKING:
    from encoders.export.options import Options

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Photos = Annotated[
    Path | None,
    typer.Option(
        "--photos",
        exists=True,
        file_okay=False,
        help="Folder of photos that calibrate and prove an image encoder; your own shop's are best.",
    ),
]
JudgmentsFolder = Annotated[
    Path | None,
    typer.Option(
        "--judgments",
        exists=True,
        file_okay=False,
        help="Folder of graded searches (products, queries, qrels) whose nDCG@10 a text encoder must keep.",
    ),
]

models = typer.Typer(help="List, make and check encoders.", invoke_without_command=True)


def register(app: typer.Typer) -> None:
    """Add this group's commands to `app`."""
    app.add_typer(models, name="models")


@models.callback()
def default(context: typer.Context, json: Json = False) -> None:
    """List, make and check encoders; without a command: list."""
    if context.invoked_subcommand is None:
        _list(json)


@models.command("list")
def list_models(json: Json = False) -> None:
    """Show the card of every encoder on this machine."""
    _list(json)


@models.command("export")
def export(
    model: Annotated[str, typer.Argument(metavar="NAME|FOLDER", help="A model that Kindred knows, or a model folder.")],
    name: Annotated[str | None, typer.Option("--name", help="Name for a folder's model.")] = None,
    precision: Annotated[str, typer.Option("--precision", help="fp32, int8 or both.")] = "both",
    pooling: Annotated[
        str | None, typer.Option("--pooling", help="mean, cls or max, for a folder that does not say.")
    ] = None,
    licence: Annotated[str | None, typer.Option("--licence", help="Licence of a folder's model, for its card.")] = None,
    languages: Annotated[
        list[str] | None, typer.Option("--language", help="Language of a folder's model, for its card (repeatable).")
    ] = None,
    photos: Photos = None,
    judgments: JudgmentsFolder = None,
    json: Json = False,
) -> None:
    """Make an encoder: torch to ONNX, in fp32 and int8, through the parity gate.

    NAME is one that Kindred knows (`kindred models list` shows them); FOLDER any sentence-transformers or BERT folder
    with safetensors weights or a BERT in ONNX. A model that differs too much from its original is not installed.
    """
    _check_choice("--precision", precision, ("fp32", "int8", "both"))
    _check_choice("--pooling", pooling, ("mean", "cls", "max", None))
    store = ModelStore(Settings().models_dir)
    started = time.monotonic()
    with _exporting(photos, judgments) as options:
        from encoders.export import build

        is_folder = Path(model).is_dir() or "/" in model or "\\" in model
        if is_folder:
            stated: dict[str, Any] = {"pooling": pooling, "languages": tuple(languages or ())}
            if licence:
                stated["licence"] = licence
            cards = build.export_folder(
                Path(model), store, name=name, precisions=_precisions(precision), options=options, **stated
            )
        else:
            cards = build.export_model(model, store, options, precisions=_precisions(precision))
    if json:
        made = [asdict(card) for card in cards]
        print_json({"store": str(store.root), "models": made, "seconds": round(time.monotonic() - started, 1)})
        return
    _show(cards, store)


@models.command("verify")
def verify(
    name: Annotated[str, typer.Argument(help="A model on this machine.")],
    original: Annotated[
        Path | None, typer.Option("--original", help="Folder that a folder's model was made from.", file_okay=False)
    ] = None,
    photos: Photos = None,
    judgments: JudgmentsFolder = None,
    json: Json = False,
) -> None:
    """Check an encoder again: every file against its card, then the network against its torch original.

    The comparison needs the extra `train` (torch); without it the files are checked and the answer says so.
    """
    store = ModelStore(Settings().models_dir)
    card = store.verify(name)
    measured, reason = None, ""
    try:
        with _exporting(photos, judgments) as options:
            from encoders.export import build

            if (store.folder(name) / CLASSES_FILE).is_file():
                from encoders.training.images.install import compare_trained

                measured = compare_trained(card, store, photos)
            else:
                measured = build.compare_again(card, store, options, original)
    except _GateMissingError as missing:
        reason = str(missing)
    if json:
        print_json(
            {"name": card.name, "fingerprint": card.fingerprint, "files": "match", "gate": measured, "note": reason}
        )
        return
    out.print(f"{escape(card.name)}: all files match the card, fingerprint {card.fingerprint}", highlight=False)
    if measured is None:
        console.print(f"[yellow]not compared with its original:[/] {escape(reason)}", soft_wrap=True)
    else:
        out.print(
            table("parity with the torch original", ("", ""), [(key, _cell(value)) for key, value in measured.items()])
        )


class _GateMissingError(EncoderError):
    """The packages that the parity gate needs are not installed."""


@contextmanager
def _exporting(photos: Path | None, judgments: Path | None) -> "Iterator[Options]":
    """Yield the options of an export whose steps show on a terminal."""
    try:
        from encoders.export.judgments import read_judgments
        from encoders.export.options import Options
    except ImportError as error:
        raise _GateMissingError(
            f"making and comparing encoders needs torch and its kin ({error.name} is missing): "
            "pip install 'kindred[train]'"
        ) from error
    with progress() as display:
        task = display.add_task("starting", total=None)
        yield Options(
            photos=photos,
            judgments=read_judgments(judgments) if judgments else None,
            report=lambda step: display.update(task, description=escape(step)),
        )


def _list(json: bool) -> None:
    store = ModelStore(Settings().models_dir)
    cards = store.list()
    if json:
        print_json({"store": str(store.root), "models": [asdict(card) for card in cards]})
        return
    if not cards:
        console.print(
            f"no models in {escape(str(store.root))} yet; `kindred models export all-minilm-l6-v2` makes the first",
            soft_wrap=True,
        )
        return
    _show(cards, store)
    unmade = [name for name in SHIPPED if name not in store.names() and name_at(name, "int8") not in store.names()]
    if unmade:
        console.print(f"can be made with `kindred models export`: {', '.join(unmade)}", highlight=False)


def _show(cards: list[ModelCard], store: ModelStore) -> None:
    columns = ("model", "vectors", "fingerprint", "mean cosine", "top 10 kept")
    rows = [
        (
            card.name,
            f"{card.kind}, {card.dimension}",
            card.fingerprint[:12],
            _cell(card.parity.get("mean_cosine")),
            _cell(card.parity.get("overlap_at_10")),
        )
        for card in cards
    ]
    out.print(table(f"models in {store.root}", columns, rows))


def _precisions(stated: str) -> tuple[Any, ...]:
    return ("fp32", "int8") if stated == "both" else (stated,)


def _check_choice(option: str, value: str | None, allowed: tuple[str | None, ...]) -> None:
    if value not in allowed:
        wanted = ", ".join(one for one in allowed if one)
        raise typer.BadParameter(f"{option} must be one of {wanted}, not {value!r}")


def _cell(value: Any) -> str:
    return f"{value:.5f}" if isinstance(value, float) else "" if value is None else str(value)
