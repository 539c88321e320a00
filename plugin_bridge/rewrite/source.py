"""Keeps Kindred's own fields out of answers that do not ask for them by name."""

from collections.abc import Mapping
from typing import Any

from opensearch.mappings import INTERNAL_PREFIX

INTERNAL_FIELDS = f"{INTERNAL_PREFIX}*"


def without_internal(source: Any, fields: tuple[str, ...]) -> Any:
    """Return the `_source` setting of a request so that the internal `fields` come back only if named.

    Args:
        source: the request's own setting: absent (None), a truth value, a pattern, a list, or includes and excludes.
        fields: the internal fields that the index has.
    """
    if source is False:
        return False
    if isinstance(source, Mapping):
        includes = _patterns(source, "includes", "include")
        excludes = _patterns(source, "excludes", "exclude")
    else:
        includes, excludes = (
            [source] if isinstance(source, str) else list(source or []) if source is not True else [],
            [],
        )
    named = {name for name in includes if name in fields}
    if includes and not named and all(_misses(pattern) for pattern in includes):
        return source  # no pattern reaches an internal field
    hidden = [name for name in fields if name not in named] if named else [INTERNAL_FIELDS]
    setting: dict[str, Any] = {"excludes": [*excludes, *(name for name in hidden if name not in excludes)]}
    return {"includes": includes, **setting} if includes else setting


def _patterns(source: Mapping[str, Any], *keys: str) -> list[str]:
    for key in keys:
        value = source.get(key)
        if value:
            return [value] if isinstance(value, str) else list(value)
    return []


def _misses(pattern: str) -> bool:
    """Whether a pattern of field names can match no internal field."""
    stem = pattern.split("*", 1)[0]
    if "*" not in pattern:
        return not pattern.startswith(INTERNAL_PREFIX)
    return not (stem.startswith(INTERNAL_PREFIX) or INTERNAL_PREFIX.startswith(stem))
