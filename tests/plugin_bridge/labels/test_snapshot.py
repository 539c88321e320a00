"""A snapshot on a real node: the layout that training reads, a name that follows from the labels."""

from pathlib import Path

import pytest

from opensearch.client import Cluster
from opensearch.generations import Generation
from plugin_bridge.errors import BridgeError, RequestError
from plugin_bridge.evaluation.folders import read_judged_set
from plugin_bridge.labels import snapshot
from plugin_bridge.labels.judgments import JudgmentLedger
from plugin_bridge.labels.ledger import PairLedger
from plugin_bridge.labels.values import Judged, Said
from plugin_bridge.pairs.reading import read_pair_set
from plugin_bridge.storage import Storage

IDS = ("boot", "shoe", "apple", "blank", "a/b c")


@pytest.fixture
def labelled(ledger: PairLedger, judgments: JudgmentLedger) -> None:
    pairs = [(one, other) for one in IDS for other in IDS if one < other]
    said = [Said(f"k{n}", *pair, "similar" if n % 2 else "dissimilar") for n, pair in enumerate(pairs)]
    ledger.save([*said, Said("gone", "boot", "ghost", "similar"), Said("skip", "boot", "ghost2", "skip")], "anna")
    judged = [("shoe", "boot", 3), ("shoe", "a/b c", 1), ("fruit", "apple", 2), ("fruit", "ghost", 2)]
    judgments.save([Judged(f"j{n}", *one) for n, one in enumerate(judged)], "anna")


@pytest.mark.usefixtures("labelled")
def test_training_and_evaluation_read_it(
    cluster: Cluster, storage: Storage, alias: str, generation: Generation, ledger: PairLedger, tmp_path: Path
) -> None:
    made = snapshot.write(storage, alias, cluster, tmp_path / "one")
    assert (made.pairs, made.judgments, made.products, made.left_out) == (10, 3, 5, 2)
    pairs = read_pair_set(tmp_path / "one")
    assert len(pairs.train) + len(pairs.valid) + len(pairs.test) == 10
    assert {str(one.left["id"]) for one in pairs.train} <= set(IDS) and all("title" in one.left for one in pairs.train)
    judged = read_judged_set(tmp_path / "one")
    texts = {query.id: query.text for query in judged.queries}
    grades = {texts[qid]: dict(grades) for qid, grades in judged.judgments.items()}
    assert grades == {"shoe": {"boot": 3, "a/b c": 1}, "fruit": {"apple": 2}}
    again = snapshot.write(storage, alias, cluster, tmp_path / "two")
    assert again.hash == made.hash
    for name in snapshot.FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name
    ledger.save([Said("new", "boot", "shoe", "dissimilar"), Said("new2", "boot", "shoe", "similar")], "anna")
    assert snapshot.write(storage, alias, cluster, tmp_path / "two").hash != made.hash
    ledger.undo("u1", None, "new2", "anna")
    ledger.undo("u2", None, "new", "anna")
    assert snapshot.write(storage, alias, cluster, tmp_path / "two").hash == made.hash


def test_a_pair_stays_in_its_split() -> None:
    splits = [snapshot.split_of(f"p{number}", f"q{number}") for number in range(4000)]
    assert splits[:3] == [snapshot.split_of(f"q{number}", f"p{number}") for number in range(3)]
    for name, share in (("train", 0.8), ("valid", 0.1), ("test", 0.1)):
        assert splits.count(name) / 4000 == pytest.approx(share, abs=0.03)


def test_what_cannot_be_written_leaves_what_was_there(
    cluster: Cluster, storage: Storage, alias: str, generation: Generation, tmp_path: Path
) -> None:
    with pytest.raises(RequestError, match="nothing is live behind nobody"):
        snapshot.write(storage, "nobody", cluster, tmp_path / "x")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(BridgeError, match="cannot be written"):
        snapshot.write(storage, alias, cluster, tmp_path / "file" / "below")
    assert (tmp_path / "file").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
