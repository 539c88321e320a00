"""`kindred adopt`, `backfill` and `leave`: beside an index that a shop already has."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from encoders.store import ModelStore
from opensearch.bulk import Patience
from opensearch.client import connect
from plugin_bridge.adopting import AdoptPlan, AdoptReport, BackfillReport, adopt, backfill, leave, plan_adoption
from plugin_bridge.cli.load import Index, Json, Wait, told
from plugin_bridge.cli.output import console, out, print_json
from plugin_bridge.loading.changes import ChangeOptions
from plugin_bridge.loading.load import LoadOptions
from plugin_bridge.plugging import announce
from plugin_bridge.settings import Settings

Images = Annotated[Path | None, typer.Option("--images", help="Folder of the photos; default: none are read.")]


def register(app: typer.Typer) -> None:
    """Add this group's commands to `app`."""
    app.command("adopt")(adopt_command)
    app.command("backfill")(backfill_command)
    app.command("leave")(leave_command)


def adopt_command(
    name: Annotated[str, typer.Argument(metavar="INDEX", help="The shop's index, or an alias of it.")],
    index: Annotated[
        str | None, typer.Option("--index", help="Alias to answer on; default: INDEX where it is an alias.")
    ] = None,
    fields: Annotated[
        list[str] | None, typer.Option("--field", help="Where a field is read from, as title=product_label.")
    ] = None,
    images: Images = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")] = False,
    wait: Wait = 600,
    json: Json = False,
) -> None:
    """Take INDEX over: its documents, fields and queries stay as they are, and are ranked with vectors, too."""
    settings = Settings()
    with connect() as cluster:
        plan = plan_adoption(cluster, name, index, _chosen(fields or []), settings.alias)
        if dry_run:
            _show_plan(plan, json)
            return
        options = LoadOptions(
            images=images,
            photos=images is not None,
            text_model=settings.text_model,
            image_model=settings.image_model,
            threads=settings.threads,
            patience=Patience(patience=wait),
        )
        with told(f"adopting {plan.index}", plan.documents, settings) as hooks:
            report = adopt(plan, cluster, ModelStore(settings.models_dir), settings.home, options, hooks)
    announce(settings)
    if json:
        print_json(report.to_json())
    else:
        _show(plan, report)


def backfill_command(images: Images = None, index: Index = None, wait: Wait = 600, json: Json = False) -> None:
    """Complete products that were written past Kindred: vectors of new and changed texts and photos."""
    settings = Settings()
    options = ChangeOptions(
        alias=index or settings.alias, images=images, threads=settings.threads, patience=Patience(patience=wait)
    )
    with connect() as cluster, told("completing", None, settings) as hooks:
        report = backfill(cluster, ModelStore(settings.models_dir), settings.home, options, hooks)
    if json:
        print_json(vars(report))
    else:
        _show_backfill(report)


def leave_command(
    index: Index = None,
    delete: Annotated[
        bool, typer.Option("--delete", help="Delete from the shop's index what the live generation does not have.")
    ] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the generations, behind no alias.")] = False,
    json: Json = False,
) -> None:
    """Give everything back: the shop's own index behind its alias, brought up to date, and no drop-in."""
    settings = Settings()
    with connect() as cluster:
        report = leave(cluster, index or settings.alias, delete=delete, keep=keep)
    announce(settings)
    if json:
        print_json(report.to_json())
        return
    out.print(f"[bold]{escape(report.alias)} → {escape(report.index)}[/]: {report.documents:,} documents, no drop-in")
    if report.given_back:
        out.print(f"brought back: {report.written:,} written, {report.deleted:,} deleted")
        if report.newer:
            out.print(f"written there by yourself since, left as they are: {report.newer:,}")
        if report.only_there_count:
            some = escape(", ".join(report.only_there[:10])) + (", ..." if report.only_there_count > 10 else "")
            out.print(f"only in {escape(report.index)}, left there (--delete): {report.only_there_count:,}: {some}")
    else:
        out.print("no index was taken over, or it is gone: the last generation stays as a plain index")
    for word, names in (("deleted", report.dropped), ("left", report.kept)):
        if names:
            out.print(f"{word}: {escape(', '.join(names))}")


def _chosen(given: list[str]) -> dict[str, str]:
    pairs = [one.partition("=") for one in given]
    for ours, sign, theirs in pairs:
        if not (ours and sign and theirs):
            raise typer.BadParameter(f"--field is KINDRED=SHOP, as title=product_label, not {ours}{sign}{theirs}")
    return {ours: theirs for ours, _, theirs in pairs}


def _show_plan(plan: AdoptPlan, json: bool) -> None:
    if json:
        found = {"index": plan.index, "alias": plan.alias, "documents": plan.documents}
        print_json(found | {"fields": dict(plan.adopted.fields), "unread": list(plan.unread)})
        return
    out.print(f"{escape(plan.index)} ({plan.documents:,} documents) would be taken over behind {escape(plan.alias)}")
    _show_fields(plan)


def _show(plan: AdoptPlan, report: AdoptReport) -> None:
    load = report.load
    out.print(
        f"[bold]{escape(load.alias)} → {escape(load.index)}[/]: {load.documents:,} products, {load.seconds:.1f} s; "
        f"{escape(plan.index)} stays as it was"
    )
    _show_fields(plan)
    if any(report.caught_up.values()):
        out.print(
            f"written meanwhile: {report.caught_up['changed']:,} changed, {report.caught_up['deleted']:,} deleted"
        )
    if load.dead_letters["count"]:
        out.print(f"[yellow]{load.dead_letters['count']:,} refused by OpenSearch[/]")
    if not load.dropin["installed"]:
        out.print(f"[yellow]no drop-in:[/] {escape(str(load.dropin['reason']))}")
    for problem in load.problems[:20]:
        console.print(f"  [yellow]·[/] {escape(problem)}", soft_wrap=True)


def _show_fields(plan: AdoptPlan) -> None:
    read = ", ".join(f"{ours} from {theirs}" for ours, theirs in plan.adopted.fields.items())
    out.print(f"read: {escape(read)}", soft_wrap=True)
    if plan.unread:
        out.print(f"texts that are not read by the encoder: {escape(', '.join(plan.unread))}", soft_wrap=True)


def _show_backfill(report: BackfillReport) -> None:
    out.print(
        f"[bold]{escape(report.alias)} ({report.generation})[/]: {report.documents:,} products, "
        f"{report.incomplete:,} were incomplete, {report.encoded:,} texts encoded"
    )
    for problem in report.problems[:20]:
        console.print(f"  [yellow]·[/] {escape(problem)}", soft_wrap=True)
