"""`kindred load`, `update`, `delete`, `generations`: what changes the index."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from encoders.store import ModelStore
from opensearch import generations
from opensearch.bulk import Patience
from opensearch.client import Cluster, connect
from opensearch.errors import CapabilityMissingError
from opensearch.generations import Generation
from opensearch.leases import holder
from plugin_bridge.catalogue.readers import count_rows
from plugin_bridge.cli.output import console, out, print_json, progress, table
from plugin_bridge.errors import LoadError
from plugin_bridge.loading.changes import ChangeOptions, ChangeReport, update
from plugin_bridge.loading.deletions import delete
from plugin_bridge.loading.languages import AUTO, encoder_for
from plugin_bridge.loading.load import Hooks, LoadOptions, LoadReport, load_catalogue
from plugin_bridge.plugging import announce, plug_in, unplug
from plugin_bridge.settings import Settings

File = Annotated[Path, typer.Argument(help="JSON Lines (plain or .gz), CSV or Parquet.")]
Images = Annotated[Path | None, typer.Option("--images", help="Folder of the photos; default: the folder of FILE.")]
Index = Annotated[str | None, typer.Option("--index", help="Alias; default: KINDRED_ALIAS or `products`.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Encoding = Annotated[str | None, typer.Option(help="Encoding of a file that is not UTF-8, as `cp1252`.")]
Wait = Annotated[float, typer.Option(help="Seconds to wait for an OpenSearch that is away or overloaded.", min=0)]
BlockWait = Annotated[float, typer.Option(help="Seconds to wait while the index is read-only (full disk).", min=0)]


def register(app: typer.Typer) -> None:
    """Add this group's commands to `app`."""
    app.command("load")(load_command)
    app.command("update")(update_command)
    app.command("delete")(delete_command)
    app.command("generations")(generations_command)


def load_command(
    file: File,
    images: Images = None,
    index: Index = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted load of this file.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Allow a catalogue that shrinks by over 20 %.")] = False,
    no_images: Annotated[bool, typer.Option("--no-images", help="Leave photos alone.")] = False,
    encoding: Encoding = None,
    language: Annotated[str, typer.Option(help="Language of the texts: auto, en, zh or many.")] = AUTO,
    keep: Annotated[int, typer.Option(help="Older generations to keep for a rollback.", min=0)] = 1,
    merge: Annotated[bool, typer.Option("--merge", help="Merge to one segment first: quicker searches.")] = False,
    replicas: Annotated[int, typer.Option(help="Replicas of the new index.", min=0)] = 0,
    wait: Wait = 600,
    block_wait: BlockWait = 3600,
    json: Json = False,
) -> None:
    """Load FILE as the whole catalogue: a new generation, live when every product is there."""
    if images is not None and no_images:
        raise typer.BadParameter("--images and --no-images contradict each other")
    settings = Settings()
    options = LoadOptions(
        alias=index or settings.alias,
        images=images,
        photos=not no_images,
        resume=resume,
        force=force,
        encoding=encoding,
        text_model=encoder_for(file, language, settings, encoding=encoding),
        image_model=settings.image_model,
        threads=settings.threads,
        keep=keep,
        merge=merge,
        replicas=replicas,
        patience=Patience(patience=wait, block_patience=block_wait),
    )
    with connect() as cluster, _told(file, "loading", settings) as hooks:
        if options.text_model != settings.text_model:
            hooks.notify(f"the texts are read by {options.text_model} (--language, KINDRED_TEXT_MODEL)")
        report = load_catalogue(file, cluster, ModelStore(settings.models_dir), settings.home, options, hooks)
    announce(settings)
    if json:
        print_json(asdict(report))
    else:
        _show_load(report)


def update_command(
    file: File,
    images: Images = None,
    index: Index = None,
    encoding: Encoding = None,
    wait: Wait = 600,
    block_wait: BlockWait = 3600,
    json: Json = False,
) -> None:
    """Write new and changed products into the live generation; only changed text and photos are encoded."""
    settings = Settings()
    options = ChangeOptions(
        alias=index or settings.alias,
        images=images,
        encoding=encoding,
        threads=settings.threads,
        patience=Patience(patience=wait, block_patience=block_wait),
    )
    with connect() as cluster, _told(file, "updating", settings) as hooks:
        report = update(file, cluster, ModelStore(settings.models_dir), settings.home, options, hooks)
    if json:
        print_json(asdict(report))
    else:
        _show_update(report)


def delete_command(
    ids: Annotated[list[str] | None, typer.Argument(help="Ids of products.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="File with one id a line.")] = None,
    index: Index = None,
    json: Json = False,
) -> None:
    """Delete products from the live generation."""
    wanted = [*(ids or ()), *(_ids_in(file) if file else ())]
    if not wanted:
        raise typer.BadParameter("name at least one id, or a file of ids with --file")
    with connect() as cluster:
        report = delete(cluster, wanted, index or Settings().alias)
    if json:
        print_json(asdict(report))
        return
    out.print(f"{report.deleted:,} deleted, {report.documents:,} products left in {report.generation}")
    if report.not_found:
        more = ", ..." if report.not_found > len(report.missing) else ""
        console.print(f"[yellow]{report.not_found:,} were not there:[/] {escape(', '.join(report.missing))}{more}")


def generations_command(index: Index = None, json: Json = False) -> None:
    """List the generations of the alias, the live one marked."""
    alias = index or Settings().alias
    with connect() as cluster:
        found = generations.history(cluster, alias)
        live = generations.live_indices(cluster, alias)
        writer = holder(cluster, alias)
    rows = [{**asdict(g), "name": g.name, "live": g.index in live, "state": _state(g, live)} for g in found]
    if json:
        print_json({"alias": alias, "generations": rows, "writer": writer})
        return
    columns = ("", "generation", "state", "documents", "encoders", "floor", "created")
    cells = (
        (
            "→" if row["live"] else "",
            g.name,
            row["state"],
            f"{g.documents:,}",
            "\n".join(f"{ref.model} {ref.fingerprint[:8]}" for ref in (g.text, g.image) if ref),
            f"{g.floor:.3f}",
            g.created[:16].replace("T", " "),
        )
        for g, row in zip(found, rows, strict=True)
    )
    out.print(table(f"Generations of {alias}", columns, cells))
    if writer:
        out.print(escape(f"being written to: {writer['purpose']} (process {writer['pid']} on {writer['host']})"))


@contextmanager
def _told(file: Path, verb: str, settings: Settings) -> Iterator[Hooks]:
    """Yield what tells people and installs the drop-in while a file is worked on."""
    total = count_rows(file) if console.is_terminal and file.is_file() else None
    with told(f"{verb} {file.name}", total, settings) as hooks:
        yield hooks


@contextmanager
def told(doing: str, total: int | None, settings: Settings) -> Iterator[Hooks]:
    """Yield what tells people and installs the drop-in while `total` products are worked on."""
    with progress() as display:
        task = display.add_task(escape(doing), total=total)
        yield Hooks(
            notify=lambda message: console.print(f"[cyan]kindred:[/] {escape(message)}", soft_wrap=True),
            progress=lambda products: display.advance(task, products),
            install=_installer(settings),
            remove=unplug,
        )


def _installer(settings: Settings) -> Callable[[Cluster, Generation], str | None]:
    def install(cluster: Cluster, generation: Generation) -> str | None:
        try:
            drop_in = plug_in(cluster, generation, settings)
        except CapabilityMissingError as error:
            return f"storefront queries stay plain keyword queries: {error}"
        if not drop_in.active:
            return f"storefront queries stay plain keyword queries until the bridge is started: {drop_in.reason}"
        return None

    return install


def _ids_in(file: Path) -> list[str]:
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LoadError(f"{file}: cannot be read as UTF-8 text: {error}") from error
    return [line.strip() for line in lines if line.strip()]


def _show_load(report: LoadReport) -> None:
    out.print(
        f"[bold]{escape(report.alias)} → {escape(report.index)}[/]: {report.documents:,} products, "
        f"{report.seconds:.1f} s ({report.products_per_second:,.0f}/s)"
    )
    _show_cleaning(report.cleaning)
    if report.dead_letters["count"]:
        out.print(f"[yellow]{report.dead_letters['count']:,} refused by OpenSearch[/]")
    if report.photos:
        out.print("photos: " + _counts(report.photos))
    if not report.dropin["installed"]:
        out.print(f"[yellow]no drop-in:[/] {escape(str(report.dropin['reason']))}")
    _show_problems(report.problems, report.files)


def _show_update(report: ChangeReport) -> None:
    out.print(
        f"[bold]{escape(report.alias)} ({report.generation})[/]: {_counts(report.counts)}; "
        f"{report.documents:,} products now"
    )
    _show_cleaning(report.cleaning)
    if report.photos:
        out.print("photos: " + _counts(report.photos))
    _show_problems(report.problems, report.files)


def _show_cleaning(cleaning: dict[str, Any]) -> None:
    out.print(f"{cleaning['rows']:,} rows, {cleaning['accepted']:,} products")
    for part in ("rejected", "mended", "lost"):
        if cleaning[part]:
            out.print(f"  {part}: {_counts(cleaning[part])}")


def _show_problems(problems: list[str], files: dict[str, str | None]) -> None:
    for problem in problems[:20]:
        console.print(f"  [yellow]·[/] {escape(problem)}", soft_wrap=True)
    if len(problems) > 20:
        console.print(f"  ... and {len(problems) - 20} more")
    for name, file in files.items():
        if file:
            console.print(f"  {name.replace('_', ' ')}: {escape(file)}", soft_wrap=True)


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in counts.items() if count) or "nothing"


def _state(generation: Generation, live: list[str]) -> str:
    if not generation.complete:
        return "half built"
    return "live" if generation.index in live else "ready"
