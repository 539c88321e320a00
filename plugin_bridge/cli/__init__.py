"""The command line `kindred`. One file per group of commands; this one assembles them and words their failures."""

import sys

import typer
from rich.markup import escape

from encoders.errors import EncoderError
from opensearch.errors import OpenSearchError
from plugin_bridge.cli import evaluate, load, models, node, search
from plugin_bridge.cli.output import console
from plugin_bridge.errors import BridgeError

app = typer.Typer(
    name="kindred",
    help="Learned product similarity for a shop's OpenSearch.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for group in (node, models, load, search, evaluate):
    group.register(app)


def main() -> None:
    """Run a command; a failure is one sentence on standard error and exit status 1."""
    try:
        app()
    except (BridgeError, OpenSearchError, EncoderError) as error:
        console.print(f"[bold red]kindred:[/] {escape(str(error))}", soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        console.print("[yellow]kindred:[/] interrupted")
        sys.exit(130)
