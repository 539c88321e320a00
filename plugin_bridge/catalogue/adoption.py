"""Rows of a shop whose own index was taken over: its fields by its names, and Kindred's beside them."""

from collections.abc import Mapping
from typing import Any

from opensearch.generations import Adopted
from opensearch.mappings import INTERNAL_PREFIX
from plugin_bridge.catalogue.cleaning import FIELDS, Product, clean
from plugin_bridge.catalogue.readers import Row
from plugin_bridge.catalogue.units import MEASURES

OWN_ID = f"{INTERNAL_PREFIX}own_id"
"""In a row that was read from the shop's index: what its own field `id` held, beside the document's id."""

ADDED = frozenset({"id", *FIELDS, *(f"{name}_{base}" for name, base in MEASURES.items())})
"""The fields that cleaning may add to a product; the shop keeps its own of the same name."""


def translated(data: Mapping[str, Any], adopted: Adopted) -> dict[str, Any]:
    """Return a row in which Kindred's fields are filled from the shop's, or the shop's from Kindred's.

    A row may name a product's title either way; what it names both ways stays as it says.
    """
    found = {name: value for name, value in data.items() if name != OWN_ID}
    for ours, theirs in adopted.fields.items():
        if theirs in data and ours not in data:
            found[ours] = data[theirs]
        elif ours in data and theirs not in data:
            found[theirs] = data[ours]
    return found


def text_of(fields: Mapping[str, Any], adopted: Adopted, recipe: str) -> str:
    """Return what the encoder reads of a whole product, from the shop's fields as they stand."""
    read = {ours: fields[theirs] for ours, theirs in adopted.fields.items() if theirs in fields}
    product = clean(Row(0, {**fields, **read, "id": "-"}), recipe=recipe, untitled=True)
    return product.text if isinstance(product, Product) else ""


def with_own(fields: Mapping[str, Any], data: Mapping[str, Any], adopted: Adopted) -> dict[str, Any]:
    """Return a clean product's fields in which those that the shop has by the same name hold its own values.

    A field that cleaning made, and that the shop's index has by another meaning, is left out.
    """
    found = {name: value for name, value in fields.items() if name not in adopted.kept}
    own = {name: data[name] for name in adopted.kept if name in data}
    if OWN_ID in data:
        own["id"] = data[OWN_ID]
    return found | own


def own_part(source: Mapping[str, Any], adopted: Adopted) -> dict[str, Any]:
    """Return what of a document is the shop's own: without what Kindred keeps or has added beside it."""
    ours = ADDED - {*adopted.kept}
    return {name: value for name, value in source.items() if name not in ours and not name.startswith(INTERNAL_PREFIX)}
