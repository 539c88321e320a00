"""`kindred duplicates`: products with the same photo, or nearly the same."""

from typing import Annotated

import typer
from rich.markup import escape

from opensearch import generations
from opensearch.client import connect
from plugin_bridge.cli.output import console, out, print_json, progress, table
from plugin_bridge.errors import LoadError
from plugin_bridge.loading.publish import count
from plugin_bridge.searching.duplicates import ABOVE, find_duplicates
from plugin_bridge.settings import Settings

SHOWN = 50


def register(app: typer.Typer) -> None:
    """Add this group's commands to `app`."""
    app.command("duplicates")(duplicates)


def duplicates(
    photos: Annotated[bool, typer.Option("--photos/--texts", help="Compare photos, or texts.")] = True,
    above: Annotated[float, typer.Option("--above", min=0.5, max=1, help="Least cosine of two alike.")] = ABOVE,
    index: Annotated[
        str | None, typer.Option("--index", metavar="ALIAS", help="Alias; default: KINDRED_ALIAS.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """List groups of products whose photos (or texts) are the same, or nearly."""
    alias = index or Settings().alias
    with connect() as cluster, progress() as display:
        live = generations.live(cluster, alias)
        if live is None:
            raise LoadError(f"nothing is live behind {alias}; `kindred load FILE` loads a catalogue")
        task = display.add_task("comparing", total=count(cluster, live.index))
        advance = lambda products: display.advance(task, products)  # noqa: E731 - one line says it
        found = find_duplicates(cluster, live, "photos" if photos else "texts", above, progress=advance)
    if json:
        print_json(found.to_json())
        return
    rows = (
        (number, "equal" if group.exact else f"{group.similarity:.3f}", one.id, one.title, one.image)
        for number, group in enumerate(found.groups[:SHOWN], 1)
        for one in group.products
    )
    title = f"{len(found.groups):,} groups among {found.compared:,} products with {found.kind}"
    out.print(table(title, ("group", "cosine", "id", "title", "photo"), rows))
    if len(found.groups) > SHOWN:
        console.print(escape(f"the {SHOWN} largest groups are shown; --json has all"))
