"""Rows of a shop whose own index was taken over: its fields by its names, and Kindred's beside them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from opensearch.generations import Adopted, Generation
from opensearch.mappings import INTERNAL_PREFIX
from plugin_bridge.catalogue.cleaning import FIELDS, Product, clean
from plugin_bridge.catalogue.readers import Row
from plugin_bridge.catalogue.recipes import embedding_text
from plugin_bridge.catalogue.units import MEASURES

OWN_ID = f"{INTERNAL_PREFIX}own_id"
"""In a row that was read from the shop's index: what its own field `id` held, beside the document's id."""

EXACT_ID = f"{INTERNAL_PREFIX}exact_id"
"""In such a row: the document's id as it is, with the blanks at its ends that an id of a file would lose."""

ADDED = frozenset({"id", *FIELDS, *(f"{name}_{base}" for name, base in MEASURES.items())})
"""The fields that cleaning may add to a product; the shop keeps its own of the same name."""


def translated(data: Mapping[str, Any], adopted: Adopted) -> dict[str, Any]:
    """Return a row in which Kindred's fields are filled from the shop's, or the shop's from Kindred's.

    A row may name a product's title either way; what it names both ways stays as it says.
    """
    found = {name: value for name, value in data.items() if name not in (OWN_ID, EXACT_ID)}
    for ours, theirs in adopted.fields.items():
        if theirs in data and ours not in data:
            found[ours] = data[theirs]
        elif ours in data and theirs not in data:
            found[theirs] = data[ours]
    return found


def text_of(generation: Generation, fields: Mapping[str, Any]) -> str:
    """Return what a generation's text encoder reads of a whole product; in an adopted shop, of its own fields."""
    adopted, recipe = generation.adopted, generation.recipe
    if adopted is None:
        return embedding_text(fields, recipe)
    read = {ours: fields[theirs] for ours, theirs in adopted.fields.items() if theirs in fields}
    product = clean(Row(0, {**fields, **read, "id": "-"}), recipe=recipe, untitled=True)
    return product.text if isinstance(product, Product) else ""


def as_own(product: Product, data: Mapping[str, Any], adopted: Adopted) -> Product:
    """Return a clean product with the shop's own id and values."""
    identity = data.get(EXACT_ID, product.id)
    return replace(product, id=identity, fields=with_own({**product.fields, "id": identity}, data, adopted))


def with_own(fields: Mapping[str, Any], data: Mapping[str, Any], adopted: Adopted) -> dict[str, Any]:
    """Return a clean product's fields in which those that the shop has by the same name hold its own values.

    A field that cleaning made, and that the shop's index has by another meaning, is left out.
    """
    found = {name: value for name, value in fields.items() if name not in adopted.kept}
    own = {name: data[name] for name in adopted.kept if name in data}
    if EXACT_ID in data:  # read from the shop's index: what stands under `id` is the document's, not the shop's field
        own.pop("id", None)
    if OWN_ID in data:
        own["id"] = data[OWN_ID]
    return found | own


def own_part(source: Mapping[str, Any], adopted: Adopted) -> dict[str, Any]:
    """Return what of a document is the shop's own: without what Kindred keeps or has added beside it."""
    ours = ADDED - {*adopted.kept}
    return {name: value for name, value in source.items() if name not in ours and not name.startswith(INTERNAL_PREFIX)}
