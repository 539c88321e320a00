"""What a catalogue says of segments: the categories and tags that their customers buy more than others do."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from opensearch.client import Cluster, path
from plugin_bridge.behaviour.model import BehaviourModel
from plugin_bridge.behaviour.segments import MARKS, Segment, Segments, TagMark
from plugin_bridge.tagging.labels import labels_of
from plugin_bridge.tagging.suggesting import CATEGORY, TAGS

MOST_PRODUCTS = 20_000  # that are looked at, those with most customers
_PAGE = 1_000
_LEAST_SHARE = 0.02  # of what a segment buys, for a tag to mark it
_LEAST_LIFT = 1.1
Labels = Mapping[str, Sequence[tuple[str, str]]]


def labels_in(cluster: Cluster, index: str, model: BehaviourModel) -> dict[str, list[tuple[str, str]]]:
    """Return (field, value) of the category and the tags of each product of the model that is in an index."""
    crowd = model.crowd
    often = np.argsort(-np.bincount(crowd.item, minlength=len(model.parts)), kind="stable")[:MOST_PRODUCTS]
    found: dict[str, list[tuple[str, str]]] = {}
    for start in range(0, len(often), _PAGE):
        ids = [model.parts.items[one] for one in often[start : start + _PAGE]]
        body = {"docs": [{"_id": one, "_source": [CATEGORY, TAGS]} for one in ids]}
        for one in cluster.request("POST", path(index, "_mget"), body)["docs"]:
            if one.get("found"):
                labels = labels_of(one.get("_source", {}), (CATEGORY, TAGS))
                found[one["_id"]] = [(field, value) for field, values in labels.items() for value in values]
    return found


def described(found: Segments, model: BehaviourModel, labels: Labels) -> Segments:
    """Return segments with what marks them among the products' labels: a share of purchases, and how often the usual.

    A purchase is a product that a customer bought, once or more.
    """
    crowd, items = model.crowd, model.parts.items
    number = {name: one.number for one in found.found for name in one.customers}
    of_customer = np.array([number[name] for name in crowd.names.tolist()])
    of_entry = of_customer[crowd.customer]
    usual = _shares(np.bincount(crowd.item, minlength=len(items)), items, labels)
    segments = []
    for one in found.found:
        inside = _shares(np.bincount(crowd.item[of_entry == one.number], minlength=len(items)), items, labels)
        segments.append(_with_tags(one, inside, usual))
    return replace(found, found=tuple(segments))


def _shares(counts: np.ndarray, items: Sequence[str], labels: Labels) -> dict[tuple[str, str], float]:
    total = counts.sum() or 1
    found: Counter[tuple[str, str]] = Counter()
    for place in np.flatnonzero(counts).tolist():
        for label in labels.get(items[place], ()):
            found[label] += int(counts[place])
    return {label: count / total for label, count in found.items()}


def _with_tags(
    one: Segment, inside: Mapping[tuple[str, str], float], usual: Mapping[tuple[str, str], float]
) -> Segment:
    worth = {
        label: share * float(np.log(share / usual[label]))
        for label, share in inside.items()
        if share >= _LEAST_SHARE and share >= _LEAST_LIFT * usual[label]
    }
    best = sorted(worth, key=lambda label: (-worth[label], label))[:MARKS]
    marks = (
        TagMark(field, value, round(inside[field, value], 4), round(inside[field, value] / usual[field, value], 2))
        for field, value in best
    )
    return replace(one, tags=tuple(marks))
