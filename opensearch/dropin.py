"""The drop-in: what makes OpenSearch hand a storefront's request to the bridge before it runs it.

Per generation: a connector and a remote model for the rewrite, a second pair that serves embeddings to `neural`
queries, and a search pipeline that is the default of the generation's index. All names are made from the index,
so installing again finds its own parts and changes nothing, a new address or token replaces them without a gap,
and removal takes all of them away, also what a killed installation left behind.
"""

import time
from dataclasses import dataclass, replace
from typing import Any

import orjson

from opensearch import remote_models, trust
from opensearch.client import Cluster
from opensearch.errors import CapabilityMissingError, ClusterRefusedError, GenerationError
from opensearch.generations import Generation

PROBE = "kindred_probe"
"""A request body with this single key is answered as it is by the bridge and counts as no rewrite."""

_PREFIX = "kindred-"
_ATTEMPTS = 3


@dataclass(frozen=True)
class DropIn:
    """The parts installed for one index; `url` is the bridge's rewrite address that its connector calls.

    While it is not `active`, requests do not go through its pipeline; `reason` says why the installation left it so.
    """

    index: str
    pipeline: str
    rewrite_model: str
    embed_model: str
    url: str
    active: bool
    reason: str | None = None


def pipeline_name(index: str) -> str:
    """Return the name of the search pipeline of the generation that lives in `index`."""
    return _PREFIX + index


def install(
    cluster: Cluster, generation: Generation, *, bridge_url: str, token: str, silent: str | None = None
) -> DropIn:
    """Install or refresh the drop-in of a generation and return its parts; a second call changes nothing.

    It becomes active when the cluster has reached the bridge through it, see `activate`.

    `bridge_url` is the bridge's address as the cluster reaches it, `token` a bearer token of role `storefront`.
    `silent` says why no bridge can answer there, where that is known: the cluster is then not made to try, which
    could take it ten seconds (see `activate`).
    Raises CapabilityMissingError where ml-commons is absent or does not allow the address, GenerationError where
    the parts do not settle because something else keeps changing them.
    """
    bridge_url, index = bridge_url.rstrip("/"), generation.index
    connectors = _connectors(generation, bridge_url, token)
    trust.allow(cluster, bridge_url)
    for _ in range(_ATTEMPTS):
        rewrite, embed = (remote_models.ensure(cluster, body) for body in connectors)
        unreached = silent or _unreached(cluster, rewrite, embed)
        if _pipeline(cluster, index) != _pipeline_body(rewrite):
            if unreached is not None:
                _set_default_pipeline(cluster, index, None)
            cluster.request("PUT", f"/_search/pipeline/{pipeline_name(index)}", _pipeline_body(rewrite))
        if unreached is None:
            _set_default_pipeline(cluster, index, pipeline_name(index))
        # Only now: until the pipeline named the new model, shoppers' requests went through the old one.
        remote_models.sweep(cluster, _names(index), keep={rewrite, embed})
        found = installed(cluster, generation)
        if found is not None and (found.rewrite_model, found.embed_model) == (rewrite, embed):
            return found if found.active else replace(found, reason=unreached)
    raise GenerationError(f"the drop-in of {index} does not settle: is another installation running?")


def activate(cluster: Cluster, generation: Generation) -> DropIn | None:
    """Let requests go through an installed drop-in once the cluster reaches the bridge; None where there is none.

    OpenSearch's connector has a flaw: until it has reached its service once, about one call in fifty does not fail
    at once but after ten seconds (seen with ml-commons 3.6.0). A shopper must not meet that, so the pipeline becomes
    the index's default only after a first answer from the bridge. From then on a dead bridge costs milliseconds.
    """
    found = installed(cluster, generation)
    if found is None or found.active:
        return found
    unreached = _unreached(cluster, found.rewrite_model, found.embed_model)
    if unreached is not None:
        return replace(found, reason=unreached)
    _set_default_pipeline(cluster, generation.index, found.pipeline)
    return replace(found, active=True)


def installed(cluster: Cluster, generation: Generation) -> DropIn | None:
    """Return the parts installed for a generation, or None where any is missing or does not fit the others."""
    index = generation.index
    pipeline = _pipeline(cluster, index)
    if pipeline is None:
        return None
    urls = {one.id: one.url for one in remote_models.connectors(cluster, _names(index))}
    usable = [m for m in remote_models.models(cluster, _names(index)) if m.deployed and m.connector in urls]
    rewrite_name, embed_name = _names(index)
    embed = next((model for model in usable if model.name == embed_name), None)
    active = _default_pipeline(cluster, index) == pipeline_name(index)
    for model in usable:
        if embed is not None and model.name == rewrite_name and pipeline == _pipeline_body(model.id):
            return DropIn(index, pipeline_name(index), model.id, embed.id, urls[model.connector], active)
    return None


def remove(cluster: Cluster, generation: Generation) -> None:
    """Take every part of a generation's drop-in away; parts, or an index, that are gone already are no error."""
    remove_index(cluster, generation.index)


def remove_index(cluster: Cluster, index: str) -> None:
    """Do as `remove` does, for an index that may be deleted already, so that only its name is known."""
    _set_default_pipeline(cluster, index, None)
    _optional(cluster, "DELETE", f"/_search/pipeline/{pipeline_name(index)}")
    try:
        urls = {one.url for one in remote_models.connectors(cluster, _names(index))}
    except CapabilityMissingError:
        return  # without ml-commons there is nothing more to take away
    remote_models.sweep(cluster, _names(index))
    still_called = {trust.pattern(one.url) for one in remote_models.connectors(cluster, None)}
    for url in urls:
        if trust.pattern(url) not in still_called:
            trust.withdraw(cluster, url)


def probe(cluster: Cluster, dropin: DropIn) -> float:
    """Make one real predict from the cluster to the bridge and return its time in milliseconds.

    Raises ClusterRefusedError with the cluster's reason: an address that it cannot reach, private addresses that
    it does not allow, a token or a fingerprint that the bridge refuses.
    """
    started = time.perf_counter()
    remote_models.predict(cluster, dropin.rewrite_model, {"body": orjson.dumps({PROBE: True}).decode()})
    return (time.perf_counter() - started) * 1000


def pipeline_counts(cluster: Cluster) -> dict[str, int]:
    """Return, by index, how many requests its drop-in pipeline has seen since the nodes were started."""
    counts: dict[str, int] = {}
    for node in cluster.request("GET", "/_nodes/stats/search_pipeline").get("nodes", {}).values():
        for name, entry in node.get("search_pipeline", {}).get("pipelines", {}).items():
            if name.startswith(_PREFIX):
                index = name.removeprefix(_PREFIX)
                counts[index] = counts.get(index, 0) + int(entry["request"]["count"])
    return counts


def _names(index: str) -> tuple[str, str]:
    return f"{_PREFIX}rewrite-{index}", f"{_PREFIX}embed-{index}"


def _connectors(generation: Generation, bridge_url: str, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    rewrite_name, embed_name = _names(generation.index)
    # Unquoted: the whole request arrives as JSON, not as a string that holds JSON.
    rewrite = remote_models.connector_body(
        rewrite_name,
        f"{bridge_url}/v1/generations/{generation.index}/rewrite",
        f'{{ "body": ${{parameters.body}}, "fingerprint": {_quoted(generation.text.fingerprint)} }}',
        token,
    )
    embed = remote_models.connector_body(
        embed_name,
        f"{bridge_url}/v1/embeddings",
        f'{{ "input": ${{parameters.input}}, "model": {_quoted(generation.text.model)} }}',
        token,
        pre_process_function="connector.pre_process.openai.embedding",
        post_process_function="connector.post_process.openai.embedding",
    )
    return rewrite, embed


def _quoted(text: str) -> str:
    return orjson.dumps(text).decode()


def _pipeline_body(model: str) -> dict[str, Any]:
    inference = {
        "model_id": model,
        "function_name": "remote",
        "input_map": [{"body": "$"}],
        "output_map": [{"dsl": "dsl"}],
        "query_template": "${dsl}",
        "ignore_failure": True,
    }
    return {"request_processors": [{"ml_inference": inference}]}


def _pipeline(cluster: Cluster, index: str) -> dict[str, Any] | None:
    answer = _optional(cluster, "GET", f"/_search/pipeline/{pipeline_name(index)}")
    return None if answer is None else answer.get(pipeline_name(index))


def _default_pipeline(cluster: Cluster, index: str) -> str | None:
    answer = _optional(cluster, "GET", f"/{index}/_settings/index.search.default_pipeline") or {}
    settings = answer.get(index, {}).get("settings", {}).get("index", {})
    return settings.get("search", {}).get("default_pipeline")


def _set_default_pipeline(cluster: Cluster, index: str, pipeline: str | None) -> None:
    """Make `pipeline` the default of an index; None takes ours away and leaves anyone else's."""
    now = _default_pipeline(cluster, index)
    if now != pipeline and (pipeline is not None or now == pipeline_name(index)):
        cluster.request("PUT", f"/{index}/_settings", {"index.search.default_pipeline": pipeline})


def _unreached(cluster: Cluster, rewrite: str, embed: str) -> str | None:
    """Return why the cluster does not reach the bridge through one of the models, None where it reaches it."""
    calls = ((rewrite, {"body": orjson.dumps({PROBE: True}).decode()}), (embed, {"input": '["kindred"]'}))
    for model, parameters in calls:
        try:
            remote_models.predict(cluster, model, parameters)
        except ClusterRefusedError as error:
            # Also a bridge that refuses was reached.
            if "Error from remote service" not in error.reason:
                return f"the cluster does not reach the bridge: {error.reason}"
    return None


def _optional(cluster: Cluster, method: str, path: str) -> dict[str, Any] | None:
    """Make a request and return its answer, or None where the thing that it names does not exist."""
    try:
        return cluster.request(method, path)
    except ClusterRefusedError as error:
        if error.status == 404:
            return None
        raise
