"""The site on a laptop, as CloudFront has it: the page's files and, under /api, the API."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from local.gateway import Gateway
from local.headers import WithHeaders, page_headers

WEB = Path(__file__).parents[1] / "web"
# CloudFront packs no file that is smaller.
LEAST_BYTES_TO_PACK = 1000
# API Gateway gives bytes to who asks for them first; behind the site, every reader gets them.
PICTURES = "models/*/versions/*/files/*.png"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def page_with_api(gateway: Gateway) -> Starlette:
    """Return the page and, from the same origin, the API."""

    async def api(request: Request) -> Response:
        headers = MutableHeaders(scope=request.scope)
        if fnmatchcase(request.path_params["path"], PICTURES):
            headers["accept"] = "image/png"
        if gateway.key:
            headers["x-api-key"] = gateway.key
        return await gateway(request)

    return Starlette(routes=[Route("/api/{path:path}", api, methods=METHODS), _page(page_headers())])


def api_alone(gateway: Gateway) -> Starlette:
    """Return the API at an address of its own, below its stage."""
    return Starlette(routes=[Route("/api/{path:path}", gateway.__call__, methods=METHODS)])


def page_for(api: str) -> Starlette:
    """Return the page alone, told the API's address."""

    async def config(_: Request) -> JSONResponse:
        return JSONResponse({"api": api})

    return Starlette(routes=[Route("/config.json", config), _page(page_headers(api))])


def _page(headers: dict[str, str]) -> BaseRoute:
    files = GZipMiddleware(StaticFiles(directory=WEB, html=True), minimum_size=LEAST_BYTES_TO_PACK)
    return Mount("/", WithHeaders(files, headers))
