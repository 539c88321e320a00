"""Personal ranking of a storefront's own search: the history travels in `ext.ml_inference.history`.

Products near the customer's behaviour vector gain a little on top of what the query gave them; without a history, a
model or a vector, nothing changes. The clause only scores what the query found and is bound to the generation's index.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from opensearch.generations import Generation
from opensearch.mappings import BEHAVIOUR_VECTOR
from plugin_bridge.behaviour.ranking import as_history
from plugin_bridge.behaviour.recommending import Recommender
from plugin_bridge.rewrite import Rewritten
from plugin_bridge.rewrite.fusion import rounded
from plugin_bridge.rewrite.reading import Clause

log = logging.getLogger(__name__)

# A product exactly in the customer's direction gains as much as a quarter of a keyword match that counts half.
WEIGHT = 0.25
MOST_PERSONAL = 1_000
_SOURCE = (
    f"doc['{BEHAVIOUR_VECTOR}'].size() == 0 ? 0.0 : "
    f"params.w * Math.max(0.0, cosineSimilarity(params.c, doc['{BEHAVIOUR_VECTOR}']))"
)


def history_in(body: Mapping[str, Any]) -> list[str]:
    """Return the ids in `ext.ml_inference.history`, the latest thousand; nothing where it is missing or no list."""
    ext = body.get("ext")
    said = ext.get("ml_inference") if isinstance(ext, Mapping) else None
    found = said.get("history") if isinstance(said, Mapping) else None
    return [one for one in found[-MOST_PERSONAL:] if isinstance(one, str)] if isinstance(found, list) else []


def personalised(rewritten: Rewritten, body: Mapping[str, Any], generation: Generation, of: Recommender) -> Rewritten:
    """Return a rewritten request that ranks for the customer of `body`; what is missing or fails changes nothing."""
    if rewritten.reason != "rewritten" or generation.behaviour is None:
        return rewritten
    history = history_in(body)
    if not history:
        return rewritten
    try:
        clause = _clause(generation, history, of)
    except Exception:
        # A taste is an extra: without it the shopper still gets words and vectors together.
        log.exception("a search of %s is not ranked for its customer", generation.index)
        return rewritten
    if clause is None:
        return rewritten
    query = {"bool": {"must": [rewritten.body["query"]], "should": [clause]}}
    return replace(rewritten, body={**rewritten.body, "query": query})


def _clause(generation: Generation, history: list[str], of: Recommender) -> Clause | None:
    model = of.shelf.opened(generation)
    if model is None:
        return None
    places = [model.place[one] for one in history if one in model.place]
    if not places:
        return None
    vector = model.parts.customer_vector(as_history(places, model.parts.day), model.parts.day)
    if not vector.any():
        return None
    params = {"c": rounded(vector), "w": WEIGHT}
    scored = {"script_score": {"query": {"match_all": {}}, "script": {"source": _SOURCE, "params": params}}}
    return {"bool": {"filter": [{"term": {"_index": generation.index}}], "must": [scored]}}
