"""Running the bridge: one process, one event loop."""

import logging
import socket
import sys
from collections.abc import Callable

import uvicorn

from plugin_bridge.binding import check_binding
from plugin_bridge.errors import BridgeError
from plugin_bridge.jobs.commands import Commands
from plugin_bridge.service.app import create_app
from plugin_bridge.service.context import open_context
from plugin_bridge.settings import Settings

_KEEP_ALIVE_SECONDS = 75  # longer than OpenSearch's connectors keep an idle connection, so that none is cut in use


def serve(settings: Settings, commands: Commands, started: Callable[[], None] = lambda: None) -> None:
    """Run the bridge in the foreground until it is told to stop; raises BridgeError where it cannot start.

    `commands` are what its jobs may run; `started` is called once, when it answers.
    """
    check_binding(settings)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("opensearch").setLevel(logging.WARNING)  # opensearch-py reports every request
    listening = _listen(settings)
    app = create_app(open_context(settings, commands))
    config = uvicorn.Config(
        app,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        proxy_headers=False,  # nobody is trusted by his address here
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=5,
    )
    _Server(config, started).run(sockets=[listening])


class _Server(uvicorn.Server):
    """A server that says when it is up."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            self._tell()


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.bridge_host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Inherited by every connection: an answer in two small packets would wait 40 ms for an acknowledgement.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listening.bind((settings.bridge_host, settings.bridge_port))
    except OSError as error:
        listening.close()
        raise BridgeError(
            f"cannot listen on {settings.bridge_host}:{settings.bridge_port} ({error.strerror}); is a bridge running "
            "already? KINDRED_BRIDGE_PORT chooses another port"
        ) from error
    listening.listen(2048)
    listening.set_inheritable(True)
    return listening
