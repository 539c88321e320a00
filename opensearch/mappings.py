"""The index that a generation lives in: fields, vectors and settings, as pure data.

Product fields stand at the top level under their own names, so that a storefront's query needs no change.
Fields of Kindred's own start with `kindred_`.
"""

from collections.abc import Mapping
from typing import Any

INTERNAL_PREFIX = "kindred_"
TEXT_VECTOR = "kindred_text"
IMAGE_VECTOR = "kindred_image"
BEHAVIOUR_VECTOR = "kindred_behaviour"
TEXT_HASH = "kindred_text_hash"
IMAGE_HASH = "kindred_image_hash"
TIE = "kindred_tie"
ROW = "kindred_row"
REVIEWED = "kindred_reviewed"
REVIEWED_FIELDS = "kindred_reviewed_fields"

# Names that OpenSearch keeps for itself: a document with one of them is refused.
METADATA_FIELDS = frozenset(
    {
        "_doc_count", "_field_names", "_id", "_ignored", "_index", "_nested_path", "_primary_term",
        "_routing", "_seq_no", "_source", "_tier", "_type", "_version",
    }
)  # fmt: skip

# The analyser of product text: English stems, and pairs of neighbours written as one word, so that "hard disk" meets
# "harddisk" and words that stand together count more. Without the pairs it tells whether all words are there.
WORDS = "kindred_words"
SINGLE_WORDS = "kindred_single_words"
_STEPS = ["kindred_possessive", "lowercase", "asciifolding", "kindred_stop", "kindred_stem"]
ANALYSIS: dict[str, Any] = {
    "filter": {
        "kindred_possessive": {"type": "stemmer", "language": "possessive_english"},
        "kindred_stop": {"type": "stop", "stopwords": "_english_"},
        "kindred_stem": {"type": "stemmer", "language": "english"},
        "kindred_pairs": {
            "type": "shingle",
            "min_shingle_size": 2,
            "max_shingle_size": 2,
            "output_unigrams": True,
            "token_separator": "",
            "filler_token": "",
        },
    },
    "analyzer": {
        WORDS: {"type": "custom", "tokenizer": "standard", "filter": [*_STEPS, "kindred_pairs"]},
        SINGLE_WORDS: {"type": "custom", "tokenizer": "standard", "filter": _STEPS},
    },
}

# A term may be 32,766 bytes long at most; longer values are kept in the source and not indexed.
KEYWORD_LENGTH = 1024
REFRESH_WHEN_LIVE = "1s"
# One description longer than this (the default is 1,000,000) would fail every highlighting search that meets
# it.
HIGHLIGHT_LENGTH = 10_000_000


def index_body(
    record: Mapping[str, Any],
    text_dimension: int,
    image_dimension: int | None,
    settings: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the body that creates a generation's index, ready for loading (refresh is off).

    `record` is the generation as `_meta` keeps it; `settings` are index settings (`number_of_replicas`, ...) laid over
    the default ones.
    """
    index: dict[str, Any] = {
        "knn": True,
        "number_of_shards": 1,
        "number_of_replicas": 0,
        # Replicas then hold the primary's own segments, so that equal scores rank alike on every copy.
        "replication.type": "SEGMENT",
        "refresh_interval": "-1",
        "highlight.max_analyzed_offset": HIGHLIGHT_LENGTH,
        "analysis": ANALYSIS,
        **(settings or {}),
    }
    return {
        "settings": {"index": index},
        "mappings": {
            "_meta": {"kindred": record},
            "date_detection": False,
            "numeric_detection": False,
            "dynamic_templates": _TEMPLATES,
            "properties": properties(text_dimension, image_dimension),
        },
    }


def properties(text_dimension: int, image_dimension: int | None) -> dict[str, Any]:
    """Return the mapping of the product's fields and of Kindred's own."""
    fields: dict[str, Any] = {
        "title": {"type": "text", "analyzer": WORDS, "fields": {"raw": _keyword()}},
        "description": {"type": "text", "analyzer": WORDS},
        "brand": {"type": "text", "analyzer": WORDS, "fields": {"raw": _keyword()}},
        "category": _keyword_with_text(),
        "colour": _keyword_with_text(),
        "tags": _keyword_with_text(),
        "price": {"type": "double"},
        "currency": _keyword(),
        "image": _kept_only(),
        TEXT_VECTOR: vector(text_dimension),
        TEXT_HASH: _kept_only(),
        IMAGE_HASH: _kept_only(),
        # Breaks ties between equal scores the same way on every page; read from doc values only.
        TIE: {"type": "float", "index": False},
        ROW: {"type": "long", "index": False},
        **reviewed_properties(),
    }
    if image_dimension is not None:
        fields[IMAGE_VECTOR] = vector(image_dimension)
    return fields


def reviewed_properties() -> dict[str, Any]:
    """Return the mapping of what people decided about a product; it can be added to an index that lacks it."""
    return {REVIEWED: {"type": "object", "enabled": False}, REVIEWED_FIELDS: _keyword()}


def vector(dimension: int) -> dict[str, Any]:
    """Return the mapping of one vector field. The k-NN plugin's other engines need native libraries."""
    return {
        "type": "knn_vector",
        "dimension": dimension,
        "space_type": "cosinesimil",
        "method": {"name": "hnsw", "engine": "lucene", "parameters": {"m": 16, "ef_construction": 100}},
    }


def _keyword() -> dict[str, Any]:
    return {"type": "keyword", "ignore_above": KEYWORD_LENGTH}


def _keyword_with_text() -> dict[str, Any]:
    return {**_keyword(), "fields": {"text": {"type": "text", "analyzer": WORDS}}}


def _kept_only() -> dict[str, Any]:
    return {"type": "keyword", "index": False, "doc_values": False}


# Attributes that Kindred does not know: filterable and countable, and hard to refuse. An object is kept
# unread, because two products may well give its inner fields different types.
_TEMPLATES: list[dict[str, Any]] = [
    {"strings": {"match_mapping_type": "string", "mapping": _keyword()}},
    {"booleans": {"match_mapping_type": "boolean", "mapping": _keyword()}},
    {
        "whole_numbers": {
            "match_mapping_type": "long",
            "mapping": {"type": "double", "ignore_malformed": True},
        }
    },
    {"numbers": {"match_mapping_type": "double", "mapping": {"type": "double", "ignore_malformed": True}}},
    {"objects": {"match_mapping_type": "object", "mapping": {"type": "object", "enabled": False}}},
]
