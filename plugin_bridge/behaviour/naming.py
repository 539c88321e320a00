"""Which model of behaviour is meant where none is named, and which name a training must leave alone."""

from encoders.store import ModelStore
from opensearch import generations
from opensearch.client import connect
from opensearch.errors import OpenSearchError
from plugin_bridge.behaviour.model import behaviour_models
from plugin_bridge.errors import BehaviourError


def free_name(store: ModelStore, name: str) -> str:
    """Return a name that a training may write; raises BehaviourError where a generation needs the model of this name.

    A generation holds a model's vectors and its fingerprint. With another model under that name it would recommend
    nothing until it is published again, and nothing could be rolled back. Where no OpenSearch answers, none recommends.
    """
    if name not in store.names():
        return name
    try:
        with connect() as cluster:
            users = [one.index for one in generations.all_of_them(cluster) if _of(one) == name]
    except OpenSearchError:
        return name
    if users:
        raise BehaviourError(
            f"{', '.join(users)} recommends by the model {name!r}: leave out --out for a new name, or name another; "
            "`kindred release NAME` then compares it and switches"
        )
    return name


def chosen_model(store: ModelStore, name: str | None, alias: str) -> str:
    """Return the named model, else the live generation's, else the only one; BehaviourError where that is not clear."""
    if name is not None:
        return name
    found = behaviour_models(store)
    if len(found) == 1:
        return found[0]
    live = _live(alias) if found else None
    if live in found:
        return str(live)
    there = ", ".join(found) or "none yet; `kindred train behaviour` makes one"
    raise BehaviourError(f"say which model of behaviour with --model (there: {there})")


def _live(alias: str) -> str | None:
    try:
        with connect() as cluster:
            generation = generations.live(cluster, alias)
    except OpenSearchError:
        return None  # nobody can say, so that the name is asked for
    return None if generation is None else _of(generation)


def _of(generation: generations.Generation) -> str | None:
    return None if generation.behaviour is None else generation.behaviour.model
