"""The tagger that needs no training: labelled products near a product vote, found by OpenSearch's k-NN.

It works from the first day: the labels are those that the catalogue has. What its votes are worth is measured on
labelled products that are left out of their own vote, once for each generation.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import orjson

from encoders.images import ImageEncoder
from encoders.text import TextEncoder
from opensearch.client import Cluster
from opensearch.generations import Fusion, Generation
from opensearch.mappings import TIE
from plugin_bridge.errors import BridgeError
from plugin_bridge.rewrite.bodies import vector_body
from plugin_bridge.tagging.calibration import WANTED_PRECISION
from plugin_bridge.tagging.engine import TaggedInput
from plugin_bridge.tagging.features import photo_vectors, text_vectors
from plugin_bridge.tagging.labels import labelled_product, labels_of, taggable_fields, tagging_text
from plugin_bridge.tagging.suggesting import ProductSuggestions, Suggestion
from plugin_bridge.tagging.voting import COUNTS, Ballot, Neighbour, fit_ballot

NAME = "neighbours"
SAMPLE = 600  # labelled products on which votes are measured
CANDIDATES = 40
_AT_ONCE = 64
_SHOWN = 3


class NeighbourEngine:
    """Suggests values by the votes of labelled neighbours in a generation. Safe to share between threads."""

    def __init__(
        self,
        cluster: Cluster,
        generation: Generation,
        text: TextEncoder,
        photo: ImageEncoder | None = None,
        *,
        fields: Sequence[str] | None = None,
        precision: float = WANTED_PRECISION,
        sample: int = SAMPLE,
        voting: bool = True,
        progress: Callable[[int], None] = lambda products: None,
    ) -> None:
        """Measure the votes on up to `sample` labelled products of the generation.

        Args:
            text: the generation's text encoder. Product texts are encoded again without their category: a label must
                not speak for itself.
            photo: the generation's photo encoder, for products that are not in it and have a photo's file.
            fields: the fields to suggest; default: those that the sample shows to be worth it.
            voting: False where neighbours are only looked for: nothing is measured, and nothing is suggested.

        Raises:
            BridgeError: the generation has no labelled product.
        """
        self._cluster, self._generation = cluster, generation
        self._text, self._photo = text, photo
        labelled = self._labelled(sample) if voting or fields is None else []
        self.fields = list(fields) if fields is not None else taggable_fields([one for one, _ in labelled])
        if not self.fields:
            raise BridgeError(f"{generation.index} has no labelled products: nobody can vote (category, tags, ...)")
        self._ballots = self._measured(labelled, precision, progress) if voting else {}

    @property
    def name(self) -> str:
        """The name of this engine."""
        return NAME

    @property
    def version(self) -> str:
        """A hash over the generation and how its neighbours vote."""
        stated = [self._generation.index, self._generation.created]
        stated += [json.dumps([b.decider.to_json(), b.count, b.sharpness]) for b in self._ballots.values()]
        return hashlib.sha256("\n".join(stated).encode()).hexdigest()[:32]

    def suggest(self, products: Sequence[TaggedInput]) -> list[ProductSuggestions]:
        """Return suggestions for products, in order; one without any vector is unsure of everything."""
        found = []
        for product, near in zip(products, self.neighbours(products), strict=True):
            made: list[Suggestion] = []
            for ballot in self._ballots.values():
                made += self._by_vote(ballot, near)
            sure = {one.field for one in made if one.sure}
            unsure = tuple(name for name in self.fields if name not in sure)
            found.append(ProductSuggestions(product.id, tuple(made), unsure))
        return found

    def neighbours(self, products: Sequence[TaggedInput]) -> list[list[Neighbour]]:
        """Return the labelled products nearest to each product by text and photo, without itself."""
        vectors = self._vectors(products)
        found: list[list[Neighbour]] = []
        for start in range(0, len(products), _AT_ONCE):
            part = range(start, min(start + _AT_ONCE, len(products)))
            asked = [row for row in part if any(one is not None for one in vectors[row])]
            lines: list[bytes] = []
            for row in asked:
                lines += [b"{}", orjson.dumps(self._body(products[row].id, *vectors[row]))]
            answers = {}
            if lines:
                path = f"/{self._generation.index}/_msearch"
                responses = self._cluster.request("POST", path, b"\n".join(lines) + b"\n")["responses"]
                answers = dict(zip(asked, responses, strict=True))
            found += [self._read(answers.get(row), vectors[row]) for row in part]
        return found

    def _by_vote(self, ballot: Ballot, near: Sequence[Neighbour]) -> list[Suggestion]:
        shares = ballot.votes(near)
        made = ballot.decider.decide(tuple(shares), np.array(list(shares.values())), NAME)
        field = ballot.decider.field
        return [replace(one, evidence={"neighbours": evidence(near, field, one.value)}) for one in made]

    def _vectors(self, products: Sequence[TaggedInput]) -> list[tuple[np.ndarray | None, np.ndarray | None]]:
        texts = [tagging_text(product.fields) for product in products]
        encoded = text_vectors(texts, self._text) if products else np.empty((0, 0))
        photos = [product.image_vector for product in products]
        missing = [row for row, one in enumerate(photos) if one is None and products[row].photo is not None]
        if missing and self._photo is not None and self._generation.image is not None:
            vectors, there = photo_vectors([products[row].photo for row in missing], self._photo)
            for place, row in enumerate(missing):
                photos[row] = vectors[place] if there[place] else None
        return [
            (encoded[row] if text.strip() else None, photo)
            for row, (text, photo) in enumerate(zip(texts, photos, strict=True))
        ]

    def _body(self, identity: str, text: np.ndarray | None, photo: np.ndarray | None) -> dict[str, Any]:
        labelled = {"bool": {"should": [{"exists": {"field": one}} for one in self.fields], "minimum_should_match": 1}}
        body = vector_body(
            replace(self._generation, fusion=replace(self._generation.fusion, k=CANDIDATES)),
            text_vector=text,
            image_vector=photo,
            floor=-1.0,
            filters=[labelled],
            without=[identity],
            size=max(COUNTS),
        )
        body["_source"] = ["title", *self.fields]
        body |= {"track_total_hits": False, "search_pipeline": "_none"}  # the drop-in has nothing to add
        return body

    def _read(self, answer: Any, vectors: tuple[np.ndarray | None, np.ndarray | None]) -> list[Neighbour]:
        if answer is None:
            return []
        if "hits" not in answer:
            raise BridgeError(f"{self._generation.index}: its neighbours cannot be found: {answer.get('error')}")
        weight = _weight(self._generation.fusion, *vectors)
        return [
            Neighbour(
                id=hit["_id"],
                title=str(hit["_source"].get("title", "")),
                similarity=float(hit["_score"]) / weight - 1,
                labels=labels_of(hit["_source"], self.fields),
            )
            for hit in answer["hits"]["hits"]
        ]

    def _labelled(self, sample: int) -> list[tuple[Any, TaggedInput]]:
        """Return labelled products of the generation, chosen by a number that depends on their ids alone."""
        body = {
            "query": {"match_all": {}},
            "sort": [{TIE: "asc"}],
            "size": sample,
            "_source": {"excludes": ["kindred_text"]},
        }
        hits = self._cluster.search(self._generation.index, body, search_pipeline="_none")["hits"]["hits"]
        found = []
        for hit in hits:
            source = hit["_source"]
            image = source.pop("kindred_image", None)
            fields = {name: value for name, value in source.items() if not name.startswith("kindred_")}
            product = labelled_product(hit["_id"], fields)
            vector = None if image is None else np.asarray(image, np.float32)
            if product.labels:
                found.append((product, TaggedInput(product.id, fields, image_vector=vector)))
        return found

    def _measured(
        self, labelled: Sequence[tuple[Any, TaggedInput]], precision: float, progress: Callable[[int], None]
    ) -> dict[str, Ballot]:
        near: list[list[Neighbour]] = []
        for start in range(0, len(labelled), _AT_ONCE):
            part = [one for _, one in labelled[start : start + _AT_ONCE]]
            near += self.neighbours(part)
            progress(len(part))
        ballots = {}
        for name in self.fields:
            rows = [row for row, (product, _) in enumerate(labelled) if product.labels.get(name)]
            truth = [labelled[row][0].labels[name] for row in rows]
            many = name != "category" and any(len(one) > 1 for one in truth)
            ballots[name] = fit_ballot(name, [near[row] for row in rows], truth, many=many, precision=precision)
        return ballots


def evidence(near: Sequence[Neighbour], field: str, value: str) -> list[dict[str, Any]]:
    """Return the nearest neighbours that have a value (or a category below it), as a suggestion keeps them."""
    agreeing = [
        one for one in near if any(own == value or own.startswith(f"{value} > ") for own in one.labels.get(field, ()))
    ]
    return [
        {"id": one.id, "title": one.title, "similarity": round(one.similarity, 4), "value": one.labels[field][0]}
        for one in sorted(agreeing, key=lambda one: -one.similarity)[:_SHOWN]
    ]


def _weight(fusion: Fusion, text: np.ndarray | None, photo: np.ndarray | None) -> float:
    """Return the sum of the weights with which cosines go into a score: score / weight - 1 is their mean."""
    return (fusion.text_weight if text is not None else 0.0) + (fusion.image_weight if photo is not None else 0.0)
