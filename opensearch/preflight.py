"""The preflight: what a cluster offers, what is missing, what that costs and how to mend it.

It looks before anything is built: version, plugins, settings, permissions, and one real predict from the cluster
to the bridge. It changes nothing that stays.
"""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from opensearch import preflight_predict as predict
from opensearch.client import Cluster
from opensearch.errors import (
    CapabilityMissingError,
    ClusterRefusedError,
    ClusterUnfitError,
    ClusterUnreachableError,
)
from opensearch.findings import Finding, Loss, fine, lacking

OLDEST = (3, 0)
TRIED = "3.6.0"
_NEVER = "kindred-preflight-never"

_PLUGINS: Sequence[tuple[str, str, Loss, str]] = (
    (
        "k-NN",
        "opensearch-knn",
        "everything",
        "vectors cannot be stored or searched, so Kindred cannot use this cluster",
    ),
    (
        "ml-commons",
        "opensearch-ml",
        "drop-in",
        "a storefront's own requests stay keyword searches (no drop-in); searching through the bridge still works",
    ),
    (
        "neural-search",
        "opensearch-neural-search",
        "native",
        "mode `native` (OpenSearch's own hybrid query) is not available; nothing else is lost",
    ),
)

# (what it is for, method, path, body, loss, cost). Each asks for something that cannot be, so that a cluster that
# permits it refuses for that reason and nothing is made; one that does not permit it says 403.
_PERMISSIONS: Sequence[tuple[str, str, str, Any, Loss, str]] = (
    (
        "indices:admin/create",
        "PUT",
        f"/{_NEVER}",
        {"settings": {"index": {"number_of_shards": 0}}},
        "loading",
        "no generation can be built",
    ),
    (
        "indices:admin/aliases",
        "POST",
        "/_aliases",
        {"actions": [{"remove": {"index": _NEVER, "alias": _NEVER}}]},
        "loading",
        "no generation can be made live or rolled back",
    ),
    (
        "indices:data/write/*",
        "POST",
        f"/{_NEVER}/_bulk",
        f'{{"delete":{{"_id":"{_NEVER}"}}}}\n',
        "loading",
        "no product can be loaded",
    ),
    (
        "cluster:admin/search/pipeline/put",
        "PUT",
        f"/_search/pipeline/{_NEVER}",
        {"request_processors": [{"kindred_no_such_processor": {}}]},
        "drop-in",
        "the drop-in cannot be installed; searching through the bridge still works",
    ),
    (
        "cluster:admin/opensearch/ml/connectors/search",
        "POST",
        "/_plugins/_ml/connectors/_search",
        {"size": 0},
        "drop-in",
        "the drop-in cannot be installed; searching through the bridge still works",
    ),
)


@dataclass(frozen=True)
class Preflight:
    """What a cluster offers; `plugins` maps a plugin's name to its version."""

    url: str
    version: str
    plugins: Mapping[str, str]
    findings: tuple[Finding, ...]

    def offers(self, what: Literal["everything", "loading", "drop-in", "native"]) -> bool:
        """Return whether nothing stands in the way of `what`."""
        return not any(finding.loss in (what, "everything") for finding in self.findings if not finding.ok)

    def require(self) -> None:
        """Refuse a cluster that Kindred cannot use at all.

        Raises:
            ClusterUnfitError: says what is missing and how to mend it.
        """
        fatal = [f for f in self.findings if not f.ok and f.loss == "everything"]
        if fatal:
            said = "; ".join(f"{f.name}: {f.detail}: {f.cost}. {f.mend}" for f in fatal)
            raise ClusterUnfitError(f"{self.url} cannot be used. {said}")


def check(
    cluster: Cluster,
    *,
    bridge_url: str | None = None,
    model_id: str | None = None,
    storefront: Cluster | None = None,
) -> Preflight:
    """Look at a cluster and report.

    Args:
        cluster: with the credentials that Kindred itself uses.
        bridge_url: the bridge's address as the cluster reaches it; then one predict is made from the cluster.
        model_id: the remote model of an installed drop-in to predict with; else one is made for the moment.
        storefront: the same cluster with the storefront's credentials; then these are checked as well.

    Raises:
        ClusterUnreachableError: nothing answers.
        ClusterRefusedError: it does not let anyone in with these credentials (401).
    """
    root = cluster.request("GET", "/")
    version = root.get("version", {}) if isinstance(root, dict) else {}
    findings = [_version(version)]
    if not findings[0].ok and findings[0].loss == "everything":
        return Preflight(cluster.url, str(version.get("number", "")), {}, tuple(findings))
    plugins, partly = _plugins(cluster)
    findings += [_plugin(plugins, partly, *row) for row in _PLUGINS]
    has_ml = "opensearch-ml" in plugins
    findings += _settings(cluster, bridge_url if has_ml else None, has_ml)
    findings += [_permission(cluster, *row) for row in _PERMISSIONS if has_ml or not row[2].startswith("/_plugins/_ml")]
    usable = has_ml and all(finding.ok for finding in findings if finding.loss == "drop-in")
    if bridge_url and usable:
        findings.append(predict.from_cluster(cluster, bridge_url, model_id, storefront))
    elif storefront is not None:
        findings.append(predict.may_enter(storefront))
    return Preflight(cluster.url, str(version.get("number", "")), plugins, tuple(findings))


def _version(version: Mapping[str, Any]) -> Finding:
    number, kind = str(version.get("number", "unknown")), version.get("distribution")
    if kind != "opensearch":
        return lacking(
            "OpenSearch",
            f"it says it is {kind or 'not OpenSearch'} {number}",
            "everything",
            "Kindred needs OpenSearch",
            f"Point OPENSEARCH_URL at an OpenSearch cluster, {OLDEST[0]}.{OLDEST[1]} or newer",
        )
    digits = number.split("-")[0].split(".")
    if tuple(int(part) for part in digits[:2] if part.isdigit()) < OLDEST:
        return lacking(
            "OpenSearch",
            f"version {number}",
            "nothing",
            f"Kindred was never tried on a version before {OLDEST[0]}.{OLDEST[1]}; searches may fall back to keywords",
            f"Upgrade OpenSearch ({TRIED} is tested)",
        )
    return fine("OpenSearch", f"version {number}" + ("" if number == TRIED else f" ({TRIED} is tested)"))


def _plugins(cluster: Cluster) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Return {plugin: version} of what every node has, and {plugin: nodes without it} of what only some have."""
    try:
        nodes = cluster.request("GET", "/_nodes/plugins", params={"filter_path": "nodes.*.name,nodes.*.plugins"})
        by_node = {
            node["name"]: {plugin["name"]: plugin["version"] for plugin in node.get("plugins", [])}
            for node in nodes["nodes"].values()
        }
    except CapabilityMissingError:
        # Without the permission to look at nodes, what answers at a plugin's address has to tell.
        return _plugins_by_address(cluster), {}
    every = set.union(*(set(have) for have in by_node.values())) if by_node else set()
    partly = {name: [node for node, have in by_node.items() if name not in have] for name in every}
    partly = {name: nodes for name, nodes in partly.items() if nodes}
    first = next(iter(by_node.values()), {})
    return {name: first[name] for name in sorted(every) if name not in partly}, partly


def _plugins_by_address(cluster: Cluster) -> dict[str, str]:
    found = {}
    for name, address in (
        ("opensearch-knn", "/_plugins/_knn/stats"),
        ("opensearch-ml", "/_plugins/_ml/stats"),
        ("opensearch-neural-search", "/_plugins/_neural/stats"),
    ):
        try:
            cluster.request("GET", address)
        except ClusterRefusedError as error:
            if "no handler found" in error.reason:
                continue
        found[name] = "unknown"
    return found


def _plugin(
    plugins: Mapping[str, str], partly: Mapping[str, list[str]], name: str, plugin: str, loss: Loss, cost: str
) -> Finding:
    if plugin in plugins:
        return fine(name, f"{plugin} {plugins[plugin]}", loss)
    where = f"on {', '.join(partly[plugin])}" if plugin in partly else "on any node"
    detail = f"{plugin} is not installed {where}"
    return lacking(name, detail, loss, cost, f"Install it on every node: bin/opensearch-plugin install {plugin}")


def _settings(cluster: Cluster, bridge_url: str | None, has_ml: bool) -> list[Finding]:
    try:
        levels = cluster.request("GET", "/_cluster/settings", params={"include_defaults": True, "flat_settings": True})
    except CapabilityMissingError as error:
        mend = "Give the role cluster:monitor/settings (or cluster_monitor) to look, or check them by hand"
        return [lacking("settings", error.reason, "nothing", "the cluster's settings were not checked", mend)]
    values = {**levels.get("defaults", {}), **levels.get("persistent", {}), **levels.get("transient", {})}
    findings = []
    blocks = [key for key in _BLOCKS if str(values.get(key, "false")) == "true"]
    if blocks:
        mend = f'Free disk space, then PUT /_cluster/settings {{"persistent": {{"{blocks[0]}": null}}}}'
        findings.append(lacking("write blocks", f"{blocks[0]} is on", "loading", "nothing can be loaded", mend))
    if has_ml:
        findings += _memory_breakers(values)
        findings += _private_address(values, bridge_url) if bridge_url else []
    return findings


_BLOCKS = ("cluster.blocks.read_only", "cluster.blocks.read_only_allow_delete", "cluster.blocks.create_index")
_ML = "plugins.ml_commons"


def _memory_breakers(values: Mapping[str, Any]) -> list[Finding]:
    """ml-commons refuses to predict where memory is scarce, which a cluster with a big page cache always seems."""
    keys = [f"{_ML}.native_memory_threshold", f"{_ML}.jvm_heap_memory_threshold"]
    low = [key for key in keys if str(values.get(key, "100")).isdigit() and int(values.get(key, 100)) < 100]
    if not low:
        return []
    cost = "where a node's memory fills up, searches quietly become keyword searches"
    wanted = ", ".join(f'"{key}": 100' for key in low)
    mend = f'PUT /_cluster/settings {{"persistent": {{{wanted}}}}}'
    seen = ", ".join(f"{key} is {values[key]}" for key in low)
    return [lacking("memory breakers", seen, "nothing", cost, mend)]


def _private_address(values: Mapping[str, Any], bridge_url: str) -> list[Finding]:
    key = f"{_ML}.connector.private_ip_enabled"
    if str(values.get(key, "false")) == "true" or not _is_private(urlsplit(bridge_url).hostname or ""):
        return []
    cost = "the cluster will not call the bridge, so a storefront's own requests stay keyword searches"
    mend = f'PUT /_cluster/settings {{"persistent": {{"{key}": true}}}}'
    return [lacking("private addresses", f"{key} is false, the bridge is {bridge_url}", "drop-in", cost, mend)]


def _is_private(host: str) -> bool:
    """Return whether an address is not of the open internet; a name that is no number counts as open."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost"


def _permission(cluster: Cluster, name: str, method: str, path: str, body: Any, loss: Loss, cost: str) -> Finding:
    title = f"permission {name}"
    who = cluster.user or "the anonymous user"
    mend = f"Give the role of {who} {name} (docs/opensearch-roles.md lists all that is needed)"
    try:
        answer = cluster.request(method, path, body)
        # A bulk request that is let in can still be refused item by item.
        for item in answer.get("items", []) if isinstance(answer, dict) else []:
            if item["delete"]["status"] == 403:
                return lacking(title, str(item["delete"]["error"].get("reason")), loss, cost, mend)
    except CapabilityMissingError as error:
        return lacking(title, error.reason, loss, cost, mend)
    except ClusterRefusedError as error:
        if error.status == 401:
            raise
    except ClusterUnreachableError as error:
        return lacking(title, str(error), loss, cost, "Try again")
    return fine(title, "given", loss)
