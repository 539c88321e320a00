"""Connectors and remote models of ml-commons: how a cluster calls a service outside of it.

Parts are found by exact name. What a connector was made from is kept as a digest in its description, because
OpenSearch does not give its credential back to compare.
"""

import hashlib
import logging
import re
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from opensearch.client import Cluster
from opensearch.errors import CapabilityMissingError, ClusterRefusedError, GenerationError

log = logging.getLogger(__name__)

_ML = "/_plugins/_ml"
_DEPLOY_SECONDS = 30.0
_ASK_AGAIN_SECONDS = 3.0
_SETTLE_SECONDS = 15.0
_CONNECTORS = ".plugins-ml-connector"
_MANAGED = "Managed by Kindred, do not edit: "


@dataclass(frozen=True)
class Connector:
    """A connector: `url` is what its first action calls, `digest` tells what it was made from."""

    id: str
    name: str
    digest: str
    url: str


@dataclass(frozen=True)
class RemoteModel:
    """A remote model; `connector` is the id of the connector that it calls."""

    id: str
    name: str
    connector: str
    deployed: bool


def connector_body(name: str, url: str, request_body: str, token: str, **action: str) -> dict[str, Any]:
    """Return the body that creates a connector, with its digest in the description.

    `request_body` is a template with `${parameters...}`; `action` holds further keys of the predict action.
    """
    body: dict[str, Any] = {
        "name": name,
        "version": "1",
        "protocol": "http",
        "parameters": {},
        "credential": {"token": token},
        # Whole seconds are the connector's finest unit. One is the least that a hung bridge can cost a shopper.
        "client_config": {
            "connection_timeout": 1,
            "read_timeout": 1,
            "max_retry_times": 0,
            "max_connection": 100,
        },
        "actions": [
            {
                "action_type": "predict",
                "method": "POST",
                "url": url,
                "headers": {"Authorization": "Bearer ${credential.token}", "Content-Type": "application/json"},
                "request_body": request_body,
                **action,
            }
        ],
    }
    digest = hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]
    return {**body, "description": _MANAGED + digest}


def ensure(cluster: Cluster, connector: Mapping[str, Any]) -> str:
    """Return the id of a deployed remote model on a connector made from exactly this body; make what is missing.

    Raises CapabilityMissingError where ml-commons is absent or does not allow the connector's address.
    """
    name, digest = connector["name"], connector["description"].removeprefix(_MANAGED)
    fitting = [one.id for one in connectors(cluster, [name]) if one.digest == digest]
    for model in models(cluster, [name]):
        if model.connector in fitting:
            if not model.deployed:
                cluster.request("POST", f"{_ML}/models/{model.id}/_deploy")
                _await_deployed(cluster, model.id)
            return model.id
    connector_id = fitting[0] if fitting else _create_connector(cluster, connector)
    body = {"name": name, "function_name": "remote", "connector_id": connector_id}
    made = cluster.request("POST", f"{_ML}/models/_register", body, params={"deploy": "true"})
    _await_deployed(cluster, made["model_id"])
    return str(made["model_id"])


def sweep(cluster: Cluster, names: Collection[str], *, keep: Collection[str] = ()) -> None:
    """Delete models and connectors of these names, except the models in `keep` and what they stand on.

    A model whose deployment has not settled is refused with 400, and a connector whose model is too new to be found
    yet with 409: both only for a moment, so the sweep looks again.
    """
    end = time.monotonic() + _SETTLE_SECONDS
    while True:
        try:
            _sweep_once(cluster, names, keep)
            return
        except ClusterRefusedError as error:
            if error.status not in (400, 409) or time.monotonic() > end:
                raise
        time.sleep(0.25)


def _sweep_once(cluster: Cluster, names: Collection[str], keep: Collection[str]) -> None:
    found = models(cluster, names)
    for model in found:
        if model.id not in keep:
            _optional(cluster, "POST", f"{_ML}/models/{model.id}/_undeploy")
            _optional(cluster, "DELETE", f"{_ML}/models/{model.id}")
    used = {model.connector for model in found if model.id in keep}
    for connector in connectors(cluster, names):
        if connector.id not in used:
            _delete_connector(cluster, connector)
    if not keep:
        for hit in _search(cluster, "model_groups", names):  # OpenSearch made one for each model's name
            _optional(cluster, "DELETE", f"{_ML}/model_groups/{hit['_id']}")


def _delete_connector(cluster: Cluster, connector: Connector) -> None:
    """Delete a connector; raises ClusterRefusedError 409 where a model still uses it.

    OpenSearch 3.6 looks for such models by the words of the connector's id, so that `...sf-W` may not go while some
    model uses `...q_-W`. Where all that it names use another connector, the document itself is deleted.
    """
    try:
        _optional(cluster, "DELETE", f"{_ML}/connectors/{connector.id}")
    except ClusterRefusedError as error:
        named = re.search(r"models first: \[(.*)\]", error.reason)
        if error.status != 409 or named is None:
            raise
        users = [_optional(cluster, "GET", f"{_ML}/models/{one.strip()}") for one in named[1].split(",")]
        if any(user is not None and user.get("connector_id") == connector.id for user in users):
            raise
        try:
            cluster.request("DELETE", f"/{_CONNECTORS}/_doc/{connector.id}", params={"refresh": True})
        except ClusterRefusedError as protected:
            log.warning("connector %s is used by nothing and cannot be deleted: %s", connector.id, protected)


def predict(cluster: Cluster, model: str, parameters: Mapping[str, str]) -> Any:
    """Make one predict through the cluster and return its decoded answer."""
    return cluster.request("POST", f"{_ML}/models/{model}/_predict", {"parameters": dict(parameters)})


def connectors(cluster: Cluster, names: Collection[str] | None) -> list[Connector]:
    """Return the connectors of exactly these names (None: all that Kindred made)."""
    found = []
    for hit in _search(cluster, "connectors", names):
        source = hit["_source"]
        digest = source.get("description", "").removeprefix(_MANAGED)
        url = source.get("actions", [{}])[0].get("url", "")
        found.append(Connector(hit["_id"], source["name"], digest, url))
    return found


def models(cluster: Cluster, names: Collection[str] | None) -> list[RemoteModel]:
    """Return the remote models of exactly these names (None: all that Kindred made)."""
    found = []
    for hit in _search(cluster, "models", names):
        source = hit["_source"]
        deployed = source.get("model_state") == "DEPLOYED"
        found.append(RemoteModel(hit["_id"], source["name"], source.get("connector_id", ""), deployed))
    return found


def _create_connector(cluster: Cluster, body: Mapping[str, Any]) -> str:
    try:
        return str(cluster.request("POST", f"{_ML}/connectors/_create", dict(body))["connector_id"])
    except ClusterRefusedError as error:
        if "trusted connector endpoint" in error.reason:
            raise CapabilityMissingError(
                error.status,
                f"the cluster does not allow {body['actions'][0]['url']}: add its address to "
                "plugins.ml_commons.trusted_connector_endpoints_regex",
            ) from error
        raise


def _await_deployed(cluster: Cluster, model: str) -> None:
    """Wait until a model is deployed; one that got stuck (the cluster was read-only just then) is deployed again."""
    started = asked = time.monotonic()
    while True:
        state = cluster.request("GET", f"{_ML}/models/{model}").get("model_state")
        if state == "DEPLOYED":
            return
        now = time.monotonic()
        if now - started > _DEPLOY_SECONDS:
            raise GenerationError(f"OpenSearch did not deploy the remote model {model}: its state is {state}")
        if now - asked > _ASK_AGAIN_SECONDS:
            asked = now
            cluster.request("POST", f"{_ML}/models/{model}/_deploy")
        time.sleep(0.05)


def _search(cluster: Cluster, what: str, names: Collection[str] | None) -> list[dict[str, Any]]:
    query: dict[str, Any] = {"prefix": {"name.keyword": "kindred-"}}
    if names is not None:
        query = {"terms": {"name.keyword": list(names)}}
    try:
        answer = _optional(cluster, "POST", f"{_ML}/{what}/_search", {"query": query, "size": 1000})
    except CapabilityMissingError as error:
        if "no handler found" not in error.reason:
            raise
        raise CapabilityMissingError(
            error.status,
            "the plugin opensearch-ml (ml-commons) is not installed, so a storefront's own requests cannot be "
            "rewritten; searching through the bridge works without it",
        ) from error
    hits = [] if answer is None else answer["hits"]["hits"]
    return sorted(hits, key=lambda hit: str(hit["_id"]))


def _optional(cluster: Cluster, method: str, path: str, body: Any = None) -> dict[str, Any] | None:
    """Make a request and return its answer, or None where the thing that it names does not exist."""
    try:
        return cluster.request(method, path, body)
    except ClusterRefusedError as error:
        if error.status == 404:
            return None
        raise
