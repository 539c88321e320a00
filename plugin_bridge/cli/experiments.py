"""`kindred experiments`: trainings that were recorded, and what differs between two of them."""

from typing import Annotated, Any

import typer

from plugin_bridge.cli.output import out, print_json, table
from plugin_bridge.errors import BridgeError
from plugin_bridge.experiments import Experiment, compared, find, listed
from plugin_bridge.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
_SHOWN = ("valid_f1", "f1", "ndcg@10")


def register(app: typer.Typer) -> None:
    """Add this group's commands to `app`."""
    group = typer.Typer(help="Trainings that were recorded.", no_args_is_help=True)
    group.callback()(_group)
    group.command("list")(list_command)
    group.command("show")(show_command)
    group.command("compare")(compare_command)
    app.add_typer(group, name="experiments")


def _group() -> None:
    """Trainings that were recorded: by the hash of labels, settings and base; run again, they are not run again."""


def list_command(json: Json = False) -> None:
    """List the experiments, newest first."""
    found = listed(Settings().home)
    if json:
        print_json({"experiments": [one.to_json() for one in found]})
        return
    rows = [(one.id[:8], one.kind, one.model, _figure(one), f"{one.seconds:.0f}", one.ended) for one in found]
    out.print(table(f"{len(found)} experiments", ("", "kind", "model", "valid", "s", "ended"), rows))


def show_command(
    identity: Annotated[str, typer.Argument(metavar="HASH", help="Its hash, or the beginning of it.")],
    json: Json = False,
) -> None:
    """Show all that was recorded of an experiment."""
    one = _found(identity)
    if json:
        print_json(one.to_json())
        return
    out.print(table(f"experiment {one.id}", ("", ""), [(key, _plain(value)) for key, value in one.to_json().items()]))


def compare_command(
    first: Annotated[str, typer.Argument(metavar="HASH")],
    second: Annotated[str, typer.Argument(metavar="HASH")],
    json: Json = False,
) -> None:
    """Show what differs between two experiments, and their figures side by side."""
    one, two = _found(first), _found(second)
    document = compared(one, two)
    if json:
        print_json(document)
        return
    rows = [
        (f"{part}: {key}", _plain(both[0]), _plain(both[1]))
        for part in ("inputs", "settings", "figures")
        for key, both in document[part].items()
    ]
    rows.append(("seconds", str(one.seconds), str(two.seconds)))
    out.print(table("", ("", f"{one.id[:8]} {one.model}", f"{two.id[:8]} {two.model}"), rows))


def _found(identity: str) -> Experiment:
    home = Settings().home
    found = find(home, identity)
    if found is None:
        raise BridgeError(f"there is no experiment {identity!r} in {home / 'experiments'}; `kindred experiments list`")
    return found


def _figure(one: Experiment) -> str:
    return next((f"{one.figures[name]:.4f}" for name in _SHOWN if isinstance(one.figures.get(name), float)), "")


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(one)}" for key, one in value.items())
    return str(value)
