"""`kindred evaluate pairs`, `train pairs` and `train search`: encoders and scorers that learn from labels."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from encoders.store import ModelStore
from plugin_bridge.cli.output import console, out, print_json, progress, table
from plugin_bridge.cli.progress_lines import telling
from plugin_bridge.errors import BridgeError
from plugin_bridge.evaluation.folders import read_judged_set
from plugin_bridge.experiments import Experiment
from plugin_bridge.pairs.evaluating import Evaluation, PairReport
from plugin_bridge.pairs.photos import photos_of
from plugin_bridge.pairs.reading import SIZES, read_pair_set
from plugin_bridge.pairs.training import WHAT, Wanted, train_pairs
from plugin_bridge.pairs.vectors import raw
from plugin_bridge.settings import Settings

_SPLITS = ("test", "valid")


def evaluate_pairs(
    data: Annotated[Path, typer.Option("--data", metavar="DIR", help="Folder of labelled pairs.")],
    model: Annotated[
        str | None, typer.Option("--model", metavar="NAME", help="Trained scorer; default: learn one from train.")
    ] = None,
    split: Annotated[str, typer.Option("--split", help="test or valid.")] = "test",
    size: Annotated[
        str | None, typer.Option("--size", help="small or medium, where a folder has both; default: medium.")
    ] = None,
    base: Annotated[
        str, typer.Option("--base", metavar="NAME", help="Frozen text encoder of the distances.")
    ] = "all-minilm-l6-v2",
    seed: Annotated[int, typer.Option("--seed", min=0)] = 7,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Tell similar pairs from dissimilar ones: F1 with its interval beside distances, TF-IDF, Word2Vec and features.

    The threshold comes from valid. Without --model, models over plain features are learned from train in seconds, and
    the one that is best on valid is reported.
    """
    if split not in _SPLITS:
        raise typer.BadParameter(f"must be one of {', '.join(_SPLITS)}", param_hint="--split")
    if size is not None and size not in SIZES:
        raise typer.BadParameter(f"must be one of {', '.join(SIZES)}", param_hint="--size")
    settings = Settings()
    pairs = read_pair_set(data, size)
    store = ModelStore(settings.models_dir)
    photos = photos_of(pairs.products, pairs.folder, store, settings.image_model, settings.threads)
    if photos is not None:
        pairs = replace(pairs, photos=photos.vectors(pairs.products))
    with progress() as display:
        task = display.add_task("comparing", total=None)
        found = Evaluation(pairs, split, seed, lambda what: display.update(task, description=escape(what)))
        found.baselines(lambda: raw(pairs.products, base, settings.cache / "pair-vectors"))
        found.learned()
        if model is not None:
            from plugin_bridge.pairs.scoring import open_scorer

            display.update(task, description=escape(model))
            scorer = open_scorer(store, model, settings.threads, pairs.folder)
            found.add(model, {name: scorer.logits(side) for name, side in found.sides.items()})
        report = found.report(model)
    if json:
        print_json(report.to_json())
    else:
        show(report)


def show(report: PairReport) -> None:
    """Print a report as a table, the best on valid first."""
    rows = []
    for name, one in sorted(report.variants.items(), key=lambda item: -item[1].valid_f1):
        interval = f"{one.ci95[0]:.3f} to {one.ci95[1]:.3f}"
        figures = (one.precision, one.recall, one.mae)
        marked = f"{name} *" if name == report.model else name
        rows.append((marked, f"{one.f1:.3f}", interval, *(f"{figure:.3f}" for figure in figures), f"{one.seconds:.0f}"))
    columns = ("", "F1", "95 % interval", "prec.", "recall", "MAE", "s")
    half = ", half of valid" if report.halved else ""
    out.print(table(f"{report.data}: {report.chosen.pairs:,} {report.split} pairs{half}", columns, rows))
    for name, reason in report.reasons.items():
        console.print(f"[yellow]{escape(name)}[/] was not measured: {escape(reason)}")


def train_pairs_command(
    data: Annotated[Path, typer.Option("--data", metavar="DIR", help="Folder of labelled pairs.")],
    name: Annotated[str, typer.Option("--out", metavar="NAME", help="Name of the models that are made.")],
    what: Annotated[
        str | None,
        typer.Option("--what", help="bi-encoder, scorer, cross-encoder, all, or fast (all but the cross-encoder)."),
    ] = None,
    base: Annotated[str, typer.Option("--base", metavar="NAME", help="Encoder to start from.")] = "all-minilm-l6-v2",
    loss: Annotated[
        str, typer.Option("--loss", help="ranking, contrastive, online, cosent; best tries each.")
    ] = "best",
    epochs: Annotated[int, typer.Option("--epochs", min=1, max=100, help="Of the bi-encoder.")] = 2,
    cross_epochs: Annotated[int, typer.Option("--cross-epochs", min=1, max=100)] = 4,
    minutes: Annotated[float | None, typer.Option("--minutes", min=0.1, help="Bound of the cross-encoder.")] = None,
    adapt: Annotated[int, typer.Option("--adapt", min=0, help="Steps of SimCSE on the catalogue first.")] = 0,
    size: Annotated[str | None, typer.Option("--size", help="small or medium, where a folder has both.")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 7,
    json: Annotated[bool, typer.Option("--json", help="Progress as JSON lines on standard output.")] = False,
) -> None:
    """Fine-tune an encoder on labelled pairs (NAME, NAME-int8) and make a pair scorer (NAME-pairs).

    A killed run goes on when the same command is given again; one that has ended answers with its recorded result.
    """
    if size is not None and size not in SIZES:
        raise typer.BadParameter(f"must be one of {', '.join(SIZES)}", param_hint="--size")
    if what is not None and what not in WHAT:
        raise typer.BadParameter(f"must be one of {', '.join(WHAT)}", param_hint="--what")
    settings = Settings()
    pairs = read_pair_set(data, size)
    threads_of_torch(settings.threads)
    wanted = Wanted(what or usual(), base, loss, epochs, cross_epochs, minutes, adapt, seed)
    store = ModelStore(settings.models_dir)
    with telling(json) as lines:
        experiment, before = train_pairs(
            pairs, name, store, wanted, settings.home, tell=lines, cache=settings.cache / "pair-vectors",
            threads=settings.threads, image_model=settings.image_model,
        )  # fmt: skip
        lines.result({**experiment.to_json(), "recorded": before})
    if not json:
        _show_experiment(experiment, before)


def train_search_command(
    data: Annotated[Path, typer.Option("--data", metavar="DIR", help="Folder of judged queries.")],
    name: Annotated[str, typer.Option("--out", metavar="NAME", help="Name of the encoder that is made.")],
    base: Annotated[str, typer.Option("--base", metavar="NAME", help="Encoder to start from.")] = "all-minilm-l6-v2",
    loss: Annotated[
        str, typer.Option("--loss", help="ranking, contrastive, online, cosent; best tries each.")
    ] = "best",
    epochs: Annotated[int, typer.Option("--epochs", min=1, max=100)] = 2,
    adapt: Annotated[int, typer.Option("--adapt", min=0, help="Steps of SimCSE on the catalogue first.")] = 0,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 7,
    json: Annotated[bool, typer.Option("--json", help="Progress as JSON lines on standard output.")] = False,
) -> None:
    """Fine-tune a text encoder on judged queries: what people asked, and how well each product answers it.

    Queries are split by hash: a fifth validates. NAME then serves in `kindred release` and `kindred evaluate search`.
    """
    from plugin_bridge.pairs.judged import train_search

    settings = Settings()
    judged = read_judged_set(data)
    threads_of_torch(settings.threads)
    wanted = Wanted("bi-encoder", base, loss, epochs, adapt=adapt, seed=seed)
    store = ModelStore(settings.models_dir)
    with telling(json) as lines:
        experiment, before = train_search(judged, name, store, wanted, settings.home, tell=lines)
        lines.result({**experiment.to_json(), "recorded": before})
    if not json:
        _show_experiment(experiment, before)


def usual() -> str:
    """Return what is trained where nothing is said: everything with a GPU, without one all but the cross-encoder."""
    from encoders.training.device import has_gpu

    return "all" if has_gpu() else "fast"


def threads_of_torch(threads: int) -> None:
    """Let torch use so many threads (0: its own choice); BridgeError where it is not installed."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # waiting threads would take the cores from other programs
    try:
        from encoders.training.device import use_threads
    except ImportError as error:
        raise BridgeError(
            f"training needs torch and its kin ({error.name} is missing): pip install 'kindred[train]'"
        ) from error
    use_threads(threads)


def _show_experiment(experiment: Experiment, before: bool) -> None:
    rows = [(key, _worded(value)) for key, value in experiment.figures.items()]
    rows += [("models", ", ".join(experiment.models)), ("device", experiment.device)]
    title = f"experiment {experiment.id}: {experiment.model}, {experiment.seconds:.0f} s"
    out.print(table(title + (" (recorded before)" if before else ""), ("", ""), rows))


def _worded(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_worded(one)}" for key, one in value.items() if one not in ({}, None))
    return f"{value:.4f}" if isinstance(value, float) else str(value)
