"""A rule as a frozen value, its checks, and its JSON."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from plugin_bridge.errors import RequestError
from plugin_bridge.rewrite.ruling import LAST_PLACE
from plugin_bridge.rules.matching import problem_of_pattern

ACTIONS = ("pin", "hide", "boost", "bury")
KINDS = ("query", "pattern", "category")
# Fields whose products a rule may name, and where the mapping keeps their whole value.
FIELDS: Mapping[str, str] = {"brand": "brand.raw", "category": "category", "colour": "colour", "tags": "tags"}
MOST_PRODUCTS = 100
MOST_CHARS = 200
MOST_NOTE = 2000
LEAST_FACTOR, MOST_FACTOR, FACTOR = 1.0, 100.0, 1.5
MOST_PRIORITY = 1000


@dataclass(frozen=True)
class Draft:
    """What a person says of a rule.

    It meets requests by `kind` and `value`: those words, words that fit a pattern, or pages of that category. It is
    about `products`, or about all products whose `field` has the value `of`. A pin has a `place`, counted from 1; its
    further products follow it. `factor` multiplies the score of a boosted product and divides that of a buried one.
    It holds from `starts` until before `ends` (ISO 8601 in UTC; None: always). A higher `priority` goes first.
    """

    action: str
    kind: str
    value: str
    products: tuple[str, ...] = ()
    field: str = ""
    of: str = ""
    place: int = 1
    factor: float = FACTOR
    starts: str | None = None
    ends: str | None = None
    priority: int = 0
    owner: str = ""
    note: str = ""


@dataclass(frozen=True)
class Rule(Draft):
    """A rule that was saved. `version` is the entry of the history that made it so, `by` and `at` whose and when."""

    id: int = 0
    version: int = 0
    by: str = ""
    at: str = ""

    def state(self, now: datetime) -> str:
        """Return whether it is `live`, `waiting` for its start, or `over`."""
        if self.starts is not None and now < datetime.fromisoformat(self.starts):
            return "waiting"
        return "over" if self.ends is not None and now >= datetime.fromisoformat(self.ends) else "live"

    def draft(self) -> Draft:
        """Return what was said, without whose and when."""
        return Draft(**{name: getattr(self, name) for name in Draft.__dataclass_fields__})

    def to_json(self, now: datetime | None = None) -> dict[str, Any]:
        """Return it as the bridge answers it."""
        document = draft_json(self)
        own = {"id": self.id, "version": self.version, "by": self.by, "at": self.at}
        return {**own, **document, "state": self.state(now or datetime.now(UTC)), "text": sentence(self)}


def draft_json(draft: Draft) -> dict[str, Any]:
    """Return the parts that a person says, as they are sent and kept."""
    parts = asdict(draft)
    return {name: parts[name] for name in Draft.__dataclass_fields__} | {"products": list(draft.products)}


def read_draft(document: Mapping[str, Any]) -> Draft:
    """Return the draft that `draft_json` wrote."""
    known = {name: document[name] for name in Draft.__dataclass_fields__ if name in document}
    return Draft(**(known | {"products": tuple(known.get("products", ()))}))


def checked(draft: Draft) -> Draft:
    """Return a draft with its texts trimmed and dates in UTC; RequestError says what is wrong, and where."""
    draft = replace(
        draft,
        value=" ".join(draft.value.split()),
        products=tuple(dict.fromkeys(one.strip() for one in draft.products if one.strip())),
        field=draft.field.strip(),
        of=draft.of.strip(),
        owner=" ".join(draft.owner.split()),
        note=draft.note.strip(),
        starts=_moment(draft.starts, "starts"),
        ends=_moment(draft.ends, "ends", end=True),
    )
    _check_words(draft)
    _check_target(draft)
    if not 1 <= draft.place <= LAST_PLACE - len(draft.products) + 1:
        raise _wrong("place", f"a pin stands at a place from 1 to {LAST_PLACE}, its last product too")
    if not (math.isfinite(draft.factor) and LEAST_FACTOR < draft.factor <= MOST_FACTOR):
        raise _wrong("factor", f"the factor is more than 1 and at most {MOST_FACTOR:g}, got {draft.factor:g}")
    if abs(draft.priority) > MOST_PRIORITY:
        raise _wrong("priority", f"the priority is from -{MOST_PRIORITY} to {MOST_PRIORITY}, got {draft.priority}")
    if draft.starts is not None and draft.ends is not None and draft.starts >= draft.ends:
        raise _wrong("ends", "the end is not after the start")
    return draft


def sentence(draft: Draft) -> str:
    """Return the rule as one sentence."""
    what = ", ".join(draft.products[:3]) + (f" and {len(draft.products) - 3} more" if len(draft.products) > 3 else "")
    what = what or f"{draft.field} “{draft.of}”"
    how = {
        "pin": f"pin {what} to place {draft.place}",
        "hide": f"hide {what}",
        "boost": f"boost {what} ×{draft.factor:g}",
        "bury": f"bury {what} ÷{draft.factor:g}",
    }[draft.action]
    where = {
        "query": f"for “{draft.value}”",
        "pattern": "everywhere" if draft.value == "*" else f"for words like “{draft.value}”",
        "category": f"in the category “{draft.value}”",
    }[draft.kind]
    return f"{how} {where}"


def _check_words(draft: Draft) -> None:
    if draft.action not in ACTIONS:
        raise _wrong("action", f"an action is {', '.join(ACTIONS)}; got {draft.action!r}")
    if draft.kind not in KINDS:
        raise _wrong("kind", f"a rule is for a {', '.join(KINDS)}; got {draft.kind!r}")
    if not draft.value:
        raise _wrong("value", f"say for which {draft.kind}")
    for name, most in (("value", MOST_CHARS), ("of", MOST_CHARS), ("owner", MOST_CHARS), ("note", MOST_NOTE)):
        if len(getattr(draft, name)) > most:
            raise _wrong(name, f"{name} has at most {most} characters")
    problem = problem_of_pattern(draft.value) if draft.kind == "pattern" else ""
    if problem:
        raise _wrong("value", problem)


def _check_target(draft: Draft) -> None:
    if bool(draft.products) == bool(draft.field or draft.of):
        raise _wrong("products", "name products by their ids, or a field and its value, one of both")
    if len(draft.products) > MOST_PRODUCTS or any(len(one) > 512 for one in draft.products):
        raise _wrong("products", f"a rule names at most {MOST_PRODUCTS} products, by ids of at most 512 characters")
    if not draft.products and (draft.field not in FIELDS or not draft.of):
        raise _wrong("field", f"the field is {', '.join(FIELDS)}, with a value; got {draft.field!r}")
    if draft.action == "pin" and not draft.products:
        raise _wrong("products", "a pin names its products by their ids")


def _moment(given: str | None, name: str, *, end: bool = False) -> str | None:
    """Return a moment in UTC; a day alone is its beginning, and where something ends, its end."""
    if given is None or not given.strip():
        return None
    text = given.strip()
    try:
        if len(text) == len("2026-01-01"):
            day = date.fromisoformat(text) + timedelta(days=1 if end else 0)
            found = datetime.combine(day, time(), UTC)
        else:
            found = datetime.fromisoformat(text)
            found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _wrong(
            name, f"{name} is a day or a moment as 2026-12-24 or 2026-12-24T08:00:00Z, got {text!r}"
        ) from error
    return found.isoformat(timespec="seconds")


def _wrong(field: str, message: str) -> RequestError:
    return RequestError(message, status=422, field=field)
