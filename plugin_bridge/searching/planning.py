"""From a search to the request that OpenSearch gets: which mode, which vectors, and what to do without them."""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from encoders.errors import EncoderError
from encoders.pictures import load_picture
from opensearch import dropin
from opensearch.errors import GenerationError
from opensearch.generations import Generation
from plugin_bridge.errors import RequestError
from plugin_bridge.registry import Known, Registry
from plugin_bridge.rewrite import bodies, lexical
from plugin_bridge.rewrite.fusion import Signal, image_signal, text_signal
from plugin_bridge.rewrite.reading import Clause
from plugin_bridge.rewrite.ruling import Ruled
from plugin_bridge.searching.likeness import moved, product_vectors
from plugin_bridge.searching.query_vectors import OverloadedError, QueryVectors
from plugin_bridge.settings import Settings

log = logging.getLogger(__name__)

Mode = Literal["hybrid", "keyword", "vector", "native"]
Encode = Callable[[str], np.ndarray]
MODES: tuple[Mode, ...] = ("hybrid", "keyword", "vector", "native")
_PICTURE_SIDE = 512  # the networks read 224 to 384 pixels; a larger decode is time for nothing


@dataclass(frozen=True)
class Weights:
    """How much more than usual (1) words, the text's vector and the photo's vector count."""

    keyword: float = 1.0
    text: float = 1.0
    image: float = 1.0

    def of(self, known: Known) -> Known:
        """Return a generation in which the parts of a score count so much."""
        if self == PLAIN:
            return known
        # Only proportions rank: what would multiply the words divides the vectors.
        words = max(self.keyword, LEAST_WEIGHT)
        fusion = known.generation.fusion
        text, image = fusion.text_weight * self.text / words, fusion.image_weight * self.image / words
        fusion = replace(fusion, text_weight=text, image_weight=image)
        return replace(known, generation=replace(known.generation, fusion=fusion))

    @property
    def keyword_share(self) -> float:
        """The share of words where they and the text's vector have two halves."""
        words = max(self.keyword, LEAST_WEIGHT)
        return words / (words + self.text)


PLAIN = Weights()
LEAST_WEIGHT, MOST_WEIGHT = 1e-3, 100.0


@dataclass(frozen=True)
class SearchRequest:
    """A search: words, a picture (its bytes) or a product to be like (its id), and words with either of these.

    `generation` None means the live one; `rules` False leaves merchandising rules out.
    """

    text: str | None = None
    picture: bytes | None = None
    like: str | None = None
    filters: Mapping[str, Any] = field(default_factory=dict)
    size: int = 10
    offset: int = 0
    mode: Mode = "hybrid"
    explain: bool = False
    generation: str | None = None
    alias: str | None = None
    rules: bool = True
    weights: Weights = PLAIN


@dataclass(frozen=True)
class Plan:
    """A request ready to be sent.

    `words` is the text in it that ranks as keywords and `signals` are the vectors; `replaceable` tells whether a
    keyword request could take its place, and `reason` why this one already does. `ruled` is there where rules met it.
    """

    body: dict[str, Any]
    mode: str
    words: str | None = None
    signals: tuple[Signal, ...] = ()
    replaceable: bool = False
    reason: str | None = None
    ruled: Ruled | None = None


class VectorPartFailed(Exception):  # noqa: N818 - a verdict, not a failure: answer with keywords
    """The vector part of a search cannot be had; the message says why."""


class Planner:
    """Turns searches into requests for OpenSearch, with vectors where it can. Thread-safe."""

    def __init__(self, registry: Registry, vectors: QueryVectors, settings: Settings) -> None:
        self._registry = registry
        self._cluster = registry.cluster
        self._vectors = vectors
        self._settings = settings

    def plan(self, request: SearchRequest, known: Known, clauses: list[Clause], encode: Encode | None = None) -> Plan:
        """Return what to send; raises VectorPartFailed where an encoder does not deliver.

        `encode` gives the vector of the words; by default they are encoded here, and waited for.
        """
        generation, text, page = known.generation, request.text, page_of(request)
        vector_of = encode or (lambda words: self._encode(known, words))
        if request.picture is not None:
            return self._plan_with_picture(request, known, clauses)
        if request.like is not None:
            return self._plan_like(request, known, clauses, request.like)
        if request.mode == "native":
            if not text:
                raise RequestError("mode native wants words to search for", field="text")
            body = bodies.native_body(
                text,
                generation,
                model_id=self._native_model(generation),
                filters=clauses,
                keyword_weight=request.weights.keyword_share,
                **page,
            )
            return Plan(body, "native", text, self._native_signals(request, known), replaceable=True)
        if request.mode == "keyword" or not text:
            if request.mode == "vector":
                raise RequestError("mode vector wants words or a picture to search for", field="text")
            return keyword_plan(request, generation, clauses)
        if request.mode == "vector":
            vector = vector_of(text)
            floor = lexical.floor(text, generation, self._knows(known))
            body = bodies.vector_body(
                generation, text_vector=vector, floor=floor, filters=clauses, named=request.explain, **page
            )
            return Plan(body, "vector", None, (text_signal(generation, vector),), replaceable=True)
        # The very body that a storefront's own request becomes, so that both rank alike.
        vectors: list[np.ndarray] = []

        def noted(words: str) -> np.ndarray:
            vectors.append(vector_of(words))
            return vectors[-1]

        body = bodies.hybrid_body(
            text, generation, noted, self._knows(known), filters=clauses, named=request.explain, **page
        )
        signals = tuple(text_signal(generation, one) for one in vectors)
        return Plan(body, "hybrid", text, signals, replaceable=bool(signals))

    def _plan_with_picture(self, request: SearchRequest, known: Known, clauses: list[Clause]) -> Plan:
        generation, text = known.generation, request.text
        if request.mode in ("native", "keyword"):
            raise RequestError(f"mode {request.mode} cannot search by a picture; use hybrid or vector", field="mode")
        assert request.picture is not None
        picture = load_picture(request.picture, name="the picture", longest=_PICTURE_SIDE)
        try:
            image_vector = self._registry.image_encoder(known).encode_one(picture)
        except (GenerationError, EncoderError) as error:
            if not text:
                raise
            raise VectorPartFailed(str(error)) from error
        text_vector = self._encode(known, text) if text else None
        words = text if request.mode == "hybrid" else None
        body = bodies.vector_body(
            generation,
            text=words,
            text_vector=text_vector,
            image_vector=image_vector,
            floor=lexical.floor(text, generation, self._knows(known)) if text else None,
            filters=clauses,
            named=request.explain,
            **page_of(request),
        )
        signals = signals_of(generation, text_vector, image_vector)
        return Plan(body, request.mode, words, signals, replaceable=bool(text))

    def _plan_like(self, request: SearchRequest, known: Known, clauses: list[Clause], like: str) -> Plan:
        generation, text = known.generation, request.text
        if request.mode in ("native", "keyword"):
            raise RequestError(f"mode {request.mode} cannot search by a product; use hybrid or vector", field="mode")
        text_vector, image_vector = product_vectors(self._cluster, generation, like)
        if text:
            text_vector = moved(text_vector, self._encode(known, text), photo=image_vector is not None)
        words = text if request.mode == "hybrid" else None
        body = bodies.vector_body(
            generation,
            text=words,
            text_vector=text_vector,
            image_vector=image_vector,
            floor=generation.word_floor,
            filters=clauses,
            without=[like],
            named=request.explain,
            **page_of(request),
        )
        signals = signals_of(generation, text_vector, image_vector)
        return Plan(body, request.mode, words, signals, replaceable=bool(text))

    def _encode(self, known: Known, text: str) -> np.ndarray:
        if known.problem is not None:
            raise VectorPartFailed(known.problem)
        seconds = self._settings.search_deadline_ms / 1000
        try:
            return self._vectors.vector(self._registry.text_encoder(known), text, seconds)
        except FutureTimeoutError:
            raise VectorPartFailed(f"encoding took longer than {self._settings.search_deadline_ms} ms") from None
        except OverloadedError as error:
            raise VectorPartFailed(str(error)) from error
        except Exception as error:
            log.exception("encoding failed, answering by keywords")
            raise VectorPartFailed(f"encoding failed: {error}") from error

    def _knows(self, known: Known) -> Callable[[str], bool]:
        def knows(word: str) -> bool:
            if known.problem is not None:
                raise VectorPartFailed(known.problem)
            return self._registry.text_encoder(known).knows(word)

        return knows

    def _native_model(self, generation: Generation) -> str:
        found = dropin.installed(self._cluster, generation)
        if found is None:
            raise RequestError(
                f"mode native needs the drop-in of {generation.index}, which is not installed; "
                "`kindred up` installs it",
                status=409,
                field="mode",
            )
        return found.embed_model

    def _native_signals(self, request: SearchRequest, known: Known) -> tuple[Signal, ...]:
        if not (request.explain and request.text):
            return ()
        try:
            return (text_signal(known.generation, self._encode(known, request.text)),)
        except VectorPartFailed:
            return ()


def keyword_plan(
    request: SearchRequest, generation: Generation, clauses: list[Clause], reason: str | None = None
) -> Plan:
    """Return what to send for the words alone; `reason` says why, where more was wanted."""
    body = bodies.keyword_body(request.text, generation, filters=clauses, **page_of(request))
    return Plan(body, "keyword", request.text, reason=reason)


def checked(request: SearchRequest, settings: Settings) -> SearchRequest:
    """Return the request with blank text as None; raise RequestError where it asks for too much."""
    if request.mode not in MODES:
        raise RequestError(f"mode {request.mode!r} is unknown; modes are {', '.join(MODES)}", field="mode")
    check_page(request.size, request.offset, settings)
    for name, weight in vars(request.weights).items():
        if not 0 <= weight <= MOST_WEIGHT:
            raise RequestError(f"a weight is 0 to {MOST_WEIGHT:g}, got {weight:g}", field=f"weights.{name}")
    if request.picture is not None and request.like is not None:
        raise RequestError("a search is by a picture or like a product, not both", field="like")
    text = request.text.strip() if request.text else ""
    if len(text) > settings.max_query_chars:
        raise RequestError(
            f"a search text has at most {settings.max_query_chars} characters, got {len(text)}", field="text"
        )
    if request.picture is not None and len(request.picture) > settings.max_picture_bytes:
        raise RequestError(
            f"a picture has at most {settings.max_picture_bytes} bytes, got {len(request.picture)}",
            status=413,
            field="image",
        )
    return replace(request, text=text or None)


def check_page(size: int, offset: int, settings: Settings) -> None:
    if not 0 <= size <= settings.max_size:
        raise RequestError(f"size is 0 to {settings.max_size}, got {size}", field="size")
    if offset < 0 or offset + size > settings.max_depth:
        raise RequestError(f"from is at least 0 and from + size at most {settings.max_depth}", field="from")


def page_of(request: SearchRequest) -> dict[str, Any]:
    return {"size": request.size, "offset": request.offset}


def signals_of(
    generation: Generation, text_vector: np.ndarray | None, image_vector: np.ndarray | None
) -> tuple[Signal, ...]:
    found = []
    if text_vector is not None:
        found.append(text_signal(generation, text_vector))
    if image_vector is not None:
        found.append(image_signal(generation, image_vector))
    return tuple(found)
