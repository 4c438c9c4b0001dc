"""Which pages of other origins may call, and what their browsers are told (https://fetch.spec.whatwg.org/#http-cors-protocol)."""

from __future__ import annotations

from collections.abc import Sequence

ANY = "*"
PREFLIGHT_SECONDS = 600
# A canary's key may be in any header, and an origin that may call is not told which headers to call with. The others
# are named, too: the star does not stand for Authorization, and some browsers do not know it.
ALLOWED_HEADERS = "*,Authorization,Content-Type,X-Amz-Date,X-Amz-Security-Token,X-Api-Key"
READABLE_HEADERS = "Retry-After"


class Cors:
    """Permissions for `origins`, which are scheme, host and port, or `*` for any; without one there are none."""

    def __init__(self, origins: Sequence[str]) -> None:
        self.is_asked = bool(origins)
        self._permissions = {origin: _permission(origin) for origin in origins}

    def headers(self, origin: str) -> dict[str, str]:
        """Return what lets a page of this origin read an answer; empty if it may not, or if no origin was named."""
        if not origin:
            return {}
        return self._permissions.get(origin) or self._permissions.get(ANY) or {}


def _permission(origin: str) -> dict[str, str]:
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Headers": ALLOWED_HEADERS,
        "Access-Control-Expose-Headers": READABLE_HEADERS,
        "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
    }
