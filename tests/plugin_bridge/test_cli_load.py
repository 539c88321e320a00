"""`kindred load`, `update`, `delete`, `generations` and `rollback` as a person or a scheduler runs them."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from encoders.store import ModelStore
from opensearch import dropin, generations
from opensearch.client import Cluster
from tests.fixtures.faults import Faults, faulty
from tests.plugin_bridge.loading.conftest import documents, many, write_products

ALIAS = "test-cli-load"
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, model_store: ModelStore) -> Path:
    """A data folder with the text model in it."""
    folder = tmp_path_factory.mktemp("home")
    name = "all-minilm-l6-v2-int8"
    shutil.copytree(model_store.folder(name), folder / "models" / name)
    return folder


@pytest.fixture(scope="module")
def run(home: Path, cluster: Cluster) -> Iterator[Run]:
    """Run `kindred` with the test's cluster, home and alias."""
    environment = {
        **os.environ,
        "KINDRED_HOME": str(home),
        "KINDRED_ALIAS": ALIAS,
        "OPENSEARCH_URL": cluster.url,
        "KINDRED_BRIDGE_URL": "http://127.0.0.1:18765",
    }

    def run_it(*arguments: str | Path, code: int = 0) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "plugin_bridge", *map(str, arguments)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == code, done.stderr
        return done

    yield run_it
    for generation in generations.history(cluster, ALIAS):
        cluster.request("DELETE", f"/{generation.index}")
        dropin.remove(cluster, generation)


def answer(done: "subprocess.CompletedProcess[str]") -> Any:
    return json.loads(done.stdout)


def test_the_whole_round(run: Run, cluster: Cluster, tmp_path: Path) -> None:
    file = write_products(tmp_path / "p.jsonl", [*many(4), b"oops", {"id": "bad", "title": "x", "title.y": 1}])
    report = answer(run("load", file, "--json"))
    assert (report["documents"], report["generation"], report["live"]) == (4, "g001", True)
    assert report["cleaning"]["rejected"] == {"unreadable": 1}
    assert report["dead_letters"] == {"count": 1}
    assert Path(report["files"]["dead_letters"]).exists()
    assert report["dropin"]["installed"] is False
    assert "bridge" in report["dropin"]["reason"]  # none runs here; the drop-in waits for it

    shown = run("load", file)
    assert "test-cli-load-g002" in shown.stdout
    assert "line 5: not valid JSON" in shown.stderr
    assert "1 refused by OpenSearch" in shown.stdout

    changes = write_products(tmp_path / "c.jsonl", [{"id": "p1", "price": "£5"}, {"id": "new/1", "title": "new"}])
    assert answer(run("update", changes, "--json"))["counts"] == {
        "new": 1, "changed": 1, "unchanged": 0, "refused": 0, "encoded": 1,
    }  # fmt: skip
    deleted = answer(run("delete", "p2", "new/1", "never", "--json"))
    assert (deleted["deleted"], deleted["missing"], deleted["documents"]) == (2, ["never"], 3)
    (tmp_path / "ids.txt").write_text("p3\n\n")
    assert "1 deleted, 2 products left" in run("delete", "--file", tmp_path / "ids.txt").stdout
    assert set(documents(cluster, ALIAS)) == {"p0", "p1"}

    listed = answer(run("generations", "--json"))
    assert [(g["name"], g["state"], g["live"]) for g in listed["generations"]] == [
        ("g001", "ready", False),
        ("g002", "live", True),
    ]
    assert listed["writer"] is None
    assert answer(run("rollback", "--json"))["live"] == "test-cli-load-g001"
    assert generations.live_indices(cluster, ALIAS) == ["test-cli-load-g001"]
    assert "no older complete generation" in run("rollback", code=1).stderr
    assert "g002" in run("rollback", "--to", "g002").stdout
    assert "g002" in run("generations").stdout
    assert "has no generation g009" in run("rollback", "--to", "g009", code=1).stderr


def test_ctrl_c_ends_it_cleanly_and_resume_goes_on(run: Run, home: Path, cluster: Cluster, tmp_path: Path) -> None:
    file = write_products(tmp_path / "p.jsonl", many(2500))
    command = [sys.executable, "-m", "plugin_bridge", "load", str(file), "--force"]
    child: list[subprocess.Popen[str]] = []
    started = threading.Event()

    def interrupt(number: int) -> None:
        started.wait(60)
        if number == 2:
            child[0].send_signal(signal.SIGINT)

    with faulty(cluster.url, Faults(on_bulk=interrupt)) as url:
        environment = {**os.environ, "KINDRED_HOME": str(home), "KINDRED_ALIAS": ALIAS, "OPENSEARCH_URL": url}
        child.append(subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True))
        started.set()
        _, said = child[0].communicate(timeout=120)
    # Not -6: a thread that still computes while Python ends would abort the process.
    assert child[0].returncode == 130, said
    assert "nothing was switched; the same command with --resume goes on from here" in said
    report = answer(run("load", file, "--resume", "--force", "--json"))
    assert (report["documents"], report["resumed"]) == (2500, True)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["load"], 2, "Missing argument"),
        (["load", "absent.jsonl"], 1, "absent.jsonl: no such file"),
        (["load", "absent.jsonl", "--images", ".", "--no-images"], 2, "contradict"),
        (["update", "absent.jsonl"], 1, "absent.jsonl: no such file"),
        (["delete"], 2, "name at least one id"),
        (["delete", "x", "--index", "nothing-here"], 1, "nothing is live behind nothing-here"),
        (["load", "absent.jsonl", "--index", "Not An Alias"], 1, "absent.jsonl"),
        (["rollback", "--index", "nothing-here"], 1, "no older complete generation"),
        (["generations", "--index", "a*"], 1, "cannot name an index"),
    ],
)
def test_wrong_use_and_failures_are_one_sentence(run: Run, arguments: list[str], code: int, words: str) -> None:
    done = run(*arguments, code=code)
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_without_an_opensearch(home: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "KINDRED_HOME": str(home), "OPENSEARCH_URL": "http://127.0.0.1:9"}
    file = write_products(tmp_path / "p.jsonl", many(1))
    command = [sys.executable, "-m", "plugin_bridge", "load", str(file)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "OpenSearch does not answer at http://127.0.0.1:9" in done.stderr
    assert "Traceback" not in done.stderr
