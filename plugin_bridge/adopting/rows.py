"""An index's documents as rows of a product file, and which of them changed since they were last read."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from opensearch.client import Cluster
from opensearch.mappings import IMAGE_VECTOR, TEXT_VECTOR
from opensearch.scanning import scan
from plugin_bridge.catalogue.adoption import EXACT_ID, OWN_ID

_WITHOUT_VECTORS = {"excludes": [TEXT_VECTOR, IMAGE_VECTOR]}


def sources(cluster: Cluster, index: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield id and document of everything in an index, without vectors."""
    for hit in scan(cluster, index, source=_WITHOUT_VECTORS):
        yield hit["_id"], hit["_source"]


def row(identity: str, own: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document as a row; its `_id` is the product's id, whatever field the shop calls `id`."""
    return {**own, "id": identity, EXACT_ID: identity, **({OWN_ID: own["id"]} if "id" in own else {})}


def write_rows(file: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write rows as JSON Lines and return their number."""
    file.parent.mkdir(parents=True, exist_ok=True)
    number = 0
    with file.open("wb") as stream:
        for number, one in enumerate(rows, 1):  # noqa: B007 - the number of rows is what is returned
            stream.write(orjson.dumps(one) + b"\n")
    return number


def content_hash(own: Mapping[str, Any]) -> bytes:
    """Return what tells whether a document changed; the order of its fields does not count."""
    return hashlib.blake2b(orjson.dumps(own, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()
