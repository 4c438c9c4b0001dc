"""The page's headers: what browsers are told, what Mozilla's Observatory gives for it, and that it is said once."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest

from deployment.site import site_files
from local.headers import page_headers
from tests.template.observatory import Visit, points, score

Document = dict[str, Any]
BONUSES = {
    "content-security-policy": 10,
    "cross-origin-resource-policy": 10,
    "referrer-policy": 5,
    "x-frame-options": 5,
}


@pytest.fixture
def visit(root: Path, behaviour: Document) -> Visit:
    """A visit to the deployed page."""
    index = site_files(root / "web", {"api": "/api"})[-1].content.decode()
    headers = {name.lower(): value for name, value in page_headers().items()}
    return Visit(headers, index, redirects=behaviour["ViewerProtocolPolicy"] == "redirect-to-https")


@pytest.fixture
def behaviour(resources: Document) -> Document:
    """How CloudFront treats a request for the page."""
    found: Document = resources["Distribution"]["Properties"]["DistributionConfig"]["DefaultCacheBehavior"]
    return found


def test_the_observatory_has_nothing_to_take_off_and_four_bonuses_to_give(visit: Visit) -> None:
    assert {test: one for test, one in points(visit).items() if one} == BONUSES
    assert score(visit) == 130


@pytest.mark.parametrize(
    ("header", "value", "lost"),
    [
        # What remains is the page's own meta element, which lets an API be on a laptop, over http://.
        ("content-security-policy", None, 50),
        # Frames are forbidden by X-Frame-Options still, for which there is no bonus.
        ("content-security-policy", "default-src 'none'; connect-src 'self'", 5),
        ("strict-transport-security", "max-age=3600", 10),
        ("strict-transport-security", None, 50),  # below 90 there are no bonuses
        ("x-content-type-options", None, 5),
        ("referrer-policy", "unsafe-url", 10),
        ("referrer-policy", None, 5),
        ("cross-origin-resource-policy", None, 10),
        ("cross-origin-resource-policy", "anybody", 15),
    ],
)
def test_the_score_falls_with_a_header(visit: Visit, header: str, value: str | None, lost: int) -> None:
    others = {name: one for name, one in visit.headers.items() if name != header}
    worse = dataclasses.replace(visit, headers=others | ({header: value} if value else {}))
    assert 130 - score(worse) == lost


@pytest.mark.parametrize(
    ("policy", "got"),
    [
        ("default-src 'none'; script-src 'self'", 10),
        ("default-src 'self'", 5),
        ("default-src 'none'; style-src 'unsafe-inline'", 0),
        ("default-src 'none'; img-src http://a.example", -10),
        ("default-src 'none'; script-src 'self' 'unsafe-inline'", -20),
        ("default-src 'none'; connect-src http://a.example", -20),
        ("script-src 'self'", -20),  # objects may come from anywhere
        ("", -25),
    ],
)
def test_a_policy_gets_what_it_lets_through(policy: str, got: int) -> None:
    visit = Visit({"content-security-policy": policy}, page="", redirects=True)
    assert points(visit)["content-security-policy"] == got


def test_cloudfront_sends_every_one_of_them_whatever_the_bucket_says(resources: Document, behaviour: Document) -> None:
    assert behaviour["ResponseHeadersPolicyId"] == {"Fn::GetAtt": ["SiteHeaders", "Id"]}
    config = resources["SiteHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]
    sent = [*config["SecurityHeadersConfig"].values(), *config["CustomHeadersConfig"]["Items"]]
    assert all(one["Override"] is True for one in sent)
    assert len(sent) == len(page_headers())


@pytest.mark.parametrize("page", ["index.html", "api.html"])
def test_the_page_says_the_same_by_itself_but_that_its_api_may_be_elsewhere(root: Path, page: str) -> None:
    text = (root / "web" / page).read_text(encoding="utf-8")
    (own,) = re.findall(r'http-equiv="Content-Security-Policy"\s+content="([^"]+)"', text)
    header = _directives(page_headers()["Content-Security-Policy"])
    meta = _directives(own)
    assert header.pop("frame-ancestors") == ["'none'"]  # which a meta element cannot say
    assert header.pop("connect-src") == ["'self'"]
    assert meta.pop("connect-src")[0] == "'self'"
    assert meta == header


def test_a_page_whose_api_is_elsewhere_may_ask_that_origin_and_no_other() -> None:
    policy = _directives(page_headers("http://127.0.0.1:3000/api")["Content-Security-Policy"])
    assert policy["connect-src"] == ["'self'", "http://127.0.0.1:3000"]


def test_https_is_promised_for_as_long_as_browsers_own_lists_ask() -> None:
    assert page_headers()["Strict-Transport-Security"] == "max-age=31536000"


def test_no_other_page_frames_opens_or_embeds_this_one() -> None:
    headers = page_headers()
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


def _directives(policy: str) -> dict[str, list[str]]:
    return {name: sources for name, *sources in (part.split() for part in policy.split(";"))}
