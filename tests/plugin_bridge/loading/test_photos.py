"""Photos: read from inside their folder only; a fault costs the photo and never the product."""

import struct
import zlib
from pathlib import Path

import numpy as np
import orjson
import pytest
from PIL import Image

from encoders.images import ImageEncoder
from encoders.pictures import load_picture
from encoders.store import ModelStore
from opensearch import generations
from opensearch.client import Cluster
from opensearch.mappings import IMAGE_HASH, IMAGE_VECTOR
from plugin_bridge.loading import photos
from plugin_bridge.loading.changes import ChangeOptions, update
from plugin_bridge.loading.photos import Photo, encode_photos, find_photo
from tests.plugin_bridge.loading.conftest import QUICK, Loader, documents, write_products

MODEL = "efficientnet-lite0-int8"


@pytest.fixture(scope="module")
def eye(model_store: ModelStore) -> ImageEncoder:
    return model_store.open_image(MODEL, threads=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of pictures, good and bad, and a secret one beside it."""
    inside = tmp_path / "photos"
    (inside / "sub").mkdir(parents=True)
    for number, name in enumerate(("a.jpg", "b.png", "sub/c d.webp")):
        picture(number).save(inside / name)
    picture(9).save(tmp_path / "secret.jpg")
    (inside / "zero.jpg").write_bytes(b"")
    whole = (inside / "a.jpg").read_bytes()
    (inside / "truncated.jpg").write_bytes(whole[: len(whole) // 2])
    (inside / "text.jpg").write_text("this is no picture")
    (inside / "bomb.png").write_bytes(bomb())
    (inside / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    return inside


def picture(seed: int) -> Image.Image:
    rough = np.random.default_rng(seed).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    return Image.fromarray(rough).resize((240, 180), Image.Resampling.BICUBIC)


def bomb() -> bytes:
    """A PNG of 30,000 x 30,000 pixels in a few hundred bytes."""

    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", zlib.compress(b"\0" * 9999)) + part(b"IEND", b"")


@pytest.mark.parametrize(
    ("image", "fault"),
    [
        ("../secret.jpg", "outside"),
        ("sub/../../secret.jpg", "outside"),
        ("/etc/passwd", "outside"),
        ("link.jpg", "outside"),
        ("https://example.org/a.jpg", "remote"),
        ("absent.jpg", "missing"),
        ("sub", "missing"),
        ("", "missing"),
        ("nul\0.jpg", "missing"),
        ("x" * 5000, "missing"),
    ],
)
def test_paths_that_are_not_read(folder: Path, image: str, fault: str) -> None:
    found = find_photo(image, folder)
    assert isinstance(found, Photo)
    assert found.fault == fault
    assert found.reason


def test_paths_inside(folder: Path) -> None:
    for image in ("a.jpg", "sub/c d.webp", "sub/../a.jpg", str(folder / "a.jpg")):
        assert isinstance(find_photo(image, folder), Path)


def test_vectors_stand_beside_their_products(folder: Path, eye: ImageEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    images = ["a.jpg", None, "truncated.jpg", "b.png", "zero.jpg", "sub/c d.webp", "text.jpg", "bomb.png"] * 3
    expected = {
        name: eye.encode_one(load_picture(folder / name, name=name)) for name in ("a.jpg", "b.png", "sub/c d.webp")
    }
    for waiting in (10**9, 1):
        monkeypatch.setattr(photos, "WAITING_BYTES", waiting)
        for image, found in zip(images, encode_photos(images, folder, eye), strict=True):
            if image is None:
                assert found is None
            elif image in expected:
                assert found is not None
                assert found.vector is not None
                assert float(found.vector @ expected[image]) > 0.98
            else:
                assert found is not None
                assert (found.vector, found.fault) == (None, "broken")
                assert image in found.reason


def test_products_load_with_and_without_their_photos(
    cluster: Cluster, model_store: ModelStore, load: Loader, alias: str, folder: Path, tmp_path: Path
) -> None:
    images = {"1": "a.jpg", "2": "b.png", "3": "zero.jpg", "4": "truncated.jpg", "5": "bomb.png", "6": "absent.jpg",
              "7": "../secret.jpg", "8": "http://example.org/x.jpg", "9": None}  # fmt: skip
    rows = [{"id": n, "title": f"product {n}", "image": image} for n, image in images.items()]
    file = write_products(tmp_path / "p.jsonl", rows)
    report = load(file, images=folder)
    assert report.documents == 9
    assert report.photos == {"encoded": 2, "broken": 3, "missing": 1, "outside": 1, "remote": 1}
    found = documents(cluster, alias)
    assert {n for n, source in found.items() if IMAGE_VECTOR in source} == {"1", "2"}
    listed = [orjson.loads(line) for line in Path(report.files["photos"] or "").read_bytes().splitlines()]
    assert {(one["id"], one["fault"]) for one in listed} == {
        ("3", "broken"), ("4", "broken"), ("5", "broken"), ("6", "missing"), ("7", "outside"), ("8", "remote"),
    }  # fmt: skip
    hits = cluster.search(alias, {"query": {"match": {"title": "5"}}})["hits"]["hits"]
    assert [hit["_id"] for hit in hits] == ["5"]  # its photo is a bomb, and it is found all the same
    body = {"size": 1, "query": {"knn": {IMAGE_VECTOR: {"vector": found["2"][IMAGE_VECTOR], "k": 1}}}}
    assert cluster.search(alias, body)["hits"]["hits"][0]["_id"] == "2"
    live = generations.live(cluster, alias)
    assert live is not None
    assert live.image is not None
    assert live.image.fingerprint == model_store.card(MODEL).fingerprint


def test_photos_beside_the_file_are_found_without_being_named(
    cluster: Cluster, load: Loader, alias: str, folder: Path
) -> None:
    file = write_products(folder / "p.jsonl", [{"id": "1", "title": "x", "image": "a.jpg"}])
    assert load(file).photos == {"encoded": 1}
    report = load(file, photos=False)
    assert report.photos == {}
    assert IMAGE_VECTOR not in documents(cluster, alias)["1"]


def test_updates_of_photos(
    cluster: Cluster, model_store: ModelStore, load: Loader, alias: str, folder: Path, tmp_path: Path
) -> None:
    rows = [{"id": str(n), "title": f"t{n}", "image": "a.jpg" if n < 4 else None} for n in range(5)]
    load(write_products(tmp_path / "p.jsonl", rows), images=folder)
    before = documents(cluster, alias)

    def change(*rows: dict) -> dict[str, int]:
        file = write_products(tmp_path / "c.jsonl", rows)
        options = ChangeOptions(alias=alias, images=folder, patience=QUICK)
        return update(file, cluster, model_store, tmp_path / "home", options).photos

    assert change({"id": "0", "image": "a.jpg", "price": 5}) == {}
    wanted = {"1": "b.png", "2": None, "3": "zero.jpg", "4": "b.png"}
    counts = change(*({"id": identity, "image": image} for identity, image in wanted.items()))
    assert counts == {"encoded": 2, "broken": 1}
    after = documents(cluster, alias)
    assert after["0"] == before["0"] | {"price": 5.0}
    assert after["1"][IMAGE_HASH] == after["4"][IMAGE_HASH] != before["1"][IMAGE_HASH]
    assert after["1"][IMAGE_VECTOR] == after["4"][IMAGE_VECTOR]
    for identity in ("2", "3"):
        assert not after[identity].get(IMAGE_VECTOR)
        assert not after[identity].get(IMAGE_HASH)
        assert after[identity]["kindred_text"] == before[identity]["kindred_text"]
    hits = cluster.search(alias, {"query": {"exists": {"field": IMAGE_VECTOR}}})["hits"]["hits"]
    assert {hit["_id"] for hit in hits} == {"0", "1", "4"}
    # The same path with other content is another photo; the same content is not encoded again.
    picture(7).save(folder / "a.jpg")
    assert change({"id": "0", "image": "a.jpg"}) == {"encoded": 1}
    assert change({"id": "0", "image": "a.jpg"}) == {}
