"""`kindred evaluate pairs`: how well labelled pairs of products are told, beside the baselines."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from encoders.store import ModelStore
from plugin_bridge.cli.output import console, out, print_json, progress, table
from plugin_bridge.pairs.evaluating import Evaluation, PairReport
from plugin_bridge.pairs.reading import SIZES, read_pair_set
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
    with progress() as display:
        task = display.add_task("comparing", total=None)
        found = Evaluation(pairs, split, seed, lambda what: display.update(task, description=escape(what)))
        found.baselines(lambda: raw(pairs.products, base, settings.cache / "pair-vectors"))
        found.learned()
        if model is not None:
            from plugin_bridge.pairs.scoring import open_scorer

            display.update(task, description=escape(model))
            scorer = open_scorer(ModelStore(settings.models_dir), model, settings.threads)
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
