"""`kindred evaluate`: how well products are ranked, beside the baselines."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from encoders.cards import INT8_SUFFIX
from encoders.heads import CLASSES_FILE, open_classifier
from encoders.photosets import SPLITS, read_photo_set
from encoders.store import ModelStore
from opensearch.client import connect
from plugin_bridge.catalogue.readers import count_rows
from plugin_bridge.cli import behaviour_models
from plugin_bridge.cli.ending import ended_in_order
from plugin_bridge.cli.output import console, out, print_json, progress, table
from plugin_bridge.cli.pairs import evaluate_pairs
from plugin_bridge.cli.taggers import evaluate_tags
from plugin_bridge.errors import EvaluationError
from plugin_bridge.evaluation import SearchReport, evaluate_search, read_judged_set
from plugin_bridge.evaluation.images import ImageReport, evaluate_images
from plugin_bridge.loading.load import Hooks
from plugin_bridge.settings import Settings


def register(app: typer.Typer) -> None:
    """Add this group's commands to `app`."""
    group = typer.Typer(help="Metrics with 95 % intervals beside the baselines.", no_args_is_help=True)
    group.callback()(_group)
    group.command("search")(search)
    group.command("images")(images)
    group.command("tags")(evaluate_tags)
    group.command("behaviour")(behaviour_models.evaluate)
    group.command("pairs")(evaluate_pairs)
    app.add_typer(group, name="evaluate")


def _group() -> None:
    """Metrics with 95 % intervals beside the baselines."""


def search(
    data: Annotated[Path, typer.Option("--data", metavar="DIR", help="Folder of a judged set.")],
    model: Annotated[
        str | None, typer.Option("--model", metavar="NAME", help="Text encoder; default: KINDRED_TEXT_MODEL.")
    ] = None,
    split: Annotated[str, typer.Option("--split", help="Search has one split: every judged query.")] = "test",
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Rank the judged queries of a folder by keywords, vectors, native hybrid and Kindred: nDCG@10.

    The products are loaded into a generation of their own, which is gone afterwards.
    """
    if split not in ("test", "all"):
        raise typer.BadParameter("search has one split, `test`: all queries of the folder", param_hint="--split")
    settings = Settings()
    judged = read_judged_set(data)
    chosen = model or settings.text_model
    store = ModelStore(settings.models_dir)
    store.card(chosen)  # refuses an unknown model before anything is loaded
    with ended_in_order(), connect() as cluster, progress() as display:
        total = count_rows(judged.products) if console.is_terminal else None
        loading = display.add_task(f"loading {judged.products.name}", total=total)
        asking = display.add_task("ranking queries", total=len(judged.queries))
        hooks = Hooks(
            notify=lambda message: console.print(f"[cyan]kindred:[/] {escape(message)}", soft_wrap=True),
            progress=lambda products: display.advance(loading, products),
        )
        report = evaluate_search(
            judged,
            cluster,
            store,
            model=chosen,
            threads=settings.threads,
            hooks=hooks,
            asked=lambda queries: display.advance(asking, queries),
        )
    if json:
        print_json(report.to_json())
    else:
        _show(report)


def images(
    data: Annotated[Path, typer.Option("--data", metavar="DIR", help="Folder of labelled photos.")],
    model: Annotated[
        str | None, typer.Option("--model", metavar="NAME", help="Trained classifier; default: the only one there is.")
    ] = None,
    split: Annotated[str, typer.Option("--split", help="train, val or test.")] = "test",
    baseline: Annotated[
        str | None,
        typer.Option("--baseline", metavar="NAME", help="Frozen encoder to compare with; `none`: no baseline."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Tell the classes of a folder's photos: accuracy, F1, calibration, beside the frozen network's baselines."""
    if split not in SPLITS:
        raise typer.BadParameter(f"must be one of {', '.join(SPLITS)}", param_hint="--split")
    settings = Settings()
    photos = read_photo_set(data)
    store = ModelStore(settings.models_dir)
    classifier = open_classifier(store, model or _only_classifier(store), settings.threads)
    wanted = baseline or settings.image_model
    frozen = None if wanted == "none" else store.open_image(wanted, settings.threads)
    with progress() as display:
        task = display.add_task("telling classes", total=None)
        report = evaluate_images(
            photos,
            split,
            classifier,
            frozen,
            tell=lambda what, done, of: display.update(task, description=escape(what), completed=done, total=of),
        )
    if json:
        print_json(report.to_json())
    else:
        _show_images(report)


def _only_classifier(store: ModelStore) -> str:
    """Return the one trained classifier (its int8 form where there is one); raises EvaluationError otherwise."""
    found = [name for name in store.names() if (store.folder(name) / CLASSES_FILE).is_file()]
    plain = sorted({name.removesuffix(INT8_SUFFIX) for name in found})
    if len(plain) != 1:
        there = ", ".join(plain) or "none yet; `kindred train images` makes one"
        raise EvaluationError(f"say which trained classifier with --model (there: {there})")
    return next((name for name in found if name.endswith(INT8_SUFFIX)), found[0])


def _show(report: SearchReport) -> None:
    document = report.to_json()
    rows = []
    for name, found in document["variants"].items():
        if found["ndcg@10"] is None:
            rows.append((name, "-", found["reason"], "", "", ""))
            continue
        gain = found.get("gain_over_bm25")
        shown = "" if gain is None else f"{gain:+.1%} ({found['gain_ci95'][0]:+.1%} to {found['gain_ci95'][1]:+.1%})"
        low, high = found["ci95"]
        times = (f"{found['p50_ms']:.1f}", f"{found['p99_ms']:.1f}")
        rows.append((name, f"{found['ndcg@10']:.4f}", f"{low:.4f} to {high:.4f}", shown, *times))
    columns = ("", "nDCG@10", "95 % interval", "over bm25", "p50 ms", "p99 ms")
    title = (
        f"{document['queries']:,} queries, {document['judgments']:,} judgments, {document['products']:,} products, "
        f"{report.model}"
    )
    out.print(table(title, columns, rows))
    for count, what in (
        (report.judged.without_judgments, "queries without judgments were left out"),
        (report.judged.without_query, "judgments name a query that queries.tsv does not hold"),
        (report.missing, "judged products are not in the catalogue"),
    ):
        if count:
            console.print(f"[yellow]{count:,}[/] {what}")


def _show_images(report: ImageReport) -> None:
    variants = {report.model: report.heads, **report.variants}
    rows = []
    for name, heads in variants.items():
        for head, one in heads.items():
            interval = f"{one.ci95[0]:.3f} to {one.ci95[1]:.3f}"
            figures = (one.accuracy, one.f1_macro, one.ece, one.coverage_at_precision_95)
            rows.append((name, head, f"{one.accuracy:.3f}", interval, *(f"{figure:.3f}" for figure in figures[1:])))
    columns = ("", "head", "accuracy", "95 % interval", "macro-F1", "ECE", "told at 95 % precision")
    examples = next(iter(report.heads.values())).examples
    out.print(table(f"{examples:,} {report.split} photos", columns, rows))
    if report.left_out:
        console.print(f"[yellow]{len(report.left_out):,}[/] photos cannot be read, first {escape(report.left_out[0])}")
