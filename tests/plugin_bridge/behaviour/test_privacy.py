"""Customers are pseudonyms; deleted ones are gone; those left out are not learnt from; tables hold no formula."""

import csv
import stat
from pathlib import Path

import numpy as np
import pytest

from encoders.store import ModelStore
from plugin_bridge.behaviour.diary import Diary
from plugin_bridge.behaviour.forgetting import forget
from plugin_bridge.behaviour.identity import SALT_FILE, Pseudonyms, pseudonyms
from plugin_bridge.behaviour.reading import read_behaviour
from plugin_bridge.behaviour.tables import harmless, write_table
from plugin_bridge.errors import BehaviourError
from tests.plugin_bridge.behaviour.shop import write_orders


def test_a_home_has_one_secret_salt(tmp_path: Path) -> None:
    first = pseudonyms(tmp_path).of("17850")
    assert pseudonyms(tmp_path).of(" 17850 ") == first
    assert "17850" not in first
    assert pseudonyms(tmp_path / "other").of("17850") != first
    assert stat.S_IMODE((tmp_path / SALT_FILE).stat().st_mode) == 0o600
    (tmp_path / SALT_FILE).write_text("short")
    with pytest.raises(BehaviourError, match="cannot be read"):
        pseudonyms(tmp_path)
    with pytest.raises(BehaviourError, match="at least 32 bytes"):
        Pseudonyms(b"short")


def test_the_diary_takes_each_row_once_and_gives_it_back(tmp_path: Path) -> None:
    path = write_orders(tmp_path / "orders.csv", customers=12)
    rows = read_behaviour(path, pseudonyms(tmp_path).of).interactions
    diary = Diary(tmp_path)
    assert diary.add(rows) == len(rows)
    assert diary.add(rows) == 0
    back = diary.interactions()
    assert back.customers == rows.customers
    assert back.items == rows.items
    np.testing.assert_array_equal(back.item, rows.item[np.lexsort((rows.item, rows.time, rows.customer))])
    entry = diary.entry(pseudonyms(tmp_path).of("C3"), 1000)
    assert entry is not None
    assert list(entry.times) == sorted(entry.times)
    assert stat.S_IMODE(diary.path.stat().st_mode) == 0o600


def test_a_forgotten_customer_is_gone_from_every_file(tmp_path: Path) -> None:
    hashed = pseudonyms(tmp_path)
    rows = read_behaviour(write_orders(tmp_path / "orders.csv", customers=12), hashed.of).interactions
    (tmp_path / "orders.csv").unlink()
    diary = Diary(tmp_path)
    diary.add(rows)
    known_as = hashed.of("C3")
    assert known_as.encode() in diary.path.read_bytes()
    found = forget(tmp_path, ModelStore(tmp_path / "models"), hashed, "C3")
    assert found.rows == 24  # 8 orders of 3
    assert found.traces == ()
    assert known_as.encode() not in diary.path.read_bytes()
    assert diary.entry(known_as, 10) is None
    (tmp_path / "stray.log").write_text(f"somebody wrote {known_as} down")
    assert forget(tmp_path, ModelStore(tmp_path / "models"), hashed, "C3").traces == (str(tmp_path / "stray.log"),)


def test_customers_who_are_left_out_are_not_learnt_from(tmp_path: Path) -> None:
    hashed = pseudonyms(tmp_path)
    rows = read_behaviour(write_orders(tmp_path / "orders.csv", customers=12), hashed.of).interactions
    gone = hashed.of("C3")
    left = rows.without_customers([gone])
    assert gone not in left.customers
    assert len(left) == len(rows) - 24
    diary = Diary(tmp_path)
    diary.add(rows)
    diary.leave_out([gone])
    assert gone not in diary.interactions().customers
    assert diary.entry(gone, 10) is not None  # its own recommendations still have a history
    assert diary.counts()["left_out"] == 1


def test_an_empty_diary_says_how_it_is_filled(tmp_path: Path) -> None:
    with pytest.raises(BehaviourError, match="kindred behaviour import FILE"):
        Diary(tmp_path).interactions()


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =cmd"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"
    assert harmless("Mug = cup") == "Mug = cup"


def test_a_table_is_written_whole(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    assert write_table(path, [("a", "b"), ("=x", 'say "hi", y')]) == 1
    with path.open(newline="", encoding="utf-8") as stream:
        assert list(csv.reader(stream)) == [["a", "b"], ["'=x", 'say "hi", y']]
    with pytest.raises(BehaviourError, match="cannot be written"):
        write_table(tmp_path / "none" / "table.csv", [("a",)])
