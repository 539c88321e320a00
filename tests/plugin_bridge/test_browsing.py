"""Facets and pictures over HTTP, for people who look at results."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from opensearch.client import Cluster
from opensearch.generations import Generation
from plugin_bridge.loading.load import loads_folder
from plugin_bridge.loading.photos import note_folder
from tests.fixtures.bridge import PRODUCTS, Bridge
from tests.fixtures.tiny_models import make_classifier


@pytest.fixture
def http(bridge: Bridge) -> Iterator[httpx.Client]:
    with bridge.http() as client:
        yield client


def facets(http: httpx.Client, **body: Any) -> dict[str, dict[str, Any]]:
    answer = http.post("/v1/facets", json=body)
    assert answer.status_code == 200, answer.text
    return {one["field"]: one for one in answer.json()["facets"]}


def counts(facet: dict[str, Any]) -> dict[str, int]:
    return {one["value"]: one["count"] for one in facet["values"]}


def test_without_words_the_whole_catalogue_is_counted(http: httpx.Client) -> None:
    found = facets(http)
    brands = [one["brand"] for one in PRODUCTS]
    assert counts(found["brand"]) == {name: brands.count(name) for name in set(brands)}
    assert (found["price"]["low"], found["price"]["high"]) == (25.0, 899.0)
    assert list(found)[:2] == ["category", "brand"] and "title" not in found


@pytest.mark.parametrize("mode", ["keyword", "hybrid", "vector"])
def test_facets_count_what_the_search_finds(http: httpx.Client, mode: str) -> None:
    search = {"text": "camping tent", "mode": mode}
    total = http.post("/v1/search", json=search | {"size": 0}).json()["total"]
    assert sum(counts(facets(http, **search)["brand"]).values()) == total > 0


def test_a_fields_own_filter_does_not_narrow_its_values(http: httpx.Client) -> None:
    found = facets(http, filters={"brand": "Ferro"})
    assert len(found["brand"]["values"]) > 1
    assert counts(found["category"]) == {"home": 2, "kitchen": 2}


def test_values_beyond_those_listed_are_counted(http: httpx.Client) -> None:
    found = facets(http, fields=["brand"], values=1)
    assert list(found) == ["brand"]
    assert found["brand"]["values"][0]["count"] + found["brand"]["more"] == len(PRODUCTS)


def test_wrong_facets_are_refused(http: httpx.Client) -> None:
    for body, said in (({"fields": ["nonsense"]}, "no field to count"), ({"fields": ["a"] * 25}, "at most 24")):
        answer = http.post("/v1/facets", json=body)
        assert (answer.status_code, answer.json()["error"]["field"]) == (400, "fields")
        assert said in answer.json()["error"]["message"]
    assert http.post("/v1/facets", json={"values": 0}).status_code == 422


def test_facets_and_pictures_want_a_token(bridge: Bridge) -> None:
    with bridge.http(None) as stranger:
        assert stranger.post("/v1/facets", json={}).status_code == 401
        assert stranger.get("/v1/pictures/sofa").status_code == 401


def test_a_product_without_a_photo_has_no_picture(http: httpx.Client) -> None:
    answer = http.get("/v1/pictures/lamp")
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == "the product has no photo"
    assert http.get("/v1/pictures/nobody").status_code == 404


def test_the_region_that_spoke_for_a_category_glows(
    new_bridge: Callable[..., tuple[Bridge, Generation]], cluster: Cluster, tmp_path: Path
) -> None:
    running, generation = new_bridge("regions", start=False, KINDRED_IMAGES=str(tmp_path))
    Image.fromarray(np.repeat([[[220, 20, 20], [20, 20, 220]]], 64, 0).repeat(32, 1).astype(np.uint8)).save(
        tmp_path / "halves.png"
    )
    change = {"doc": {"image": "halves.png"}}
    cluster.request("POST", f"/{generation.index}/_update/sofa", change, params={"refresh": True})
    models = running.home / "models"
    shared = models.resolve()
    models.unlink()
    models.mkdir()
    for folder in shared.iterdir():
        (models / folder.name).symlink_to(folder, target_is_directory=True)
    running.start()
    with running.http("merchandiser") as http:
        asked = {"value": "shop > Red"}
        assert "kindred train images" in http.get("/v1/regions/sofa", params=asked).json()["error"]["message"]
        make_classifier(models / "eyes", ("red", "green", "blue"))
        answer = http.get("/v1/regions/sofa", params=asked)
        assert answer.headers["content-type"] == "image/png", answer.text
        seen = np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGB")).astype(int)
        third = seen.shape[1] // 3
        red, blue = np.abs(seen[:, :third] - (220, 20, 20)), np.abs(seen[:, -third:] - (20, 20, 220))
        assert red.mean() > 5 > blue.mean(), "the red half glows, the blue one does not"
        assert http.get("/v1/regions/sofa", params={"value": "teapots"}).status_code == 404
        assert http.get("/v1/regions/pan", params=asked).status_code == 404
        assert http.get("/v1/regions/sofa").status_code == 422
    with running.http() as http:
        assert http.get("/v1/regions/sofa", params=asked).status_code == 403


def test_pictures_come_from_the_folder_that_was_loaded_from(
    new_bridge: Callable[..., tuple[Bridge, Generation]], cluster: Cluster, tmp_path: Path
) -> None:
    running, generation = new_bridge("pictured")
    photos = tmp_path / "photos"
    photos.mkdir()
    Image.new("RGB", (900, 600), (200, 30, 30)).save(photos / "red.png")
    (photos / "broken.jpg").write_text("%PDF-1.4")
    (tmp_path / "secret.png").write_bytes((photos / "red.png").read_bytes())
    for product, image in (("sofa", "red.png"), ("pan", "broken.jpg"), ("tent", "../secret.png"), ("lamp", "no.png")):
        change = {"doc": {"image": image}}
        cluster.request("POST", f"/{generation.index}/_update/{product}", change, params={"refresh": True})
    with running.http() as http:
        assert "KINDRED_IMAGES" in http.get("/v1/pictures/sofa").json()["error"]["message"]
        note_folder(loads_folder(running.home, cluster, "pictured") / generation.name, photos)
        answer = http.get("/v1/pictures/sofa", params={"side": 300})
        assert answer.headers["content-type"] == "image/jpeg"
        assert Image.open(io.BytesIO(answer.content)).size == (300, 200)
        again = http.get("/v1/pictures/sofa?side=300", headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert http.get("/v1/pictures/sofa?side=5000").status_code == 422
        assert http.get("/v1/pictures/pan").status_code == 400
        assert "leads out of" in http.get("/v1/pictures/tent").json()["error"]["message"]
        assert http.get("/v1/pictures/lamp").status_code == 404
