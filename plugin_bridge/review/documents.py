"""Product documents: read with their version, and written only if nobody has written them since."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from opensearch.bulk import Action, BulkSender, Patience, careful_update_action
from opensearch.client import Cluster, path
from opensearch.generations import Generation
from opensearch.mappings import IMAGE_VECTOR, TEXT_HASH, TEXT_VECTOR, reviewed_properties
from plugin_bridge.catalogue.adoption import text_of
from plugin_bridge.loading.documents import serialise, text_hash
from plugin_bridge.review import marks
from plugin_bridge.review.marks import Mark

log = logging.getLogger(__name__)

Encode = Callable[[Generation, Sequence[str]], np.ndarray | None]
"""Returns vectors of products' texts by a generation's encoder, (texts, dimension), or None where it is not here."""
Judge = Callable[[str, Mapping[str, Any]], list[Mark]]
"""Says which marks a product is to get, given its fields as they are now; may be asked more than once."""

AT_ONCE = 256
ATTEMPTS = 20
GONE = "gone"


@dataclass(frozen=True)
class Document:
    """A product's fields without its vectors, and the version that they were read at."""

    id: str
    source: Mapping[str, Any]
    seq_no: int
    primary_term: int


def read_documents(cluster: Cluster, index: str, ids: Iterable[str]) -> dict[str, Document]:
    """Return the documents of these products; those that do not exist are left out."""
    found: dict[str, Document] = {}
    params = {"_source_excludes": f"{TEXT_VECTOR},{IMAGE_VECTOR}"}
    for part in parts(list(dict.fromkeys(ids))):
        answer = cluster.request("POST", path(index, "_mget"), {"ids": part}, params=params)
        for one in answer["docs"]:
            if one.get("found"):
                found[one["_id"]] = Document(one["_id"], one["_source"], one["_seq_no"], one["_primary_term"])
    return found


class Documents:
    """Writes marks into generations. Safe to share between threads."""

    def __init__(self, cluster: Cluster, encode: Encode | None = None, patience: Patience | None = None) -> None:
        self.cluster = cluster
        self._encode = encode
        self._patience = patience or Patience(patience=10, block_patience=5, first=0.1, longest=2, timeout=30)
        self._mapped: set[str] = set()

    def read(self, index: str, ids: Iterable[str]) -> dict[str, Document]:
        """Return the documents of these products; those that do not exist are left out."""
        return read_documents(self.cluster, index, ids)

    def mark(self, generation: Generation, ids: Iterable[str], judge: Judge) -> dict[str, str | None]:
        """Give products the marks that `judge` wants for them.

        A document that somebody writes in between is read and judged again. Returns for each product None where it has
        its marks, `GONE` where it does not exist, and otherwise why OpenSearch will not take them. Products that lack
        in the answer could not be written yet: others keep writing them.

        Raises:
            ClusterUnreachableError, ClusterRefusedError, IndexBlockedError: OpenSearch does not take writes now.
        """
        self._ensure_mapped(generation)
        settled: dict[str, str | None] = {}
        for part in parts(list(dict.fromkeys(ids))):
            waiting = list(part)
            for _ in range(ATTEMPTS):
                settled |= self._try(generation, waiting, judge)
                waiting = [one for one in waiting if one not in settled]
                if not waiting:
                    break
        return settled

    def _try(self, generation: Generation, ids: list[str], judge: Judge) -> dict[str, str | None]:
        documents = self.read(generation.index, ids)
        settled: dict[str, str | None] = {one: GONE for one in ids if one not in documents}
        changes: dict[str, dict[str, Any]] = {}
        for one, document in documents.items():
            wanted = marks.add(document.source, judge(one, document.source))
            if wanted:
                changes[one] = wanted
            else:
                settled[one] = None
        self._add_vectors(generation, documents, changes)
        sender = BulkSender(self.cluster, generation.index, patience=self._patience)
        outcome = sender.send([_action(documents[one], wanted) for one, wanted in changes.items()])
        refused = {one.id: one for one in outcome.refused}
        settled |= {one: None for one in changes if one not in refused}
        # 409: written by somebody else meanwhile; 404: deleted meanwhile. Both are looked at again.
        return settled | {one.id: one.reason for one in refused.values() if one.status not in (404, 409)}

    def _add_vectors(
        self, generation: Generation, documents: Mapping[str, Document], changes: Mapping[str, dict[str, Any]]
    ) -> None:
        """Encode products whose text changes by a decision, as an update of the catalogue would."""
        texts: dict[str, str] = {}
        for one, wanted in changes.items():
            before = documents[one].source
            text = text_of(generation, {**before, **wanted})
            if text != text_of(generation, before):
                texts[one] = text
        if not texts or self._encode is None:
            return
        vectors = self._encode(generation, list(texts.values()))
        if vectors is None:
            # The hash stays that of the old text, so that the next update encodes it.
            log.warning("%s products of %s keep the vector of their old text", len(texts), generation.index)
            return
        for (one, text), vector in zip(texts.items(), vectors, strict=True):
            changes[one] |= {TEXT_VECTOR: vector, TEXT_HASH: text_hash(text)}

    def _ensure_mapped(self, generation: Generation) -> None:
        """Add the fields of marks to an index that an earlier version made."""
        if generation.index not in self._mapped:
            body = {"properties": reviewed_properties()}
            self.cluster.request("PUT", path(generation.index, "_mapping"), body)
            self._mapped.add(generation.index)


def parts(items: list[str]) -> Iterator[list[str]]:
    """Yield the items in lists of a size that one request takes."""
    for start in range(0, len(items), AT_ONCE):
        yield items[start : start + AT_ONCE]


def _action(document: Document, changes: dict[str, Any]) -> Action:
    versions = {"seq_no": document.seq_no, "primary_term": document.primary_term}
    return careful_update_action(document.id, serialise(changes), **versions)
