"""An API on a port of its own, as `make start` runs it: the real handler behind API Gateway's rules."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from functions.predict.api import make_handler
from local.gateway import Gateway
from local.serving import HOST, bound, serving
from local.site import api_alone, page_with_api
from picklejar.serving.jar import Jar


@contextmanager
def api_of(jar: Jar, key: str | None = None) -> Iterator[str]:
    """Serve a jar's models beside the page, or alone to who sends the key; the value is the API's address."""
    gateway = Gateway(make_handler(jar, ()), key)
    site = api_alone(gateway) if key else page_with_api(gateway)
    with bound(0) as listening, serving(site, listening):
        yield f"http://{HOST}:{listening.getsockname()[1]}/api"
