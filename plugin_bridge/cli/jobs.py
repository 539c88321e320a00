"""`kindred jobs`: the queue of trainings and releases that the bridge runs, from the command line."""

import getpass
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.markup import escape

from encoders.store import ModelStore
from opensearch.client import connect
from plugin_bridge.background import is_alive
from plugin_bridge.cli.output import console, out, print_json, table
from plugin_bridge.cli.progress_lines import Lines, telling
from plugin_bridge.errors import BridgeError, JobError
from plugin_bridge.jobs.commands import Commands
from plugin_bridge.jobs.desk import JobDesk, is_over
from plugin_bridge.jobs.ledger import DONE
from plugin_bridge.jobs.told import Told
from plugin_bridge.settings import Settings
from plugin_bridge.storage import LateStorage

Number = Annotated[int, typer.Argument(metavar="JOB", help="Number of a job.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
_LOOK_SECONDS = 0.3


def register(app: typer.Typer) -> None:
    """Add this group's commands to `app`."""
    group = typer.Typer(help="Trainings and releases in the background.", no_args_is_help=True)
    group.command("list")(list_command)
    group.command("show")(show_command)
    group.command("start")(start_command)
    group.command("cancel")(cancel_command)
    app.add_typer(group, name="jobs")


def known_commands(context: typer.Context) -> Commands:
    """Return the commands of the command line that runs, which are what jobs may be."""
    return Commands(context.find_root().command)


def list_command(context: typer.Context, json: Json = False) -> None:
    """List the jobs, newest first."""
    with _desk(context) as desk:
        found = [desk.described(job) for job in desk.all()]
    if json:
        print_json({"jobs": found})
        return
    columns = ("job", "kind", "state", "by", "queued", "progress", "problem")
    rows = [
        (one["id"], one["kind"], one["state"], one["by"], _moment(one["queued"]), _progress(one), one["problem"])
        for one in found
    ]
    out.print(table("", columns, rows))


def show_command(context: typer.Context, number: Number, json: Json = False) -> None:
    """Show how a job stands, what it measured and what it said."""
    with _desk(context) as desk:
        found, said = desk.described(desk.get(number)), desk.log(number)
    if json:
        print_json({**found, "log": said})
        return
    for name in ("kind", "state", "by", "queued", "started", "ended", "problem"):
        if found[name]:
            out.print(escape(f"{name}: {found[name]}"), soft_wrap=True)
    out.print(escape(f"progress: {_progress(found)}"))
    for one in found["figures"][-5:]:
        out.print(escape(f"figures: {one}"), soft_wrap=True)
    out.print(escape(said[-4000:]), soft_wrap=True)


def start_command(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(help="As train-pairs, or release.")],
    given: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="An option of its command; again for more.")
    ] = None,
    index: Annotated[str | None, typer.Option("--index", help="Alias; default: KINDRED_ALIAS or `products`.")] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Do not wait for its end; a bridge has to run.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Progress as JSON lines on standard output.")] = False,
) -> None:
    """Queue a job and follow it; Ctrl-C leaves it running. Without a bridge this command looks after it.

    The job is the same as one that the bridge is asked for: one at a time, from the labels of the alias, or from a
    folder below KINDRED_HOME/datasets that `--set data=NAME` names.
    """
    with _desk(context) as desk:
        served = is_alive(Settings())
        if detach and not served:
            raise JobError("--detach needs a bridge that looks after the job: `kindred up` starts it")
        job = desk.add(kind, _settings(given or []), getpass.getuser(), index)
        console.print(f"job {job.id} is queued")
        if detach:
            if json:
                print_json(desk.described(job))
            return
        with telling(json) as lines:
            done = _followed(desk, job.id, lines, looking_after=not served)
            if done["result"] is not None:
                lines.result(done["result"])
    if done["state"] != DONE:
        raise BridgeError(f"job {job.id} {done['state']}: {done['problem']}")


def cancel_command(context: typer.Context, number: Number, json: Json = False) -> None:
    """Cancel a job: one that waits at once, one that runs within seconds."""
    with _desk(context) as desk:
        found = desk.described(desk.cancel(number, getpass.getuser()))
        if not is_alive(Settings()):
            end = time.monotonic() + 30
            while found["state"] == "running" and time.monotonic() < end:
                desk.step()
                found = desk.described(desk.get(number))
                time.sleep(_LOOK_SECONDS)
    if json:
        print_json(found)
    else:
        out.print(escape(f"job {number}: {found['state']}"))


def _followed(desk: JobDesk, number: int, lines: Lines, *, looking_after: bool) -> dict[str, Any]:
    told = Told()
    while True:
        if looking_after:
            desk.step()
        job = desk.get(number)
        fresh = desk.events(job, told)
        for event in fresh:
            if event["event"] in ("progress", "figures", "log"):
                lines(event)
        if is_over(job) and not fresh:
            return desk.described(job)
        time.sleep(_LOOK_SECONDS)


@contextmanager
def _desk(context: typer.Context) -> Iterator[JobDesk]:
    settings = Settings()
    storage = LateStorage(settings)
    try:
        with connect() as cluster:
            yield JobDesk(settings, storage, cluster, ModelStore(settings.models_dir), known_commands(context))
    finally:
        storage.close()


def _settings(given: list[str]) -> dict[str, Any]:
    """Return `NAME=VALUE`s as settings; `true` and `false` are switches."""
    found: dict[str, Any] = {}
    for one in given:
        name, sign, value = one.partition("=")
        if not sign or not name:
            raise typer.BadParameter(f"{one!r} is not NAME=VALUE", param_hint="--set")
        found[name.replace("-", "_")] = {"true": True, "false": False}.get(value, value)
    return found


def _progress(one: dict[str, Any]) -> str:
    told = one["progress"]
    if not told:
        return ""
    of = f" of {told['of']:,}" if told.get("of") else ""
    return f"{told['message']} {told['step']:,}{of}".strip()


def _moment(written: str) -> str:
    return written[:16].replace("T", " ")
