"""The page on a laptop: its headers are those of the deployed page."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from local.headers import page_headers
from local.serving import HOST, bound, serving
from local.site import page_for

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


def test_the_page_is_told_where_its_api_is(page: str) -> None:
    assert httpx.get(page + "/config.json").json() == {"api": API}
