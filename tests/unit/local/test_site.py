"""The page on a laptop: its headers are those of the deployed page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from local.gateway import Gateway
from local.headers import page_headers
from local.serving import HOST, bound, serving
from local.site import WEB, page_for, page_with_api

API = "http://127.0.0.1:3000"


@pytest.fixture(scope="module")
def page() -> Iterator[str]:
    """Serve the page on a free port; its address."""
    with bound(0) as socket, serving(page_for(API), socket):
        yield f"http://{HOST}:{socket.getsockname()[1]}"


@pytest.mark.parametrize("path", ["/", "/main.js"])
def test_the_page_is_sent_with_the_headers_of_the_template(page: str, path: str) -> None:
    sent = httpx.get(page + path).headers
    assert {name: sent[name] for name in page_headers(API)} == page_headers(API)


@pytest.mark.parametrize(("path", "encoding"), [("/main.js", "gzip"), ("/own.js", None), ("/styles/page.css", "gzip")])
def test_files_are_packed_as_cloudfront_packs_them_for_who_takes_it(page: str, path: str, encoding: str | None) -> None:
    packed = httpx.get(page + path, headers={"accept-encoding": "gzip"})
    plain = httpx.get(page + path, headers={"accept-encoding": "identity"})
    assert packed.headers.get("content-encoding") == encoding
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content == (WEB / path[1:]).read_bytes()


def test_the_page_is_told_where_its_api_is(page: str) -> None:
    assert httpx.get(page + "/config.json").json() == {"api": API}


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """Serve the page and an API that answers with a picture, and with the header `Accept` that it got."""

    def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
        asked = {"X-Accept": [event["headers"]["accept"]]}
        return {"statusCode": 200, "body": "/w==", "isBase64Encoded": True, "multiValueHeaders": asked}

    with bound(0) as socket, serving(page_with_api(Gateway(handler)), socket):
        yield f"http://{HOST}:{socket.getsockname()[1]}"


@pytest.mark.parametrize("accept", ["*/*", "text/html", "image/avif,image/webp,image/png,*/*;q=0.8"])
def test_every_reader_of_the_site_gets_a_picture_as_bytes(site: str, accept: str) -> None:
    picture = f"{site}/api/models/sales/versions/999ec480eb6e/files/plots/predicted.png"
    assert httpx.get(picture, headers={"accept": accept}).content == b"\xff"


@pytest.mark.parametrize("path", ["models/sales/versions/999ec480eb6e/files/card.md", "models/sales.png"])
def test_what_else_a_reader_accepts_stays(site: str, path: str) -> None:
    assert httpx.get(f"{site}/api/{path}", headers={"accept": "text/html"}).headers["x-accept"] == "text/html"
