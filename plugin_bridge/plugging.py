"""Plugging a generation into OpenSearch with this machine's bridge address and token."""

import logging

import httpx

from opensearch import dropin
from opensearch.client import Cluster
from opensearch.dropin import DropIn
from opensearch.generations import Generation
from plugin_bridge.fallbacks import FallbackLedger
from plugin_bridge.settings import Settings
from plugin_bridge.tokens import TokenStore

log = logging.getLogger(__name__)

_ANNOUNCE_SECONDS = 30.0
_HEALTH_SECONDS = 2.0
CONNECTOR_TOKEN = "storefront"
"""The token that OpenSearch's connectors carry: the least of the roles."""


def plug_in(cluster: Cluster, generation: Generation, settings: Settings | None = None) -> DropIn:
    """Install the drop-in of a generation with this machine's bridge address and token; idempotent.

    It is active once the cluster reaches the bridge; a bridge that starts later activates it then.
    Raises CapabilityMissingError where the cluster cannot hold a drop-in (its message says what is missing).
    """
    settings = settings or Settings()
    tokens = TokenStore(settings.home)
    tokens.ensure()
    token = tokens.secret(CONNECTOR_TOKEN)
    silent = _silent(settings)
    parts = dropin.install(cluster, generation, bridge_url=settings.reach_url, token=token, silent=silent)
    # Fallbacks count from now on, also those before the bridge is started for the first time.
    FallbackLedger(settings.home).passages(dropin.pipeline_counts(cluster))
    announce(settings)
    return parts if parts.active or silent else dropin.activate(cluster, generation) or parts


def announce(settings: Settings) -> None:
    """Tell a running bridge that generations changed: it opens a new one's encoders before the first shopper asks.

    No bridge, or one that does not answer, is no failure: it finds out by itself within seconds.
    """
    tokens = TokenStore(settings.home)
    tokens.ensure()
    headers = {"authorization": f"Bearer {tokens.secret('admin')}"}
    try:
        httpx.post(f"{settings.local_url}/v1/refresh", headers=headers, timeout=_ANNOUNCE_SECONDS)
    except httpx.HTTPError as error:
        log.debug("no bridge at %s to tell of a new generation: %s", settings.local_url, error)


def _silent(settings: Settings) -> str | None:
    """Return why no bridge can answer, None where one may: on this machine, or at an address that was named."""
    if settings.bridge_url is not None:
        return None
    try:
        httpx.get(f"{settings.local_url}/health", timeout=_HEALTH_SECONDS)
    except httpx.ConnectError:
        return f"no bridge runs at {settings.local_url} yet"
    except httpx.HTTPError as error:
        log.debug("the bridge at %s is slow to answer: %s", settings.local_url, error)
    return None


def unplug(cluster: Cluster, generation: Generation) -> None:
    """Take the drop-in of a generation away."""
    dropin.remove(cluster, generation)
