"""The sample catalogue is whole: what a visitor searches first must hold no slip."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "sample"
SCRIPTS = ROOT / "scripts" / "sample"
PRICE = re.compile(r"£\d{1,3}(,\d{3})*(\.\d{2})?")


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def products() -> list[dict[str, Any]]:
    return read_lines(SAMPLE / "products.jsonl")


@pytest.fixture(scope="module")
def queries() -> list[dict[str, Any]]:
    return read_lines(SAMPLE / "queries.jsonl")


def test_the_catalogue_is_of_the_promised_size(products: list[dict[str, Any]]) -> None:
    assert 450 <= len(products) <= 550
    departments = Counter(product["category"][0] for product in products)
    assert len(departments) >= 10
    assert min(departments.values()) >= 40


@pytest.mark.parametrize("field", ["id", "title", "description", "image"])
def test_no_two_products_share(products: list[dict[str, Any]], field: str) -> None:
    shared = [value for value, count in Counter(product[field] for product in products).items() if count > 1]
    assert shared == []


@pytest.mark.parametrize("field", ["title", "description", "brand", "colour", "currency"])
def test_no_text_is_empty_or_untidy(products: list[dict[str, Any]], field: str) -> None:
    untidy = [p["id"] for p in products if not p[field] or p[field] != " ".join(p[field].split())]
    assert untidy == []


def test_descriptions_are_sentences(products: list[dict[str, Any]]) -> None:
    unfinished = [p["id"] for p in products if not p["description"].endswith((".", "!", "?"))]
    short = [p["id"] for p in products if len(p["description"].split()) < 4]
    assert unfinished == [] and short == []


def test_categories_are_a_department_and_a_shelf_of_it(products: list[dict[str, Any]]) -> None:
    assert all(len(product["category"]) == 2 for product in products)
    shelves = {tuple(product["category"]) for product in products}
    # One shelf stands in one department, and is no product alone.
    assert len({shelf for _, shelf in shelves}) == len(shelves)
    assert min(Counter(tuple(product["category"]) for product in products).values()) >= 3


def test_prices_are_numbers_or_text_as_shops_export_it(products: list[dict[str, Any]]) -> None:
    texts = [product["price"] for product in products if isinstance(product["price"], str)]
    numbers = [product["price"] for product in products if not isinstance(product["price"], str)]
    assert texts and len(numbers) > len(texts)  # the loader's cleaning has something to do
    assert all(PRICE.fullmatch(text) for text in texts)
    assert all(0.5 <= number <= 2000 for number in numbers)


def test_stock_tags_and_attributes_are_there(products: list[dict[str, Any]]) -> None:
    assert all(isinstance(product["stock"], int) and product["stock"] >= 0 for product in products)
    assert any(product["stock"] == 0 for product in products)
    assert all(product["tags"] and all(product["tags"]) for product in products)
    assert all(product["attributes"] for product in products)


def test_every_product_has_its_picture_and_no_picture_is_left_over(products: list[dict[str, Any]]) -> None:
    named = {SAMPLE / product["image"] for product in products}
    assert set((SAMPLE / "pictures").iterdir()) == named
    for path in named:
        with Image.open(path) as image:
            assert image.size == (256, 256), path.name
            image.load()


def test_the_sample_stays_small() -> None:
    size = sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file())
    assert size < 4 * 2**20


def test_queries_name_products_that_exist(products: list[dict[str, Any]], queries: list[dict[str, Any]]) -> None:
    known = {product["id"] for product in products}
    assert len(queries) >= 12
    assert len({query["qid"] for query in queries}) == len(queries)
    for query in queries:
        assert query["expected"] and set(query["expected"] + query["also"]) <= known, query["qid"]
        assert not set(query["expected"]) & set(query["also"]), query["qid"]
        assert query["query"] and query["why"], query["qid"]


def test_queries_show_all_four_things_that_keywords_miss(queries: list[dict[str, Any]]) -> None:
    kinds = Counter(query["qid"].split("-")[0] for query in queries)
    assert set(kinds) == {"synonym", "gift", "spelling", "phrase"}
    assert min(kinds.values()) >= 2


def test_synonyms_stand_in_no_title_that_is_expected(
    products: list[dict[str, Any]], queries: list[dict[str, Any]]
) -> None:
    titles = {product["id"]: product["title"].lower() for product in products}
    for query in queries:
        if query["qid"].startswith("synonym"):
            word = query["query"].split()[-1].rstrip("s")
            assert not [name for name in query["expected"] if word in titles[name]], query["qid"]


def test_the_files_are_what_their_sources_give(tmp_path: Path) -> None:
    """`make_catalogue` run on a copy writes the same files: nobody edited a result by hand."""
    (tmp_path / "scripts" / "sample").mkdir(parents=True)
    (tmp_path / "sample").mkdir()
    (tmp_path / "sample" / "queries.jsonl").write_bytes((SAMPLE / "queries.jsonl").read_bytes())
    for path in (SCRIPTS / "make_catalogue", SCRIPTS / "reading.py"):
        (tmp_path / "scripts" / "sample" / path.name).write_bytes(path.read_bytes())
    (tmp_path / "scripts" / "sample" / "catalogue").symlink_to(SCRIPTS / "catalogue")
    command = [sys.executable, str(tmp_path / "scripts" / "sample" / "make_catalogue")]
    subprocess.run(command, check=True, capture_output=True)
    for name in ("products.jsonl", "queries.tsv", "qrels.txt"):
        assert (tmp_path / "sample" / name).read_bytes() == (SAMPLE / name).read_bytes(), name


def test_a_picture_is_drawn_the_same_every_time(products: list[dict[str, Any]]) -> None:
    """Drawn in another process, a picture is what is stored, but for what lossy saving changes."""
    code = (
        "import sys; from drawing import picture\n"
        "sys.stdout.buffer.write(picture('armchair', 'mustard', 'kippley-wingback-armchair').tobytes())"
    )
    environment = {**os.environ, "PYTHONPATH": str(SCRIPTS)}
    drawn = [
        subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True).stdout
        for _ in range(2)
    ]
    assert drawn[0] == drawn[1]
    with Image.open(SAMPLE / "pictures" / "kippley-wingback-armchair.webp") as image:
        stored = image.convert("RGB").tobytes()
    difference = sum(abs(a - b) for a, b in zip(drawn[0], stored, strict=True)) / len(stored)
    assert difference < 4  # of 255
