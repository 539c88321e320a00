"""Loading whole catalogues into a real node."""

import threading
from dataclasses import asdict
from pathlib import Path

import numpy as np
import orjson
import pytest

from encoders.store import ModelStore
from opensearch import generations
from opensearch.client import Cluster
from opensearch.errors import ClusterRefusedError
from opensearch.leases import LeaseHeldError
from opensearch.mappings import TEXT_VECTOR, TIE
from plugin_bridge.errors import CatalogueError, LoadError
from plugin_bridge.loading.load import Hooks
from tests.fixtures.faults import Faults, faulty
from tests.plugin_bridge.loading.conftest import Loader, documents, many, write_products

HOSTILE = [
    {"id": "a/1 x", "title": "Red &amp; <b>blue</b>  mug", "price": "£1,299.00", "category": ["Home", "Mugs"]},
    {"id": "咖啡", "title": "咖啡杯 ☕ 👩‍🍳", "price": "1.299,00 €", "size": "M"},
    b'{"id": "broken", "title": ',
    {"id": "control", "title": "bell\x07 and null\x00", "attribute": "a\x00b", "tags": [1, "x"]},
    {"id": "types", "title": "wrong types", "price": {"a": [1]}, "brand": [1, 2], "description": 5, "stock": "many"},
    {"id": "long", "title": "long", "description": "two megabytes of words " * (2 * 2**20 // 23)},
    {"id": "one-word", "title": "x" * 100_000, "description": "y" * 2**20},
    b"",
    {"id": "a/1 x", "title": "the same id again"},
    {"id": "x" * 513, "title": "an id too long"},
    {"id": "no title"},
    {"id": "conflict", "title": "a field that cannot be", "title.x": 1},
    {"id": "odd names", "title": "odd names", "a.b": 1, "": 2, "_id": "z", "kindred_text": [1], "ok": None, "a b": 3},
    {"id": "script", "title": "${parameters.body} ' \" \\ <script>alert(1)</script> {{x}}"},
]  # fmt: skip


def test_a_hostile_file_loads_and_everything_is_accounted_for(
    cluster: Cluster, model_store: ModelStore, load: Loader, alias: str, tmp_path: Path
) -> None:
    told: list[str] = []
    report = load(write_products(tmp_path / "hostile.jsonl", HOSTILE), hooks=Hooks(notify=told.append))
    found = documents(cluster, alias)
    assert set(found) == {"a/1 x", "咖啡", "control", "types", "long", "one-word", "odd names", "script"}
    assert report.cleaning["rows"] == len(HOSTILE) == 14
    assert report.cleaning["rejected"] == {
        "unreadable": 1, "empty": 1, "duplicate_id": 1, "bad_id": 1, "no_title": 1,
    }  # fmt: skip
    assert report.dead_letters == {"count": 1}
    assert report.documents == 14 - 5 - 1 == len(found)
    assert any(problem.startswith("line 3: not valid JSON") for problem in report.problems)
    assert found["a/1 x"]["title"] == "Red & blue mug"
    assert (found["a/1 x"]["price"], found["a/1 x"]["currency"]) == (1299.0, "GBP")
    assert (found["咖啡"]["price"], found["咖啡"]["currency"]) == (1299.0, "EUR")
    assert found["control"]["title"] == "bell and null"
    assert found["control"]["attribute"] == "a\x00b"  # attributes are kept as they are
    assert found["odd names"]["a b"] == 3
    assert all(0 <= source[TIE] < 1 for source in found.values())

    letters = [orjson.loads(line) for line in Path(report.files["dead_letters"] or "").read_bytes().splitlines()]
    assert [(letter["id"], letter["line"], letter["status"]) for letter in letters] == [("conflict", 12, 400)]
    assert "title" in letters[0]["reason"]
    assert letters[0]["product"]["title"] == "a field that cannot be"
    rejected = [orjson.loads(line) for line in Path(report.files["rejected"] or "").read_bytes().splitlines()]
    assert [one["line"] for one in rejected] == [3, 9, 10, 11]

    # The vectors are those of the titles, and each product is its own nearest neighbour.
    encoder = model_store.open_text("all-minilm-l6-v2-int8", threads=1)
    expected = encoder.encode_one("Red & blue mug Mugs", role="passage")
    assert np.allclose(found["a/1 x"][TEXT_VECTOR], expected, atol=0.02)
    body = {"size": 1, "query": {"knn": {TEXT_VECTOR: {"vector": found["咖啡"][TEXT_VECTOR], "k": 1}}}}
    assert cluster.search(report.index, body)["hits"]["hits"][0]["_id"] == "咖啡"


def test_what_a_generation_says_of_itself(
    cluster: Cluster, model_store: ModelStore, load: Loader, alias: str, tmp_path: Path
) -> None:
    report = load(write_products(tmp_path / "p.jsonl", many(30)), rows_per_chunk=3, merge=True)
    live = generations.live(cluster, alias)
    assert live is not None
    card = model_store.card("all-minilm-l6-v2-int8")
    assert (live.text.model, live.text.fingerprint, live.text.dimension) == (card.name, card.fingerprint, 384)
    assert (live.complete, live.documents, live.image, live.index) == (True, 30, None, report.index)
    assert 0 < live.floor < 1
    assert live.floor == report.floor
    segments = cluster.request("GET", f"/_cat/segments/{live.index}", params={"format": "json"})
    assert [segment["docs.count"] for segment in segments] == ["30"]
    settings = cluster.request("GET", f"/{live.index}/_settings")[live.index]["settings"]["index"]
    assert settings["refresh_interval"] == "1s"
    assert settings["replication"]["type"] == "SEGMENT"
    assert orjson.loads(orjson.dumps(asdict(report)))["live"] is True


def test_generations_follow_each_other_and_old_ones_go(
    cluster: Cluster, load: Loader, alias: str, tmp_path: Path
) -> None:
    removed: list[str] = []
    hooks = Hooks(remove=lambda cluster, generation: removed.append(generation.name))
    file = write_products(tmp_path / "p.jsonl", many(5))
    reports = [load(file, hooks=hooks) for _ in range(3)]
    assert [report.generation for report in reports] == ["g001", "g002", "g003"]
    assert [report.previous for report in reports] == [None, "g001", "g002"]
    assert reports[2].dropped == [f"{alias}-g001"]
    assert removed == ["g001"]
    assert [g.name for g in generations.history(cluster, alias)] == ["g002", "g003"]
    assert generations.live_indices(cluster, alias) == [f"{alias}-g003"]


def test_a_shrinking_catalogue_wants_force(cluster: Cluster, load: Loader, alias: str, tmp_path: Path) -> None:
    file = tmp_path / "p.jsonl"
    load(write_products(file, many(100)))
    load(write_products(file, many(80)))  # exactly 20 % fewer
    with pytest.raises(LoadError, match=r"p.jsonl gives 63 products where .* has 80 now.*--resume --force"):
        load(write_products(file, many(63)))
    assert generations.live_indices(cluster, alias) == [f"{alias}-g002"]
    report = load(file, resume=True, force=True)
    assert (report.generation, report.documents, report.resumed) == ("g003", 63, True)
    assert set(documents(cluster, alias)) == {f"p{n}" for n in range(63)}


@pytest.mark.parametrize("content", [[], [{"id": "1"}], [b"{}", b"nonsense"]])
def test_a_file_without_products_changes_nothing(
    cluster: Cluster, load: Loader, alias: str, tmp_path: Path, content: list
) -> None:
    load(write_products(tmp_path / "good.jsonl", many(3)))
    with pytest.raises(LoadError, match=r"bad.jsonl: no product could be loaded"):
        load(write_products(tmp_path / "bad.jsonl", content), force=True)
    assert len(documents(cluster, alias)) == 3


def test_files_and_folders_that_are_not_there(load: Loader, tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"absent.jsonl: no such file"):
        load(tmp_path / "absent.jsonl")
    with pytest.raises(LoadError, match=r"--images .*: no such folder"):
        load(write_products(tmp_path / "p.jsonl", many(1)), images=tmp_path / "absent")


def test_faults_in_between_lose_and_double_nothing(cluster: Cluster, load: Loader, alias: str, tmp_path: Path) -> None:
    file = write_products(tmp_path / "p.jsonl", many(400))
    plan = [429, "drop", "half", "lose", 503, "half", "lose", "pass", 504, "half"]
    faults = Faults(plan=list(plan), too_large=150_000)
    with faulty(cluster.url, faults) as url, Cluster(url) as through:
        report = load(file, through=through, rows_per_chunk=50)
    assert faults.plan == []
    assert report.documents == 400
    assert set(documents(cluster, alias)) == {f"p{n}" for n in range(400)}


def test_the_second_of_two_loads_is_refused(cluster: Cluster, load: Loader, alias: str, tmp_path: Path) -> None:
    file = write_products(tmp_path / "p.jsonl", many(50))
    reached, go_on = threading.Event(), threading.Event()

    def hold(number: int) -> None:
        reached.set()
        go_on.wait(60)

    reports = []
    with faulty(cluster.url, Faults(on_bulk=hold)) as url, Cluster(url) as through:
        first = threading.Thread(target=lambda: reports.append(load(file, through=through)))
        first.start()
        assert reached.wait(60)
        with pytest.raises(LeaseHeldError, match=rf"{alias} is being written to .*load of p.jsonl"):
            load(file)
        go_on.set()
        first.join(60)
    assert [report.documents for report in reports] == [50]
    assert [g.name for g in generations.history(cluster, alias)] == ["g001"]


def test_a_disk_flood_in_the_middle_is_waited_for(cluster: Cluster, load: Loader, alias: str, tmp_path: Path) -> None:
    def block(on: bool | None) -> None:
        cluster.request("PUT", f"/{alias}-g001/_settings", {"index.blocks.read_only_allow_delete": on})

    told: list[str] = []

    def tell(message: str) -> None:
        told.append(message)
        if "paused" in message:
            threading.Timer(0.5, block, [None]).start()

    faults = Faults(on_bulk=lambda number: block(True) if number == 3 else None)
    with faulty(cluster.url, faults) as url, Cluster(url) as through:
        file = write_products(tmp_path / "p.jsonl", many(200))
        report = load(file, through=through, rows_per_chunk=20, hooks=Hooks(notify=tell))
    assert report.documents == 200
    assert len(documents(cluster, alias)) == 200
    assert sum("paused, the index takes no writes" in message for message in told) == 1
    assert "OpenSearch takes writes again, going on" in told


def test_a_generation_that_somebody_wrote_to_is_not_made_live(
    cluster: Cluster, load: Loader, alias: str, tmp_path: Path
) -> None:
    def intrude(number: int) -> None:
        if number == 2:
            cluster.request("PUT", f"/{alias}-g001/_doc/intruder", {"title": "x"})

    file = write_products(tmp_path / "p.jsonl", many(60))
    fault = pytest.raises(LoadError, match=r"holds 61 documents where 60 were acknowledged")
    with faulty(cluster.url, Faults(on_bulk=intrude)) as url, Cluster(url) as through, fault:
        load(file, through=through, rows_per_chunk=20)
    assert generations.live(cluster, alias) is None


def test_a_refusal_for_good_ends_the_load_and_the_next_one_cleans_up(
    cluster: Cluster, load: Loader, alias: str, tmp_path: Path
) -> None:
    file = write_products(tmp_path / "p.jsonl", many(100))
    fault = pytest.raises(ClusterRefusedError, match="401")
    with faulty(cluster.url, Faults(plan=["pass", 401])) as url, Cluster(url) as through, fault:
        load(file, through=through, rows_per_chunk=10)
    half = generations.history(cluster, alias)
    assert [(g.name, g.complete) for g in half] == [("g001", False)]
    assert generations.live(cluster, alias) is None
    report = load(file)
    assert any("dropped" in problem and "half built" in problem for problem in report.problems)
    assert [(g.index, g.complete) for g in generations.history(cluster, alias)] == [(report.index, True)]


def test_an_alias_of_somebody_elses_index_is_left_alone(
    cluster: Cluster, load: Loader, alias: str, tmp_path: Path
) -> None:
    own = f"{alias}-green"
    cluster.request("PUT", f"/{own}", {"aliases": {alias: {}}})
    try:
        with pytest.raises(generations.GenerationError, match="is not a generation of Kindred"):
            load(write_products(tmp_path / "p.jsonl", many(3)))
        assert generations.live_indices(cluster, alias) == [own]
        assert generations.history(cluster, alias) == []
    finally:
        cluster.request("DELETE", f"/{own}")


@pytest.mark.parametrize("name", ["p.csv", "p.parquet", "p.jsonl.gz"])
def test_the_same_products_from_every_format(
    cluster: Cluster, load: Loader, alias: str, tmp_path: Path, name: str
) -> None:
    import gzip

    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [
        {"id": f"{n}", "title": f"mug {n}", "price": f"{n}.50", "category": "Home > Mugs", "tags": "a|b"}
        for n in range(20)
    ]
    path = tmp_path / name
    if name.endswith("csv"):
        path.write_text("\n".join([",".join(rows[0]), *(",".join(row.values()) for row in rows)]))
    elif name.endswith("parquet"):
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        path.write_bytes(gzip.compress(b"\n".join(orjson.dumps(row) for row in rows)))
    load(path)
    found = documents(cluster, alias)
    assert len(found) == 20
    fields = {k: v for k, v in found["3"].items() if not k.startswith("kindred_")}
    assert fields == {"id": "3", "title": "mug 3", "price": 3.5, "category": ["Home", "Mugs"], "tags": ["a", "b"]}
