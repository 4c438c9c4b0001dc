"""Scores a page as Mozilla's HTTP Observatory does.

The rules and their points are those of https://developer.mozilla.org/en-US/observatory/docs/tests_and_scoring, for what
a page like this can get: each test below gives points to one header. What nothing here can have (a list of preloaded
hosts, the network) is not scored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser

FIRST = 100
# Points above it are only given to what has this much without them.
LEAST_FOR_BONUS = 90
SIX_MONTHS_SECONDS = 15_768_000
BROAD = {"ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*"}
INLINE = {"'unsafe-inline'", "data:"}
PASSIVE = {"img-src", "media-src"}
PRIVATE_REFERRERS = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
UNSAFE_REFERRERS = {"origin", "origin-when-cross-origin", "unsafe-url", "no-referrer-when-downgrade"}


@dataclass(frozen=True)
class Visit:
    """What a visit to `https://` gets: headers by their names, in small letters, and the page.

    `redirects` says whether `http://` leads to `https://` on the same host.
    """

    headers: Mapping[str, str]
    page: str
    redirects: bool


def points(visit: Visit) -> dict[str, int]:
    """Return the points of each test."""
    return {
        "content-security-policy": _content_security_policy(visit),
        "cookies": 0 if "set-cookie" not in visit.headers else _cookies(visit),
        "cross-origin-resource-sharing": _sharing(visit),
        "cross-origin-resource-policy": _resource_policy(visit),
        "redirection": 0 if visit.redirects else -20,
        "referrer-policy": _referrer_policy(visit),
        "strict-transport-security": _transport_security(visit),
        "subresource-integrity": _integrity(visit),
        "x-content-type-options": 0 if visit.headers.get("x-content-type-options", "").lower() == "nosniff" else -5,
        "x-frame-options": _frame_options(visit),
    }


def score(visit: Visit) -> int:
    """Return the sum, which begins at 100 and has bonuses only from 90."""
    got = points(visit).values()
    without_bonus = max(0, FIRST + sum(one for one in got if one < 0))
    return without_bonus + (sum(one for one in got if one > 0) if without_bonus >= LEAST_FOR_BONUS else 0)


def _content_security_policy(visit: Visit) -> int:
    policies = [_directives(text) for text in (visit.headers.get("content-security-policy"), _meta(visit.page)) if text]
    if not policies:
        return -25
    policy = _both(policies)
    default = policy.get("default-src", {"*"})
    scripts, styles, objects = (policy.get(name, default) for name in ("script-src", "style-src", "object-src"))
    active = set().union(*(sources for name, sources in policy.items() if name not in PASSIVE))
    passive = set().union(*(policy.get(name, default) for name in PASSIVE))
    if scripts & (BROAD | INLINE) or objects & BROAD or _insecure(active):
        return -20
    if "'unsafe-eval'" in scripts | styles or _insecure(passive):
        return -10
    if styles & (BROAD | INLINE):
        return 0
    return 10 if default == {"'none'"} else 5


def _directives(policy: str) -> dict[str, set[str]]:
    parts = [part.split() for part in policy.lower().split(";") if part.strip()]
    assert len({name for name, *_ in parts}) == len(parts), "a directive is there twice"
    return {name: set(sources) or {"'none'"} for name, *sources in parts}


def _both(policies: list[dict[str, set[str]]]) -> dict[str, set[str]]:
    """A browser lets through what every policy lets through."""
    names = {name for policy in policies for name in policy}
    found = {name: [policy[name] for policy in policies if name in policy] for name in names}
    return {name: set.intersection(*sources) or {"'none'"} for name, sources in found.items()}


def _insecure(sources: set[str]) -> bool:
    return any(source.startswith(("http:", "ftp:")) for source in sources)


def _cookies(visit: Visit) -> int:
    flags = visit.headers["set-cookie"].lower()
    if "secure" not in flags:
        return -20
    return 5 if "httponly" in flags and re.search("samesite=(lax|strict)", flags) else 0


def _sharing(visit: Visit) -> int:
    reflected = visit.headers.get("access-control-allow-origin", "*") != "*"
    return -50 if reflected and visit.headers.get("access-control-allow-credentials") == "true" else 0


def _resource_policy(visit: Visit) -> int:
    found = visit.headers.get("cross-origin-resource-policy", "cross-origin").lower()
    return {"same-origin": 10, "same-site": 10, "cross-origin": 0}.get(found, -5)


def _referrer_policy(visit: Visit) -> int:
    if "referrer-policy" not in visit.headers:
        return 0
    known = [one.strip() for one in visit.headers["referrer-policy"].lower().split(",")]
    known = [one for one in known if one in PRIVATE_REFERRERS | UNSAFE_REFERRERS]
    return 5 if known and known[-1] in PRIVATE_REFERRERS else -5


def _transport_security(visit: Visit) -> int:
    found = re.search(r"max-age=(\d+)", visit.headers.get("strict-transport-security", ""))
    if not found:
        return -20
    return 0 if int(found[1]) >= SIX_MONTHS_SECONDS else -10


def _frame_options(visit: Visit) -> int:
    if "frame-ancestors" in _directives(visit.headers.get("content-security-policy", "")):
        return 5
    return 0 if visit.headers.get("x-frame-options", "").lower() in {"deny", "sameorigin"} else -20


def _integrity(visit: Visit) -> int:
    scripts = [attributes for tag, attributes in _tags(visit.page) if tag == "script" and "src" in attributes]
    elsewhere = [one for one in scripts if re.match("(https?:)?//", one["src"])]
    if any(not one["src"].startswith("https://") for one in elsewhere):
        return -20 if all("integrity" in one for one in elsewhere) else -50
    if any("integrity" not in one for one in elsewhere):
        return -5
    return 5 if any("integrity" in one for one in scripts) else 0


def _meta(page: str) -> str | None:
    metas = [attributes for tag, attributes in _tags(page) if tag == "meta"]
    named = [one for one in metas if one.get("http-equiv", "").lower() == "content-security-policy"]
    # Of a meta element browsers do not take this one.
    return re.sub("frame-ancestors[^;]*;?", "", named[0]["content"]) if named else None


def _tags(page: str) -> list[tuple[str, dict[str, str]]]:
    found: list[tuple[str, dict[str, str]]] = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append((tag, {name: value or "" for name, value in attrs}))

    Parser().feed(page)
    return found
