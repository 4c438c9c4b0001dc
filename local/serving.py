"""Serves an application on a port of this machine."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from picklejar.errors import PicklejarError

HOST = "127.0.0.1"
HIGHEST_PORT = 65_535


class PortTaken(PicklejarError):
    """Another program listens on the port, or it needs an administrator."""


@contextmanager
def bound(port: int, variable: str = "PORT", host: str = HOST) -> Iterator[socket.socket]:
    """Yield a socket bound to `port`, 0 for a free one; raises PortTaken, naming make's `variable`."""
    with socket.socket() as bound_socket:
        bound_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound_socket.bind((host, port))
        except OSError as error:
            why = "is for administrators" if isinstance(error, PermissionError) else "is taken by another program"
            raise PortTaken(f"Port {port} {why}; choose another, as in {variable}=8080") from None
        yield bound_socket


def serve(app: ASGIApp, on: socket.socket) -> None:
    """Serve until interrupted."""
    try:
        _server(app).run(sockets=[on])
    except KeyboardInterrupt:
        return


@contextmanager
def serving(app: ASGIApp, on: socket.socket) -> Iterator[None]:
    """Serve in the background while the block lasts."""
    server = _server(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [on]})
    on.listen()  # a request that comes before the server is up waits for it instead of being refused
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


def _server(app: ASGIApp) -> uvicorn.Server:
    return uvicorn.Server(uvicorn.Config(app, log_level="warning"))
