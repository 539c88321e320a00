"""Generations: one physical index, the exact encoders that made its vectors, and how the two are fused.

A generation is written down in its index, in the mapping's `_meta.kindred`. `to_meta` is the only writer of
that record and `from_meta` the only reader, so that the two cannot drift apart.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from opensearch import adoption, mappings
from opensearch.errors import ClusterRefusedError, GenerationError

if TYPE_CHECKING:
    from opensearch.client import Cluster

log = logging.getLogger(__name__)

META_VERSION = 1
DEFAULT_LEXICAL = ("title^3", "brand^2", "category.text", "tags.text", "colour.text", "description")
DEFAULT_RECIPE = "title-description"
_ALIAS = re.compile(r"[a-z0-9][a-z0-9_.-]{0,199}")


@dataclass(frozen=True)
class EncoderRef:
    """An encoder as a generation names it: its card's name and fingerprint, and the length of its vectors."""

    model: str
    fingerprint: str
    dimension: int


@dataclass(frozen=True)
class Fusion:
    """How keyword and vector scores become one.

    `keyword_half` is the score of one unboosted field that counts half, `text_weight` and `image_weight` multiply
    `1 + cosine`. A title with the words near each other gains up to `phrase_weight` (half of it at the phrase score
    `phrase_half`), a title with all words gains `all_words`. `k` is the number of vector candidates.
    """

    keyword_half: float = 5.0
    text_weight: float = 1.5
    image_weight: float = 2.0
    phrase_weight: float = 0.5
    phrase_half: float = 5.0
    all_words: float = 0.4
    k: int = 100


@dataclass(frozen=True)
class Adopted:
    """The shop's own index that generations of an alias took over.

    `fields` names, for Kindred's fields, the shop's field that each is read from; `kept` are fields of the shop that
    have the name of one of Kindred's, and keep the shop's values. `writes` says, shard by shard, what had been written
    to the index when it was taken over; empty where that is not known.
    """

    index: str
    fields: Mapping[str, str]
    kept: tuple[str, ...] = ()
    writes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Generation:
    """One generation.

    `floor` is the least cosine with which a product comes in by its vector alone where the query means nothing to the
    encoder, `word_floor` where it holds a word that does. `documents` is the number it must hold to be complete;
    `created` is ISO 8601 in UTC.
    """

    alias: str
    number: int
    index: str
    text: EncoderRef
    image: EncoderRef | None
    fusion: Fusion = field(default_factory=Fusion)
    floor: float = 0.0
    word_floor: float = 0.0
    created: str = ""
    complete: bool = False
    documents: int = 0
    lexical: tuple[str, ...] = DEFAULT_LEXICAL
    recipe: str = DEFAULT_RECIPE
    adopted: Adopted | None = None
    behaviour: EncoderRef | None = None

    @property
    def name(self) -> str:
        """Short name, as addresses and tables show it: `g007`."""
        return f"g{self.number:03d}"


def index_name(alias: str, number: int) -> str:
    """Return the name of a generation's index, `products-g007`; GenerationError for an unusable alias."""
    if not _ALIAS.fullmatch(alias):
        raise GenerationError(
            f"the alias {alias!r} cannot name an index: use lower-case letters, digits, '-', '_' and '.', "
            "starting with a letter or digit"
        )
    return f"{alias}-g{number:03d}"


def to_meta(generation: Generation) -> dict[str, Any]:
    """Return the record that goes to `_meta.kindred`; `from_meta` reads it back unchanged."""
    record = asdict(generation)
    record["lexical"] = list(generation.lexical)
    for name in ("adopted", "behaviour"):
        if record[name] is None:
            del record[name]  # an earlier version reads the record, too
    return {"version": META_VERSION, **record}


def from_meta(index: str, record: Mapping[str, Any]) -> Generation:
    """Return the generation that `index` holds in `_meta.kindred`; GenerationError names what is wrong."""
    if record.get("version") != META_VERSION:
        raise GenerationError(
            f"index {index}: _meta.kindred has version {record.get('version')!r}, this program reads {META_VERSION}"
        )
    fields = {name: value for name, value in record.items() if name != "version"}
    try:
        fields["text"] = EncoderRef(**fields["text"])
        fields["image"] = None if fields["image"] is None else EncoderRef(**fields["image"])
        fields["fusion"] = Fusion(**fields["fusion"])
        fields["lexical"] = tuple(fields["lexical"])
        if fields.get("behaviour") is not None:
            fields["behaviour"] = EncoderRef(**fields["behaviour"])
        if fields.get("adopted") is not None:
            lists = {name: tuple(fields["adopted"][name]) for name in ("kept", "writes")}
            fields["adopted"] = Adopted(**{**fields["adopted"], **lists})
        generation = Generation(**fields)
    except (KeyError, TypeError) as error:
        raise GenerationError(f"index {index}: _meta.kindred cannot be read: {error}") from error
    # A restored or renamed index keeps its record; the name that OpenSearch gives is the true one.
    return replace(generation, index=index)


def read(cluster: "Cluster", index: str) -> Generation:
    """Return the generation held by `index`; raise GenerationError where there is none."""
    try:
        answer = cluster.request("GET", f"/{index}/_mapping")
    except ClusterRefusedError as error:
        if error.status == 404:
            raise GenerationError(f"there is no index {index}") from error
        raise
    found = _kindred_records(answer)
    if index not in found:
        raise GenerationError(f"index {index} is not a generation of Kindred: its mapping has no _meta.kindred")
    return from_meta(index, found[index])


def history(cluster: "Cluster", alias: str) -> list[Generation]:
    """Return all generations of `alias`, complete or not, oldest first."""
    index_name(alias, 0)
    answer = cluster.request("GET", f"/{alias}-g*/_mapping", params={"expand_wildcards": "all"})
    all_of_them = [from_meta(index, record) for index, record in _kindred_records(answer).items()]
    return sorted((g for g in all_of_them if g.alias == alias), key=lambda g: g.number)


def all_of_them(cluster: "Cluster") -> list[Generation]:
    """Return the generations of every alias; a record that cannot be read is logged and left out."""
    params = {"expand_wildcards": "all", "filter_path": "*.mappings._meta.kindred"}
    found = []
    for index, record in _kindred_records(cluster.request("GET", "/*-g*/_mapping", params=params)).items():
        try:
            found.append(from_meta(index, record))
        except GenerationError as error:
            log.warning("%s", error)
    return sorted(found, key=lambda g: (g.alias, g.number))


def all_live(cluster: "Cluster") -> dict[str, list[str]]:
    """Return, for every alias of the cluster, the indices behind it."""
    found: dict[str, list[str]] = {}
    for index, body in cluster.request("GET", "/_alias").items():
        for alias in body.get("aliases", {}):
            found.setdefault(alias, []).append(index)
    return {alias: sorted(indices) for alias, indices in found.items()}


def live_indices(cluster: "Cluster", alias: str) -> list[str]:
    """Return the names of the indices behind `alias`, whoever made them; none where it does not exist."""
    try:
        answer = cluster.request("GET", f"/_alias/{alias}")
    except ClusterRefusedError as error:
        if error.status == 404:
            return []
        raise
    return sorted(answer)


def live(cluster: "Cluster", alias: str) -> Generation | None:
    """Return the generation behind `alias`, or None where no such alias exists.

    Raises GenerationError where the alias holds several indices or one that is no generation.
    """
    indices = live_indices(cluster, alias)
    if not indices:
        return None
    if len(indices) > 1:
        raise GenerationError(
            f"alias {alias} holds several indices ({', '.join(indices)}); it must hold one generation"
        )
    return read(cluster, indices[0])


def previous(cluster: "Cluster", alias: str) -> Generation | None:
    """Return the newest complete generation older than the live one: where a rollback goes."""
    current = live(cluster, alias)
    if current is None:
        return None
    older = [g for g in history(cluster, alias) if g.complete and g.number < current.number]
    return older[-1] if older else None


def create(
    cluster: "Cluster",
    alias: str,
    *,
    text: EncoderRef,
    image: EncoderRef | None = None,
    fusion: Fusion | None = None,
    lexical: Sequence[str] = DEFAULT_LEXICAL,
    recipe: str = DEFAULT_RECIPE,
    settings: Mapping[str, Any] | None = None,
    adopted: Adopted | None = None,
) -> Generation:
    """Create the next generation's empty index and return it, not complete and behind no alias.

    `settings` are index settings laid over the default ones. Where a shop's index is `adopted`, now or by the live
    generation, its fields stay as they are. Two callers never get the same number:
    OpenSearch refuses the second creation, which surfaces as ClusterRefusedError.
    """
    own, adopted = _own_index(cluster, alias, adopted)
    if own is not None:
        lexical = adoption.lexical(tuple(lexical), own)
    known = history(cluster, alias)
    number = known[-1].number + 1 if known else 1
    generation = Generation(
        alias=alias,
        number=number,
        index=index_name(alias, number),
        text=text,
        image=image,
        fusion=fusion or Fusion(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        lexical=tuple(lexical),
        recipe=recipe,
        adopted=adopted,
    )
    dimensions = text.dimension, None if image is None else image.dimension
    body = mappings.index_body(to_meta(generation), *dimensions, settings)
    cluster.request("PUT", f"/{generation.index}", body if own is None else adoption.laid_under(body, own))
    return generation


def _own_index(
    cluster: "Cluster", alias: str, adopted: Adopted | None
) -> tuple[adoption.OwnIndex | None, Adopted | None]:
    """Return the shop's index whose fields a new generation keeps, and what is known of its adoption."""
    if adopted is not None:
        return adoption.read_own(cluster, adopted.index), adopted
    indices = live_indices(cluster, alias)
    before = live(cluster, alias) if len(indices) == 1 else None
    if before is None or before.adopted is None:
        return None, None
    # Where the shop has deleted its index, its fields live on in the generation.
    there = cluster.exists(f"/{before.adopted.index}")
    return adoption.read_own(cluster, before.adopted.index if there else before.index), before.adopted


def update_meta(cluster: "Cluster", generation: Generation) -> Generation:
    """Write the generation's record to its index and return it."""
    body = {"_meta": {"kindred": to_meta(generation)}}
    cluster.request("PUT", f"/{generation.index}/_mapping", body)
    return generation


def switch(cluster: "Cluster", alias: str, index: str) -> None:
    """Make `index` the only one behind `alias`, in one atomic call."""
    others = [name for name in live_indices(cluster, alias) if name != index]
    actions: list[dict[str, Any]] = [{"remove": {"index": name, "alias": alias}} for name in others]
    actions.append({"add": {"index": index, "alias": alias, "is_write_index": True}})
    cluster.request("POST", "/_aliases", {"actions": actions})


def drop(cluster: "Cluster", generation: Generation) -> None:
    """Delete the generation's index; raise GenerationError where it is live."""
    if generation.index in live_indices(cluster, generation.alias):
        raise GenerationError(f"{generation.index} is live behind {generation.alias}; switch to another one first")
    try:
        cluster.request("DELETE", f"/{generation.index}")
    except ClusterRefusedError as error:
        if error.status != 404:
            raise


def _kindred_records(answer: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    records = {index: body.get("mappings", {}).get("_meta", {}).get("kindred") for index, body in answer.items()}
    return {index: record for index, record in records.items() if record}
