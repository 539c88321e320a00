"""`kindred up`, `down` and `status`: the local node and the bridge in the background."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.markup import escape

from opensearch import generations, node, preflight
from opensearch.client import Cluster, connect, connect_as_storefront
from opensearch.errors import CapabilityMissingError, ClusterUnreachableError
from opensearch.node import NodeState, Progress
from opensearch.settings import ClusterSettings, NodeSettings
from plugin_bridge import background
from plugin_bridge import status as standing
from plugin_bridge.cli.output import console, out, print_json, progress, table
from plugin_bridge.plugging import plug_in
from plugin_bridge.settings import Settings
from plugin_bridge.tokens import TokenStore

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def register(app: typer.Typer) -> None:
    """Add this group's commands to `app`."""
    app.command("up")(up)
    app.command("down")(down)
    app.command("status")(status)


def up(json: Json = False) -> None:
    """Start the local OpenSearch node (or use OPENSEARCH_URL) and the bridge, both in the background."""
    settings = Settings()
    if ClusterSettings().is_local:
        started = _start_node(settings)
        for note in started.notes:
            console.print(f"[yellow]node:[/] {escape(note)}", soft_wrap=True)
    made = TokenStore(settings.home).ensure()
    if made:
        console.print(
            f"tokens made; their secrets are in {escape(str(settings.home / 'secrets.json'))}", soft_wrap=True
        )
    with connect() as cluster:
        found = preflight.check(cluster)
        found.require()  # before anything is started for a cluster that cannot be used
        console.print(f"[green]node[/] {found.url} (OpenSearch {found.version})")
        background.start(settings, cluster.url)
        console.print(f"[green]bridge[/] {settings.local_url}")
        # Again, now that there is a bridge to predict with.
        found = preflight.check(cluster, bridge_url=settings.reach_url, storefront=connect_as_storefront())
        warnings = [f"{one.name}: {one.detail}: {one.cost}. {one.mend}" for one in found.findings if not one.ok]
        warnings += _plug_in_again(cluster, settings)
        for warning in warnings:
            console.print(f"[yellow]note:[/] {escape(warning)}", soft_wrap=True)
        if json:
            print_json({**_describe(cluster, settings), "notes": warnings})


def down(json: Json = False) -> None:
    """Stop the bridge and the local node; a cluster named by OPENSEARCH_URL is left running."""
    bridge = background.stop(Settings())
    local = node.stop() if ClusterSettings().is_local else False
    if json:
        print_json({"bridge": {"stopped": bridge}, "node": {"stopped": local}})
        return
    console.print("bridge stopped" if bridge else "no bridge was running")
    console.print("node stopped" if local else "no local node was running")


def status(json: Json = False) -> None:
    """Show node, bridge, alias, generations, models and fallbacks."""
    settings = Settings()
    try:
        with connect() as cluster:
            document = _describe(cluster, settings)
    except ClusterUnreachableError:
        document = _describe(None, settings)
    if json:
        print_json(document)
    else:
        _show(document)


def _describe(cluster: Cluster | None, settings: Settings) -> dict[str, Any]:
    return standing.describe(cluster, settings, bridge=background.readiness(settings))


def _plug_in_again(cluster: Cluster, settings: Settings) -> list[str]:
    """Renew the drop-ins: the bridge may have another address or token than when they were installed."""
    for generation in generations.history(cluster, settings.alias):
        if generation.complete:
            try:
                drop_in = plug_in(cluster, generation, settings)
            except CapabilityMissingError as error:
                return [f"storefront queries stay plain keyword queries: {error}"]
            if not drop_in.active:
                return [f"storefront queries stay plain keyword queries: {drop_in.reason}"]
    return []


def _start_node(settings: Settings) -> NodeState:
    """Start the local node, and the bridge before it: shoppers' first requests then meet both."""
    before = node.state() is None and background.state(settings) is None
    if before:
        background.start(settings, NodeSettings().url)
    try:
        with _steps() as told:
            return node.start(progress=told)
    except BaseException:
        if before:
            background.stop(settings)
        raise


@contextmanager
def _steps() -> Iterator[Progress]:
    """Yield a progress that draws one bar for each long step."""
    with progress() as display:
        bars: dict[str, Any] = {}

        def tell(what: str, done: float, total: float) -> None:
            if what not in bars:
                bars[what] = display.add_task(what, total=total)
            display.update(bars[what], completed=done, total=total)

        yield tell


def _show(document: dict[str, Any]) -> None:
    at, bridge = document["node"], document["bridge"]
    rows = [
        ("node", f"{at['url'] or '-'} {at['version'] or ''}", _state(at["running"], at["problem"])),
        ("bridge", bridge["url"], _state(bridge["running"], bridge.get("problem"))),
        ("alias", document["alias"], document["generation"] or "nothing loaded"),
        ("documents", "" if document["documents"] is None else f"{document['documents']:,}", ""),
        ("fallbacks", _number(document["fallbacks"]["total"]), "answered without the bridge"),
    ]
    out.print(table("", ("part", "what", "state"), rows))
    if document["generations"]:
        columns = ("generation", "live", "documents", "text encoder", "fingerprint", "photo encoder", "drop-in")
        out.print(table("generations", columns, [_generation(row) for row in document["generations"]]))
    shown = ("name", "kind", "dimension", "precision", "fingerprint")
    out.print(table("models", shown, [[card[part] for part in shown] for card in document["models"]]))
    if document["problem"]:
        console.print(f"[yellow]note:[/] {escape(document['problem'])}", soft_wrap=True)


def _generation(row: dict[str, Any]) -> list[Any]:
    image = row["image"]["model"] if row["image"] else "-"
    live = "live" if row["live"] else "" if row["complete"] else "incomplete"
    drop_in = "yes" if row["drop_in"] else "no"
    text = row["text"]
    return [row["name"], live, f"{row['documents']:,}", text["model"], text["fingerprint"][:12], image, drop_in]


def _state(running: bool, problem: str | None) -> str:
    return problem or ("running" if running else "not running")


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"
