"""An index that a shop had before Kindred: its mapping and settings, and how a generation takes them over.

The shop's own fields keep their names, types and analysers, so that its queries mean what they meant. Kindred adds its
fields beside them, and reads the shop's texts through a sub-field of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from opensearch import mappings
from opensearch.client import Cluster, path
from opensearch.errors import GenerationError

SUB_FIELD = "kindred"
# Index settings that the shop's fields or queries depend on.
_KEPT_SETTINGS = (
    "number_of_shards", "number_of_replicas", "similarity", "max_result_window", "max_ngram_diff", "max_shingle_diff",
    "query", "mapping",
)  # fmt: skip
_TEXTS = ("title", "brand", "description", "category", "tags", "colour")
_WITH_SUB_FIELDS = frozenset({"text", "keyword", "match_only_text"})


@dataclass(frozen=True)
class OwnIndex:
    """A shop's index: the properties of its mapping, its dynamic templates, and the settings that they need."""

    name: str
    properties: Mapping[str, Any]
    templates: tuple[Any, ...]
    settings: Mapping[str, Any]

    def texts(self) -> list[str]:
        """Return the top-level fields that hold text."""
        return sorted(name for name, one in self.properties.items() if one.get("type") in ("text", "match_only_text"))


def read_own(cluster: Cluster, index: str) -> OwnIndex:
    """Return what is to be taken over from an index; raises GenerationError where its documents cannot be."""
    answer = cluster.request("GET", path(index))[index]
    mapping, settings = answer["mappings"], answer["settings"]["index"]
    source = mapping.get("_source", {})
    if not source.get("enabled", True) or source.get("excludes") or source.get("includes"):
        raise GenerationError(f"{index} does not keep its whole documents (_source): Kindred cannot copy them")
    if mapping.get("_routing", {}).get("required"):
        raise GenerationError(f"{index} wants a routing value with every document, which Kindred does not keep")
    kept = {name: settings[name] for name in _KEPT_SETTINGS if name in settings}
    properties = {
        name: one
        for name, one in mapping.get("properties", {}).items()
        if not name.startswith(mappings.INTERNAL_PREFIX)
    }
    return OwnIndex(
        name=index,
        properties=properties,
        templates=tuple(mapping.get("dynamic_templates", ())),
        settings={**kept, "analysis": settings.get("analysis", {})},
    )


def laid_under(body: dict[str, Any], own: OwnIndex) -> dict[str, Any]:
    """Return the body of a generation's index in which the shop's own fields are as they were."""
    ours, wanted = body["settings"]["index"], body["mappings"]
    analysis = {
        part: {**own.settings["analysis"].get(part, {}), **ours["analysis"].get(part, {})}
        for part in {*own.settings["analysis"], *ours["analysis"]}
    }
    properties = {**wanted["properties"]}
    for name, one in own.properties.items():
        properties[name] = _with_sub_field(one) if name in _TEXTS else one
    templates = [one for one in own.templates if one not in wanted["dynamic_templates"]]
    kept = {name: value for name, value in own.settings.items() if name != "analysis"}
    return {
        **body,
        "settings": {"index": {**ours, **kept, "analysis": analysis}},
        "mappings": {
            **wanted,
            "dynamic_templates": [*templates, *wanted["dynamic_templates"]],
            "properties": properties,
        },
    }


def lexical(fields: tuple[str, ...], own: OwnIndex) -> tuple[str, ...]:
    """Return the keyword fields of a generation, where the shop's own ones are read through Kindred's sub-field.

    A field that can have none (an object, a number) is left out.
    """
    found = []
    for field in fields:
        name, _, boost = field.partition("^")
        base = name.partition(".")[0]
        if base in own.properties:
            if not _can_have(own.properties[base]):
                continue
            name = f"{base}.{SUB_FIELD}"
        found.append(f"{name}^{boost}" if boost else name)
    return tuple(dict.fromkeys(found))


def _with_sub_field(own: Mapping[str, Any]) -> dict[str, Any]:
    if not _can_have(own):
        return dict(own)
    words = {"type": "text", "analyzer": mappings.WORDS}
    return {**own, "fields": {**own.get("fields", {}), SUB_FIELD: words}}


def _can_have(own: Mapping[str, Any]) -> bool:
    return own.get("type") in _WITH_SUB_FIELDS
