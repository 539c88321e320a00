"""Labelled folders are read and split as the contract says, and what is wrong about labels is listed."""

import gzip
import hashlib
import json

import pytest
from PIL import Image

from plugin_bridge.errors import CatalogueError, EvaluationError
from plugin_bridge.tagging.labels import (
    contradictions,
    has_many,
    labels_of,
    lonely,
    read_labelled,
    split_of,
    taggable_fields,
    tagging_text,
)

SHIRT = {"title": "Blue Shirt", "category": ["Apparel", "Shirts"], "colour": "blue", "tags": ["warm", "new"]}


def folder_of(folder, rows, name="products.jsonl"):
    """Write rows into a folder and return it."""
    (folder / name).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return folder


def test_labels_are_the_fields_that_are_not_text():
    assert labels_of(SHIRT) == {"category": ("Apparel > Shirts",), "colour": ("blue",), "tags": ("warm", "new")}
    assert labels_of({**SHIRT, "price": 3.0, "id": "1", "kindred_text_hash": "x", "size": 3}).keys() == {
        "category", "colour", "tags",
    }  # fmt: skip
    assert labels_of(SHIRT, ["colour", "season"]) == {"colour": ("blue",)}


def test_no_label_is_read_as_text():
    text = tagging_text({**SHIRT, "brand": "Blue", "description": "Soft."})
    assert text == "Blue Shirt. Soft."


def test_products_are_split_by_the_hash_of_their_id(tmp_path):
    found = read_labelled(folder_of(tmp_path, [{**SHIRT, "id": str(number)} for number in range(300)]))
    for product in found.products:
        place = int(hashlib.sha256(f"split:{product.id}".encode()).hexdigest(), 16) % 10
        assert split_of(product.id) == ("train" if place < 8 else "valid" if place == 8 else "test")
    assert sum(len(found.of(split)) for split in ("train", "valid", "test")) == 300


def test_rows_of_text_are_split_by_their_text(tmp_path):
    found = read_labelled(folder_of(tmp_path, [{"text": "很好的苹果", "category": "水果"}], "reviews.jsonl"))
    assert [(one.id, one.text, one.labels) for one in found.products] == [
        ("很好的苹果", "很好的苹果", {"category": ("水果",)})
    ]


def test_a_folder_may_say_its_own_split(tmp_path):
    for split in ("train", "valid", "test"):
        folder_of(tmp_path, [{**SHIRT, "id": split}], f"{split}.jsonl")
    found = read_labelled(tmp_path)
    assert [one.id for one in found.of("valid")] == ["valid"]


def test_fields_worth_suggesting():
    rows = [{**SHIRT, "id": str(n), "colour": "red" if n % 2 else "blue", "code": f"c{n}"} for n in range(40)]
    rows += [{"id": "x", "title": "Boots", "category": ["Shoes"], "colour": "red"}]
    products = [labelled(row) for row in rows]
    assert taggable_fields(products) == ["category", "colour", "tags"]
    assert has_many(products, "tags") and not has_many(products, "colour") and not has_many(products, "category")
    assert lonely(products, "category") == ["Shoes"]


def labelled(row, photos=None):
    from plugin_bridge.tagging.labels import labelled_product

    return labelled_product(row["id"], row, photos)


def test_labels_that_contradict_each_other_are_listed(tmp_path):
    for name, colour in (("a.png", "red"), ("b.png", "blue")):
        Image.new("RGB", (8, 8), colour).save(tmp_path / name)
    rows = [
        {"id": "1", "title": "Socks, pack of 3", "category": ["Socks"]},
        {"id": "2", "title": "socks pack of 3", "category": ["Underwear"]},
        {"id": "3", "title": "Hat", "category": ["Hats"]},
        {"id": "4", "title": "Hat", "category": ["Hats"]},
        {"id": "5", "title": "Shoe", "category": ["Men"], "image": "a.png"},
        {"id": "6", "title": "Shoe", "category": ["Women"], "image": "b.png"},
    ]
    found = contradictions([labelled(row, tmp_path) for row in rows], "category")
    assert [(one.ids, one.values) for one in found] == [(("1", "2"), ("Socks", "Underwear"))]


def test_an_empty_folder_is_refused_by_name(tmp_path):
    with pytest.raises(EvaluationError, match=r"there is no products\.jsonl"):
        read_labelled(tmp_path)
    with pytest.raises(EvaluationError, match="no such folder"):
        read_labelled(tmp_path / "absent")
    with pytest.raises(EvaluationError, match="none of its 1 products has a label"):
        read_labelled(folder_of(tmp_path, [{"id": "1", "title": "Hat"}]))
    (tmp_path / "products.jsonl").write_text("")
    with pytest.raises(EvaluationError, match="none of its 0 products"):
        read_labelled(tmp_path)


def test_rows_that_cannot_be_read_are_counted(tmp_path):
    folder_of(tmp_path, [{**SHIRT, "id": "1"}, {"id": "2", "category": ["No title"]}])
    with (tmp_path / "products.jsonl").open("a") as file:
        file.write("{broken\n")
    assert read_labelled(tmp_path).rejected == {"no_title": 1, "unreadable": 1}
    packed = tmp_path / "packed"
    packed.mkdir()
    (packed / "products.jsonl.gz").write_bytes(gzip.compress(b'{"id": "1"}\n')[:-4])
    with pytest.raises(CatalogueError, match="damaged"):
        read_labelled(packed)


def test_a_missing_photo_is_no_fault(tmp_path):
    assert labelled({**SHIRT, "id": "1", "image": "absent.jpg"}, tmp_path).photo is None
