"""`kindred release`, `releases`, `rollback` and `canary`."""

import getpass
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from encoders.store import ModelStore
from opensearch.client import connect
from plugin_bridge.cli.output import console, out, print_json, table
from plugin_bridge.cli.progress_lines import Lines, telling
from plugin_bridge.plugging import announce, unplug
from plugin_bridge.releases import candidates, records
from plugin_bridge.releases.records import Release
from plugin_bridge.releases.release import Wanted, release
from plugin_bridge.releases.switching import installed, rollback
from plugin_bridge.releases.workshop import Hooks, Workshop
from plugin_bridge.settings import Settings
from plugin_bridge.storage import LateStorage

Index = Annotated[str | None, typer.Option("--index", help="Alias; default: KINDRED_ALIAS or `products`.")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
_SHOWN = 5
_SIDES = (("before", "after"), ("after", "before"))


def register(app: typer.Typer) -> None:
    """Add this group's commands to `app`."""
    app.command("release")(release_command)
    app.command("releases")(releases_command)
    app.command("rollback")(rollback_command)
    app.command("canary")(canary_command)


def release_command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A text, photo or behaviour model of the store.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Build and compare, and switch nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Release also where the labels cannot tell.")] = False,
    worse: Annotated[bool, typer.Option("--worse", help="With --force: release even what is worse.")] = False,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", metavar="DIR", help="Judged queries, pairs, or orders; default: the alias's labels, the diary."
        ),
    ] = None,
    keep: Annotated[int, typer.Option("--keep", help="Older generations to keep for a rollback.", min=0)] = 1,
    index: Index = None,
    json: Annotated[bool, typer.Option("--json", help="Progress as JSON lines on standard output.")] = False,
) -> None:
    """Bring a model live: build a generation beside the live one, measure it, switch, or refuse and say why.

    A release that was interrupted goes on when the same command is given again. Refused is exit status 1.
    """
    with telling(json) as lines, _workshop(index, lines) as shop:
        wanted = Wanted(name, getpass.getuser(), dry_run, force, worse, data, keep)
        done = release(shop, wanted)
        lines.result(done.to_json())
    if not json:
        _show(done)
    if done.state == records.REFUSED:
        raise typer.Exit(1)


def releases_command(index: Index = None, json: Json = False) -> None:
    """List the releases of the alias, the newest first, and its canary."""
    with _workshop(index) as shop:
        found = shop.releases.all()
        canary = shop.canaries.all().get(shop.alias)
    if json:
        told = canary.to_json() if canary else None
        print_json({"alias": shop.alias, "releases": [one.to_json() for one in found], "canary": told})
        return
    columns = ("release", "model", "from", "to", "state", "verdict", "begun", "by")
    rows = [
        (
            one.id,
            one.model,
            _generation(one.source),
            _generation(one.target),
            one.state,
            one.verdict,
            one.begun[:16].replace("T", " "),
            one.by,
        )
        for one in found
    ]
    out.print(table(f"Releases of {shop.alias}", columns, rows))
    if canary is not None:
        out.print(f"canary: {escape(canary.target)} ranks {canary.share:.1%} of the requests")


def rollback_command(
    index: Index = None,
    to: Annotated[str | None, typer.Option("--to", help="Generation, as g003; default: the one before.")] = None,
    json: Json = False,
) -> None:
    """Make an earlier generation live again, in one atomic call."""
    with telling(False) as lines, _workshop(index, lines) as shop:
        done = rollback(shop, to)
    if json:
        print_json(done.to_json())
        return
    out.print(
        escape(f"{done.alias} → {done.live} ({done.documents:,} products), was {done.before}; {done.seconds:.2f} s")
    )
    if done.changes:
        out.print(f"{done.changes:,} changes made since the release were brought along")


def canary_command(
    generation: Annotated[str | None, typer.Argument(help="The candidate, as g008; none: show how it stands.")] = None,
    share: Annotated[float, typer.Option("--share", help="From 0 (none) to 0.5 of the requests.")] = 0.05,
    index: Index = None,
    json: Json = False,
) -> None:
    """Have a candidate rank a share of the storefront's requests; `--share 0` ends it."""
    with _workshop(index) as shop:
        if generation is not None:
            target = candidates.find(shop, generation)
            shop.canaries.set(shop.alias, target.index, share, getpass.getuser())
            announce(shop.settings)
        found = shop.canaries.all().get(shop.alias)
    if json:
        print_json({"alias": shop.alias, "canary": found.to_json() if found else None})
    else:
        words = "no canary" if found is None else f"{found.target} ranks {found.share:.1%} of the requests"
        out.print(escape(f"{shop.alias}: {words}"))


@contextmanager
def _workshop(index: str | None, lines: Lines | None = None) -> Iterator[Workshop]:
    settings = Settings()
    hooks = Hooks() if lines is None else hooks_of(settings, lines)
    storage = LateStorage(settings)
    try:
        with connect() as cluster:
            store = ModelStore(settings.models_dir)
            yield Workshop(cluster, store, settings, storage, index or settings.alias, hooks)
    finally:
        storage.close()


def hooks_of(settings: Settings, lines: Lines) -> Hooks:
    """Return what a release on this machine tells and calls."""
    return Hooks(
        tell=lines.progress,
        log=lines.log,
        install=lambda cluster, generation: installed(cluster, generation, settings),
        remove=unplug,
        announce=lambda: announce(settings),
    )


def _show(done: Release) -> None:
    found: Any = done.to_json()
    cells = [
        (name, *(f"{one[part]:.4f}" for part in ("live", "candidate")), f"{one['difference']:+.4f}", _interval(one))
        for name, one in found["comparison"].items()
    ]
    if cells:
        out.print(table("", ("measure", "live", "candidate", "difference", "95 % interval"), cells))
    for note in found["notes"]:
        out.print(f"[yellow]·[/] {escape(note)}")
    _show_changes(found["changes"])
    out.print(escape(f"verdict: {done.verdict}; release {done.id} is {done.state} ({done.source} → {done.target})"))
    if done.problem and done.state != records.REFUSED:  # why it was refused was told when it was
        out.print(escape(done.problem), soft_wrap=True)
    if done.verdict == "cannot tell" and found["judge_next"]:
        _show_next(found["judge_next"])


def _show_next(listed: Sequence[dict[str, str]]) -> None:
    """Show what to judge next, as queries with products, or to label, as pairs of products."""
    shown = listed[:_SHOWN]
    if "left" in listed[0]:
        rows = [(one["left"], one["right"]) for one in shown]
        out.print(table(f"label these {len(listed)} pairs next, first {len(rows)}", ("product", "product"), rows))
    else:
        rows = [(one["query"], one["product"]) for one in shown]
        out.print(table(f"judge these {len(listed)} next, first {len(rows)}", ("query", "product"), rows))
    console.print("--json lists them all; the desktop asks for them, and `kindred labels import` takes a file of them")


def _show_changes(changes: Sequence[dict[str, Any]]) -> None:
    if changes:
        rows = [
            (one["query"], f"{one['overlap']:.0%}", *(_only(one[here], one[there]) for here, there in _SIDES))
            for one in changes[:_SHOWN]
        ]
        columns = ("query", "same in top 10", "no longer there", "new there")
        out.print(table(f"the {len(rows)} queries that change most", columns, rows))


def _generation(index: str | None) -> str:
    return "" if index is None else index.rsplit("-", 1)[-1]


def _interval(one: dict[str, Any]) -> str:
    return f"{one['low']:+.4f} to {one['high']:+.4f}"


def _only(hits: Sequence[dict[str, Any]], others: Sequence[dict[str, Any]]) -> str:
    """Return the first of some hits that is not among the others."""
    known = {one["id"] for one in others}
    found = next((one for one in hits if one["id"] not in known), None)
    return "only the order changes" if found is None else str(found["product"].get("title") or found["id"])
