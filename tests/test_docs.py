"""The documentation is whole: links lead somewhere, every page can be reached, every command is described."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from plugin_bridge.cli import app
from tests.fixtures.data import ROOT

DOCS = sorted((ROOT / "docs").rglob("*.md"))
PAGES = [ROOT / "README.md", *DOCS]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
EVERYWHERE = {"--json", "--help"}


def links_of(page: Path) -> list[str]:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    return [link for link in LINK.findall(text) if not link.startswith(("http://", "https://"))]


def anchors_of(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for link in links_of(page):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{link} leads nowhere"
        if anchor:
            assert anchor in anchors_of(target), f"{target.name} has no heading #{anchor}"


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    ahead = [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        ahead += [(page.parent / link.partition("#")[0]).resolve() for link in links_of(page)]
    assert [page.relative_to(ROOT).as_posix() for page in DOCS if page not in reached] == []


def commands() -> list[tuple[str, Any]]:
    """Return every command with its full name, those of groups too."""
    found: list[tuple[str, Any]] = []

    def walk(name: str, command: Any) -> None:
        inner = getattr(command, "commands", None)
        if inner is None:
            found.append((name, command))
        for part, below in (inner or {}).items():
            walk(f"{name} {part}", below)

    walk("kindred", typer.main.get_command(app))
    return found


def test_every_command_and_option_is_described() -> None:
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    names = [name for name, _ in commands()]
    assert len(names) > 10
    assert [name for name in names if not re.search(rf"`{name}\b", text)] == []
    missing = [
        f"{name} {option}"
        for name, command in commands()
        for parameter in command.params
        for option in parameter.opts
        if option.startswith("--") and option not in EVERYWHERE and not re.search(rf"[` ]{option}\b", text)
    ]
    assert missing == []


def test_no_command_is_described_that_does_not_exist() -> None:
    names = {name for name, _ in commands()}
    groups = {name.rsplit(" ", 1)[0] for name in names}
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    described = set(re.findall(r"^### `(kindred [a-z-]+)", text, re.MULTILINE))
    assert described and described <= names | groups
