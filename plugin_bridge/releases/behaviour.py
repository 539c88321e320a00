"""What a candidate knows of customers' behaviour: the live generation's model and vectors, unless it brings its own.

The vectors stand in the documents and travel with them. What has to be seen to is the room for them in the index, and
the record that names their model.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from opensearch import generations
from opensearch.client import Cluster
from opensearch.generations import EncoderRef, Generation
from opensearch.mappings import BEHAVIOUR_VECTOR
from plugin_bridge.behaviour.publishing import make_room


def given(cluster: Cluster, target: Generation, behaviour: EncoderRef | None) -> Generation:
    """Return a candidate that names this model of behaviour and has room for its vectors.

    Raises BehaviourError where its index has vectors of another length.
    """
    if behaviour is not None:
        make_room(cluster, target, behaviour.dimension)
    if target.behaviour == behaviour:
        return target
    return generations.update_meta(cluster, replace(target, behaviour=behaviour))


def make_room_for(cluster: Cluster, target: Generation, sources: Iterable[Mapping[str, Any]]) -> bool:
    """Make room for vectors that came into the live generation after the candidate was made; return whether any did."""
    length = next((len(one[BEHAVIOUR_VECTOR]) for one in sources if one.get(BEHAVIOUR_VECTOR)), 0)
    if length:
        make_room(cluster, target, length)
    return bool(length)
