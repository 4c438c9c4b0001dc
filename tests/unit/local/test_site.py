"""The page on a laptop: its headers are those of the deployed page."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.applications import Starlette

from local.headers import page_headers
from local.site import page_for

API = "http://127.0.0.1:3000"


@pytest.mark.parametrize("path", ["/", "/main.js"])
def test_the_page_is_sent_with_the_headers_of_the_template(path: str) -> None:
    sent = _get(page_for(API), path).headers
    assert {name: sent[name] for name in page_headers(API)} == page_headers(API)


def test_the_page_is_told_where_its_api_is() -> None:
    assert _get(page_for(API), "/config.json").json() == {"api": API}


def _get(app: Starlette, path: str) -> httpx.Response:
    async def get() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://page") as client:
            return await client.get(path)

    return asyncio.run(get())
