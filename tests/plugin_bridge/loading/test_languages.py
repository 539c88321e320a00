"""The encoder of a new generation, from the catalogue's language."""

import gzip
import json

import pytest

from plugin_bridge.errors import CatalogueError, LoadError
from plugin_bridge.loading.languages import encoder_for
from plugin_bridge.settings import Settings

CHINESE, MANY, ENGLISH = "bge-small-zh-v1.5-int8", "multilingual-e5-small-int8", "all-minilm-l6-v2-int8"


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch):
    monkeypatch.delenv("KINDRED_TEXT_MODEL", raising=False)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "products.jsonl.gz"
    rows = [{"id": str(row), "title": title} for row, title in enumerate(("男士登山鞋", "手机壳 iPhone 15", ""))]
    path.write_bytes(gzip.compress("\n".join(json.dumps(row) for row in rows).encode() + b"\nbroken\n"))
    return path


def test_the_catalogue_decides(file, tmp_path):
    assert encoder_for(file, "auto", Settings()) == CHINESE
    english = tmp_path / "products.csv"
    english.write_text("id,title\n1,hiking boots\n", encoding="utf-8")
    assert encoder_for(english, "auto", Settings()) == ENGLISH


def test_a_stated_language_decides_before_the_catalogue(file):
    assert [encoder_for(file, one, Settings()) for one in ("en", "zh", "many")] == [ENGLISH, CHINESE, MANY]


def test_a_named_encoder_decides_before_any_language(file, monkeypatch):
    monkeypatch.setenv("KINDRED_TEXT_MODEL", ENGLISH)
    assert encoder_for(file, "auto", Settings()) == ENGLISH
    assert encoder_for(file, "zh", Settings()) == ENGLISH


def test_wrong_language_and_unreadable_file_are_told(file, tmp_path):
    with pytest.raises(LoadError, match="--language klingon: choose auto, en, zh, many"):
        encoder_for(file, "klingon", Settings())
    (tmp_path / "products.parquet").write_bytes(b"not a table")
    with pytest.raises(CatalogueError, match=r"products\.parquet"):
        encoder_for(tmp_path / "products.parquet", "auto", Settings())


def test_a_file_that_is_not_there_is_left_to_the_load(tmp_path):
    assert encoder_for(tmp_path / "absent.csv", "auto", Settings()) == ENGLISH
