"""The page as it is deployed: below a version, told its API by config.json, under CloudFront's own headers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from deployment.site import site_files
from functions.predict.api import make_handler
from local.gateway import Gateway
from local.headers import WithHeaders, page_headers
from local.s3 import LocalS3
from local.serving import HOST, bound, serving
from local.site import METHODS
from picklejar.serving.jar import Jar
from tests.browser.conftest import await_picture, opened, predict

WEB = Path(__file__).parents[2] / "web"


@pytest.fixture(scope="module")
def deployed(s3: LocalS3) -> Iterator[str]:
    """The address of what a deployment uploads, with the API beside it."""
    files = {file.key: file for file in site_files(WEB, {"api": "/api"})}

    async def file(request: Request) -> Response:
        found = files.get(request.path_params["key"] or "index.html")
        if found is None:
            return Response(status_code=404)
        headers = {"Content-Type": found.media_type, "Cache-Control": found.cache_control}
        return Response(found.content, headers=headers)

    page = WithHeaders(Starlette(routes=[Route("/{key:path}", file)]), page_headers())
    api = Gateway(make_handler(Jar(s3.store()), ()))
    routes = [Route("/api/{path:path}", api.__call__, methods=METHODS), Mount("/", page)]
    with bound(0) as socket, serving(Starlette(routes=routes), socket):
        yield f"http://{HOST}:{socket.getsockname()[1]}"


def test_a_sale_is_predicted(page: Page, deployed: str) -> None:
    opened(page, f"{deployed}/#/sales", "Sales in the third month")
    page.get_by_label("Interest rate").first.fill("4")
    page.get_by_label("Sales in the first month").first.fill("300")
    page.get_by_label("Sales in the second month").first.fill("500")
    assert "143.31" in predict(page)


def test_a_request_is_tried_on_the_api_page(page: Page, deployed: str) -> None:
    opened(page, f"{deployed}/#/sales", "Sales in the third month")
    page.get_by_role("link", name="API", exact=True).click()
    page.get_by_role("navigation", name="Models").get_by_role("link", name="Sales in the third month").click()
    expect(page.locator("#address")).to_contain_text("/models/sales/predict")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#reply")).to_contain_text('"model": "sales"')
    expect(page.locator("#outcome")).to_contain_text("200 OK")


def test_what_is_loaded_later_is_found_too_the_worker_and_the_pictures(page: Page, deployed: str) -> None:
    opened(page, f"{deployed}/#/sales", "Sales in the third month")
    page.locator("#batch summary").click()
    csv = "rate,sales_in_first_month,sales_in_second_month\n4,300,500\n"
    page.locator("#batch input[type=file]").set_input_files(
        {"name": "sales.csv", "mimeType": "text/csv", "buffer": csv.encode()}
    )
    page.get_by_role("button", name="Predict 1 row").click()
    page.get_by_role("link", name="Download sales-predicted.csv").wait_for()
    page.locator("#snippets summary").click()
    page.locator("#snippets").get_by_text("curl").first.wait_for()
    page.locator("#card summary").click()
    await_picture(page.locator("#card img").first)
