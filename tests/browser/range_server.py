"""A web server on 127.0.0.1 that understands ranges, as any static web server does."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote


class _Handler(BaseHTTPRequestHandler):
    """Files by address, whole or by range; ``places`` maps address prefixes to paths."""

    places: Mapping[str, Path | bytes]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = self._body(self.path.partition("?")[0])
        asked = self.headers.get("Range")
        if body is None:
            self.send_error(404)
            return
        if asked is None:
            self.send_response(200)
        else:
            first, last = asked.removeprefix("bytes=").split("-")
            size, low = len(body), int(first)
            high = min(int(last or size), size - 1)
            body = body[low : high + 1]
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {low}-{high}/{size}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _body(self, address: str) -> bytes | None:
        for prefix, place in self.places.items():
            if isinstance(place, bytes):
                if address == prefix:
                    return place
            elif address.startswith(prefix):
                path = place / unquote(address.removeprefix(prefix)) if prefix[-1] == "/" else place
                return path.read_bytes() if path.is_file() else None
        return None

    def log_message(self, *_words: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a browser that closes breaks its connections off."""


@contextmanager
def serve(places: Mapping[str, Path | bytes]) -> Iterator[str]:
    """The address of a server of these places on 127.0.0.1."""
    handler = type("Handler", (_Handler,), {"places": places})
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
