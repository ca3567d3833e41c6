"""The server of a report, over real sockets."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest
from command import ended_by_ctrl_c

from genoseq.errors import ConfigError, InputFormatError
from genoseq.report.serve import serve, started

BYTES = bytes(range(256)) * 5_000
"""More than is sent at a time."""
SECRET = b"secret: never to be sent"


@dataclass(frozen=True)
class Served:
    port: int
    word: str

    def ask(
        self, path: str, headers: dict[str, str] | None = None, method: str = "GET"
    ) -> tuple[HTTPResponse, bytes]:
        """The answer to a request for a path below the word."""
        return self.send(f"/{self.word}/{path}", headers, method)

    def send(
        self, target: str, headers: dict[str, str] | None = None, method: str = "GET"
    ) -> tuple[HTTPResponse, bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, target, headers=headers or {})
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def raw(self, text: bytes) -> bytes:
        """All that comes back to what no proper client would send."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(text)
            found = b""
            while part := connection.recv(65_536):
                found += part
            return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.txt").write_bytes(SECRET)
    root = outside / "root"
    files = root / "report_files" / "0"
    files.mkdir(parents=True)
    (root / "report.html").write_text("<title>é</title>", encoding="utf-8")
    (files / "data.bw").write_bytes(BYTES)
    (files / "empty.tsv").write_bytes(b"")
    (files / "a b%2e#é.tsv").write_text("x\t1\n")
    (root / ".hidden").write_bytes(SECRET)
    (root / ".git").mkdir()
    (root / ".git" / "config").write_bytes(SECRET)
    (root / "out.txt").symlink_to(outside / "secret.txt")
    (root / "up").symlink_to(outside)
    (root / "inside.html").symlink_to("report.html")
    (root / "to_hidden").symlink_to(".hidden")
    (root / "loop").symlink_to("loop")
    os.mkfifo(root / "pipe")
    return root


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[Served]:
    with started(folder) as (server, address):
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield Served(server.server_port, address.split("/")[3])
        server.shutdown()
        thread.join()


def test_serve_gives_whole_files(served: Served) -> None:
    answer, body = served.ask("report.html")
    assert (answer.status, body) == (200, "<title>é</title>".encode())
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    answer, body = served.ask("report_files/0/data.bw")
    assert body == BYTES
    assert answer.headers["Accept-Ranges"] == "bytes"
    answer, body = served.ask("report_files/0/a%20b%252e%23%C3%A9.tsv?x=1")
    assert body == b"x\t1\n"
    assert served.ask("inside.html")[0].status == 200
    answer, body = served.ask("report_files/0/empty.tsv")
    assert (answer.status, body) == (200, b"")


RANGES = {
    "bytes=0-0": BYTES[:1],
    "bytes=10-19": BYTES[10:20],
    "bytes=1000000-": BYTES[1_000_000:],
    "bytes=-7": BYTES[-7:],
    "bytes=-99999999": BYTES,
    "bytes=5-99999999": BYTES[5:],
}


@pytest.mark.parametrize("asked", RANGES)
def test_serve_gives_ranges(served: Served, asked: str) -> None:
    answer, body = served.ask("report_files/0/data.bw", {"Range": asked})
    first = len(BYTES) - len(RANGES[asked]) if asked[6] == "-" else int(asked[6:].split("-")[0])
    assert (answer.status, body) == (206, RANGES[asked])
    last = first + len(body) - 1
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(BYTES)}"


LONG = f"bytes={'9' * 5_000}-"
"""More digits than Python makes a number of."""


@pytest.mark.parametrize("asked", [f"bytes={len(BYTES)}-", "bytes=-0", "bytes=99999999-99999999"])
def test_serve_refuses_ranges_that_are_not_there(served: Served, asked: str) -> None:
    answer, body = served.ask("report_files/0/data.bw", {"Range": asked})
    assert (answer.status, body) == (416, b"")
    assert answer.headers["Content-Range"] == f"bytes */{len(BYTES)}"


@pytest.mark.parametrize(
    "asked",
    ["bytes=9-3", "bytes=-", "bytes=0-1,4-5", "lines=1-2", "bytes=a-b", "bytes=٣-٤", "x", LONG],
)
def test_serve_gives_all_where_the_range_is_none(served: Served, asked: str) -> None:
    target = f"/{served.word}/report_files/0/data.bw"
    text = (
        f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nRange: {asked}\r\n\r\n"
    )
    found = served.raw(text.encode())
    assert found.startswith(b"HTTP/1.1 200 ")
    assert found.endswith(BYTES)


def test_serve_gives_ranges_of_the_same_version_only(served: Served) -> None:
    tag = served.ask("report_files/0/data.bw")[0].headers["ETag"]
    same = {"Range": "bytes=0-3", "If-Range": tag}
    assert served.ask("report_files/0/data.bw", same)[0].status == 206
    other = {"Range": "bytes=0-3", "If-Range": '"other"'}
    assert served.ask("report_files/0/data.bw", other)[0].status == 200


def test_serve_answers_head_without_a_body(served: Served) -> None:
    answer, body = served.ask("report_files/0/data.bw", method="HEAD")
    assert (answer.status, body) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(BYTES))
    target = f"/{served.word}/report_files/0/data.bw"
    ask = f"HEAD {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert served.raw(ask.encode()).endswith(b"\r\n\r\n")


def test_serve_keeps_a_connection_for_many_ranges(served: Served) -> None:
    connection = HTTPConnection("127.0.0.1", served.port, timeout=10)
    for first in range(0, 50_000, 1_000):
        target = f"/{served.word}/report_files/0/data.bw"
        connection.request("GET", target, headers={"Range": f"bytes={first}-{first + 9}"})
        assert connection.getresponse().read() == BYTES[first : first + 10]
    connection.close()


OUTSIDE = (
    "", "..", "../secret.txt", "%2e%2e/secret.txt", "%2E%2E%2Fsecret.txt", "..%2fsecret.txt",
    "report_files/../../secret.txt", "report_files/%2e%2e/%2e%2e/secret.txt", "out.txt",
    "up/secret.txt", "up", "/etc/passwd", "//etc/passwd", "%2fetc%2fpasswd", "..\\secret.txt",
    "..%5csecret.txt", "%00", "report.html%00.txt", ".hidden", "%2ehidden", ".git/config", ".",
    "./report.html", "report_files", "report_files/", "report_files//0/data.bw", "to_hidden",
    "loop", "pipe", "missing.txt", "%ff%fe", "%", "%zz", "%252e%252e/secret.txt", "x" * 5_000,
    "report.html/", "report.html/x", "%c0%ae%c0%ae/secret.txt", "file:///etc/passwd",
)  # fmt: skip


@pytest.mark.parametrize("path", OUTSIDE)
def test_serve_gives_nothing_outside_its_folder(served: Served, path: str) -> None:
    ask = f"GET /{served.word}/{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    answer = served.raw(ask.encode())
    assert answer.startswith(b"HTTP/1.1 404 "), answer[:80]
    assert SECRET not in answer
    assert b"root:" not in answer
    assert len(answer) < 1_000


@pytest.mark.parametrize(
    "target",
    ["/", "/report.html", "/wrong/report.html", "http://127.0.0.1/report.html", "*", "report.html"],
)
def test_serve_gives_nothing_without_its_word(served: Served, target: str) -> None:
    ask = f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert served.raw(ask.encode()).startswith(b"HTTP/1.1 404 ")


HOSTS = {
    "127.0.0.1": True, "127.0.0.1:1234": True, "localhost:80": True, "LOCALHOST": True,
    "[::1]:8000": True, "evil.example": False, "evil.example:8000": False,
    "localhost.evil.example": False, "127.0.0.1.evil.example": False, "": False,
    "127.0.0.1@evil.example": False, "127.0.0.2": False, "localhost:80:80": False, "::1": False,
}  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
def test_serve_answers_to_names_of_this_machine_alone(served: Served, host: str) -> None:
    answer, body = served.ask("report.html", {"Host": host})
    assert answer.status == (200 if HOSTS[host] else 421)
    assert (b"title" in body) == HOSTS[host]


def test_serve_wants_one_host(served: Served) -> None:
    target = f"/{served.word}/report.html"
    for hosts in ("", "Host: localhost\r\nHost: evil.example\r\n"):
        ask = f"GET {target} HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n"
        assert served.raw(ask.encode()).startswith(b"HTTP/1.1 421 ")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "X"])
def test_serve_only_reads(served: Served, folder: Path, method: str) -> None:
    answer, _ = served.ask("report.html", method=method)
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, HEAD"
    assert (folder / "report.html").is_file()


def test_serve_survives_rubbish_and_closed_connections(served: Served) -> None:
    for text in (b"\x00\xff\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"A" * 70_000):
        assert SECRET not in served.raw(text + b"\r\n\r\n")
    target = f"GET /{served.word}/report_files/0/data.bw HTTP/1.1\r\nHost: localhost\r\n\r\n"
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", served.port)) as connection:
            connection.sendall(target.encode())
            connection.recv(10)
    assert served.ask("report.html")[0].status == 200


def test_serve_answers_many_at_a_time(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port)):  # one that says nothing
        found: list[bytes] = []
        ask = lambda: found.append(served.ask("report_files/0/data.bw")[1])  # noqa: E731
        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [BYTES] * 8


def test_serve_listens_on_loopback_alone(folder: Path) -> None:
    with started(folder) as (server, _):
        assert server.server_address[0] == "127.0.0.1"


def test_serve_says_what_is_wrong(tmp_path: Path, served: Served) -> None:
    with pytest.raises(InputFormatError, match="no such folder or page"):
        serve(tmp_path / "missing")
    with pytest.raises(InputFormatError, match=r"no report\.html in this folder"):
        serve(tmp_path)
    (tmp_path / "report.html").write_text("x")
    with pytest.raises(ConfigError, match=rf"--port {served.port}: address already in use"):
        serve(tmp_path, served.port)
    with pytest.raises(ConfigError, match="--port 65536"):
        serve(tmp_path, 65_536)


def test_serve_ends_at_ctrl_c(folder: Path) -> None:
    code = (
        "import sys; from genoseq.report.serve import serve;"
        "serve(sys.argv[1], 0, lambda line: print(line, flush=True)); print('ended')"
    )
    line, run = ended_by_ctrl_c([sys.executable, "-c", code, str(folder / "report.html")])
    assert line.startswith(f"serving {folder / 'report.html'} at http://127.0.0.1:")
    assert (run.returncode, run.stdout, run.stderr) == (0, "ended\n", "")
