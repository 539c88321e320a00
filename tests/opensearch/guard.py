"""A proxy before the real node, as shops put one there: it wants a login, may refuse, and may speak TLS."""

import base64
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

Rule = Callable[[str, str], bool]
"""Whether a method on a path is let through."""


@contextmanager
def guard(
    upstream: str, users: Mapping[tuple[str, str], Rule] | None = None, certificate: tuple[Path, Path] | None = None
) -> Iterator[str]:
    """Yield the address of a proxy for `upstream`.

    Args:
        users: {(name, password): rule}; whoever is not in it gets 401, what the rule does not let through 403.
        certificate: PEM files of a certificate and its key; then the proxy speaks TLS.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            rule = _rule(users, self.headers.get("Authorization", ""))
            if rule is None or not rule(self.command, self.path):
                self.reply(401 if rule is None else 403, "text/plain", b"the guard says no")
                return
            request = urllib.request.Request(upstream + self.path, data=body or None, method=self.command)
            request.add_header("Content-Type", self.headers.get("Content-Type", "application/json"))
            try:
                with urllib.request.urlopen(request, timeout=30) as found:
                    self.reply(found.status, found.headers.get("Content-Type", ""), found.read())
            except urllib.error.HTTPError as error:
                self.reply(error.code, error.headers.get("Content-Type", ""), error.read())

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer  # noqa: N815

        def reply(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep the tests' output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _rule(users: Mapping[tuple[str, str], Rule] | None, header: str) -> Rule | None:
    if users is None:
        return lambda method, path: True
    for (name, password), rule in users.items():
        if header == "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode():
            return rule
    return None
