"""`kindred behaviour`, `kindred recommend` and `kindred segments`."""

from datetime import UTC, tzinfo
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from rich.markup import escape

from encoders.store import ModelStore
from opensearch.client import connect
from opensearch.errors import OpenSearchError
from plugin_bridge.behaviour.describing import described, labels_in
from plugin_bridge.behaviour.diary import Diary
from plugin_bridge.behaviour.forgetting import forget as forget_customer
from plugin_bridge.behaviour.identity import pseudonyms
from plugin_bridge.behaviour.incremental import update_model
from plugin_bridge.behaviour.model import BehaviourModel, behaviour_models, open_model
from plugin_bridge.behaviour.naming import chosen_model
from plugin_bridge.behaviour.publishing import Published, publish
from plugin_bridge.behaviour.ranking import KINDS
from plugin_bridge.behaviour.reading import read_behaviour
from plugin_bridge.behaviour.recommending import Recommendations, Wish
from plugin_bridge.behaviour.segments import Segments, demand_neighbours
from plugin_bridge.behaviour.segments import segments as segments_of
from plugin_bridge.behaviour.tables import write_table
from plugin_bridge.cli.output import console, out, print_json, progress, table
from plugin_bridge.errors import LoadError
from plugin_bridge.in_process import open_recommender
from plugin_bridge.loading.live import live_generation
from plugin_bridge.searching import filters as filtering
from plugin_bridge.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Index = Annotated[str | None, typer.Option("--index", metavar="ALIAS", help="Alias; default: KINDRED_ALIAS.")]
Model = Annotated[
    str | None, typer.Option("--model", metavar="NAME", help="Model of behaviour; default: the live one.")
]
Zone = Annotated[str, typer.Option("--time-zone", help="Of times without an offset, as Europe/London.")]


def register(app: typer.Typer) -> None:
    """Add this group's commands to `app`."""
    app.command("recommend")(recommend)
    app.command("segments")(segments)
    group = typer.Typer(help="What customers did: orders and events, under pseudonyms.", no_args_is_help=True)
    group.command("import")(import_)
    group.command("status")(status)
    group.command("publish")(publish_)
    group.command("update")(update)
    group.command("neighbours")(neighbours)
    group.command("forget")(forget)
    group.command("leave-out")(leave_out)
    app.add_typer(group, name="behaviour")


def recommend(
    customer: Annotated[str | None, typer.Option("--customer", metavar="ID", help="A customer of the diary.")] = None,
    history: Annotated[
        str | None, typer.Option("--history", metavar="ID,ID,...", help="What was bought, oldest first.")
    ] = None,
    kind: Annotated[str, typer.Option("--kind", metavar="|".join(KINDS), help="What is wanted.")] = "next",
    size: Annotated[int, typer.Option("--size", min=0, help="Products to show.")] = 10,
    filter_: Annotated[
        list[str] | None, typer.Option("--filter", metavar="FIELD=VALUE", help="Only products with this value. Repeat.")
    ] = None,
    diversity: Annotated[float, typer.Option("--diversity", min=0, max=1, help="0: the best; 1: the least alike.")] = 0,
    owned: Annotated[bool, typer.Option("--owned", help="Also what was bought before.")] = False,
    context: Annotated[
        str | None, typer.Option("--context", metavar="NAME", help="Where a customer without history is.")
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show why.")] = False,
    index: Index = None,
    json: Json = False,
) -> None:
    """Recommend what comes next: for a customer, a history or a basket; without either, what is popular."""
    if customer is not None and history is not None:
        raise typer.BadParameter("give --customer or --history, not both", param_hint="--customer")
    if kind not in KINDS:
        raise typer.BadParameter(f"{kind!r} is no kind; kinds are {', '.join(KINDS)}", param_hint="--kind")
    wish = Wish(
        history=None if history is None else [one.strip() for one in history.split(",") if one.strip()],
        customer=customer,
        kind=kind,
        size=size,
        filters=filtering.parse_arguments(filter_ or []),
        diversity=diversity,
        owned=owned,
        context=context,
        explain=explain,
        alias=index,
    )
    with open_recommender() as recommender:
        found = recommender.recommend(wish)
    if json:
        print_json(found.to_json())
        return
    _show(found, explain=explain)


def segments(
    count: Annotated[int, typer.Option("--count", min=1, max=50, help="How many.")] = 8,
    file: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="CSV of customers' hashes.")] = None,
    model: Model = None,
    index: Index = None,
    json: Json = False,
) -> None:
    """Group customers who buy alike, and say which products and tags mark each group; --out writes a table of them."""
    settings = Settings()
    store = ModelStore(settings.models_dir)
    alias = index or settings.alias
    opened = open_model(store, chosen_model(store, model, alias))
    found = _described(segments_of(opened, count), opened, alias)
    if file is not None:
        lines = write_table(file, found.rows())
        console.print(f"[cyan]{lines:,}[/] customers written to {escape(str(file))}")
    if json:
        print_json(found.to_json())
        return
    rows = [
        (
            one.number,
            f"{len(one.customers):,}",
            "; ".join(mark.title or mark.item for mark in one.marks[:4]),
            "; ".join(mark.value for mark in one.tags[:4]),
        )
        for one in found.found
    ]
    out.print(table("", ("segment", "customers", "bought more than by others", "categories and tags"), rows))


def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Orders (CSV) or UBI events (JSON Lines).")],
    time_zone: Zone = "UTC",
    json: Json = False,
) -> None:
    """Read orders or events into the diary, cleaned, customers as salted hashes. A file read twice changes nothing."""
    settings = Settings()
    hashed, diary = pseudonyms(settings.home), Diary(settings.home)
    documents = []
    for file in files:
        read = read_behaviour(file, hashed.of, _zone(time_zone))
        new = diary.add(read.interactions)
        documents.append({"file": str(file), "new": new, **read.cleaning.to_json()})
    if json:
        print_json({"files": documents, "diary": diary.counts()})
        return
    for one in documents:
        console.print(f"{escape(one['file'])}: {one['rows']:,} rows, {one['kept']:,} usable, {one['new']:,} new")
        for reason, number in one["left_out"].items():
            console.print(f"  left out, {reason.replace('_', ' ')}: {number:,}")
        for problem in one["problems"]:
            console.print(f"  [yellow]{escape(problem)}[/]", soft_wrap=True)


def status(json: Json = False) -> None:
    """Show what the diary holds and which models there are."""
    settings = Settings()
    found: dict[str, Any] = {
        "diary": Diary(settings.home).counts(),
        "models": behaviour_models(ModelStore(settings.models_dir)),
    }
    if json:
        print_json(found)
        return
    out.print(table("", ("", "count"), [(name.replace("_", " "), f"{n:,}") for name, n in found["diary"].items()]))
    console.print(f"models: {escape(', '.join(found['models']) or 'none')}")


def publish_(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The model.")], index: Index = None, json: Json = False
) -> None:
    """Write a model's vectors into the live generation, of new products as their text predicts them."""
    _told(_publish(Settings(), name, index), json)


def update(model: Model = None, index: Index = None, json: Json = False) -> None:
    """Take new orders of the diary into a model and its generation, without training: for every night."""
    settings = Settings()
    store = ModelStore(settings.models_dir)
    name = chosen_model(store, model, index or settings.alias)
    _, touched = update_model(store, open_model(store, name), Diary(settings.home).interactions())
    console.print(f"[cyan]{touched:,}[/] products are in new orders")
    _told(_publish(settings, name, index), json)


def neighbours(
    file: Annotated[Path, typer.Option("--out", metavar="FILE", help="CSV that is written.")],
    model: Model = None,
    json: Json = False,
) -> None:
    """Write what each product is bought with and what can take its place, with strengths: for stock planning."""
    settings = Settings()
    store = ModelStore(settings.models_dir)
    lines = write_table(file, demand_neighbours(open_model(store, chosen_model(store, model, settings.alias))))
    if json:
        print_json({"file": str(file), "rows": lines})
    else:
        console.print(f"[cyan]{lines:,}[/] rows written to {escape(str(file))}")


def forget(
    customer: Annotated[str, typer.Argument(metavar="ID", help="The customer's id in the shop.")], json: Json = False
) -> None:
    """Delete all that is kept about a customer, and search every file of the home for what might be left."""
    settings = Settings()
    store = ModelStore(settings.models_dir)
    found = forget_customer(settings.home, store, pseudonyms(settings.home), customer)
    if json:
        print_json(found.to_json())
    else:
        console.print(
            f"{found.rows:,} rows deleted, {len(found.models)} models cleaned, {found.searched:,} files searched"
        )
        console.print("[green]nothing is left[/]" if not found.traces else f"[red]left in[/] {', '.join(found.traces)}")
    if found.traces:
        raise typer.Exit(1)


def leave_out(
    customers: Annotated[list[str], typer.Argument(metavar="ID...", help="Customers' ids in the shop.")],
) -> None:
    """Keep customers out of every training from now on; their history stays usable for their own recommendations."""
    settings = Settings()
    hashed = pseudonyms(settings.home)
    Diary(settings.home).leave_out([hashed.of(one) for one in customers])
    console.print(f"{len(customers):,} customers are left out of training")


def _described(found: Segments, model: BehaviourModel, alias: str) -> Segments:
    """Return segments with categories and tags of the live catalogue; without one, as they are, and that is said."""
    try:
        with connect() as cluster:
            labels = labels_in(cluster, live_generation(cluster, alias).index, model)
    except (OpenSearchError, LoadError) as error:
        console.print(f"[yellow]without categories and tags:[/] {escape(str(error))}", soft_wrap=True)
        return found
    return described(found, model, labels)


def _publish(settings: Settings, name: str, index: str | None) -> Published:
    model = open_model(ModelStore(settings.models_dir), name)
    with connect() as cluster, progress() as display:
        task = display.add_task("writing vectors", total=None)
        return publish(cluster, index or settings.alias, model, lambda products: display.advance(task, products))


def _told(published: Published, json: bool) -> None:
    if json:
        print_json(published.to_json())
        return
    counts = published.counts
    console.print(
        f"{published.model} in {published.generation}: {counts['known']:,} products that were bought, "
        f"{counts['predicted']:,} predicted, {counts['without']:,} without vector; {counts['written']:,} written"
    )


def _zone(name: str) -> tzinfo:
    if name.upper() == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise typer.BadParameter(
            f"{name!r} is no time zone; write it as Europe/London", param_hint="--time-zone"
        ) from error


def _show(found: Recommendations, *, explain: bool) -> None:
    answer = found.answer
    for note in found.notes:
        console.print(f"[yellow]{escape(note)}[/]")
    if answer.degraded:
        console.print(f"[yellow]what is popular only:[/] {escape(answer.reason or '')}")
    rows = [
        [
            hit.rank,
            hit.id,
            hit.product.get("title"),
            hit.product.get("price"),
            *([hit.explain["text"]] if explain else []),
        ]
        for hit in answer.hits
    ]
    columns = ["#", "id", "title", "price", *(["why"] if explain else [])]
    out.print(table(f"{answer.mode} · {answer.generation} · {answer.took_ms:.0f} ms", columns, rows))
