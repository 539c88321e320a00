"""On the sample, hybrid search finds what keywords miss: the promise that the demo makes to a visitor."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from encoders.store import ModelStore
from opensearch.client import Cluster
from plugin_bridge.in_process import open_searcher
from plugin_bridge.loading.load import LoadOptions, load_catalogue
from plugin_bridge.searching.answers import SearchAnswer
from plugin_bridge.searching.planning import SearchRequest
from plugin_bridge.searching.searcher import Searcher
from plugin_bridge.settings import Settings
from tests.fixtures.bridge import drop_alias, make_home
from tests.fixtures.data import ROOT

SAMPLE = ROOT / "sample"
ALIAS = "sample-search"
QUERIES = [json.loads(line) for line in (SAMPLE / "queries.jsonl").read_text(encoding="utf-8").splitlines()]
TOP = 10

Ask = Callable[..., SearchAnswer]


@pytest.fixture(scope="module")
def searcher(cluster: Cluster, model_store: ModelStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searcher]:
    """A searcher over the sample, loaded with its pictures as `kindred load` does."""
    drop_alias(cluster, ALIAS)
    home = make_home(tmp_path_factory.mktemp("sample-home"), model_store)
    report = load_catalogue(SAMPLE / "products.jsonl", cluster, model_store, home, LoadOptions(alias=ALIAS))
    assert report.documents == len((SAMPLE / "products.jsonl").read_text(encoding="utf-8").splitlines())
    assert report.photos == {"encoded": report.documents}
    try:
        with open_searcher(Settings(home=home, alias=ALIAS), cluster) as opened:
            yield opened
    finally:
        drop_alias(cluster, ALIAS)


@pytest.fixture
def ask(searcher: Searcher) -> Ask:
    def search(**request: Any) -> SearchAnswer:
        answer = searcher.search(SearchRequest(alias=ALIAS, size=TOP, **request))
        assert not answer.degraded, answer.reason
        return answer

    return search


def recall(answer: SearchAnswer, query: dict[str, Any]) -> float:
    """Return the share of the expected products that are among the first ten."""
    expected = set(query["expected"])
    return len(expected & {hit.id for hit in answer.hits}) / min(TOP, len(expected))


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query["qid"])
def test_hybrid_finds_no_less_than_keywords(query: dict[str, Any], ask: Ask) -> None:
    keyword = recall(ask(text=query["query"], mode="keyword"), query)
    hybrid = recall(ask(text=query["query"]), query)
    assert hybrid >= keyword
    assert hybrid > 0


def test_hybrid_finds_far_more_in_all(ask: Ask) -> None:
    def mean(mode: str) -> float:
        return sum(recall(ask(text=query["query"], mode=mode), query) for query in QUERIES) / len(QUERIES)

    assert mean("hybrid") >= mean("keyword") + 0.25


@pytest.mark.parametrize("qid", ["synonym-couch", "synonym-flashlight", "synonym-sweater", "spelling-hedphones"])
def test_where_keywords_find_nothing_that_is_meant(qid: str, ask: Ask) -> None:
    query = next(query for query in QUERIES if query["qid"] == qid)
    assert recall(ask(text=query["query"], mode="keyword"), query) == 0
    assert recall(ask(text=query["query"]), query) >= 0.5


@pytest.mark.parametrize(
    ("picture", "kind"),
    [
        ("lilac-sports-shoe", "Shoes"),
        ("teal-mug", "Mug|Cup"),
        ("red-armchair", "Armchair"),
        ("green-bicycle", "Bicycle|Bike"),
    ],
)
def test_a_picture_finds_things_of_its_kind(picture: str, kind: str, ask: Ask) -> None:
    """The picture is of no product of the catalogue; the nearest two are of its kind."""
    answer = ask(picture=(SAMPLE / "shoppers" / f"{picture}.webp").read_bytes())
    assert all(re.search(kind, str(hit.product["title"])) for hit in answer.hits[:2]), [hit.id for hit in answer.hits]


def test_a_sofas_page_shows_other_sofas(searcher: Searcher) -> None:
    answer = searcher.similar("elmhurst-two-seat-sofa", size=5, alias=ALIAS)
    found = [hit.id for hit in answer.hits]
    assert "elmhurst-two-seat-sofa" not in found
    assert len({"elmhurst-three-seat-sofa", "marlow-velvet-sofa", "drift-sofa-bed"} & set(found)) >= 2


def test_prices_written_as_text_were_read(searcher: Searcher) -> None:
    rows = [json.loads(line) for line in Path(SAMPLE / "products.jsonl").read_text(encoding="utf-8").splitlines()]
    text = next(row for row in rows if isinstance(row["price"], str))
    product = searcher.product(text["id"], alias=ALIAS)
    assert product["price"] == float(text["price"].lstrip("£").replace(",", ""))
    assert product["currency"] == "GBP"
