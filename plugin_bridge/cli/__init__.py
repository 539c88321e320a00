"""The command line `kindred`. One file per group of commands; this one assembles them and words their failures."""

import sys

import typer
from pydantic import ValidationError
from rich.markup import escape

from encoders.errors import EncoderError
from opensearch.errors import OpenSearchError
from opensearch.settings import ClusterSettings, NodeSettings
from plugin_bridge.cli import (
    adopt,
    behaviour,
    duplicates,
    evaluate,
    experiments,
    jobs,
    labels,
    load,
    models,
    node,
    release,
    review,
    rules,
    search,
    tag,
    train,
)
from plugin_bridge.cli.output import console
from plugin_bridge.errors import BridgeError
from plugin_bridge.settings import Settings

app = typer.Typer(
    name="kindred",
    help="Learned product similarity for a shop's OpenSearch.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for group in (
    node,
    models,
    load,
    adopt,
    search,
    behaviour,
    duplicates,
    tag,
    review,
    labels,
    rules,
    train,
    evaluate,
    release,
    jobs,
    experiments,
):
    group.register(app)


def main() -> None:
    """Run a command; a failure is one sentence on standard error and exit status 1."""
    try:
        app()
    except (BridgeError, OpenSearchError, EncoderError) as error:
        console.print(f"[bold red]kindred:[/] {escape(str(error))}", soft_wrap=True)
        sys.exit(1)
    except ValidationError as error:
        console.print(f"[bold red]kindred:[/] {escape(_wrong_setting(error))}", soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        console.print("[yellow]kindred:[/] interrupted")
        sys.exit(130)


def _wrong_setting(error: ValidationError) -> str:
    """Word what is wrong with the environment, naming the variable."""
    first = error.errors()[0]
    prefixes = {kind.__name__: kind.model_config["env_prefix"] for kind in (Settings, ClusterSettings, NodeSettings)}
    message = first["msg"].removeprefix("Value error, ")
    variable = "".join(prefixes.get(error.title, "") + str(part).upper() for part in first["loc"][:1])
    return f"{variable}: {message}, got {first['input']!r}" if variable else message
