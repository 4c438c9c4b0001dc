from __future__ import annotations

import pytest

from functions.predict.problems import MethodNotAllowed, RouteNotFound
from functions.predict.router import Router

ROUTER = Router(
    ("GET", "/models", lambda: "list"),
    ("POST", "/models", lambda: "create"),
    ("POST", "/v1/models/{name}:predict", lambda name: f"predict {name}"),
    ("GET", "/v1/models/{name}", lambda name: f"describe {name}"),
    ("GET", "/models/{name}/versions/{version}/files/{file+}", lambda **names: " ".join(names.values())),
)


def _answer(method: str, path: str) -> str:
    answer, names = ROUTER.find(method, path)
    answered: str = answer(**names)
    return answered


@pytest.mark.parametrize(
    ("method", "path", "answered"),
    [
        ("GET", "/models", "list"),
        ("POST", "/models", "create"),
        ("GET", "/v1/models/sales", "describe sales"),
        ("POST", "/v1/models/sales:predict", "predict sales"),
        ("POST", "/v1/models/a:b:predict", "predict a:b"),
        ("GET", "/v1/models/sales:predict", "describe sales:predict"),
        ("GET", "/models/a/versions/b/files/c", "a b c"),
        ("GET", "/models/a/versions/b/files/plots/c.png", "a b plots/c.png"),
    ],
)
def test_a_request_finds_its_route_and_the_names_in_its_path(method: str, path: str, answered: str) -> None:
    assert _answer(method, path) == answered


@pytest.mark.parametrize("name", ["what?", "#", '"', "🥒", "\0", "\n", "%2F", "a b", "{name}", ":predict"])
def test_a_name_is_whatever_stands_between_two_slashes(name: str) -> None:
    assert _answer("GET", f"/v1/models/{name}") == f"describe {name}"


@pytest.mark.parametrize("path", ["/models/", "/models///"])
def test_trailing_slashes_are_ignored(path: str) -> None:
    assert _answer("GET", path) == "list"


def test_slashes_behind_a_rest_are_part_of_it() -> None:
    assert _answer("GET", "/models/a/versions/b/files/c/") == "a b c/"


def test_head_asks_as_get_does() -> None:
    assert _answer("HEAD", "/models") == "list"


@pytest.mark.parametrize(
    "path",
    ["", "/", "//", "models", "/model", "/Models", "//models", "/models/sales", "/v1/models", "/v1/models//x",
     "/models/a/versions/b/files", "/models/a/versions/b/files/", "/models//versions/b/files/c"],
)  # fmt: skip
def test_another_path_is_not_found(path: str) -> None:
    with pytest.raises(RouteNotFound, match="the models are at /models"):
        ROUTER.find("GET", path)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/models", "GET, POST"),
        ("OPTIONS", "/models/", "GET, POST"),
        ("POST", "/v1/models/sales", "GET"),
        ("POST", "/v1/models/:predict", "GET"),
        ("DELETE", "/v1/models/sales:predict", "POST, GET"),
    ],
)
def test_another_method_is_refused_and_the_allowed_ones_are_named(method: str, path: str, allowed: str) -> None:
    with pytest.raises(MethodNotAllowed) as caught:
        ROUTER.find(method, path)
    assert caught.value.allowed == allowed


def test_the_methods_of_all_routes_are_known() -> None:
    assert ROUTER.methods == ["GET", "POST"]
