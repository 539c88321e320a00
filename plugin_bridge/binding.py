"""Where the bridge may listen."""

import ipaddress

from plugin_bridge.errors import BridgeError
from plugin_bridge.settings import Settings


def check_binding(settings: Settings) -> None:
    """Raise BridgeError where the bridge would be open to others without asking them for a token."""
    if not settings.auth and not is_loopback(settings.bridge_host):
        raise BridgeError(
            f"KINDRED_BRIDGE_HOST is {settings.bridge_host} and KINDRED_AUTH is off: without tokens the bridge "
            "listens on loopback only"
        )


def is_loopback(host: str) -> bool:
    """Return whether an address is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
