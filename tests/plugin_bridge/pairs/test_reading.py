"""Folders of labelled pairs: which files are taken, how a folder without test is halved, what is refused."""

from pathlib import Path

import pytest

from plugin_bridge.errors import EvaluationError
from plugin_bridge.pairs.preparing import LEAST_SIMILAR, labels_hash, prepared
from plugin_bridge.pairs.reading import half, pair_hash, read_pair_set
from tests.plugin_bridge.pairs.shops import product_pairs, shop_folder, write_pairs


def test_medium_is_taken_unless_small_is_asked_for(tmp_path: Path) -> None:
    rows = product_pairs(10)
    folder = write_pairs(
        tmp_path, {"train-small": rows[:4], "train-medium": rows[:9], "valid-medium": rows[:3], "test": rows[:2]}
    )
    assert len(read_pair_set(folder).train) == 9
    assert len(read_pair_set(folder, "small").train) == 4


def test_without_a_test_file_half_of_valid_is_scored(tmp_path: Path) -> None:
    rows = product_pairs(60)
    pairs = read_pair_set(write_pairs(tmp_path, {"train": rows, "valid": rows}))
    assert pairs.halved
    assert len(pairs.valid) + len(pairs.test) == len(rows)
    assert all(half(pair) for pair in pairs.test)
    assert not any(half(pair) for pair in pairs.valid)
    assert len(rows) * 0.35 < len(pairs.test) < len(rows) * 0.65


def test_the_half_does_not_depend_on_the_order_of_a_pair(tmp_path: Path) -> None:
    rows = product_pairs(5)
    turned = [{"left": row["right"], "right": row["left"], "label": row["label"]} for row in rows]
    folders = [write_pairs(tmp_path / name, {"train": some}) for name, some in (("one", rows), ("two", turned))]
    one, two = (read_pair_set(folder) for folder in folders)
    assert [pair_hash(pair) for pair in one.train] == [pair_hash(pair) for pair in two.train]
    assert labels_hash(one) == labels_hash(two)


def test_products_may_be_named_by_id(tmp_path: Path) -> None:
    folder = write_pairs(
        tmp_path,
        {
            "train": [{"left": "a", "right": "b", "label": 1}],
            "products": [{"id": "a", "title": "one"}, {"id": "b", "title": "two"}],
        },
    )
    assert read_pair_set(folder).train[0].right["title"] == "two"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"left": {}, "right": {}}', "line 2: label is missing"),
        ('{"left": {}, "right": {}, "label": 2}', "line 2: label is 2"),
        ('{"left": "x", "right": {}, "label": 1}', "neither a product nor an id"),
        ('{"left": ', "line 2: not valid JSON"),
        ("[]", "line 2: an object wanted"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text('{"left": {}, "right": {}, "label": 1}\n' + line + "\n")
    with pytest.raises(EvaluationError, match=said) as refused:
        read_pair_set(tmp_path)
    assert str(path) in str(refused.value)


def test_a_cut_file_is_named(tmp_path: Path) -> None:
    folder = shop_folder(tmp_path)
    path = folder / "train.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(EvaluationError, match=r"train\.jsonl\.gz cannot be read after line"):
        read_pair_set(folder)


def test_five_labels_are_too_few(tmp_path: Path) -> None:
    pairs = read_pair_set(write_pairs(tmp_path, {"train": product_pairs(5, dissimilar=0)}))
    with pytest.raises(EvaluationError, match=f"at least {LEAST_SIMILAR} similar"):
        prepared(pairs, 1)


def test_without_dissimilar_pairs_random_ones_stand_in(tmp_path: Path) -> None:
    pairs = read_pair_set(write_pairs(tmp_path, {"train": product_pairs(40, dissimilar=0)}))
    said: list[str] = []
    ready = prepared(pairs, 1, said.append)
    assert "no dissimilar pair is labelled" in said[0]
    assert "held out" in said[1]
    assert sum(pair.label == 0 for pair in ready.train) > 40
    assert sum(pair.label for pair in (*ready.train, *ready.valid)) == 40
    matches = {pair_hash(pair) for pair in pairs.train}
    assert not any(pair_hash(pair) in matches for pair in ready.train if not pair.label)


def test_labels_have_another_hash_when_one_changes(tmp_path: Path) -> None:
    rows = product_pairs(10)
    one = read_pair_set(write_pairs(tmp_path / "one", {"train": rows}))
    rows[0]["label"] = 0
    assert labels_hash(one) != labels_hash(read_pair_set(write_pairs(tmp_path / "two", {"train": rows})))
