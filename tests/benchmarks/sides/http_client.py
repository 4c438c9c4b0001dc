"""Sends one request repeatedly over one connection, as often as stdin says, and prints the seconds."""

import socket
import sys
import time

# A server that is not up by then has died.
PATIENCE_SECONDS = 60

port, path, file = sys.argv[1:]
with open(file, "rb") as content:
    body = content.read()
head = (
    f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
)
request = head.encode() + body


def connection():
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return socket.create_connection(("127.0.0.1", int(port)), timeout=20)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def exchange(server):
    server.sendall(request)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += received(server)
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), answer
    length = int(head.lower().split(b"content-length:")[1].split()[0])
    while len(rest) < length:
        rest += received(server)


def received(server):
    part = server.recv(65536)
    assert part, "the server hung up"
    return part


for count in sys.stdin:
    # Servers close idle connections after a few seconds.
    with connection() as server:
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        times = range(int(count))
        started = time.perf_counter()
        for _ in times:
            exchange(server)
        print(time.perf_counter() - started, flush=True)
