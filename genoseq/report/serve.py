"""A small web server for a report: on this machine only, one folder only, to be read only.

It binds to 127.0.0.1.  Other people on the machine do not know the word in its address, and pages
of other sites cannot ask it anything: it answers only those who call it by a name of this machine.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, unquote_to_bytes

from genoseq.errors import ConfigError, InputFormatError
from genoseq.files.atomic import PathLike

PAGE = "report.html"
"""What is opened in a folder."""
_HOST = "127.0.0.1"
_NAMES = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?", re.IGNORECASE)
"""Names of this machine in a Host header; another port is that of a tunnel."""
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
"""Other ranges, of which numbers too long for a file are some, are as none."""
_CHUNK = 1 << 20
_TIMEOUT = 120.0
"""Seconds that a connection may be idle."""
_PORTS = range(65536)
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".tsv": "text/plain; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".pdf": "application/pdf",
}
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'self' 'unsafe-inline' data: blob:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; object-src 'none'",
}


def serve(path: PathLike, port: int = 0, say: Callable[[str], object] | None = None) -> None:
    """Serve a report until Ctrl-C: what ``genoseq report --serve`` does.

    Parameters
    ----------
    path
        A folder, or a page, whose folder is served.  Files whose names begin with a dot are not,
        and nothing outside it, whatever links lead there.
    port
        0 for any that is free.
    say
        Takes the line with the address, once the server answers.

    Raises
    ------
    ConfigError
        If the port cannot be had.
    InputFormatError
        If there is no such folder or page.
    """
    with started(path, port) as (server, address), suppress(KeyboardInterrupt):
        if say is not None:
            say(f"serving {Path(path)} at {address} (Ctrl-C ends it)")
        server.serve_forever(poll_interval=0.1)


@contextmanager
def started(path: PathLike, port: int = 0) -> Iterator[tuple[_Server, str]]:
    """A server that is bound, and the address of its page; the caller runs ``serve_forever``.

    Raises
    ------
    ConfigError, InputFormatError
        As :func:`serve`.
    """
    given = Path(path)
    if not given.is_dir() and not given.is_file():
        raise InputFormatError("no such folder or page to serve", given)
    root = (given if given.is_dir() else given.parent).resolve()
    page = PAGE if given.is_dir() else given.name
    if not (root / page).is_file():
        raise InputFormatError(f"no {PAGE} in this folder: name the page to serve", given)
    word = secrets.token_urlsafe(12)
    handler = type("Handler", (_Handler,), {"root": root, "word": word})
    with _bound(port, handler) as server:
        yield server, f"http://{_HOST}:{server.server_port}/{word}/{quote(page)}"


def _bound(port: int, handler: type[_Handler]) -> _Server:
    if port not in _PORTS:
        raise ConfigError(f"--port {port}: ports go from 0, which is any free one, to 65535")
    try:
        return _Server((_HOST, port), handler)
    except OSError as error:
        problem = os.strerror(error.errno or 0).lower()
        raise ConfigError(
            f"--port {port}: {problem}: name another, or 0 for any free one"
        ) from None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of connections that browsers break off."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Files of one folder, whole or by range."""

    root: Path
    word: str
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "genoseq", ""
    timeout = _TIMEOUT

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """An error as plain text that repeats nothing of what was asked, and the last answer."""
        del message, explain
        text = f"{code} {HTTPStatus(code).phrase}\n".encode()
        self.close_connection = True
        extra = {"Allow": "GET, HEAD"} if code == HTTPStatus.METHOD_NOT_ALLOWED else {}
        if code == HTTPStatus.NOT_IMPLEMENTED:  # what http.server says of POST and the rest
            return self.send_error(HTTPStatus.METHOD_NOT_ALLOWED)
        self._head(code, len(text), "text/plain; charset=utf-8", {"Connection": "close", **extra})
        if self.command != "HEAD":
            self.wfile.write(text)
        return None

    def _answer(self, *, body: bool) -> None:
        hosts = self.headers.get_all("Host", [])
        if len(hosts) != 1 or not _NAMES.fullmatch(hosts[0].strip()):
            return self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
        path = self._path()
        file = None if path is None else _opened(path)
        if path is None or file is None:
            return self.send_error(HTTPStatus.NOT_FOUND)
        with file:
            return self._send(path, file, body=body)

    def _path(self) -> Path | None:
        """The file that is asked for; None if it cannot be one that is served."""
        target = self.path.partition("?")[0].partition("#")[0]
        prefix = f"/{self.word}/"
        given, parts = target[: len(prefix)], target[len(prefix) :].split("/")
        if not secrets.compare_digest(given.encode(), prefix.encode()):
            return None
        try:
            names = [unquote_to_bytes(part).decode() for part in parts]
        except UnicodeError:
            return None
        if not all(map(_servable, names)):
            return None
        try:
            path = self.root.joinpath(*names).resolve(strict=True)
        except (OSError, RuntimeError, ValueError):
            return None
        inside = path.is_relative_to(self.root)
        return path if inside and all(map(_servable, path.relative_to(self.root).parts)) else None

    def _send(self, path: Path, file: IO[bytes], *, body: bool) -> None:
        about = os.fstat(file.fileno())
        size, tag = about.st_size, f'"{about.st_mtime_ns:x}-{about.st_size:x}"'
        headers = {"Accept-Ranges": "bytes", "ETag": tag}
        span = _span(self._asked_range(tag), size)
        kind = _TYPES.get(path.suffix.lower(), "application/octet-stream")
        if span is None:
            headers["Content-Range"] = f"bytes */{size}"
            return self._head(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, 0, kind, headers)
        first, last = span
        status = HTTPStatus.OK
        if self._asked_range(tag) is not None:
            status = HTTPStatus.PARTIAL_CONTENT
            headers["Content-Range"] = f"bytes {first}-{last}/{size}"
        self._head(status, last - first + 1, kind, headers)
        if body:
            self._copy(file, first, last - first + 1)
        return None

    def _asked_range(self, tag: str) -> tuple[str, str] | None:
        """First and last byte as asked; None for all: also of several ranges, as servers may."""
        found = _RANGE.fullmatch(self.headers.get("Range", "").strip())
        if found is None or found[0] == "bytes=-":
            return None
        first, last = found.groups()
        if first and last and int(first) > int(last):
            return None  # no range at all, as RFC 9110 has it
        return (first, last) if self.headers.get("If-Range", tag) == tag else None

    def _copy(self, file: IO[bytes], first: int, count: int) -> None:
        file.seek(first)
        while count:
            part = file.read(min(_CHUNK, count))
            if not part:  # the file has become shorter: the length that was said is not kept
                self.close_connection = True
                return
            self.wfile.write(part)
            count -= len(part)

    def _head(self, status: int, length: int, kind: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**_HEADERS, **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        self.end_headers()


def _servable(name: str) -> bool:
    """Whether a part of a path may be served: no way up, nothing hidden, no sign of another."""
    return bool(name) and not name.startswith(".") and not set(name) & {"/", "\\", "\0"}


def _opened(path: Path) -> IO[bytes] | None:
    """The file, if it is one that can be read; pipes and devices are not waited for."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        return None
    return open(handle, "rb")  # noqa: PTH123


def _span(asked: tuple[str, str] | None, size: int) -> tuple[int, int] | None:
    """First and last byte to send, (0, -1) of an empty file; None if there are no such bytes."""
    if asked is None:
        return 0, size - 1
    first, last = asked
    if not first:
        count = min(int(last), size)
        return (size - count, size - 1) if count else None
    low = int(first)
    return (low, min(int(last), size - 1) if last else size - 1) if low < size else None
