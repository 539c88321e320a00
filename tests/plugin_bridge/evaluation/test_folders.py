"""Judged folders: what is read, and what is refused with the file and the line."""

from pathlib import Path

import pytest

from plugin_bridge.errors import EvaluationError
from plugin_bridge.evaluation.folders import Query, read_judged_set, read_judgments, read_queries


def judged(folder: Path, queries: str = "q1\tred shoe\n", qrels: str = "q1 0 a 3\n") -> Path:
    (folder / "products.jsonl").write_text('{"id": "a", "title": "Red shoe"}\n')
    (folder / "queries.tsv").write_text(queries)
    (folder / "qrels.txt").write_text(qrels)
    return folder


def test_reads_queries_judgments_and_the_place_of_the_products(tmp_path: Path) -> None:
    found = read_judged_set(judged(tmp_path, "q1\tred shoe\nq2\tblue shoe\n", "q1 0 a 3\nq1 0 b 0\nq9 0 a 1\n"))
    assert found.queries == (Query("q1", "red shoe"),)
    assert found.judgments == {"q1": {"a": 3, "b": 0}}
    assert found.products == tmp_path / "products.jsonl"
    assert (found.judgment_count, found.without_judgments, found.without_query) == (2, 1, 1)


def test_the_packed_catalogue_comes_first(tmp_path: Path) -> None:
    judged(tmp_path)
    (tmp_path / "products.jsonl.gz").write_bytes(b"")
    assert read_judged_set(tmp_path).products.name == "products.jsonl.gz"


def test_real_folders_are_read_whole(data_dir: Path) -> None:
    # The counts are those of the data's README.
    crowdflower = read_judged_set(data_dir / "search-crowdflower")
    assert (len(crowdflower.queries), crowdflower.judgment_count) == (128, 5_020)
    homedepot = read_judged_set(data_dir / "search-homedepot")
    assert (len(homedepot.queries), homedepot.judgment_count) == (7_895, 49_646)
    assert homedepot.without_judgments == 11_795 - 7_895


def test_headers_blank_lines_windows_line_ends_and_byte_order_marks_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "queries.tsv"
    path.write_bytes("\ufeffqid\tquery\r\n\r\nq1\tred  shoe\r\n".encode())
    assert read_queries(path) == [Query("q1", "red  shoe")]


def test_ids_with_blanks_and_slashes_are_read_where_columns_are_tabs(tmp_path: Path) -> None:
    path = tmp_path / "qrels.txt"
    path.write_text("q1\t0\ta/b c\t2\n")
    assert read_judgments(path) == {"q1": {"a/b c": 2}}


@pytest.mark.parametrize(
    ("queries", "line", "problem"),
    [
        ("q1\tone\nq2 two\n", 2, "a tab"),
        ("q1\tone\nq2\t \n", 2, "the query is empty"),
        ("\tone\n", 1, "the id is empty"),
        ("q1\tone\nq2\ttwo\nq1\tthree\n", 3, "used in line 1"),
        ("q1\tone\nq2\t\x00\x80".encode("latin-1"), 2, "not UTF-8"),
    ],
)
def test_a_bad_query_is_named_by_file_and_line(tmp_path: Path, queries: str | bytes, line: int, problem: str) -> None:
    path = tmp_path / "queries.tsv"
    path.write_bytes(queries if isinstance(queries, bytes) else queries.encode())
    with pytest.raises(EvaluationError) as refused:
        read_queries(path)
    assert str(refused.value).startswith(f"{path}, line {line}: ")
    assert problem in str(refused.value)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("q1 0 a", "four columns"),
        ("q1 0 a b 3", "four columns"),
        ("q1\t0\t\t3", "four columns"),
        ("q1 0 a good", "whole number"),
        ("q1 0 a -1", "whole number"),
        ("q1 0 a 1.5", "whole number"),
        ("q1 0 a 11", "0 to 10"),
        ("q1 0 a ٣", "whole number"),
        ("q0 0 x 1", "has grade 1 for query 'q0', and 2 further up"),
    ],
)
def test_a_bad_judgment_is_named_by_file_and_line(tmp_path: Path, line: str, problem: str) -> None:
    path = tmp_path / "qrels.txt"
    path.write_text(f"q0 0 x 2\n\n{line}\n", encoding="utf-8")
    with pytest.raises(EvaluationError) as refused:
        read_judgments(path)
    assert str(refused.value).startswith(f"{path}, line 3: ")
    assert problem in str(refused.value)


def test_the_same_judgment_twice_is_one(tmp_path: Path) -> None:
    path = tmp_path / "qrels.txt"
    path.write_text("q1 0 a 2\nq1 0 a 2\n")
    assert read_judgments(path) == {"q1": {"a": 2}}


@pytest.mark.parametrize("name", ["products.jsonl", "queries.tsv", "qrels.txt"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    (judged(tmp_path) / name).unlink()
    with pytest.raises(EvaluationError, match=name):
        read_judged_set(tmp_path)


def test_a_folder_without_one_judged_query_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="none of the 1 queries"):
        read_judged_set(judged(tmp_path, qrels="q2 0 a 3\n"))
    for name in ("queries.tsv", "qrels.txt"):
        (judged(tmp_path) / name).write_text("\n")
        with pytest.raises(EvaluationError, match=f"{name}: holds no"):
            read_judged_set(tmp_path)


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="no such folder"):
        read_judged_set(tmp_path / "absent")
