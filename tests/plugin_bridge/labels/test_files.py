"""Files of labels and judgments: what is wrong is named with its line, what is exported comes back as it was."""

import csv
import io
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin_bridge.errors import RequestError, StorageError
from plugin_bridge.labels import exporting, importing
from plugin_bridge.labels.files import JUDGMENT_READERS, PAIR_READERS, guarded, unguarded
from plugin_bridge.labels.importing import Report, import_file
from plugin_bridge.labels.judgments import JudgmentLedger
from plugin_bridge.labels.ledger import PairLedger
from plugin_bridge.labels.reading import Reading
from plugin_bridge.labels.values import Judged, Said
from plugin_bridge.storage import Storage

HEADER = "left,right,label\n"


def bring(ledger: Any, content: bytes | str, form: str, tmp_path: Path, **more: Any) -> Report:
    path = tmp_path / "given"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    reader = PAIR_READERS.get(form) or JUDGMENT_READERS[form]
    missing = more.pop("missing", lambda ids: set())
    return import_file(ledger, path, reader, "anna", missing, **more)


def lines(report: Report) -> dict[int, str]:
    return {one.line: one.message for one in report.refused}


def test_rows_are_saved_and_the_same_file_again_changes_nothing(
    ledger: PairLedger, reading: Reading, tmp_path: Path
) -> None:
    content = HEADER + "b,a,similar\na,c,0\nc,d,skip\nd,e,TRUE\n"
    report = bring(ledger, content, "csv", tmp_path)
    assert (report.rows, report.saved, report.already, report.refused_rows) == (4, 4, 0, 0)
    again = bring(ledger, content, "csv", tmp_path)
    assert (again.rows, again.saved, again.already) == (4, 0, 4)
    said = {(one["left"], one["right"]): (one["label"], one["by"], one["source"]) for one in reading.standing()}
    assert said["a", "b"] == ("similar", "anna", "import") and said["a", "c"][0] == "dissimilar"
    assert said["c", "d"][0] == "skip" and said["d", "e"][0] == "similar"


def test_each_bad_row_is_named_and_the_others_are_saved(ledger: PairLedger, tmp_path: Path) -> None:
    rows = ["a,b,similar", "a,a,similar", "a,ghost,similar", "a,c,alike", "b,a,dissimilar", "a,d", "b,a,similar"]
    report = bring(ledger, HEADER + "\n".join(rows), "csv", tmp_path, missing=lambda ids: {"ghost"} & set(ids))
    assert (report.rows, report.saved, report.already, report.refused_rows) == (7, 1, 1, 5)
    found = lines(report)
    assert "both are 'a'" in found[3] and "no product 'ghost'" in found[4] and "not 'alike'" in found[5]
    assert "says something else of 'a' and 'b'" in found[6] and "2 columns" in found[7]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"left,label\na,similar\n", "no column right; needed are left, right, label, found: left, label"),
        (b"", "no column left, right, label"),
        (HEADER.encode() + "caf\xe9,b,similar\n".encode("cp1252"), r"the file is not UTF-8 \(byte 0xe9\)"),
        (b"\x1f\x8b\x08broken", "compressed file is damaged"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(
    ledger: PairLedger, reading: Reading, tmp_path: Path, content: bytes, words: str
) -> None:
    with pytest.raises(RequestError, match=words) as told:
        bring(ledger, content, "csv", tmp_path)
    assert told.value.status == 422
    assert reading.last_event() == 0


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_are_understood(ledger: PairLedger, reading: Reading, tmp_path: Path, encoding: str) -> None:
    content = "left;right;label\r\n海报;b;similar\r\n".encode(encoding)
    assert bring(ledger, content, "csv", tmp_path).saved == 1
    assert next(reading.pairs()).right == "海报"
    named = (HEADER + "café,b,similar\n").encode("cp1252")
    assert bring(ledger, named, "csv", tmp_path, encoding="cp1252").saved == 1
    with pytest.raises(RequestError, match="no encoding named 'klingon'"):
        bring(ledger, named, "csv", tmp_path, encoding="klingon")


def test_json_lines_take_products_for_ids(ledger: PairLedger, reading: Reading, tmp_path: Path) -> None:
    rows = [{"left": {"id": "a", "title": "A"}, "right": "b", "label": 1}, {"left": "a", "right": "c", "label": False}]
    content = b"\n".join(map(orjson.dumps, rows)) + b"\n[1]\nnonsense\n" + orjson.dumps({"left": "a"}) + b"\n"
    report = bring(ledger, content, "jsonl", tmp_path)
    assert report.saved == 2
    assert {(one.right, one.label) for one in reading.pairs()} == {("b", "similar"), ("c", "dissimilar")}
    assert set(lines(report)) == {3, 4, 5} and "right, label is missing" in lines(report)[5]


@given(st.text(max_size=12) | st.sampled_from(["=1+1", "'=1", "''=x", "-5", "@a", "+", "'", "\t=", "＝x"]))
@settings(max_examples=200, deadline=None)
def test_a_guard_hides_formulas_and_gives_the_text_back(text: str) -> None:
    cell = guarded(text)
    assert not cell or cell[0] not in "=+-@\t\r＝＋－＠"
    assert unguarded(cell) == text


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_exported_labels_come_back(
    storage: Storage, ledger: PairLedger, reading: Reading, tmp_path: Path, form: str
) -> None:
    strange = ["=SUM(A1)", '"quoted", with comma', "+1 2", "a/b c", "'=x", "二"]
    said = [Said(f"k{number}", one, "other", "similar") for number, one in enumerate(strange)]
    ledger.save(said, "anna")
    ledger.save([Said("b", "other", "a/b c", "dissimilar")], "=ben")
    content = b"".join(exporting.pairs(reading, form))
    if form == "csv":
        cells = [cell for row in csv.reader(io.StringIO(content.decode())) for cell in row]
        assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@")]
    other = PairLedger(storage, ledger.alias + "-copy")
    report = bring(other, content, form, tmp_path)
    assert (report.saved, report.refused_rows) == (7, 0)
    same = ("left", "right", "label", "by")
    copied = [[one[name] for name in same] for one in Reading(storage, other.alias).standing()]
    assert sorted(copied) == sorted([one[name] for name in same] for one in reading.standing())


@pytest.mark.parametrize("form", ["qrels", "quepid", "opensearch"])
def test_exported_judgments_come_back(storage: Storage, judgments: JudgmentLedger, tmp_path: Path, form: str) -> None:
    said = [("red shoe", "p 1", 3), ("red shoe", "p2", 0), ("=cmd()", "p2", 1), ("鞋", "a/b c", 2)]
    judgments.save([Judged(f"k{n}", *one) for n, one in enumerate(said)], "anna")
    content = b"".join(exporting.judgments(judgments, form, queries=True))
    if form == "opensearch":
        document = orjson.loads(content)
        assert document["type"] == "IMPORT_JUDGMENT"
        ratings = {one["query"]: one["ratings"] for one in document["judgmentRatings"]}
        assert {"docId": "p 1", "rating": "3.000"} in ratings["red shoe"]
    if form == "quepid":
        assert content.startswith(b"query,docid,rating\r\n") and b"\n=cmd" not in content
    other = JudgmentLedger(storage, judgments.alias + "-copy")
    report = bring(other, content, form, tmp_path)
    assert (report.saved, report.refused_rows) == (4, 0), report
    assert {(one.query, one.product, one.rating) for one in other.agreed()} == set(said)


def test_bad_judgments_are_named(judgments: JudgmentLedger, tmp_path: Path) -> None:
    content = "query,docid,rating\nred,p1,3\nred,p2,\nred,p3,2.5\n,p4,1\nred,p5,many\nred,p1,2\n"
    report = bring(judgments, content, "quepid", tmp_path)
    assert (report.saved, report.refused_rows) == (1, 4)  # a row without a rating was not rated
    assert "whole number from 0 to 3" in lines(report)[4] and "something else of 'red' and 'p1'" in lines(report)[7]
    unnamed = bring(judgments, "q1\t0\tp1\t2\n", "qrels", tmp_path)
    assert "put queries.tsv before" in lines(unnamed)[1]
    with pytest.raises(RequestError, match="no list `judgmentRatings`"):
        bring(judgments, "{}", "opensearch", tmp_path)


def test_a_disk_that_fills_up_in_the_middle_keeps_what_was_saved(
    ledger: PairLedger, reading: Reading, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "AT_ONCE", 10)
    content = HEADER + "".join(f"p,q{number},similar\n" for number in range(35))
    turns = iter(range(100))

    class Full:
        """A turn that is taken from the third part."""

        def __enter__(self) -> None:
            if next(turns) == 2:
                raise StorageError("the disk of the database is full", status=507)

        def __exit__(self, *raised: object) -> None:
            return None

    with pytest.raises(StorageError, match="20 rows were saved; import the file again") as told:
        bring(ledger, content, "csv", tmp_path, turn=Full())
    assert told.value.status == 507
    assert len(list(reading.pairs())) == 20
    rest = bring(ledger, content, "csv", tmp_path)
    assert (rest.saved, rest.already) == (15, 20)
    assert len(list(reading.pairs())) == 35


@pytest.mark.slow
def test_a_million_rows(ledger: PairLedger, reading: Reading, tmp_path: Path) -> None:
    content = HEADER + "".join(f"p{number % 99_991},q{number},{number % 2}\n" for number in range(1_000_000))
    assert bring(ledger, content, "csv", tmp_path).saved == 1_000_000
    assert reading.counts().pairs == 1_000_000
