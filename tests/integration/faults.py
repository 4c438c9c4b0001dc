"""A proxy on the loopback between the jar and S3, which does to one kind of answer what networks and disks do."""

from __future__ import annotations

import contextlib
import http.client
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# Longer than any client waits.
FOR_EVER = 4.0
XML = '<?xml version="1.0" encoding="UTF-8"?><Error><Code>{}</Code><Message>No.</Message></Error>'


@dataclass(frozen=True)
class Answer:
    """What S3 answered, or what the client gets to see of it."""

    status: int
    headers: dict[str, str]
    body: bytes


class Exchange(BaseHTTPRequestHandler):
    """One connection of the client; a fault may write to it whatever it likes."""

    protocol_version = "HTTP/1.1"
    server: Proxy

    def do_GET(self) -> None:
        upstream = http.client.HTTPConnection("127.0.0.1", self.server.upstream)
        upstream.request("GET", self.path, headers=dict(self.headers))
        response = upstream.getresponse()
        answer = Answer(response.status, dict(response.getheaders()), response.read())
        upstream.close()
        fault = self.server.fault if self.server.stage in self.path else None
        with contextlib.suppress(ConnectionError):
            (fault or passed)(self, answer)

    def send(self, answer: Answer, length: int | None = None) -> None:
        """Send an answer with the length of its body, or with another one."""
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body) if length is None else length))
        self.end_headers()
        if answer.status != 304:
            self.wfile.write(answer.body)

    def hang_up(self) -> None:
        """Close the connection."""
        self.wfile.flush()
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        return


Fault = Callable[[Exchange, Answer], None]


class Proxy(ThreadingHTTPServer):
    """Passes everything on, but for the addresses with `stage` in them, which are for `fault`."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, upstream: int) -> None:
        super().__init__(("127.0.0.1", 0), Exchange)
        self.upstream = upstream
        self.stage = "/"
        self.fault: Fault | None = None

    def handle_error(self, *_: Any) -> None:
        return


@contextmanager
def proxy_of(upstream: int) -> Iterator[Proxy]:
    with Proxy(upstream) as proxy:
        threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield proxy
        proxy.shutdown()


def passed(to: Exchange, answer: Answer) -> None:
    to.send(answer)


def reset(to: Exchange, _: Answer) -> None:
    to.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    to.connection.close()
    to.hang_up()


def closed(to: Exchange, _: Answer) -> None:
    to.hang_up()


def stalled(to: Exchange, _: Answer) -> None:
    time.sleep(FOR_EVER)
    to.hang_up()


def stalled_after_the_headers(to: Exchange, answer: Answer) -> None:
    to.send(replace(answer, body=b""), len(answer.body) or 1)
    stalled(to, answer)


def dripping(to: Exchange, answer: Answer) -> None:
    to.send(replace(answer, body=b""), len(answer.body) or 1)
    for byte in answer.body[:40]:
        to.wfile.write(bytes([byte]))
        to.wfile.flush()
        time.sleep(FOR_EVER / 40)
    to.hang_up()


def cut_off(to: Exchange, answer: Answer) -> None:
    to.send(replace(answer, body=answer.body[: len(answer.body) // 2]), len(answer.body) or 1)
    to.hang_up()


def no_http(to: Exchange, _: Answer) -> None:
    to.wfile.write(b"\x15\x03\x01\x00\x02\x02\x28")
    to.hang_up()


def refusing(status: int, code: str) -> Fault:
    def refuse(to: Exchange, _: Answer) -> None:
        to.send(Answer(status, {"Content-Type": "application/xml"}, XML.format(code).encode()))

    return refuse


def holding(change: Callable[[bytes], bytes]) -> Fault:
    """Answer 200 with another body, as if it were the object's own, whatever was asked about its ETag."""

    def answer_with(to: Exchange, answer: Answer) -> None:
        to.send(Answer(200, answer.headers | {"ETag": '"other"'}, change(answer.body)))

    return answer_with


def with_headers(**headers: str) -> Fault:
    def answer_with(to: Exchange, answer: Answer) -> None:
        to.send(replace(answer, headers=answer.headers | headers))

    return answer_with


def not_modified(to: Exchange, answer: Answer) -> None:
    to.send(Answer(304, {"ETag": answer.headers.get("ETag", '"x"')}, b""))


def flipped(body: bytes) -> bytes:
    middle = len(body) // 2
    return body[:middle] + bytes([body[middle] ^ 4]) + body[middle + 1 :] if body else b""
