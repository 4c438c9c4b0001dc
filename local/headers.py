"""The page's headers, as stack/page.yaml has CloudFront send them."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from local.template import PAGE, read_template


class WithHeaders:
    """An ASGI application whose answers all get `headers`."""

    def __init__(self, app: ASGIApp, headers: dict[str, str]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def page_headers(api: str | None = None) -> dict[str, str]:
    """Return the page's headers; `api` is the API's address if that is another origin."""
    config = read_template(PAGE)["Resources"]["SiteHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]
    security = config["SecurityHeadersConfig"]
    policy = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    return {
        "Content-Security-Policy": _with_api(policy, api) if api else policy,
        "Strict-Transport-Security": f"max-age={security['StrictTransportSecurity']['AccessControlMaxAgeSec']}",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": security["FrameOptions"]["FrameOption"],
        "Referrer-Policy": security["ReferrerPolicy"]["ReferrerPolicy"],
    } | {item["Header"]: item["Value"] for item in config["CustomHeadersConfig"]["Items"]}


def _with_api(policy: str, api: str) -> str:
    address = urlsplit(api)
    return policy.replace("connect-src 'self'", f"connect-src 'self' {address.scheme}://{address.netloc}")
