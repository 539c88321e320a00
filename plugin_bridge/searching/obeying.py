"""Merchandising rules in the bridge's own searches: hidden products are filtered out, the rest is laid on the plan."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from plugin_bridge.rewrite.reading import Clause
from plugin_bridge.rewrite.ruling import NONE, Effect, Rules, categories_of, rules_met, under_rules
from plugin_bridge.searching.planning import Plan


def effect_on(text: str | None, clauses: Sequence[Clause], rules: Rules | None) -> Effect:
    """Return what the rules want of a search for these words under these filters."""
    return NONE if rules is None else rules.effect(text or "", categories_of({"bool": {"filter": list(clauses)}}))


def obeying(plan: Plan, effect: Effect, clauses: Sequence[Clause], *, named: bool) -> Plan:
    """Return a plan under rules, whose hidden products `clauses` keep out already.

    OpenSearch's own hybrid query stands alone at the top of a request: nothing can be pinned or weighed beside it.
    """
    rest = effect.without_hiding()
    if not rest or plan.mode == "native":
        return plan
    binding: Clause | None = {"bool": {"filter": list(clauses)}} if clauses else None
    ruled = under_rules(plan.body, rest, binding=binding, named=named)
    return replace(plan, body=ruled.body, ruled=ruled)


def with_rules(
    whys: Mapping[str, dict[str, Any]], hits: Sequence[Mapping[str, Any]], effect: Effect
) -> dict[str, dict[str, Any]]:
    """Return explanations that tell of the rules that met each product, and of their share in its score."""
    met = {hit["_id"]: rules_met(hit.get("matched_queries", ())) for hit in hits}
    return {one: _told(why, met.get(one, []), effect) for one, why in whys.items()}


def _told(why: dict[str, Any], met: Sequence[int], effect: Effect) -> dict[str, Any]:
    if not met:
        return why
    pinned = {pin.rule for pin in effect.pins} & set(met)
    factors = {one.rule: one.factor for one in effect.weighed if one.rule in met}
    whole = 1.0
    for factor in factors.values():
        whole *= factor
    # A pin alone decides where its product stands; a boost made what stands above the score without it.
    share = 1.0 if pinned else max(0.0, 1.0 - 1.0 / whole)
    told = {name: _less(part, 1.0 - share) for name, part in why.items()}
    if "share" not in told.get("keyword", {"share": 0}):
        told["keyword"] = {**told["keyword"], "share": 1.0 - share}
    rules = [{"id": one, "action": _action(one, pinned, factors), "factor": factors.get(one)} for one in met]
    return {**told, "rule": {"rules": rules, "share": share}}


def _action(rule: int, pinned: set[int], factors: Mapping[int, float]) -> str:
    if rule in pinned:
        return "pin"
    return "boost" if factors.get(rule, 1.0) > 1.0 else "bury"


def _less(part: Any, left: float) -> Any:
    return {**part, "share": part["share"] * left} if isinstance(part, Mapping) and "share" in part else part
