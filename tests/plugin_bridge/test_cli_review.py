"""`kindred review` and `kindred duplicates` as a person or a script calls them."""

import getpass
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from opensearch.client import Cluster
from opensearch.generations import Generation
from plugin_bridge import cli
from plugin_bridge.review.reviewer import Reviewer
from tests.plugin_bridge.review.conftest import Suggest, alias, generation, reviewer, source, storage, suggest

__all__ = ["alias", "generation", "reviewer", "storage", "suggest"]


@pytest.fixture(autouse=True)
def environment(cluster: Cluster, alias: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENSEARCH_URL", cluster.url)
    monkeypatch.setenv("KINDRED_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KINDRED_ALIAS", alias)


def run(*arguments: str, fails: bool = False) -> Any:
    """Run a command with --json and return its document; with `fails`, the exception that `main` words."""
    result = CliRunner().invoke(cli.app, [*arguments, "--json"])
    if fails:
        assert result.exit_code != 0
        return result.exception if not isinstance(result.exception, SystemExit) else result.output
    assert result.exit_code == 0, (result.output, result.exception)
    return orjson.loads(result.stdout)


def test_from_the_list_to_the_index_and_back(
    cluster: Cluster,
    generation: Generation,
    suggest: Suggest,
    tmp_path: Path,
) -> None:
    tag, colour, bad = suggest(
        ("shoe", "tags", "summer", 0.9), ("blank", "colour", "red", 0.7), ("apple", "tags", "x", 0.2)
    )
    page = run("review", "list", "--sure")
    assert (page["total"], page["suggestions"][0]["id"]) == (1, tag)
    assert run("review", "list", "--above", "0.5", "--below", "0.8")["suggestions"][0]["id"] == colour
    done = run("review", "accept", str(tag), "--by", "anna")
    assert source(cluster, generation.index, "shoe")["tags"] == ["sale", "summer"]
    assert run("review", "correct", str(colour), "blue")["decided"][0]["value"] == "blue"
    assert run("review", "refuse", str(bad))["decided"][0]["action"] == "refuse"
    whole = run("review", "history")["events"]
    assert [one["by"] for one in whole] == [getpass.getuser(), getpass.getuser(), "anna"]
    assert {one["field"]: one["decided"] for one in run("review", "precision")["weeks"]} == {"colour": 1, "tags": 2}
    exported = run("review", "export", str(tmp_path / "out.jsonl"))
    assert exported["products"] == len((tmp_path / "out.jsonl").read_text().splitlines()) == 3
    run("review", "undo", str(done["operation"]))
    assert source(cluster, generation.index, "shoe")["tags"] == ["sale"]
    assert "was undone already" in str(run("review", "undo", str(done["operation"]), fails=True))


def test_in_bulk_nothing_happens_without_yes(
    cluster: Cluster,
    generation: Generation,
    suggest: Suggest,
) -> None:
    suggest(("shoe", "tags", "summer", 0.9), ("blank", "tags", "red", 0.95), ("apple", "tags", "x", 0.2))
    preview = run("review", "accept", "--field", "tags", "--above", "0.9")
    assert (preview["count"], preview["products"]) == (2, 2)
    assert "tags" not in source(cluster, generation.index, "blank")
    assert len(run("review", "accept", "--field", "tags", "--above", "0.9", "--yes")["decided"]) == 2
    assert source(cluster, generation.index, "blank")["tags"] == ["red"]


def test_tables_and_refusals(suggest: Suggest, reviewer: Reviewer, tmp_path: Path) -> None:
    (tag,) = suggest(("shoe", "tags", "[bold]summer[/]", 0.9))
    shown = CliRunner().invoke(cli.app, ["review", "list"])
    assert shown.exit_code == 0
    assert "[bold]summer[/]" in shown.stdout  # a value is never read as markup
    preview = CliRunner().invoke(cli.app, ["review", "refuse", "--model", "tiny"])
    assert preview.exit_code == 0
    assert "refuse: 1 suggestions" in preview.stdout
    assert CliRunner().invoke(cli.app, ["review", "accept"]).exit_code == 2
    assert CliRunner().invoke(cli.app, ["review", "accept", str(tag), "--field", "tags"]).exit_code == 2
    assert CliRunner().invoke(cli.app, ["review", "make"]).exit_code == 2
    assert CliRunner().invoke(cli.app, ["review", "list", "--state", "lost"]).exit_code == 2
    assert "there is no suggestion 999" in str(run("review", "accept", "999", fails=True))
    assert "cannot be written" in str(run("review", "export", str(tmp_path), fails=True))
    assert "was loaded without photos" in str(run("duplicates", fails=True))
    assert run("duplicates", "--texts")["groups"] == []
    for command in (["review", "precision"], ["review", "history"], ["duplicates", "--texts"]):
        assert CliRunner().invoke(cli.app, command).exit_code == 0
