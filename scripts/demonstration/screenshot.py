"""Saves what the demo printed as an SVG picture that fetches nothing from the network."""

import re
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import MONOKAI


def save_svg(console: Console, path: Path) -> None:
    """Write the recorded output to `path`, without the web fonts that rich's own template asks for."""
    template = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    template = template.replace("Fira Code, monospace", "Fira Code, Menlo, Consolas, DejaVu Sans Mono, monospace")
    svg = console.export_svg(title="scripts/demo", theme=MONOKAI, code_format=template, unique_id="demo")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE), encoding="utf-8")
