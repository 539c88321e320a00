"""Reading product files: formats, encodings, and rows that cannot be read."""

import gzip
from datetime import date
from decimal import Decimal
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_bridge.catalogue import readers
from plugin_bridge.catalogue.readers import BadRow, Row, count_rows, read_rows
from plugin_bridge.errors import CatalogueError


def rows(path: Path, **options: str) -> list[Row | BadRow]:
    return list(read_rows(path, **options))


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


GOOD = b'{"id":"1","title":"a"}\n{"id":"2","title":"b"}\n'


def test_bad_json_on_line_3_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    found = rows(written(tmp_path, "p.jsonl", GOOD + b'{"id": oops}\n' + GOOD))
    assert [row.line for row in found] == [1, 2, 3, 4, 5]
    bad = found[2]
    assert isinstance(bad, BadRow)
    assert "not valid JSON" in bad.reason
    assert bad.excerpt == '{"id": oops}'
    assert all(isinstance(row, Row) for i, row in enumerate(found) if i != 2)


@pytest.mark.parametrize(("name", "pack"), [("p.jsonl", False), ("p.jsonl.gz", True), ("p.ndjson", True)])
def test_json_lines_plain_and_packed(tmp_path: Path, name: str, pack: bool) -> None:
    data = b"\xef\xbb\xbf" + GOOD.replace(b"\n", b"\r\n") + b"\n"
    path = written(tmp_path, name, gzip.compress(data) if pack else data)
    assert rows(path) == [Row(1, {"id": "1", "title": "a"}), Row(2, {"id": "2", "title": "b"}), Row(3, {})]
    assert count_rows(path) == 3


def test_rows_that_are_no_objects(tmp_path: Path) -> None:
    found = rows(written(tmp_path, "p.jsonl", b'[1]\n"x"\n3\nnull\ntrue\nNaN\n'))
    reasons = [row.reason for row in found if isinstance(row, BadRow)]
    assert [reason.split(", this is ")[-1] for reason in reasons[:5]] == [
        "a list", "text", "a number", "null", "true or false",
    ]  # fmt: skip
    assert "not valid JSON" in reasons[5]


def test_wrong_encoding_is_named_by_line(tmp_path: Path) -> None:
    path = written(tmp_path, "p.jsonl", GOOD + '{"id":"3","title":"café"}\n'.encode("cp1252"))
    found = rows(path)
    assert found[2] == BadRow(
        3,
        "not UTF-8: byte 0xe9 at position 23; if the file is Windows-1252, pass --encoding cp1252",
        '{"id":"3","title":"caf\ufffd"}',
    )
    assert rows(path, encoding="cp1252")[2] == Row(3, {"id": "3", "title": "café"})


def test_utf_16_is_named_and_read_when_asked(tmp_path: Path) -> None:
    for name, data in (("p.jsonl", GOOD), ("p.csv", b"id,title\n1,a\n2,b\n")):
        path = written(tmp_path, name, data.decode().encode("utf-16"))
        with pytest.raises(CatalogueError, match=r"p\..*UTF-16.*--encoding utf-16"):
            rows(path)
        assert [row.data for row in rows(path, encoding="utf-16") if isinstance(row, Row)] == [
            {"id": "1", "title": "a"},
            {"id": "2", "title": "b"},
        ]
    with pytest.raises(CatalogueError, match="no encoding named 'klingon'"):
        rows(path, encoding="klingon")


def test_a_line_too_long_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "LONGEST_LINE", 100)
    found = rows(written(tmp_path, "p.jsonl", b'{"id":"0","t":"' + b"x" * 5000 + b'"}\n' + GOOD))
    assert isinstance(found[0], BadRow)
    assert "longer than" in found[0].reason
    assert [row.line for row in found] == [1, 2, 3]


def test_a_torn_gzip_file_is_an_error(tmp_path: Path) -> None:
    packed = gzip.compress(GOOD * 5000)
    with pytest.raises(CatalogueError, match=r"torn.jsonl.gz: the compressed file is damaged after line \d+"):
        rows(written(tmp_path, "torn.jsonl.gz", packed[: len(packed) // 2]))


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("p.json", b'[{"id":1}]', "one JSON array"),
        ("p.csv", b"title,price\na,1\n", "no column `id`"),
        ("p.csv", b"", "no column `id`"),
        ("p.csv", b"id,title,title\n", "names a column twice: title"),
        ("p.parquet", b"PAR1 but not really", "damaged Parquet"),
        ("p.parquet", b"", "a catalogue is"),
        ("p.xlsx", b"PK", "a catalogue is JSON Lines"),
    ],
)
def test_files_that_are_no_catalogue(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    with pytest.raises(CatalogueError, match=message):
        rows(written(tmp_path, name, data))


def test_absent_and_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.jsonl", tmp_path):
        with pytest.raises(CatalogueError, match="cannot be read"):
            rows(path)


def test_csv(tmp_path: Path) -> None:
    data = (
        b"\xef\xbb\xbfid,title,price,\n"
        b'1,"Mug, red","1,5",x\n'
        b'2,"two\nlines",,\n'
        b"3,a,b,c,d\n"
        b'4,"bad" quote,1,\n'
        b"5,caf\xe9,1,\n"
        b"6,short\n"
    )
    found = rows(written(tmp_path, "p.csv", data))
    assert found[0] == Row(2, {"id": "1", "title": "Mug, red", "price": "1,5"})
    assert found[1] == Row(3, {"id": "2", "title": "two\nlines"})
    assert isinstance(found[2], BadRow)
    assert (found[2].line, found[2].reason) == (5, "5 fields where the header has 4")
    assert isinstance(found[3], BadRow)
    assert found[3].line == 6
    assert isinstance(found[4], BadRow)
    assert found[4].line == 7
    assert "field title: not UTF-8" in found[4].reason
    assert found[5] == Row(8, {"id": "6", "title": "short"})


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_delimiters(tmp_path: Path, delimiter: str) -> None:
    path = written(tmp_path, "p.csv", delimiter.join(("id", "title")).encode() + b"\n7" + delimiter.encode() + b"x\n")
    assert rows(path) == [Row(2, {"id": "7", "title": "x"})]


def test_parquet(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": [1, 2],
            "title": ["a", None],
            "category": [["A", "B"], None],
            "price": [Decimal("5.50"), None],
            "since": [date(2024, 1, 2), None],
            "more": [{"x": Decimal("1.0")}, None],
        }
    )
    path = tmp_path / "p.parquet"
    pq.write_table(table, path)
    assert rows(path) == [
        Row(
            1,
            {"id": 1, "title": "a", "category": ["A", "B"], "price": 5.5, "since": "2024-01-02", "more": {"x": 1.0}},
        ),
        Row(2, {"id": 2}),
    ]
    assert count_rows(path) == 2


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.text(max_size=8), json_values, max_size=5), max_size=8))
def test_whatever_json_holds_comes_back(tmp_path_factory: pytest.TempPathFactory, products: list[dict]) -> None:
    path = tmp_path_factory.mktemp("any") / "p.jsonl"
    path.write_bytes(b"".join(orjson.dumps(product) + b"\n" for product in products))
    assert rows(path) == [Row(number, product) for number, product in enumerate(products, start=1)]
