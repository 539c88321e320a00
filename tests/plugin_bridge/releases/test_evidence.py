"""What a comparison is measured on: read with the line named where it is wrong."""

import gzip
import json

import pytest

from plugin_bridge.errors import EvaluationError, ReleaseError
from plugin_bridge.releases.evidence import read_evidence

QUERIES = "q1\tsofa\nq2\tlamp\nq3\tunjudged\n"


def write(folder, **files: str):
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    return folder


def test_judgments_go_by_the_querys_text_and_may_be_kept_by_its_id(tmp_path, shop):
    cluster, index = shop.workshop.cluster, shop.live.index
    folder = write(tmp_path, queries_tsv=QUERIES, qrels_txt="q1 0 sofa 3\nq1 0 pan 0\nq2 0 lamp 2\nq9 0 pan 1\n")
    found = read_evidence(folder, cluster, index)
    assert found.judgments == {"sofa": {"sofa": 3, "pan": 0}, "lamp": {"lamp": 2}}
    assert found.notes == ("1 judged queries have no text in queries.tsv",)
    kept = read_evidence(folder, cluster, index, lambda query: query == "q2")
    assert kept.judgments == {"lamp": {"lamp": 2}}
    assert "1 judged queries are left out: an encoder could have learned from them" in kept.notes


def test_pairs_are_read_packed_too_by_id_or_by_fields(tmp_path, shop):
    rows = [{"left": "sofa", "right": {"id": "lamp"}, "label": 0}, {"left": {"name": "A"}, "right": "pan", "label": 1}]
    with gzip.open(tmp_path / "test.jsonl.gz", "wt") as stream:
        stream.write("".join(json.dumps(row) + "\n" for row in rows))
    found = read_evidence(tmp_path, shop.workshop.cluster, shop.live.index).pairs["test"]
    assert [(left["title"], right["title"], label) for left, right, label in found] == [
        ("Grey three seat sofa", "Bedside reading lamp", 0),
        ("A", "Cast iron frying pan", 1),
    ]


def test_what_is_wrong_is_named_by_file_and_line(tmp_path, shop):
    cluster, index = shop.workshop.cluster, shop.live.index
    with pytest.raises(ReleaseError, match="no such folder"):
        read_evidence(tmp_path / "none", cluster, index)
    with pytest.raises(ReleaseError, match="neither judged queries"):
        read_evidence(tmp_path, cluster, index)
    for line, why in (
        ('{"left": "a"}', "right"),
        ("nonsense", "a pair is"),
        ('{"left": "a", "right": "b", "label": 2}', "label is 0 or 1"),
    ):
        (tmp_path / "valid.jsonl").write_text('{"left": "a", "right": "b", "label": 1}\n' + line + "\n")
        with pytest.raises(ReleaseError, match=rf"valid\.jsonl, line 2: .*{why}"):
            read_evidence(tmp_path, cluster, index)
    (tmp_path / "valid.jsonl").write_bytes(b'\xef\xbb\xbf{"left": "sofa", "right": "lamp", "label": 1}\n')
    assert len(read_evidence(tmp_path, cluster, index).pairs["valid"]) == 1, "a byte-order mark is no part of a line"
    (tmp_path / "test.jsonl.gz").write_bytes(gzip.compress(b'{"left": "sofa", "right": "lamp", "label": 1}\n')[:-9])
    with pytest.raises(ReleaseError, match=r"test\.jsonl\.gz cannot be read"):
        read_evidence(tmp_path, cluster, index)
    (tmp_path / "test.jsonl.gz").unlink()
    (tmp_path / "valid.jsonl").unlink()
    with pytest.raises(EvaluationError, match=r"qrels\.txt, line 1: a grade is a whole number"):
        read_evidence(write(tmp_path, queries_tsv=QUERIES, qrels_txt="q1 0 sofa good\n"), cluster, index)
