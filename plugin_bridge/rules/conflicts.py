"""Where two rules cannot both have their way, and which of them has."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from plugin_bridge.rules.book import precedence
from plugin_bridge.rules.matching import EVERYTHING, matcher, normalised
from plugin_bridge.rules.values import Rule, sentence


@dataclass(frozen=True)
class RuleConflict:
    """Two rules (0: one that is not saved yet), what is between them, and which of them wins."""

    kind: str
    rules: tuple[int, int]
    wins: int
    text: str

    def to_json(self) -> dict[str, Any]:
        """Return it as the bridge answers it."""
        return asdict(self) | {"rules": list(self.rules)}


def conflicts(rules: Sequence[Rule]) -> list[RuleConflict]:
    """Return all conflicts among rules whose times and requests overlap."""
    return [found for one, other in combinations(rules, 2) for found in between(one, other)]


def conflicts_of(rule: Rule, others: Iterable[Rule]) -> list[RuleConflict]:
    """Return the conflicts of one rule with others."""
    return [found for other in others if other.id != rule.id for found in between(rule, other)]


def between(one: Rule, other: Rule) -> list[RuleConflict]:
    """Return what is between two rules; nothing where no request meets both."""
    if not (_same_time(one, other) and _same_requests(one, other)):
        return []
    first, second = sorted((one, other), key=precedence)
    actions = {one.action, other.action}
    shared = sorted(set(one.products) & set(other.products))
    found: list[tuple[str, str]] = []
    if actions == {"pin"}:
        places = sorted(_places(one) & _places(other))
        if places and not shared:
            found.append(("place", f"both want place {places[0]}"))
        if shared:
            found.append(("product", f"both pin {shared[0]}"))
    elif actions == {"pin", "hide"} and shared:
        found.append(("hidden", f"one pins {shared[0]}, the other hides it"))
    elif actions == {"boost", "bury"} and (shared or _same_field(one, other)):
        what = shared[0] if shared else f"{one.field} “{one.of}”"
        found.append(("opposite", f"one boosts {what}, the other buries it"))
    return [
        RuleConflict(
            kind, (one.id, other.id), first.id, f"{text}: “{sentence(first)}” goes before “{sentence(second)}”"
        )
        for kind, text in found
    ]


def _places(rule: Rule) -> set[int]:
    return set(range(rule.place, rule.place + len(rule.products)))


def _same_field(one: Rule, other: Rule) -> bool:
    return bool(one.field) and (one.field, one.of.casefold()) == (other.field, other.of.casefold())


def _same_time(one: Rule, other: Rule) -> bool:
    return (one.starts or "") < (other.ends or "9") and (other.starts or "") < (one.ends or "9")


def _same_requests(one: Rule, other: Rule) -> bool:
    """Whether some request is known to meet both; two patterns are compared by their words."""
    if EVERYTHING in (one.value, other.value) and "pattern" in (one.kind if one.value == EVERYTHING else other.kind,):
        return True
    mine, theirs = normalised(one.value), normalised(other.value)
    if one.kind == other.kind and mine == theirs:
        return True
    if one.kind == other.kind == "pattern":
        return matcher(mine)(_words(theirs)) or matcher(theirs)(_words(mine))
    if {one.kind, other.kind} == {"query", "pattern"}:
        pattern, words = (mine, theirs) if one.kind == "pattern" else (theirs, mine)
        return matcher(pattern)(words)
    return False


def _words(pattern: str) -> str:
    """Return words that fit a pattern."""
    return pattern.replace("*", "").replace("?", "a")
