"""Labels saved, taken back and settled, the same on both databases; none that was acknowledged is lost."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import event, text

from plugin_bridge.errors import RequestError, StorageError
from plugin_bridge.labels.judgments import JudgmentLedger
from plugin_bridge.labels.ledger import PairLedger
from plugin_bridge.labels.reading import Reading
from plugin_bridge.labels.values import Judged, Outcome, Said
from plugin_bridge.settings import Settings
from plugin_bridge.storage import open_storage

KILLS = 4
SAVE_AND_SAY = """
import sys
from pathlib import Path
from plugin_bridge.labels.ledger import PairLedger
from plugin_bridge.labels.values import Said
from plugin_bridge.settings import Settings
from plugin_bridge.storage import open_storage
ledger = PairLedger(open_storage(Settings(home=Path(sys.argv[1]))), "shop")
for number in range(1_000_000):
    key = f"{sys.argv[2]}-{number}"
    ledger.save([Said(key, f"left-{key}", f"right-{key}", "similar")], "anna")
    print(key, flush=True)
"""


def say(ledger: PairLedger, key: str, left: str, right: str, label: str, by: str = "anna") -> Outcome:
    return ledger.save([Said(key, left, right, label)], by)


def held(reading: Reading) -> dict[tuple[str, str], str]:
    return {(one.left, one.right): one.label for one in reading.pairs()}


def test_a_pair_has_no_direction_and_a_repeat_changes_nothing(ledger: PairLedger, reading: Reading) -> None:
    first = say(ledger, "k1", "b", "a", "similar").saved[0]
    again = say(ledger, "k1", "a", "b", "similar").saved[0]
    assert (first.state, again.state, again.id) == ("saved", "already", first.id)
    assert held(reading) == {("a", "b"): "similar"}
    assert len(reading.history()) == 1


def test_a_key_stands_for_one_label_only(ledger: PairLedger, reading: Reading) -> None:
    say(ledger, "k1", "a", "b", "similar")
    for other in (("a", "b", "dissimilar", "anna"), ("a", "c", "similar", "anna"), ("a", "b", "similar", "ben")):
        outcome = say(ledger, "k1", *other)
        assert not outcome.saved and outcome.refused[0].field == "key"
    assert held(reading) == {("a", "b"): "similar"}


@pytest.mark.parametrize(
    ("left", "right", "label", "field", "words"),
    [
        ("a", "a", "similar", "right", "both are 'a'"),
        ("", "b", "similar", "left", "1 to 512 bytes"),
        ("a", "b\0", "similar", "right", "control"),
        ("a", "b" * 513, "similar", "right", "512 bytes"),
        ("a", "b", "alike", "label", "not 'alike'"),
    ],
)
def test_what_cannot_be_right_is_refused_and_stops_nothing_else(
    ledger: PairLedger, left: str, right: str, label: str, field: str, words: str
) -> None:
    outcome = ledger.save([Said("k1", left, right, label), Said("k2", "a", "b", "skip")], "anna")
    assert [(one.key, one.field) for one in outcome.refused] == [("k1", field)]
    assert words in outcome.refused[0].message
    assert [one.key for one in outcome.saved] == ["k2"]


def test_the_last_word_counts_and_undo_brings_the_one_before_back(ledger: PairLedger, reading: Reading) -> None:
    say(ledger, "k1", "a", "b", "similar")
    second = say(ledger, "k2", "a", "b", "dissimilar").saved[0]
    assert held(reading) == {("a", "b"): "dissimilar"}
    undone = ledger.undo("u1", second.id, None, "anna")
    assert undone.to_json() == {"undone": second.id, "left": "a", "right": "b", "label": "dissimilar"}
    assert held(reading) == {("a", "b"): "similar"}
    assert ledger.undo("u1", second.id, None, "anna") == undone  # a repeat
    ledger.undo("u2", None, "k1", "anna")
    assert held(reading) == {}
    newest = reading.history()
    assert [one["kind"] for one in newest] == ["undo", "undo", "label", "label"]
    assert newest[-1]["undone_by"] == newest[0]["id"]


def test_who_may_take_what_back(ledger: PairLedger) -> None:
    first = say(ledger, "k1", "a", "b", "similar").saved[0]
    with pytest.raises(RequestError, match="was said by anna") as told:
        ledger.undo("u1", first.id, None, "ben")
    assert told.value.status == 403
    with pytest.raises(RequestError, match="there is no row 999999999") as told:
        ledger.undo("u1", 999_999_999, None, "anna")
    assert told.value.status == 404
    ledger.undo("u1", first.id, None, "anna")
    with pytest.raises(RequestError, match="was taken back before"):
        ledger.undo("u2", first.id, None, "anna")
    with pytest.raises(RequestError, match="takes another one back"):
        ledger.undo("u3", None, "u1", "anna")


def test_a_pair_labelled_twice_differently_teaches_nothing_until_it_is_settled(
    ledger: PairLedger, reading: Reading
) -> None:
    say(ledger, "k1", "a", "b", "similar")
    say(ledger, "k2", "a", "b", "skip", "carl")
    outcome = say(ledger, "k3", "b", "a", "dissimilar", "ben")
    conflict = outcome.conflicts[0]
    assert [(one.by, one.label) for one in conflict.labels] == [("anna", "similar"), ("ben", "dissimilar")]
    assert reading.conflicts() == [conflict] and held(reading) == {}
    assert (reading.counts().conflicts, reading.counts().pairs) == (1, 0)
    settled = ledger.settle("b", "a", "dissimilar", "carl", "s1")
    assert held(reading) == {("a", "b"): "dissimilar"} and reading.conflicts() == []
    say(ledger, "k4", "a", "b", "similar")  # a later label questions it again
    assert held(reading) == {} and len(reading.conflicts()) == 1
    ledger.settle("a", "b", "similar", "carl", "s2")
    assert held(reading) == {("a", "b"): "similar"}
    ledger.undo("u1", None, "s2", "carl")
    assert len(reading.conflicts()) == 1
    ledger.undo("u2", None, "k4", "anna")  # anna's first word was said before the settlement
    assert held(reading) == {("a", "b"): "dissimilar"}
    ledger.undo("u3", settled.id, None, "carl")
    assert reading.conflicts() and held(reading) == {}


def test_what_nobody_labelled_cannot_be_settled(ledger: PairLedger) -> None:
    with pytest.raises(RequestError, match="nobody has labelled 'a' and 'b'"):
        ledger.settle("a", "b", "similar", "anna", "s1")
    with pytest.raises(RequestError, match="settled as similar or dissimilar"):
        ledger.settle("a", "b", "skip", "anna", "s2")


def test_what_is_counted(ledger: PairLedger, reading: Reading) -> None:
    for number, (label, other) in enumerate([("similar", "similar"), ("dissimilar", "dissimilar"), ("skip", None)]):
        say(ledger, f"a{number}", "p", f"q{number}", label)
        if other:
            say(ledger, f"b{number}", "p", f"q{number}", other, "ben")
    counts = reading.counts()
    assert (counts.pairs, counts.similar, counts.dissimilar, counts.skipped) == (2, 1, 1, 1)
    assert counts.annotators == (("anna", 3), ("ben", 2))
    assert (counts.agreement.kappa, counts.agreement.pairs) == (1.0, 2)
    assert reading.of_person("anna") == (3, 3) and reading.today() == 5
    assert [one["key"] for one in reading.history(by="ben")] == ["b1", "b0"]
    assert {one["key"] for one in reading.history(product="q2")} == {"a2"}
    assert [one["key"] for one in reading.history(label="skip")] == ["a2"]
    assert [one["key"] for one in reading.history(size=1, offset=1)] == ["b1"]


def test_judgments_take_the_median_of_what_people_say(judgments: JudgmentLedger) -> None:
    for by, rating in (("anna", 3), ("ben", 0), ("carl", 2), ("dora", 2)):
        judgments.save([Judged(f"k-{by}", "  red   shoe ", "p1", rating)], by)
    one = judgments.agreed()[0]
    assert (one.query, one.product, one.rating) == ("red shoe", "p1", 2)  # the middle of 0, 2, 2, 3
    judgments.undo("u", None, "k-carl", "carl")
    assert judgments.agreed()[0].rating == 2  # of 0, 2, 3
    assert [one["by"] for one in judgments.opinions("red shoe")] == ["anna", "ben", "dora"]
    refused = judgments.save([Judged("a", " ", "p", 1), Judged("b", "x", "", 1), Judged("c", "x", "p", 4)], "anna")
    assert [one.field for one in refused.refused] == ["query", "product", "rating"]


def test_two_people_at_once_lose_and_double_nothing(ledger: PairLedger, reading: Reading) -> None:
    each = 60
    ids: list[int] = []

    def work(by: str) -> None:
        for number in range(each):
            first = say(ledger, f"{by}-{number}", "p", f"q{number}", "similar", by).saved[0]
            again = say(ledger, f"{by}-{number}", "p", f"q{number}", "similar", by).saved[0]
            assert again.state == "already" and again.id == first.id
            ids.append(first.id)

    threads = [threading.Thread(target=work, args=(by,)) for by in ("anna", "ben")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids)) == 2 * each
    assert {one["id"] for one in reading.history(size=1000)} == set(ids)
    assert reading.counts().annotators in ((("anna", each), ("ben", each)), (("ben", each), ("anna", each)))


def test_what_was_acknowledged_survives_kills(tmp_path: Path) -> None:
    """The benchmark does it two hundred times."""
    chance = random.Random(20_251_122)
    acknowledged: list[str] = []
    for turn in range(KILLS):
        command = [sys.executable, "-c", SAVE_AND_SAY, str(tmp_path), str(turn)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, env=dict(os.environ), text=True)
        assert process.stdout is not None
        said = [process.stdout.readline()]
        time.sleep(chance.uniform(0, 0.1))
        process.send_signal(signal.SIGKILL)
        said += process.stdout.readlines()
        process.wait()
        acknowledged += [line.strip() for line in said if line.endswith("\n")]
    storage = open_storage(Settings(home=tmp_path))
    kept = [one["left"].removeprefix("left-") for one in Reading(storage, "shop").standing()]
    storage.close()
    assert len(acknowledged) >= KILLS
    assert set(acknowledged) <= set(kept) and len(kept) == len(set(kept))


def test_a_full_disk_is_told_and_what_was_saved_stays(tmp_path: Path) -> None:
    storage = open_storage(Settings(home=tmp_path))
    ledger = PairLedger(storage, "shop")
    say(ledger, "k1", "a", "b", "similar")
    with storage.read() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar()
    storage._engine.dispose()
    event.listen(storage._engine, "connect", lambda raw, record: raw.execute(f"PRAGMA max_page_count={pages}"))
    with pytest.raises(StorageError, match="is full") as told:
        ledger.save([Said(f"n{number}", "a" * 500, f"{number}", "similar") for number in range(500)], "anna")
    assert told.value.status == 507
    assert held(Reading(storage, "shop")) == {("a", "b"): "similar"}
