"""`kindred up`, `down` and `status`, and the searches of the command line, run as a person runs them."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from encoders.store import ModelStore
from opensearch import dropin, generations
from opensearch.client import Cluster
from plugin_bridge.cli import main
from plugin_bridge.settings import Settings
from tests.fixtures.bridge import COLOURS, PRODUCTS, drop_alias, free_port, load_products, make_home
from tests.plugin_bridge.test_service import picture

ALIAS = "bridge-up"


@dataclass(frozen=True)
class Done:
    """What a command said, and its exit status."""

    status: int
    stdout: str
    stderr: str


Kindred = Callable[..., Done]


def _in_process(arguments: Sequence[str], environment: Mapping[str, str]) -> Done:
    said, told, status = io.StringIO(), io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(told):
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["kindred", *arguments])
        try:
            main()
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return Done(status, said.getvalue(), told.getvalue())


@pytest.fixture(scope="module")
def home(bridge_store: ModelStore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_home(tmp_path_factory.mktemp("up"), bridge_store)


@pytest.fixture(scope="module")
def kindred(cluster: Cluster, home: Path) -> Iterator[Kindred]:
    """Run the command line against the test's cluster, without the time that a new Python takes to start.

    What it started is stopped at the end.
    """
    port = free_port()
    environment = {
        "OPENSEARCH_URL": cluster.url,
        "KINDRED_HOME": str(home),
        "KINDRED_ALIAS": ALIAS,
        "KINDRED_BRIDGE_PORT": str(port),
    }

    def run(*arguments: str, status: int = 0, **more: str) -> Done:
        done = _in_process(arguments, {**environment, **more})
        assert done.status == status, done.stderr
        assert "Traceback" not in done.stderr
        return done

    yield run
    run("down")


@pytest.fixture(scope="module", autouse=True)
def products(cluster: Cluster, bridge_store: ModelStore, kindred: Kindred) -> Iterator[None]:
    drop_alias(cluster, ALIAS)
    load_products(cluster, bridge_store, ALIAS, photos={name: _photo(name) for name in COLOURS})
    yield
    kindred("down")
    drop_alias(cluster, ALIAS)


def _photo(name: str):
    from tests.fixtures.bridge import PHOTOS

    return PHOTOS[name]


def pid(home: Path) -> int:
    return int(json.loads((home / "bridge.json").read_text())["pid"])


def test_up_starts_once_and_down_stops(kindred: Kindred, home: Path, cluster: Cluster) -> None:
    up = json.loads(kindred("up", "--json").stdout)
    assert up["node"]["url"] == cluster.url
    assert up["bridge"]["running"] and up["bridge"]["ready"]
    assert up["generation"] == "g001"
    assert up["documents"] == len(PRODUCTS)
    assert up["generations"][0]["drop_in"]
    first = pid(home)
    kindred("up")
    assert pid(home) == first  # it runs already
    # The storefront's request is rewritten by the bridge that was started.
    hits = cluster.search(ALIAS, {"query": {"match": {"title": "settee"}}})["hits"]["hits"]
    assert hits[0]["_id"] == "sofa"

    os.kill(first, signal.SIGKILL)  # leaves a state file behind whose process is dead
    status = json.loads(kindred("status", "--json").stdout)
    assert status["bridge"]["running"] is False
    cluster.search(ALIAS, {"query": {"match": {"title": "settee"}}})
    status = json.loads(kindred("status", "--json").stdout)
    assert status["fallbacks"]["total"] == 1
    kindred("up")
    assert pid(home) != first

    os.kill(pid(home), signal.SIGSTOP)  # one that is frozen is replaced
    frozen = pid(home)
    kindred("up")
    assert pid(home) != frozen
    assert json.loads(kindred("down", "--json").stdout) == {"bridge": {"stopped": True}, "node": {"stopped": False}}
    assert json.loads(kindred("down", "--json").stdout)["bridge"]["stopped"] is False
    assert "not running" in kindred("status").stdout


def test_a_state_file_of_another_process_is_not_believed(kindred: Kindred, home: Path) -> None:
    state = {"url": "http://127.0.0.1:1", "pid": os.getpid(), "born": 1.0, "log": "x", "opensearch": "x"}
    (home / "bridge.json").write_text(json.dumps(state))
    assert json.loads(kindred("down", "--json").stdout)["bridge"]["stopped"] is False  # and this test still runs


def test_a_busy_port_is_named(kindred: Kindred) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = kindred("up", status=1, KINDRED_BRIDGE_PORT=port)
        assert port in done.stderr and "KINDRED_BRIDGE_PORT" in done.stderr


def test_without_tokens_the_bridge_stays_on_loopback(home: Path) -> None:
    variables = {"KINDRED_HOME": str(home), "KINDRED_BRIDGE_HOST": "0.0.0.0", "KINDRED_AUTH": "false"}
    done = subprocess.run(
        [sys.executable, "-m", "plugin_bridge", "serve"],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "KINDRED_BRIDGE_HOST" in done.stderr and "KINDRED_AUTH" in done.stderr


def test_an_address_moves_with_up(kindred: Kindred, cluster: Cluster) -> None:
    """Another port: the drop-in's connector must follow, or every request would fall back."""
    kindred("up")
    port = str(free_port())
    kindred("up", KINDRED_BRIDGE_PORT=port)
    generation = generations.live(cluster, ALIAS)
    assert generation is not None
    found = dropin.installed(cluster, generation)
    assert found is not None and found.active and f":{port}/" in found.url
    hits = cluster.search(ALIAS, {"query": {"match": {"title": "settee"}}})["hits"]["hits"]
    assert hits[0]["_id"] == "sofa"
    kindred("down")


def test_searches_need_no_bridge(kindred: Kindred, tmp_path: Path) -> None:
    answer = json.loads(kindred("search", "settee", "--json", "--explain").stdout)
    assert set(answer) >= {"query", "mode", "total", "took_ms", "degraded", "hits"}
    assert set(answer["hits"][0]) == {"id", "score", "rank", "product", "explain"}
    assert answer["hits"][0]["id"] == "sofa"
    assert "sofa" in kindred("search", "settee").stdout

    red = tmp_path / "red.png"
    red.write_bytes(picture(COLOURS["kettle"]))
    answer = json.loads(kindred("search", "--image", str(red), "--filter", "price<100", "--json").stdout)
    assert answer["hits"][0]["id"] == "kettle"
    assert all(hit["product"]["price"] < 100 for hit in answer["hits"])

    similar = json.loads(kindred("similar", "a/b c", "--json", "--size", "2").stdout)
    assert len(similar["hits"]) == 2
    assert json.loads(kindred("product", "a/b c", "--json").stdout)["product"]["title"] == "Garden hose 20 m"


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["search", "x", "--mode", "magic"], 2, "magic"),
        (["search", "x", "--filter", "brand"], 1, "brand"),
        (["search", "x", "--filter", "nope=1"], 1, "nope"),
        (["search", "x", "--size", "-1"], 2, "size"),
        (["search", "--image", "/no/such.png"], 1, "/no/such.png"),
        (["search", "x", "--index", "nothing-here"], 1, "nothing-here"),
        (["similar", "no such product"], 1, "no such product"),
        (["tokens", "add", "x", "--role", "king"], 2, "king"),
        (["status"], 1, "KINDRED_DEADLINE_MS"),
    ],
)
def test_wrong_use_is_one_sentence(kindred: Kindred, arguments: list[str], status: int, said: str) -> None:
    more = {"KINDRED_DEADLINE_MS": "soon"} if said == "KINDRED_DEADLINE_MS" else {}
    done = kindred(*arguments, status=status, **more)
    assert said in done.stderr
    assert done.stdout == ""


def test_tokens_of_the_command_line(kindred: Kindred, home: Path) -> None:
    added = json.loads(kindred("tokens", "add", "partner", "--json").stdout)
    assert added["role"] == "storefront"
    assert added["secret"] not in (home / "tokens.json").read_text()
    names = [one["name"] for one in json.loads(kindred("tokens", "list", "--json").stdout)["tokens"]]
    assert names == ["storefront", "merchandiser", "release", "admin", "partner"]
    kindred("tokens", "remove", "partner")
    assert "partner" not in kindred("tokens", "list").stdout


def test_a_cluster_that_is_away(kindred: Kindred) -> None:
    away = f"http://127.0.0.1:{free_port()}"
    status = json.loads(kindred("status", "--json", OPENSEARCH_URL=away).stdout)
    assert status["node"]["running"] is False and away in status["node"]["problem"]
    assert away in kindred("search", "x", status=1, OPENSEARCH_URL=away).stderr


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINDRED_BRIDGE_HOST", "0.0.0.0")
    monkeypatch.setenv("KINDRED_BRIDGE_PORT", "9000")
    assert Settings().local_url == Settings().reach_url == "http://127.0.0.1:9000"
    monkeypatch.setenv("KINDRED_BRIDGE_URL", "https://bridge.shop.example/kindred/")
    assert Settings().reach_url == "https://bridge.shop.example/kindred"
    monkeypatch.setenv("KINDRED_BRIDGE_URL", "bridge.shop.example")
    with pytest.raises(ValueError, match="KINDRED_BRIDGE_URL"):
        Settings()
    monkeypatch.setenv("KINDRED_BRIDGE_URL", "")
    monkeypatch.setenv("KINDRED_BRIDGE_HOST", "::1")
    assert Settings().local_url == "http://[::1]:9000"
