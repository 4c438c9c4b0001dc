"""An API that answers as it is told, to be asked by the client."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from picklejar_client import retry

SIGNATURE = {"features": [{"name": "a"}, {"name": "b"}], "target": {"name": "sum"}, "outputs": ["predict"]}


class Asked(NamedTuple):
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


class Reply(NamedTuple):
    """An answer; `way` is how it is sent: "whole", "cut", "by drops", "never", or "chunked"."""

    status: int
    content: bytes | dict[str, Any]
    headers: Mapping[str, str] = MappingProxyType({})
    way: str = "whole"


@dataclass
class Api:
    """Answers the sum of each row's numbers by the version v1, unless `replies` says otherwise."""

    replies: list[Reply | Callable[[Asked], Reply | None]] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    version: str = "v1"
    url: str = ""

    def reply(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        if self.replies:
            reply = self.replies.pop(0)
            answer = reply if isinstance(reply, Reply) else reply(asked)
            if answer is not None:
                return answer
        if asked.path == "/api/models":
            entry = {"name": "sums", "ready": True, "title": "Sums", "description": "Adds.", "version": "v1", "new": 1}
            return Reply(200, {"models": [entry, {"name": "lost", "ready": False, "detail": "It is damaged."}]})
        if asked.method == "GET":
            return Reply(200, {"name": "sums", "version": "v1", "signature": SIGNATURE})
        sums = [sum(value or 0 for value in row.values()) for row in asked.body["instances"]]
        _, _, named = asked.path.removesuffix("/predict").partition("/versions/")
        return Reply(200, {"model": "sums", "version": named or self.version, "predictions": sums})

    @property
    def paths(self) -> list[str]:
        return [asked.path.removeprefix("/api/models") for asked in self.asked]


class Handler(BaseHTTPRequestHandler):
    """Hands requests to the API and sends its replies, well or badly."""

    api: Api
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(None)

    def do_POST(self) -> None:
        self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def log_message(self, *_: Any) -> None:
        """Write nothing between the tests' names."""

    def _answer(self, body: Any) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.api.reply(Asked(self.command, self.path, headers, body))
        content = reply.content if isinstance(reply.content, bytes) else json.dumps(reply.content).encode()
        if reply.way == "never":
            self.close_connection = True
            return
        length = {"Transfer-Encoding": "chunked"} if reply.way == "chunked" else {"Content-Length": str(len(content))}
        self.send_response(reply.status)
        for name, value in ({"Content-Type": "application/json"} | length | dict(reply.headers)).items():
            self.send_header(name, value)
        self.end_headers()
        if reply.way == "chunked":
            self.wfile.write(b"".join(b"1\r\n%c\r\n" % byte for byte in content) + b"0\r\n\r\n")
        elif reply.way == "by drops":
            self._send_by_drops(content)
        else:
            self.wfile.write(content[: len(content) // 2] if reply.way == "cut" else content)
        self.close_connection = True

    def _send_by_drops(self, content: bytes) -> None:
        try:
            for byte in content:
                self.wfile.write(bytes([byte]))
                time.sleep(0.02)
        except OSError:
            pass  # nobody waits any more


@pytest.fixture
def api() -> Iterator[Api]:
    """The API, at an address of its own."""
    api = Api()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Own", (Handler,), {"api": api}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    api.url = f"http://127.0.0.1:{server.server_address[1]}/api"
    yield api
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Clock:
    """A time in which nobody waits: `pauses` has the seconds that were slept."""

    now: float = 0.0
    pauses: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time that retries go by."""
    clock = Clock()
    monkeypatch.setattr(retry, "time", clock)
    return clock
