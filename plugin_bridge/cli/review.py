"""`kindred review`: suggestions listed, made, accepted, corrected, refused; decisions taken back and exported."""

import getpass
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.markup import escape

from encoders.store import ModelStore
from opensearch.client import connect
from plugin_bridge.cli.output import console, out, print_json, progress, table
from plugin_bridge.encoder_pool import EncoderPool
from plugin_bridge.errors import BridgeError
from plugin_bridge.loading.publish import count
from plugin_bridge.review.documents import Documents
from plugin_bridge.review.encoding import encoding
from plugin_bridge.review.history import precision as precision_of
from plugin_bridge.review.making import make
from plugin_bridge.review.reviewer import Reviewer
from plugin_bridge.review.taggers import taggers
from plugin_bridge.review.training import rows
from plugin_bridge.review.values import STATES, Action, Outcome, Preview, Wanted
from plugin_bridge.settings import Settings
from plugin_bridge.storage import open_storage

Index = Annotated[str | None, typer.Option("--index", metavar="ALIAS", help="Alias; default: KINDRED_ALIAS.")]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who decides; default: the user's name.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Ids = Annotated[list[int] | None, typer.Argument(metavar="ID", help="Suggestions, as `review list` numbers them.")]
Field = Annotated[str | None, typer.Option("--field", help="Only for this field: category, tags, colour, ...")]
Value = Annotated[str | None, typer.Option("--value", help="Only this value; a category as `A > B`.")]
Model = Annotated[str | None, typer.Option("--model", help="Only by this tagger.")]
Product = Annotated[str | None, typer.Option("--product", metavar="ID", help="Only for this product.")]
Sure = Annotated[bool | None, typer.Option("--sure/--unsure", help="Only those that are sure, or that are not.")]
Above = Annotated[float, typer.Option("--above", min=0, max=1, help="Only with at least this confidence.")]
Below = Annotated[float, typer.Option("--below", min=0, max=1, help="Only with at most this confidence.")]
Yes = Annotated[bool, typer.Option("--yes", help="In bulk: do it. Without it, only what would happen is shown.")]


def register(app: typer.Typer) -> None:
    """Add this group's commands to `app`."""
    review = typer.Typer(help="Suggestions, and what people decide about them.", no_args_is_help=True)
    for command in (make_command, list_command, accept, correct, refuse, undo, history, precision, export):
        review.command(command.__name__.removesuffix("_command"))(command)
    app.add_typer(review, name="review")


def make_command(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID", help="Products.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="For all products.")] = False,
    model: Annotated[str | None, typer.Option("--model", help="Tagger; default: neighbours.")] = None,
    images: Annotated[Path | None, typer.Option("--images", help="Folder of the photos.")] = None,
    index: Index = None,
    json: Json = False,
) -> None:
    """Make suggestions for products and store them to be reviewed."""
    if bool(ids) == everything:
        raise typer.BadParameter("name products, or say --all")
    settings = Settings()
    with _reviewer(index) as reviewer, progress() as display:
        cluster, generation = reviewer.documents.cluster, reviewer.live()
        engine = taggers(cluster, ModelStore(settings.models_dir), settings)(model, generation)
        task = display.add_task("suggesting", total=len(ids) if ids else count(cluster, generation.index))
        made = make(
            engine,
            cluster,
            generation,
            reviewer.ledger,
            ids,
            images=images,
            progress=lambda products: display.advance(task, products),
        )
    if json:
        print_json(asdict(made))
        return
    fields = ", ".join(f"{name} {number:,}" for name, number in made.by_field.items()) or "none"
    out.print(escape(f"{made.stored:,} suggestions for {made.products:,} products by {made.engine}: {fields}"))
    out.print(f"{made.sure:,} of them sure; `kindred review list` shows them")
    if made.missing:
        console.print(f"[yellow]no such products:[/] {escape(', '.join(made.missing))}")


def list_command(
    product: Product = None,
    field: Field = None,
    value: Value = None,
    model: Model = None,
    sure: Sure = None,
    above: Above = 0,
    below: Below = 1,
    state: Annotated[str, typer.Option("--state", metavar="|".join(("any", *STATES)), help="How they stand.")] = "open",
    size: Annotated[int, typer.Option("--size", min=0, help="Suggestions to show.")] = 50,
    from_: Annotated[int, typer.Option("--from", min=0, help="Suggestions to skip.")] = 0,
    index: Index = None,
    json: Json = False,
) -> None:
    """List suggestions, the most confident first."""
    if state != "any" and state not in STATES:
        raise typer.BadParameter(f"{state!r} is no state", param_hint="--state")
    wanted = Wanted(product, field, value, model, sure, None if state == "any" else state, above, below)
    with _reviewer(index) as reviewer:
        page = reviewer.ledger.find(wanted, size=size, offset=from_)
    if json:
        print_json(page.to_json())
        return
    columns = ("id", "product", "field", "now", "suggested", "confidence", "model", "state")
    cells = (
        (one.id, one.product, one.field, _short(one.base), one.value, _confidence(one), one.model, one.state)
        for one in page.suggestions
    )
    out.print(table(f"{page.total:,} suggestions", columns, cells))


def accept(
    ids: Ids = None,
    field: Field = None,
    value: Value = None,
    model: Model = None,
    product: Product = None,
    sure: Sure = None,
    above: Above = 0,
    below: Below = 1,
    yes: Yes = False,
    by: By = None,
    index: Index = None,
    json: Json = False,
) -> None:
    """Put suggested values into the live index: those of IDs, or in bulk all that the options choose."""
    _decide("accept", ids, Wanted(product, field, value, model, sure, "open", above, below), yes, by, index, json)


def refuse(
    ids: Ids = None,
    field: Field = None,
    value: Value = None,
    model: Model = None,
    product: Product = None,
    sure: Sure = None,
    above: Above = 0,
    below: Below = 1,
    yes: Yes = False,
    by: By = None,
    index: Index = None,
    json: Json = False,
) -> None:
    """Say that suggested values are wrong: those of IDs, or in bulk all that the options choose."""
    _decide("refuse", ids, Wanted(product, field, value, model, sure, "open", above, below), yes, by, index, json)


def correct(
    number: Annotated[int, typer.Argument(metavar="ID", help="The suggestion.")],
    value: Annotated[str, typer.Argument(help="The right value; a category as `A > B`.")],
    new: Annotated[bool, typer.Option("--new", help="Allow a category that no product has yet.")] = False,
    by: By = None,
    index: Index = None,
    json: Json = False,
) -> None:
    """Put another value than the suggested one into the live index."""
    with _reviewer(index) as reviewer:
        _show(reviewer.correct(number, value, _name(by), new=new), json)


def undo(
    operation: Annotated[int, typer.Argument(help="The operation, as the decision printed it.")],
    by: By = None,
    index: Index = None,
    json: Json = False,
) -> None:
    """Take an operation back, each decision of it that nobody has changed since."""
    with _reviewer(index) as reviewer:
        _show(reviewer.undo(operation, _name(by)), json)


def history(
    product: Product = None,
    size: Annotated[int, typer.Option("--size", min=0, help="Decisions to show.")] = 50,
    from_: Annotated[int, typer.Option("--from", min=0, help="Decisions to skip.")] = 0,
    index: Index = None,
    json: Json = False,
) -> None:
    """Show every decision and who made it, newest first."""
    with _reviewer(index) as reviewer:
        found = reviewer.history.events(product, size=size, offset=from_)
    if json:
        print_json({"events": found})
        return
    columns = ("operation", "when", "who", "what", "product", "field", "suggested", "chosen")
    names = ("operation", "at", "by", "action", "product", "field", "suggested", "chosen")
    out.print(
        table("", columns, [[str(one[name] or "")[: 19 if name == "at" else None] for name in names] for one in found])
    )


def precision(index: Index = None, json: Json = False) -> None:
    """Show how often each model's suggestions were right, by week and field."""
    with _reviewer(index) as reviewer:
        found = precision_of(reviewer.history.decisions())
    if json:
        print_json({"weeks": [asdict(one) for one in found]})
        return
    names = ("week", "model", "field", "decided", "accepted", "corrected", "refused")
    columns = ("week of", "model", "field", "decided", "accepted", "corrected", "refused", "precision", "95 %")
    cells = (
        (*(getattr(one, name) for name in names), f"{one.precision:.3f}", f"{one.ci95[0]:.3f} to {one.ci95[1]:.3f}")
        for one in found
    )
    out.print(table("Precision of suggestions that people decided", columns, cells))


def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON Lines file to write.")],
    index: Index = None,
    json: Json = False,
) -> None:
    """Write what people decided as training data, one product a line."""
    with _reviewer(index) as reviewer:
        found = rows(reviewer.documents.cluster, reviewer.live().index, reviewer.history.decisions())
        try:
            with file.open("wb") as stream:
                number = sum(bool(stream.write(orjson.dumps(row) + b"\n")) for row in found)
        except OSError as error:
            raise BridgeError(f"{file}: cannot be written: {error.strerror}") from error
    if json:
        print_json({"file": str(file), "products": number})
    else:
        out.print(escape(f"{number:,} products in {file}"))


@contextmanager
def _reviewer(index: str | None) -> Iterator[Reviewer]:
    settings = Settings()
    storage = open_storage(settings)
    try:
        with connect() as cluster:
            pool = EncoderPool(ModelStore(settings.models_dir), settings.threads)
            yield Reviewer(storage, index or settings.alias, Documents(cluster, encoding(pool.text)))
    finally:
        storage.close()


def _decide(
    action: Action, ids: Sequence[int] | None, wanted: Wanted, yes: bool, by: str | None, index: str | None, json: bool
) -> None:
    if bool(ids) == (wanted != Wanted()):
        raise typer.BadParameter("name suggestions by their ids, or choose them by options such as --field and --above")
    with _reviewer(index) as reviewer:
        if ids:
            decide = reviewer.accept if action == "accept" else reviewer.refuse
            _show(decide(ids, _name(by)), json)
            return
        preview = reviewer.preview(wanted, action)
        if yes:
            _show(reviewer.bulk(wanted, action, preview.token, _name(by)), json)
            return
    if json:
        print_json(preview.to_json())
    else:
        _show_preview(preview)


def _show(outcome: Outcome, json: bool) -> None:
    """Print what was decided; where nothing could be, that is a failure with the first reason."""
    if json:
        print_json(outcome.to_json())
    else:
        for one in outcome.decided[:20]:
            out.print(escape(f"{one.action} {one.product}: {one.field} {one.value or ''}".rstrip()))
        if len(outcome.decided) > 20:
            out.print(f"... and {len(outcome.decided) - 20:,} more")
        if outcome.operation is not None:
            out.print(f"operation {outcome.operation}; `kindred review undo {outcome.operation}` takes it back")
    if outcome.pending:
        console.print(f"[yellow]{outcome.pending:,} recorded, not in the index yet:[/] OpenSearch did not answer")
    if outcome.conflicts and not outcome.decided:
        raise BridgeError(outcome.conflicts[0].message)
    for conflict in outcome.conflicts[:20]:
        console.print(f"  [yellow]left alone:[/] {escape(conflict.message)}", soft_wrap=True)


def _show_preview(preview: Preview) -> None:
    columns = ("id", "product", "title", "field", "now", "then", "confidence")
    cells = (
        (
            one.suggestion,
            one.product,
            one.title,
            one.field,
            _short(one.before),
            _short(one.after),
            f"{one.confidence:.2f}",
        )
        for one in preview.changes[:20]
    )
    out.print(
        table(f"{preview.action}: {preview.count:,} suggestions for {preview.products:,} products", columns, cells)
    )
    if len(preview.changes) > 20:
        out.print(f"... and {preview.count - 20:,} more")
    for conflict in preview.conflicts[:20]:
        console.print(f"  [yellow]left alone:[/] {escape(conflict.message)}", soft_wrap=True)
    console.print("nothing was changed; the same with --yes does it")


def _name(by: str | None) -> str:
    return by or getpass.getuser()


def _confidence(one: Any) -> str:
    return f"{one.confidence:.2f}{'' if one.sure else ' ?'}"


def _short(value: Any) -> str:
    if value is None:
        return ""
    return " > ".join(map(str, value)) if isinstance(value, list) else str(value)
