"""Labels on disk."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from desktop.bridge.labels import Conflict, Receipt
from desktop.errors import KeepingError, OutboxTakenError
from desktop.outbox import Outbox
from tests.desktop.label_server import pair
from tests.fixtures.data import ROOT

SHOP, AT = "http://shop", "2026-05-04T10:00:00+02:00"


def test_a_label_and_its_order_come_back(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    tray = outbox.tray(SHOP)
    tray.add([pair(number) for number in range(3)])
    keys = [tray.save(pair(number), "similar", AT) for number in range(2)]
    outbox.close()
    again = Outbox(tmp_path)
    tray = again.tray(SHOP)
    assert [one.key for one in tray.waiting()] == keys
    assert [one.key for one in tray.upcoming()] == ["pair2"]
    assert tray.upcoming()[0] == pair(2)
    assert tray.counts("2026-05-04").today == 2 and tray.counts("2026-05-05").today == 0
    assert again.tray("http://other").waiting() == ()
    again.close()


def test_a_clock_that_is_moved_back_changes_no_order(tmp_path: Path) -> None:
    tray = Outbox(tmp_path).tray(SHOP)
    times = ("2026-05-04T10:00:00", "2026-05-03T10:00:00", "1970-01-01T00:00:00")
    keys = [tray.save(pair(number), "similar", at) for number, at in enumerate(times)]
    assert [one.key for one in tray.waiting()] == keys
    undone = tray.undo()
    assert undone is not None and undone.pair == pair(2)


def test_undo_has_no_end_and_shows_each_pair_again(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    tray = outbox.tray(SHOP)
    for number in range(40):
        tray.save(pair(number), "skip" if number % 2 else "similar", AT)
    outbox.close()
    again = Outbox(tmp_path)
    tray = again.tray(SHOP)
    undone = [tray.undo() for _ in range(40)]
    assert [one.pair.key for one in undone if one] == [f"pair{number}" for number in reversed(range(40))]
    assert tray.undo() is None
    assert [one.key for one in tray.upcoming(40)] == [f"pair{number}" for number in range(40)]
    assert tray.counts("2026-05-04").today == 0
    again.close()


def test_a_pair_that_was_labelled_is_not_offered_again(tmp_path: Path) -> None:
    tray = Outbox(tmp_path).tray(SHOP)
    tray.save(pair(1), "similar", AT)
    tray.add([pair(1), pair(2), pair(2)])
    assert [one.key for one in tray.upcoming()] == ["pair2"]
    assert set(tray.excluded()) == {"pair1", "pair2"}


def test_the_pair_that_is_shown_stays_when_fresh_ones_come(tmp_path: Path) -> None:
    tray = Outbox(tmp_path).tray(SHOP)
    tray.add([pair(1), pair(2), pair(3)], reserve=True)
    shown = tray.upcoming()[0]
    tray.add([pair(7), pair(8)])
    assert [one.key for one in tray.upcoming()] == [shown.key, "pair7", "pair8", "pair2", "pair3"]
    tray.add([pair(3), pair(9)])
    assert [one.key for one in tray.upcoming()] == [shown.key, "pair7", "pair8", "pair3", "pair9", "pair2"]
    tray.drop("pair3")
    tray.drop("pair9")
    tray.add([pair(4)], reserve=True)
    assert [one.key for one in tray.upcoming()] == [shown.key, "pair7", "pair8", "pair4"]


def test_what_became_of_labels_is_noted(tmp_path: Path) -> None:
    tray = Outbox(tmp_path).tray(SHOP)
    keys = [tray.save(pair(number), "similar", AT) for number in range(3)]
    conflict = Conflict("a0", "b0", (("anna", "dissimilar"), ("me", "similar")))
    tray.sent(Receipt(frozenset(keys[:1]), {keys[1]: "unknown product"}, (conflict,)))
    assert [one.key for one in tray.waiting()] == keys[2:]
    assert [(one.key, one.message) for one in tray.refused()] == [(keys[1], "unknown product")]
    assert tray.conflicts() == (conflict,)
    assert tray.title("a0") == "Steel pan 0 cm"
    tray.put_away(keys[1])
    tray.know_conflicts(())
    assert tray.refused() == () and tray.conflicts() == ()


def test_a_full_disk_keeps_what_was_kept_and_says_so(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, most_pages=60)
    tray, kept = outbox.tray(SHOP), 0
    big = {f"field{number}": "x" * 1500 for number in range(8)}
    with pytest.raises(KeepingError, match="disk is full"):
        for number in range(100):
            tray.save(pair(number, **big), "similar", AT)
            kept += 1
    assert kept > 2 and len(tray.waiting()) == kept
    outbox.close()
    roomy = Outbox(tmp_path)
    assert len(roomy.tray(SHOP).waiting()) == kept
    roomy.tray(SHOP).save(pair(kept), "similar", AT)
    roomy.close()


def test_a_second_desktop_is_told_so(tmp_path: Path) -> None:
    first = Outbox(tmp_path)
    with pytest.raises(OutboxTakenError, match="Another Kindred window"):
        Outbox(tmp_path)
    first.close()
    Outbox(tmp_path).close()


def test_a_file_that_is_none_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "labels.sqlite").write_bytes(b"this is no database, but it may be somebody's" * 100)
    with pytest.raises(KeepingError, match="cannot be kept") as told:
        Outbox(tmp_path)
    assert "labels.sqlite" in told.value.details
    assert (tmp_path / "labels.sqlite").read_bytes().startswith(b"this is")


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeepingError, match="cannot be kept"):
        Outbox(tmp_path / "file")


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    """The child prints a key after each label; whatever it has printed when it is killed is on the disk."""
    code = (
        "import sys, pathlib\n"
        "from desktop.outbox import Outbox\n"
        "from tests.desktop.label_server import pair\n"
        "tray = Outbox(pathlib.Path(sys.argv[1])).tray('http://shop')\n"
        "for number in range(100000):\n"
        "    print(tray.save(pair(number), 'similar', '2026-05-04T10:00:00'), flush=True)\n"
    )
    for wanted in (1, 17, 60):
        folder = tmp_path / str(wanted)
        with subprocess.Popen([sys.executable, "-c", code, str(folder)], cwd=ROOT, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            said = [child.stdout.readline() for _ in range(wanted)]
            os.kill(child.pid, signal.SIGKILL)
            said += child.stdout.readlines()
        acknowledged = [line.decode().strip() for line in said if line.endswith(b"\n")]
        with sqlite3.connect(folder / "labels.sqlite") as file:
            kept = [row[0] for row in file.execute("SELECT key FROM operation ORDER BY number")]
        assert kept[: len(acknowledged)] == acknowledged
        assert len(kept) - len(acknowledged) <= 1
        outbox = Outbox(folder)
        assert len(outbox.tray("http://shop").waiting(10**6)) == len(kept)
        outbox.close()
