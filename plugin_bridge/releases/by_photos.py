"""A changed photo encoder: products are asked for by a photo, by a photo and words, and by an item that they are like.

Each product of a sample is the question, by the vectors that the two generations hold of its photo. What is right is
told by people's labels (held-out pairs, judged queries) and, where there are too few of them, by the shop's own
categories. Searches by words alone know nothing of photos and are not asked.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from encoders.text import TextEncoder
from opensearch.client import Cluster, path
from opensearch.generations import Generation
from opensearch.mappings import IMAGE_VECTOR, TEXT_VECTOR
from plugin_bridge.behaviour.cold import unit
from plugin_bridge.evaluation.metrics import DEPTH, ndcg
from plugin_bridge.labels.snapshot import split_of
from plugin_bridge.releases import verdicts
from plugin_bridge.releases.comparing import Comparison, Cosines, Progress, changes, pairs_f1
from plugin_bridge.releases.evidence import Evidence, Pair
from plugin_bridge.releases.verdicts import Measure
from plugin_bridge.rewrite import bodies, lexical

PHOTOS = 200
LEAST_GRADE = 2  # a judged query is asked for by the photo of a product that answers it at least so well
_AT_ONCE = 200

Body = dict[str, Any]
Hits = list[tuple[str, frozenset[str]]]
"""Ids, best first, each with the product's categories."""


@dataclass(frozen=True)
class _Product:
    """A product that asks; `photos` are the vectors of its photo in the two generations."""

    id: str
    title: str
    image: str
    category: str | None
    text: np.ndarray | None
    photos: tuple[np.ndarray, np.ndarray]


Asking = Callable[[_Product, int], Body]
"""From a product and a side (0: live, 1: candidate) to the request that asks by it."""


def compare(
    cluster: Cluster,
    live: Generation,
    candidate: Generation,
    encoder: TextEncoder,
    evidence: Evidence,
    progress: Progress = lambda done, of: None,
) -> Comparison:
    """Measure both generations by photos; `encoder` is that of both their texts.

    Raises EvaluationError where queries are judged and ir-measures is not installed.
    """
    return _Photos(cluster, (live, candidate), encoder, evidence, progress).compared()


class _Photos:
    """One comparison. Holds what its measures share."""

    def __init__(
        self,
        cluster: Cluster,
        pair: tuple[Generation, Generation],
        encoder: TextEncoder,
        evidence: Evidence,
        progress: Progress,
    ) -> None:
        self._cluster, self._pair, self._encoder, self._progress = cluster, pair, encoder, progress
        self._evidence = evidence
        self._done = 0

    def compared(self) -> Comparison:
        drawn = self._drawn()
        asked = self._judged_products()
        pairs = _with_ids(self._evidence.pairs)
        ends = {one for part in pairs.values() for pair in part for one in _ids(pair)}
        self._products = self._read([*drawn, *asked.values(), *ends])
        shown = [one for one in drawn if one in self._products]
        self._of = 2 * len(shown) + 2 * len(asked)
        alone = {one: self._both(one, self._by_photo) for one in shown}
        alike = {one: self._both(one, self._like) for one in shown}
        own = self._by_categories({"photo_category@10": alone, "similar_category@10": alike})
        people = {**self._by_pairs(pairs), **self._by_judgments(asked)}
        deciding = [name for name, one in people.items() if one.enough] or list(own)
        before, after = ({one: [hit for hit, _ in found[side]] for one, found in alone.items()} for side in (0, 1))
        known = {one: {"query": self._title(one), "photo": one, "image": self._products[one].image} for one in shown}
        return Comparison(
            {**people, **own},
            deciding,
            changes(self._cluster, self._pair[0].index, before, after, known),
            self._label_next(pairs, before, after),
            [*self._evidence.notes, *self._notes(len(shown), people, own)],
        )

    def _drawn(self) -> list[str]:
        """Return products with a photo, always the same ones."""
        body = {
            "size": PHOTOS,
            "_source": False,
            "query": {"exists": {"field": IMAGE_VECTOR}},
            "sort": [{"kindred_tie": {"order": "asc", "unmapped_type": "float"}}],
        }
        hits = self._cluster.search(self._pair[0].index, body, search_pipeline="_none")["hits"]["hits"]
        return [hit["_id"] for hit in hits]

    def _judged_products(self) -> dict[str, str]:
        """Return for each judged query the product that answers it best, where another one answers it, too."""
        found = {}
        for query, grades in self._evidence.judgments.items():
            best = max(sorted(grades), key=lambda one: grades[one])
            if grades[best] >= LEAST_GRADE and sum(grade > 0 for grade in grades.values()) > 1:
                found[query] = best
        return found

    def _read(self, ids: Iterable[str]) -> dict[str, _Product]:
        """Return the products that have a photo in both generations."""
        wanted = sorted(set(ids))
        sources: list[dict[str, Any]] = []
        for generation in self._pair:
            found: dict[str, Any] = {}
            for start in range(0, len(wanted), _AT_ONCE):
                body = {"ids": wanted[start : start + _AT_ONCE]}
                params = {"_source_includes": f"title,category,image,{TEXT_VECTOR},{IMAGE_VECTOR}"}
                answer = self._cluster.request("POST", path(generation.index, "_mget"), body, params=params)
                found |= {one["_id"]: one["_source"] for one in answer["docs"] if one.get("found")}
            sources.append(found)
        return {
            one: _product(one, sources[0][one], sources[1][one])
            for one in wanted
            if all(IMAGE_VECTOR in found.get(one, {}) for found in sources)
        }

    def _by_photo(self, product: _Product, side: int) -> Body:
        photo = product.photos[side]
        return bodies.vector_body(self._pair[side], image_vector=photo, without=[product.id], size=DEPTH)

    def _like(self, product: _Product, side: int) -> Body:
        vectors: dict[str, Any] = {"text_vector": product.text, "image_vector": product.photos[side]}
        return bodies.similar_body(self._pair[side], product.id, **vectors, size=DEPTH)

    def _with_words(self, words: str) -> Asking:
        vector = self._encoder.encode_one(words)

        def asking(product: _Product, side: int) -> Body:
            generation = self._pair[side]
            return bodies.vector_body(
                generation,
                text=words,
                text_vector=vector,
                image_vector=product.photos[side],
                floor=lexical.floor(words, generation, self._encoder.knows),
                without=[product.id],
                size=DEPTH,
            )

        return asking

    def _both(self, product: str, asking: Asking) -> tuple[Hits, Hits]:
        self._done += 1
        self._progress(min(self._done, self._of), self._of)
        return self._hits(asking(self._products[product], 0), 0), self._hits(asking(self._products[product], 1), 1)

    def _hits(self, body: Body, side: int) -> Hits:
        wanted = {**body, "_source": ["category"]}
        answer = self._cluster.search(self._pair[side].index, wanted, search_pipeline="_none")
        return [
            (hit["_id"], frozenset(_path(hit.get("_source", {}).get("category")))) for hit in answer["hits"]["hits"]
        ]

    def _by_categories(self, found: Mapping[str, Mapping[str, tuple[Hits, Hits]]]) -> dict[str, Measure]:
        """Return the share of the first ten that are of the asking product's own category."""
        measures = {}
        for name, rankings in found.items():
            named = [one for one in rankings if self._products[one].category is not None]
            if named:
                scores = [
                    [
                        sum(self._products[one].category in names for _, names in rankings[one][side]) / DEPTH
                        for one in named
                    ]
                    for side in (0, 1)
                ]
                measures[name] = verdicts.mean_difference(scores[0], scores[1])
        return measures

    def _by_pairs(self, pairs: Mapping[str, list[Pair]]) -> dict[str, Measure]:
        """Return how well held-out pairs are told by their photos, and found among similar items."""
        kept = {
            split: [one for one in part if self._products.keys() >= set(_ids(one))] for split, part in pairs.items()
        }
        measures: dict[str, Measure] = {}
        if len(kept.get("test", ())) > 1:
            measures["photo_pairs_f1"] = pairs_f1(kept, [self._cosines(0), self._cosines(1)])
        alike = [_ids(one) for one in kept.get("test", ()) if one[2]]
        if alike:
            found = {one: self._both(one, self._like) for one in dict.fromkeys(left for left, _ in alike)}
            scores = [
                [float(right in {hit for hit, _ in found[left][side]}) for left, right in alike] for side in (0, 1)
            ]
            measures["similar_pairs@10"] = verdicts.mean_difference(scores[0], scores[1])
        return measures

    def _cosines(self, side: int) -> Cosines:
        def cosines(pairs: Sequence[Pair]) -> np.ndarray:
            ends = [[self._products[_ids(one)[end]].photos[side] for one in pairs] for end in (0, 1)]
            return np.sum(unit(np.array(ends[0])) * unit(np.array(ends[1])), axis=1) if pairs else np.empty(0)

        return cosines

    def _by_judgments(self, asked: Mapping[str, str]) -> dict[str, Measure]:
        """Return nDCG@10 of photos of judged products, alone and with the query's words, by the query's judgments."""
        usable = {query: one for query, one in asked.items() if one in self._products}
        if not usable:
            return {}
        judged = {query: _others(self._evidence.judgments[query], one) for query, one in usable.items()}
        measures = {}
        for name in ("photo_ndcg@10", "photo_words_ndcg@10"):
            scores = []
            words = name.startswith("photo_words")
            found = {
                query: self._both(one, self._with_words(query) if words else self._by_photo)
                for query, one in usable.items()
            }
            for side in (0, 1):
                ranked = ndcg(judged, {query: [hit for hit, _ in both[side]] for query, both in found.items()})
                scores.append([ranked[query] for query in judged])
            measures[name] = verdicts.mean_difference(scores[0], scores[1])
        return measures

    def _label_next(
        self, pairs: Mapping[str, list[Pair]], live: verdicts.Rankings, candidate: verdicts.Rankings
    ) -> list[dict[str, str]]:
        """Return pairs of products whose labels would tell most: those that moved most, of the held-out splits."""
        known = {_ids(one) for part in pairs.values() for one in part}
        passed = {
            one: {
                other: 0
                for other in {*live[one], *candidate[one]}
                if split_of(one, other) == "train" or known & {(one, other), (other, one)}
            }
            for one in live
        }
        found = verdicts.judge_next(passed, live, candidate)
        return [
            {
                "query": self._title(one["query"]),
                "product": one["product"],
                "left": one["query"],
                "right": one["product"],
            }
            for one in found
        ]

    def _title(self, product: str) -> str:
        return f"photo of {self._products[product].title or product}"

    def _notes(self, photos: int, people: Mapping[str, Measure], own: Collection[str]) -> list[str]:
        if not photos:
            return ["no product has a photo that both generations could read: nothing can be compared"]
        notes = [f"{photos:,} products were asked for by their photos; searches by words alone do not change"]
        if any(one.enough for one in people.values()):
            return [*notes, "what people labelled decides; the shop's own categories are shown beside it"]
        if own:
            reason = "too few labelled pairs and judged queries are about products with photos"
            return [
                *notes,
                f"the shop's own categories decide: {reason}. Where the network learned from these very photos, "
                "they flatter it",
            ]
        return [*notes, "neither labels nor categories are there to tell which ranking is right"]


def _product(identity: str, live: Mapping[str, Any], candidate: Mapping[str, Any]) -> _Product:
    category = _path(live.get("category"))
    text = live.get(TEXT_VECTOR)
    return _Product(
        identity,
        str(live.get("title") or ""),
        str(live.get("image") or ""),
        category[-1] if category else None,
        None if text is None else np.asarray(text, np.float32),
        (np.asarray(live[IMAGE_VECTOR], np.float32), np.asarray(candidate[IMAGE_VECTOR], np.float32)),
    )


def _path(category: Any) -> list[str]:
    return [str(one) for one in (category if isinstance(category, list) else [category]) if one]


def _others(grades: Mapping[str, int], asking: str) -> dict[str, int]:
    return {product: grade for product, grade in grades.items() if product != asking}


def _ids(pair: Pair) -> tuple[str, str]:
    return str(pair[0]["id"]), str(pair[1]["id"])


def _with_ids(pairs: Mapping[str, list[Pair]]) -> dict[str, list[Pair]]:
    """Return the pairs of which both products are named: a photo is known by its product's id."""
    return {split: [one for one in part if "id" in one[0] and "id" in one[1]] for split, part in pairs.items()}
