"""What would be taken over: which index, behind which alias, and which of its fields say what."""

from collections.abc import Mapping
from dataclasses import dataclass

from opensearch import adoption, generations
from opensearch.adoption import OwnIndex
from opensearch.client import Cluster, path
from opensearch.errors import ClusterRefusedError
from opensearch.generations import Adopted
from plugin_bridge.catalogue.adoption import ADDED
from plugin_bridge.catalogue.cleaning import FIELDS
from plugin_bridge.errors import LoadError
from plugin_bridge.loading.publish import count

# The names under which shops keep these fields, the most telling first; compared without case, "_" and "-".
_NAMES: dict[str, tuple[str, ...]] = {
    "title": ("title", "name", "productname", "producttitle", "label", "heading"),
    "description": ("description", "longdescription", "desc", "body", "summary", "shortdescription"),
    "brand": ("brand", "brandname", "manufacturer", "vendor", "maker"),
    "category": ("category", "categories", "categorypath", "categoryname", "department", "producttype"),
    "price": ("price", "saleprice", "currentprice", "unitprice"),
    "currency": ("currency", "currencycode"),
    "colour": ("colour", "color", "basecolour", "basecolor"),
    "image": ("image", "imageurl", "imagelink", "imagepath", "picture", "photo", "thumbnail"),
    "tags": ("tags", "keywords", "labels"),
}
_SCALARS = frozenset(
    {"text", "match_only_text", "keyword", "constant_keyword", "wildcard", "double", "float", "half_float", "long"}
    | {"scaled_float", "integer", "short", "byte", "unsigned_long", "search_as_you_type"}
)


@dataclass(frozen=True)
class AdoptPlan:
    """What an adoption will do. `unread` are the shop's text fields that the encoder will not read."""

    index: str
    alias: str
    documents: int
    adopted: Adopted
    unread: tuple[str, ...]


def plan_adoption(
    cluster: Cluster, name: str, alias: str | None, chosen: Mapping[str, str], default_alias: str
) -> AdoptPlan:
    """Return what adopting `name`, an index or an alias of one, means; nothing is changed.

    Args:
        alias: the alias that storefronts search; None: `name` where it is one, else `default_alias`.
        chosen: Kindred's fields that are read from other fields of the shop than their names tell.

    Raises:
        LoadError: it cannot be taken over; the message says why and what to do.
    """
    index = _index_of(cluster, name)
    target = alias or (name if name != index else default_alias)
    _check_alias(cluster, target, index)
    own = adoption.read_own(cluster, index)
    fields = _fields(own, chosen)
    kept = tuple(sorted(ADDED & set(own.properties)))
    read = {theirs for ours, theirs in fields.items() if ours in ("title", "description", "brand", "category")}
    return AdoptPlan(
        index=index,
        alias=target,
        documents=count(cluster, index),
        adopted=Adopted(index, fields, kept),
        unread=tuple(one for one in own.texts() if one not in read),
    )


def _index_of(cluster: Cluster, name: str) -> str:
    try:
        found = cluster.request("GET", path(name, "_mapping"))
    except ClusterRefusedError as error:
        if error.status == 404:
            raise LoadError(f"there is no index or alias {name}") from error
        raise
    if len(found) != 1:
        raise LoadError(f"{name} stands for {len(found)} indices ({', '.join(sorted(found))}); name one of them")
    index, body = next(iter(found.items()))
    if body.get("mappings", {}).get("_meta", {}).get("kindred"):
        raise LoadError(f"{name} is a generation of Kindred already ({index}); there is nothing to take over")
    return str(index)


def _check_alias(cluster: Cluster, alias: str, index: str) -> None:
    generations.index_name(alias, 0)
    behind = generations.live_indices(cluster, alias)
    if alias == index or (not behind and cluster.exists(f"/{alias}")):
        raise LoadError(
            f"{alias} is the name of an index, and an alias cannot have it too: choose another with --index ALIAS, "
            "and let the storefront search that"
        )
    others = [one for one in behind if one != index]
    if others:
        raise LoadError(f"alias {alias} stands for {', '.join(others)} already; choose another with --index ALIAS")
    if behind:
        definition = cluster.request("GET", path("_alias", alias))[index]["aliases"][alias]
        special = sorted(set(definition) - {"is_write_index"})
        if special:
            raise LoadError(f"alias {alias} has {', '.join(special)}, which a generation's alias cannot have")


def _fields(own: OwnIndex, chosen: Mapping[str, str]) -> dict[str, str]:
    for ours, theirs in chosen.items():
        if ours not in FIELDS:
            raise LoadError(f"--field {ours}={theirs}: Kindred's fields are {', '.join(FIELDS)}")
        if theirs not in own.properties:
            raise LoadError(f"--field {ours}={theirs}: {own.name} has no field {theirs!r} at its top level")
    by_name = {
        name.lower().replace("_", "").replace("-", ""): name
        for name, one in sorted(own.properties.items(), reverse=True)
        if one.get("type") in _SCALARS
    }
    found = {}
    for ours, names in _NAMES.items():
        guessed = next((by_name[name] for name in names if name in by_name), None)
        field = chosen.get(ours, guessed)
        if field is not None:
            found[ours] = field
    if "title" not in found:
        texts = own.texts()
        if len(texts) != 1:
            there = ", ".join(texts) or "none"
            raise LoadError(
                f"{own.name}: which field names the product? Say --field title=FIELD (its text fields: {there})"
            )
        found["title"] = texts[0]
    return found
