"""The preflight's predict: the cluster itself calls the bridge, on the way that a storefront's request will take."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from opensearch import remote_models, trust
from opensearch.client import Cluster, path
from opensearch.dropin import PROBE
from opensearch.errors import ClusterRefusedError, OpenSearchError
from opensearch.findings import Finding, fine, lacking

HEALTH = "/health"
"""The bridge's address that anyone may ask, and that answers with JSON."""

_COST = "a storefront's own requests stay keyword searches; searching through the bridge still works"
_STOREFRONT_COST = "the storefront's searches silently stay keyword searches, without any error"

# (part of what ml-commons says, what to do about it)
_MENDS = (
    ("Connection refused", "Start the bridge (`kindred serve`), or set KINDRED_BRIDGE_URL to where it listens"),
    ("trusted connector endpoint", "Add the address to plugins.ml_commons.trusted_connector_endpoints_regex"),
    ("private ip", 'PUT /_cluster/settings {"persistent": {"plugins.ml_commons.connector.private_ip_enabled": true}}'),
    ("UnknownHost", "Set KINDRED_BRIDGE_URL to a name or an address that the cluster's machines can resolve"),
    ("imeout", "Open the way from the cluster's machines to the bridge's port, or set KINDRED_BRIDGE_URL"),
    ("timed out", "Open the way from the cluster's machines to the bridge's port, or set KINDRED_BRIDGE_URL"),
    ("Failed to find model", "Install the drop-in again: `kindred up`"),
)


def from_cluster(cluster: Cluster, bridge_url: str, model_id: str | None, storefront: Cluster | None) -> Finding:
    """Let the cluster make one predict to the bridge, with the storefront's credentials where they are given."""
    bridge_url = bridge_url.rstrip("/")
    name = "predict as the storefront" if storefront else "predict"
    try:
        if model_id is not None:
            _predict(storefront or cluster, model_id, {"body": f'{{"{PROBE}": true}}'})
        else:
            with _model_for_the_moment(cluster, bridge_url + HEALTH) as made:
                _predict(storefront or cluster, made, {})
    except OpenSearchError as error:
        return _failed(name, bridge_url, error, storefront)
    return fine(name, f"the cluster reaches the bridge at {bridge_url}", "drop-in")


def may_enter(storefront: Cluster) -> Finding:
    """Check the storefront's credentials alone."""
    name = "storefront credentials"
    try:
        storefront.request("GET", "/_search", {"size": 0, "query": {"match_none": {}}})
    except ClusterRefusedError as error:
        return lacking(name, error.reason, "drop-in", "the storefront cannot search", "Check its user and its role")
    return fine(name, "may search", "drop-in")


def _predict(cluster: Cluster, model: str, parameters: dict[str, str]) -> None:
    cluster.request("POST", path("_plugins", "_ml", "models", model, "_predict"), {"parameters": parameters})


def _failed(name: str, bridge_url: str, error: OpenSearchError, storefront: Cluster | None) -> Finding:
    reason = error.reason if isinstance(error, ClusterRefusedError) else str(error)
    status = error.status if isinstance(error, ClusterRefusedError) else 0
    if "Error from remote service" in reason:
        mend = "Install the drop-in again (`kindred up`): the bridge refuses its token or its fingerprint"
    elif status == 403 and storefront is not None:
        mend = "Give the storefront's role cluster:admin/opensearch/ml/predict (docs/opensearch-roles.md)"
        return lacking(name, reason, "drop-in", _STOREFRONT_COST, mend)
    elif status == 401:
        mend = "Check the user and the password"
    else:
        mend = next((mend for part, mend in _MENDS if part in reason), "See the cluster's log for the cause")
    return lacking(name, f"from the cluster to {bridge_url}: {reason}", "drop-in", _COST, mend)


@contextmanager
def _model_for_the_moment(cluster: Cluster, url: str) -> Iterator[str]:
    """Make a remote model that asks `url`, and take it away again, also the leave to call that address."""
    name = f"kindred-preflight-{secrets.token_hex(4)}"
    connector = remote_models.connector_body(name, url, "{}", "none")
    connector["actions"][0]["method"] = "GET"
    added = trust.allow(cluster, url)
    try:
        yield remote_models.ensure(cluster, connector)
    finally:
        remote_models.sweep(cluster, [name])
        if added:
            trust.withdraw(cluster, url)
