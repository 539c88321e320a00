"""What the text encoder reads of a product. A generation names its recipe, so that an update follows the same one."""

from collections.abc import Callable, Mapping
from typing import Any

from plugin_bridge.errors import LoadError

RECIPE_CHARS = 256


def embedding_text(fields: Mapping[str, Any], recipe: str) -> str:
    """Return the text of a product's fields by `recipe`; raise LoadError where no recipe has that name."""
    build = RECIPES.get(recipe)
    if build is None:
        raise LoadError(f"there is no text recipe {recipe!r}; known: {', '.join(RECIPES)}")
    return build(fields)


def _title(fields: Mapping[str, Any]) -> str:
    return fields.get("title") or ""


def _title_brand_leaf(fields: Mapping[str, Any]) -> str:
    """Title, then brand and the last category level where the title does not name them yet."""
    text = fields.get("title") or ""
    category = fields.get("category")
    leaf = category[-1] if isinstance(category, list) and category else ""
    for more in (fields.get("brand") or "", leaf):
        if more and more.casefold() not in text.casefold():
            text = f"{text} {more}" if text else more
    return text


def _title_description(fields: Mapping[str, Any]) -> str:
    """The words of `title-brand-leaf`, then the description, cut at a word: more than that an encoder hardly hears."""
    text = ". ".join(part for part in (_title_brand_leaf(fields), fields.get("description") or "") if part)
    if len(text) <= RECIPE_CHARS:
        return text
    return text[: RECIPE_CHARS + 1].rsplit(None, 1)[0][:RECIPE_CHARS]


RECIPES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "title": _title,
    "title-brand-leaf": _title_brand_leaf,
    "title-description": _title_description,
}
