"""Which addresses the cluster's connectors may call: the setting that ml-commons checks them against."""

import re
from typing import Any
from urllib.parse import urlsplit

from opensearch.client import Cluster

_KEY = "plugins.ml_commons.trusted_connector_endpoints_regex"


def pattern(url: str) -> str:
    """Return the anchored regular expression that allows exactly the scheme, host and port of `url`."""
    parts = urlsplit(url)
    return f"^{re.escape(parts.scheme)}://{re.escape(parts.netloc)}/.*$"


def allow(cluster: Cluster, url: str) -> bool:
    """Add the address of `url` to the cluster's list where no entry allows it yet, and return whether it was added.

    Other entries stay.
    """
    where, entries = _current(cluster)
    address = "{0.scheme}://{0.netloc}/v1/embeddings".format(urlsplit(url))
    if pattern(url) in entries or any(_matches(entry, address) for entry in entries):
        return False
    _write(cluster, "persistent" if where == "defaults" else where, [*entries, pattern(url)])
    return True


def withdraw(cluster: Cluster, url: str) -> None:
    """Take the entry that `allow` added for `url` out again; other entries stay."""
    where, entries = _current(cluster)
    if where == "defaults" or pattern(url) not in entries:
        return
    left = [entry for entry in entries if entry != pattern(url)]
    # What equals the nodes' own configuration needs no setting of the cluster's.
    _write(cluster, where, None if left in ([], *_configured(cluster)) else left)


def _current(cluster: Cluster) -> tuple[str, list[str]]:
    """Return the level that is in force (transient, persistent, defaults) and its entries."""
    params = {"include_defaults": "true", "filter_path": f"*.{_KEY}"}
    answer = cluster.request("GET", "/_cluster/settings", params=params)
    for where in ("transient", "persistent", "defaults"):
        entries = _entries(answer.get(where))
        if entries:
            return where, entries
    return "defaults", []


def _configured(cluster: Cluster) -> list[list[str]]:
    """Return the entries that each node has in its `opensearch.yml`."""
    answer = cluster.request("GET", "/_nodes/settings", params={"filter_path": f"nodes.*.settings.{_KEY}"})
    return [_entries(node.get("settings")) for node in answer.get("nodes", {}).values()]


def _entries(settings: Any) -> list[str]:
    for part in _KEY.split("."):
        settings = settings.get(part) if isinstance(settings, dict) else None
    if settings is None:
        return []
    return [settings] if isinstance(settings, str) else list(settings)


def _write(cluster: Cluster, where: str, entries: list[str] | None) -> None:
    cluster.request("PUT", "/_cluster/settings", {where: {_KEY: entries}})


def _matches(entry: str, address: str) -> bool:
    try:
        return re.fullmatch(entry, address) is not None
    except re.error:  # a Java expression that Python does not know: do not count on it
        return False
