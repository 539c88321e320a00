"""`kindred labels` as a person or a script calls it."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from opensearch.client import Cluster
from opensearch.generations import Generation
from plugin_bridge import cli
from plugin_bridge.errors import BridgeError, RequestError
from tests.plugin_bridge.labels.conftest import alias, generation

__all__ = ["alias", "generation"]


@pytest.fixture(autouse=True)
def environment(
    cluster: Cluster, alias: str, generation: Generation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENSEARCH_URL", cluster.url)
    monkeypatch.setenv("KINDRED_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KINDRED_ALIAS", alias)


def run(*arguments: str, fails: bool = False, json: bool = True) -> Any:
    result = CliRunner().invoke(cli.app, ["labels", *arguments, *(["--json"] if json else [])])
    if fails:
        assert result.exit_code != 0
        return result.exception
    assert result.exit_code == 0, (result.output, result.exception)
    return orjson.loads(result.stdout) if json else result.stdout


def test_files_in_and_out(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("left,right,label\nboot,shoe,similar\nboot,apple,0\nboot,ghost,1\n")
    report = run("import", str(tmp_path / "labels.csv"), "--by", "anna")
    assert (report["saved"], report["refused_rows"]) == (2, 1)
    stats = run("stats", "--by", "anna")
    assert (stats["pairs"], stats["mine"], stats["verdict"]["stop"]) == (2, 2, None)
    assert "Too few labels" in run("stats", json=False)
    run("export", str(tmp_path / "out.jsonl"), json=False)
    rows = [orjson.loads(line) for line in (tmp_path / "out.jsonl").read_bytes().splitlines()]
    assert [(one["left"], one["right"], one["label"], one["by"]) for one in rows] == [
        ("boot", "shoe", "similar", "anna"),
        ("apple", "boot", "dissimilar", "anna"),
    ]
    (tmp_path / "queries.tsv").write_text("qid\tquery\n7\twarm shoe\n")
    (tmp_path / "qrels.txt").write_text("7 0 boot 3\n7 0 apple 0\n8 0 boot 1\n")
    judged = run("import", str(tmp_path / "qrels.txt"), "--queries", str(tmp_path / "queries.tsv"))
    assert (judged["saved"], judged["refused_rows"]) == (2, 1)
    text = run("export", "--format", "quepid", json=False)
    assert "warm shoe,boot,3" in text
    made = run("snapshot", str(tmp_path / "snapshot"))
    assert (made["pairs"], made["judgments"], made["products"]) == (2, 2, 5)


def test_one_pair_is_labelled() -> None:
    assert run("add", "boot", "shoe", "similar", "--by", "anna")["label"] == "similar"
    assert run("stats", "--by", "anna")["mine"] == 1
    assert "there is no product 'ghost'" in str(run("add", "boot", "ghost", "similar", fails=True))
    assert "label" in str(run("add", "boot", "apple", "perhaps", fails=True))


def test_what_is_wrong_is_told(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("left,right\nboot,shoe\n")
    assert isinstance(run("import", str(tmp_path / "labels.csv"), fails=True), RequestError)
    (tmp_path / "labels.csv").write_text("left,right,label\nboot,boot,1\n")
    told = run("import", str(tmp_path / "labels.csv"), fails=True)
    assert isinstance(told, BridgeError) and "none of its 1 rows could be saved" in str(told)
    assert run("import", str(tmp_path / "labels.csv"), "--format", "xml", fails=True) is not None
    assert "nothing is live behind nobody" in str(run("next", "--index", "nobody", fails=True))
    assert "cannot be written" in str(run("export", str(tmp_path / "no" / "labels.csv"), fails=True, json=False))
