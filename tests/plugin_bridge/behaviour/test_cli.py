"""The commands, in a home of their own."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from plugin_bridge.behaviour.identity import pseudonyms
from plugin_bridge.cli import app
from tests.fixtures.habits import MODEL, Shop
from tests.plugin_bridge.behaviour.shop import write_orders

run = CliRunner().invoke


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KINDRED_HOME", str(tmp_path))
    return tmp_path


def test_orders_are_imported_counted_and_forgotten(home: Path) -> None:
    orders = write_orders(home / "orders.csv", customers=8)
    with orders.open("a") as stream:
        stream.write("x,2024-02-01 10:00:00,C1,POST,POSTAGE,1,3,Malta\nC9,2024-02-01 10:00:00,C1,item-1,T,-1,3,Malta\n")
    told = json.loads(run(app, ["behaviour", "import", str(orders), "--json"]).stdout)
    assert told["files"][0]["new"] == 8 * 24
    assert told["files"][0]["left_out"] == {"cancelled": 1, "postage_or_adjustment": 1}
    again = json.loads(run(app, ["behaviour", "import", str(orders), "--json"]).stdout)
    assert again["files"][0]["new"] == 0
    assert json.loads(run(app, ["behaviour", "status", "--json"]).stdout)["diary"]["customers"] == 8
    assert run(app, ["behaviour", "leave-out", "C2"]).exit_code == 0
    orders.unlink()
    gone = json.loads(run(app, ["behaviour", "forget", "C1", "--json"]).stdout)
    assert gone["rows"] == 24
    assert gone["gone"] is True


def test_segments_and_neighbours_are_written(habits: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KINDRED_HOME", str(habits.home))
    table = tmp_path / "segments.csv"
    done = run(app, ["segments", "--count", "4", "--out", str(table), "--model", MODEL, "--json"])
    assert done.exit_code == 0, done.output
    assert len(json.loads(done.stdout)["segments"]) == 4
    text = table.read_text()
    assert text.count("\n") == 1 + 160
    assert text.startswith("segment,customer,products,tags\n")
    assert pseudonyms(habits.home).of("C1") in text
    assert ",C1," not in text
    neighbours = tmp_path / "neighbours.csv"
    assert run(app, ["behaviour", "neighbours", "--out", str(neighbours), "--model", MODEL]).exit_code == 0
    assert "complement" in neighbours.read_text()


def test_training_ends_before_the_day_that_is_named(home: Path) -> None:
    orders = write_orders(home / "orders.csv", customers=8)
    train = ["train", "behaviour", "--data", str(orders), "--until"]
    assert "no row is left to train on" in str(run(app, [*train, "2024-01-01"]).exception)
    assert "--until 'May' is no date" in str(run(app, [*train, "May"]).exception)


@pytest.mark.parametrize(
    "words",
    [
        ["recommend", "--customer", "a", "--history", "b"],
        ["recommend", "--kind", "all"],
        ["behaviour", "import", "orders.csv", "--time-zone", "Mars/Olympus"],
        ["train", "behaviour", "--model", "magic"],
        ["evaluate", "behaviour", "--data", ".", "--split", "train"],
        ["segments", "--count", "0"],
    ],
)
def test_wrong_use_ends_with_status_two(home: Path, words: list[str]) -> None:
    assert run(app, words).exit_code == 2
