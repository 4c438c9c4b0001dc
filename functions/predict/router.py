"""Routes: which method and address are answered by what.

An address is literal segments, `{name}` for a segment, `{name}:predict` for one with a literal end, and as its last
part `{file+}` for all the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from .problems import MethodNotAllowed, RouteNotFound

Answer = Callable[..., Any]
Names = dict[str, str]


class Router:
    """Finds the route of a request, the first that fits; trailing slashes are ignored, and HEAD asks as GET does."""

    def __init__(self, *routes: tuple[str, str, Answer]) -> None:
        self._routes = [_Route(method, _parts(address), answer) for method, address, answer in routes]
        self.methods = sorted({route.method for route in self._routes})

    def find(self, method: str, path: str) -> tuple[Answer, Names]:
        """Return what answers, and the names in the path; raises RouteNotFound and MethodNotAllowed."""
        asked = "GET" if method == "HEAD" else method
        segments = path.rstrip("/").split("/")
        allowed = []
        for route in self._routes:
            # Most routes are told apart by this alone.
            if len(segments) < route.length or (len(segments) > route.length and not route.has_rest):
                continue
            names = route.names(path, segments)
            if names is None:
                continue
            if route.method == asked:
                return route.answer, names
            allowed.append(route.method)
        if allowed:
            raise MethodNotAllowed(method, path, ", ".join(allowed))
        raise RouteNotFound(f"There is nothing at {path}; the models are at /models.")


class _Part(NamedTuple):
    """A segment of an address: `end` alone, or the value of `name` before it; the last may be the `rest`."""

    name: str
    end: str
    rest: bool = False


class _Route:
    """A method and an address, with what answers them."""

    def __init__(self, method: str, parts: list[_Part], answer: Answer) -> None:
        self.method, self.answer = method, answer
        self.length, self.has_rest = len(parts), parts[-1].rest
        self._parts = parts

    def names(self, path: str, segments: list[str]) -> Names | None:
        """Return the values of the address's names, or None if the path is another of this length."""
        if self.has_rest:
            # As it came: a file's name with a slash behind it is another name.
            segments = path.split("/", self.length - 1)
        names = {}
        for (name, end, _), segment in zip(self._parts, segments, strict=True):
            if not name:
                if segment != end:
                    return None
            elif len(segment) > len(end) and segment.endswith(end):
                names[name] = segment.removesuffix(end)
            else:
                return None
        return names


def _parts(address: str) -> list[_Part]:
    return [_part(segment) for segment in address.split("/")]


def _part(segment: str) -> _Part:
    if not segment.startswith("{"):
        return _Part("", segment)
    name, _, end = segment[1:].partition("}")
    return _Part(name.removesuffix("+"), end, rest=name.endswith("+"))
