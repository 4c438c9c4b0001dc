from __future__ import annotations

import pytest

from functions.predict.cors import Cors

ORIGINS = ("https://a.example", "http://localhost:8000")


@pytest.mark.parametrize("origin", ORIGINS)
def test_an_origin_that_may_call_is_named_itself(origin: str) -> None:
    assert Cors(ORIGINS).headers(origin)["Access-Control-Allow-Origin"] == origin


@pytest.mark.parametrize("origin", ["", "null", "https://a.example.evil", "https://b.example", "*"])
def test_another_origin_gets_no_permission(origin: str) -> None:
    assert Cors(ORIGINS).headers(origin) == {}


def test_any_origin_may_call_where_the_star_says_so() -> None:
    assert Cors(("*",)).headers("https://b.example")["Access-Control-Allow-Origin"] == "*"
    assert Cors(("*", *ORIGINS)).headers(ORIGINS[0])["Access-Control-Allow-Origin"] == ORIGINS[0]


def test_who_names_no_origin_is_no_page() -> None:
    assert Cors(("*",)).headers("") == {}


def test_without_origins_there_are_no_permissions() -> None:
    assert not Cors(()).is_asked
    assert Cors(()).headers(ORIGINS[0]) == {}


def test_a_page_may_send_any_header_and_wait_as_told() -> None:
    permission = Cors(ORIGINS).headers(ORIGINS[0])
    assert permission["Access-Control-Allow-Headers"] == (
        "*,Authorization,Content-Type,X-Amz-Date,X-Amz-Security-Token,X-Api-Key"
    )
    assert permission["Access-Control-Expose-Headers"] == "Retry-After"
    assert permission["Access-Control-Max-Age"] == "600"
