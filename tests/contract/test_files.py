"""What the API hands out of a version's files."""

from __future__ import annotations

import hashlib
from typing import Any

import httpx
import pytest


@pytest.fixture
def model(api: httpx.Client) -> dict[str, Any]:
    described: dict[str, Any] = api.get("/models/sales").json()
    return described


def _file(api: httpx.Client, model: dict[str, Any], file: str, accept: str = "*/*") -> httpx.Response:
    return api.get(f"/models/sales/versions/{model['version']}/files/{file}", headers={"accept": accept})


def test_every_picture_arrives_as_it_was_published(api: httpx.Client, model: dict[str, Any]) -> None:
    assert len(model["pictures"]) == 5
    for picture in model["pictures"]:
        response = _file(api, model, picture["file"], accept="image/png")
        assert response.status_code == 200
        assert response.headers["content-type"] == "image/png"
        assert hashlib.sha256(response.content).hexdigest() == model["files"][picture["file"]]["sha256"]


@pytest.mark.parametrize(
    ("file", "media_type"), [("golden.json", "application/json"), ("card.md", "text/markdown; charset=utf-8")]
)
def test_the_card_and_the_golden_rows_arrive_as_text(
    api: httpx.Client, model: dict[str, Any], file: str, media_type: str
) -> None:
    response = _file(api, model, file)
    assert response.headers["content-type"] == media_type
    assert hashlib.sha256(response.content).hexdigest() == model["files"][file]["sha256"]


def test_a_file_of_a_version_may_be_kept_for_ever(api: httpx.Client, model: dict[str, Any]) -> None:
    assert "immutable" in _file(api, model, "card.md").headers["cache-control"]


@pytest.mark.parametrize(
    "file",
    [
        *("model.pkl", "manifest.json", "plots/none.png", "card.txt", "card.md/"),
        pytest.param("../../aliases/champion.json", marks=pytest.mark.traversal),
    ],
)
def test_no_other_file_is_handed_out(api: httpx.Client, model: dict[str, Any], file: str) -> None:
    assert _file(api, model, file.replace("/", "%2F")).status_code == 404
    assert _file(api, model, file).status_code == 404


@pytest.mark.parametrize(
    "version", ["000000000000", "champion", pytest.param("..", marks=pytest.mark.traversal), "A" * 12]
)
def test_a_version_that_is_not_there_has_no_files(api: httpx.Client, version: str) -> None:
    response = api.get(f"/models/sales/versions/{version}/files/card.md")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
