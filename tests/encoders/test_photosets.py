"""Folders of labelled photos: both layouts, and every way in which one can be wrong."""

import gzip
import json

import pytest

from encoders.errors import PhotoSetError
from encoders.photosets import UNKNOWN, read_photo_set, split_of
from tests.fixtures.photos import COARSE, FINE, draw_photo


def test_a_folder_of_tables_gives_photos_classes_icons_and_descriptions(photo_folder):
    found = read_photo_set(photo_folder)
    assert [len(found.photos(split)) for split in ("train", "val", "test")] == [3 * 8, 3 * 4, 3 * 4]
    assert [(head.name, head.classes) for head in found.heads] == [("fine", FINE), ("coarse", COARSE)]
    assert (found.heads[0].parent, found.heads[0].parents) == ("coarse", (0, 0, 1))
    assert [photo.labels for photo in found.icons] == [(0, 0), (1, 0), (2, 1)]
    assert found.descriptions["ring"] == "A ring."
    assert found.missing == ()


def test_without_a_class_file_classes_are_named_by_their_numbers(photo_folder):
    (photo_folder / "classes.jsonl").unlink()
    found = read_photo_set(photo_folder)
    assert found.heads[0].classes == ("0", "1", "2")
    assert found.heads[0].parents == (0, 0, 1)


def test_missing_photos_are_listed_and_the_others_used(photo_folder):
    (photo_folder / "train" / "disc-0.png").unlink()
    (photo_folder / "iconic" / "bar.png").unlink()
    found = read_photo_set(photo_folder)
    assert set(found.missing) == {"train/disc-0.png", "iconic/bar.png"}
    assert len(found.photos("train")) == 3 * 8 - 1


def test_an_empty_training_folder_is_refused(tmp_path):
    (tmp_path / "train.tsv").write_text("")
    with pytest.raises(PhotoSetError, match=r"there are no train photos"):
        read_photo_set(tmp_path)


def test_a_table_whose_photos_are_all_missing_is_refused_with_their_number(tmp_path):
    (tmp_path / "train.tsv").write_text("a.jpg\t0\t0\nb.jpg\t1\t0\n")
    with pytest.raises(PhotoSetError, match=r"no train photos; 2 photos that it names are not there"):
        read_photo_set(tmp_path)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("a.png\n", r"train\.tsv, line 1: expected a path, a fine and a coarse class number"),
        ("a.png\tdisc\t0\n", r"train\.tsv, line 1: expected"),
        ("\na.png\t7\t0\n", r"train\.tsv, line 2: there is no fine class 7"),
    ],
)
def test_a_malformed_line_is_named(photo_folder, table, message):
    (photo_folder / "train.tsv").write_text(table)
    with pytest.raises(PhotoSetError, match=message):
        read_photo_set(photo_folder)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('{"class_id": 0', r"classes\.jsonl, line 1: not valid JSON"),
        ('{"class_id": "0", "class": "a"}', r"line 1: a class needs a whole number"),
        ('{"class_id": 0, "class": "a"}\n{"class_id": 0, "class": "b"}', r"line 2: class_id 0 was used further up"),
        ('{"class_id": 1, "class": "a"}', r"must count from 0 without gaps"),
    ],
)
def test_a_malformed_class_file_is_named(photo_folder, lines, message):
    (photo_folder / "classes.jsonl").write_text(lines)
    with pytest.raises(PhotoSetError, match=message):
        read_photo_set(photo_folder)


def test_no_folder_and_a_folder_of_neither_layout_are_refused(tmp_path):
    with pytest.raises(PhotoSetError, match="no such folder"):
        read_photo_set(tmp_path / "none")
    with pytest.raises(PhotoSetError, match=r"neither train\.tsv nor products\.jsonl"):
        read_photo_set(tmp_path)


def test_a_catalogue_is_split_by_id_and_gives_category_group_and_colour(tmp_path):
    rows = []
    for number in range(40):
        image = f"{number}.png"
        draw_photo(number % 3, number).save(tmp_path / image)
        row = {"id": str(number), "title": "t", "image": image, "category": ["Shoes", FINE[number % 3]]}
        rows.append({**row, "colour": "Red"} if number % 2 else {**row, "colour": None if number == 0 else "Blue"})
    rows.append({"id": "x", "title": "no photo", "category": ["Shoes", "disc"]})
    with gzip.open(tmp_path / "products.jsonl.gz", "wt") as stream:
        stream.writelines(json.dumps(row) + "\n" for row in rows)
    found = read_photo_set(tmp_path)
    assert [head.name for head in found.heads] == ["category", "group", "colour"]
    assert found.heads[0].classes == ("Shoes > bar", "Shoes > disc", "Shoes > ring")
    assert found.heads[0].parents == (0, 0, 0)
    assert sum(len(photos) for photos in found.splits.values()) == 40
    everyone = {photo.id: photo for photos in found.splits.values() for photo in photos}
    assert everyone["0"].labels == (1, 0, UNKNOWN)
    assert everyone["1"].labels == (2, 0, found.heads[2].classes.index("Red"))
    assert all(photo.id == "x" or photo in found.splits[split_of(photo.id)] for photo in everyone.values())
