"""`kindred rules` as a person or a script calls it."""

from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from plugin_bridge import cli
from plugin_bridge.errors import RequestError
from tests.fixtures.bridge import Bridge

ALIAS = "bridge-shop"


@pytest.fixture(autouse=True)
def environment(bridge: Bridge, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bridge's shop, with a database of its own."""
    (tmp_path / "models").symlink_to(bridge.settings.models_dir.resolve(), target_is_directory=True)
    for name, value in {"OPENSEARCH_URL": bridge.cluster_url, "KINDRED_HOME": tmp_path, "KINDRED_ALIAS": ALIAS}.items():
        monkeypatch.setenv(name, str(value))


def run(*arguments: str) -> Any:
    result = CliRunner().invoke(cli.app, [*arguments, "--json"])
    assert result.exit_code == 0, (result.output, result.exception)
    return orjson.loads(result.stdout)


def test_from_a_preview_to_the_history() -> None:
    seen = run("rules", "preview", "pin", "tent", "--query", "couch", "--place", "2")
    assert [hit["id"] for hit in seen["after"]][1] == "tent"
    assert run("rules", "list")["rules"] == []
    made = run("rules", "add", "pin", "tent", "--query", "couch", "--place", "2", "--by", "ann", "--note", "try")
    assert made["rule"]["owner"] == "ann"
    assert run("search", "couch")["hits"][1]["id"] == "tent"
    assert run("search", "couch", "--no-rules")["hits"][1]["id"] != "tent"
    assert run("rules", "preview", "--rule", str(made["id"]))["after"][1]["id"] == "tent"
    hidden = run("rules", "add", "hide", "--where", "brand=alpin", "--pattern", "*", "--until", "2099-12-31")
    assert "tent" not in [hit["id"] for hit in run("search", "couch")["hits"]]
    assert "boots" not in [hit["id"] for hit in run("similar", "lamp")["hits"]]
    assert "boots" in [hit["id"] for hit in run("similar", "lamp", "--no-rules")["hits"]]
    run("rules", "remove", str(made["id"]), "--by", "ann")
    assert [one["id"] for one in run("rules", "list")["rules"]] == [hidden["id"]]
    assert run("rules", "undo", "--by", "ann")["rule"]["place"] == 2
    assert [one["kind"] for one in run("rules", "audit", "--rule", str(made["id"]))["events"]] == [
        "undo", "remove", "add"
    ]  # fmt: skip


def test_people_read_tables() -> None:
    runner = CliRunner()
    runner.invoke(cli.app, ["rules", "add", "pin", "tent", "--query", "couch"])
    second = runner.invoke(cli.app, ["rules", "add", "hide", "tent", "--query", "couch"])
    assert "conflict" in second.stderr and "rules undo" in second.stdout
    for command in (["list"], ["audit"], ["preview", "boost", "lamp", "--query", "couch"]):
        shown = runner.invoke(cli.app, ["rules", *command])
        assert shown.exit_code == 0 and "couch" in shown.stdout


@pytest.mark.parametrize(
    "wrong",
    [
        ["add", "pin", "tent"],
        ["add", "pin", "tent", "--query", "a", "--pattern", "b"],
        ["add", "burn", "tent", "--query", "a"],
        ["add", "hide", "--query", "a", "--where", "brand"],
        ["preview"],
    ],
)
def test_wrong_use_is_said(wrong: list[str]) -> None:
    assert CliRunner().invoke(cli.app, ["rules", *wrong]).exit_code == 2


def test_what_is_wrong_with_a_rule_is_one_sentence() -> None:
    for wrong in (["add", "pin", "--query", "a"], ["remove", "77"], ["preview", "--rule", "77"], ["undo"]):
        result = CliRunner().invoke(cli.app, ["rules", *wrong])
        assert isinstance(result.exception, RequestError), result.output
