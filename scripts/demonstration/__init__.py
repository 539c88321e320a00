"""What `scripts/demo` does once the virtual environment is there: prepare by commands, then show."""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from demonstration import showing
from demonstration.preparing import DemoError, Preparation
from demonstration.screenshot import save_svg
from encoders.errors import EncoderError
from opensearch.errors import OpenSearchError
from plugin_bridge.errors import BridgeError

SCREENSHOT_WIDTH = 112


def main(arguments: Sequence[str]) -> int:
    """Run the demonstration; 0 when all was shown, 1 with one sentence that says where it stopped."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description="Show Kindred on its sample catalogue.")
    parser.add_argument("--screenshot", type=Path, metavar="FILE.svg", help="write what is shown to an SVG picture")
    parser.add_argument("--prepare", action="store_true", help="show nothing; end with address and token as JSON")
    options = parser.parse_args(arguments)
    console = Console(
        highlight=False, record=bool(options.screenshot), width=SCREENSHOT_WIDTH if options.screenshot else None
    )
    began = float(os.environ.pop("KINDRED_DEMO_BEGAN", time.time()))
    preparation = Preparation(console)
    try:
        preparation.environment(time.time() - began)
        shop = preparation.run()
        with shop:
            console.print(f"[dim]ready after {time.time() - began:.1f} s[/]\n")
            if options.prepare:
                print(json.dumps({"url": shop.bridge.url, "token": preparation.secret("merchandiser")}), flush=True)
                return 0
            if options.screenshot:
                showing.highlights(console, shop)
                save_svg(console, options.screenshot)
            else:
                showing.everything(console, shop)
    except (DemoError, BridgeError, OpenSearchError, EncoderError) as error:
        preparation.undo()
        sys.stderr.write(f"scripts/demo: {error}\n")
        return 1
    except KeyboardInterrupt:
        preparation.undo()
        console.print("\n[yellow]interrupted[/]; run scripts/demo again to go on")
        return 130
    console.print(escape(f"Shown in {time.time() - began:.1f} s in all."), style="dim")
    return 0
