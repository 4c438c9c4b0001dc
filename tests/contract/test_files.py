"""What the API hands out of a version's files."""

from __future__ import annotations

import base64
import hashlib

import httpx
import pytest

from tests.contract.asked import Asked


def _file(api: httpx.Client, asked: Asked, file: str, accept: str = "*/*") -> httpx.Response:
    version = asked.described["version"]
    return api.get(f"/models/{asked.name}/versions/{version}/files/{file}", headers={"accept": accept})


def test_every_picture_arrives_as_it_was_published(api: httpx.Client, asked: Asked) -> None:
    for picture in asked.described["pictures"]:
        response = _file(api, asked, picture["file"], accept="image/png")
        assert response.status_code == 200
        assert response.headers["content-type"] == "image/png"
        assert hashlib.sha256(response.content).hexdigest() == asked.described["files"][picture["file"]]["sha256"]


@pytest.mark.parametrize("accept", ["image/png, */*", "image/png,text/html;q=0.9"])
def test_a_picture_that_is_asked_for_first_arrives_as_bytes(api: httpx.Client, asked: Asked, accept: str) -> None:
    picture = asked.described["pictures"][0]["file"]
    response = _file(api, asked, picture, accept)
    assert hashlib.sha256(response.content).hexdigest() == asked.described["files"][picture]["sha256"]


# Not by a type alone that the picture has not: SAM's emulator gives bytes to all who accept any, and base64 to others.
@pytest.mark.parametrize(
    "accept", ["*/*", "image/*", "image/avif,image/webp,image/png,*/*;q=0.8", "application/json, image/png"]
)
def test_a_picture_that_is_not_asked_for_first_is_bytes_at_the_pages_address_and_base64_at_the_apis_own(
    api: httpx.Client, asked: Asked, accept: str
) -> None:
    picture = asked.described["pictures"][0]["file"]
    by_default, response = _file(api, asked, picture), _file(api, asked, picture, accept)
    assert response.content == by_default.content
    assert response.headers["content-type"] == "image/png"
    content = response.content if response.content.startswith(b"\x89PNG") else base64.b64decode(response.content)
    assert hashlib.sha256(content).hexdigest() == asked.described["files"][picture]["sha256"]


@pytest.mark.parametrize(
    ("file", "media_type"), [("golden.json", "application/json"), ("card.md", "text/markdown; charset=utf-8")]
)
def test_the_card_and_the_golden_rows_arrive_as_text(
    api: httpx.Client, asked: Asked, file: str, media_type: str
) -> None:
    response = _file(api, asked, file)
    assert response.headers["content-type"] == media_type
    assert hashlib.sha256(response.content).hexdigest() == asked.described["files"][file]["sha256"]


def test_a_file_of_a_version_may_be_kept_for_ever(api: httpx.Client, asked: Asked) -> None:
    assert "immutable" in _file(api, asked, "card.md").headers["cache-control"]


@pytest.mark.parametrize(
    "file",
    [
        *("model.pkl", "manifest.json", "plots/none.png", "card.txt", "card.md/"),
        pytest.param("../../aliases/champion.json", marks=pytest.mark.traversal),
    ],
)
def test_no_other_file_is_handed_out(api: httpx.Client, asked: Asked, file: str) -> None:
    assert _file(api, asked, file.replace("/", "%2F")).status_code == 404
    assert _file(api, asked, file).status_code == 404


@pytest.mark.parametrize(
    "version", ["000000000000", "champion", pytest.param("..", marks=pytest.mark.traversal), "A" * 12]
)
def test_a_version_that_is_not_there_has_no_files(api: httpx.Client, asked: Asked, version: str) -> None:
    response = api.get(f"/models/{asked.name}/versions/{version}/files/card.md")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
