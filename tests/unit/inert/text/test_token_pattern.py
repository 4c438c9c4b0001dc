"""A file's pattern of tokens is taken if it cannot hang whoever looks for it."""

from __future__ import annotations

import pickle

import pytest
from sklearn.feature_extraction.text import CountVectorizer

from picklejar import inert
from picklejar.errors import TooLarge, UnsupportedEstimator
from picklejar.inert.base.work import at_most

TEXT = "It's 12:30 -- don't e-mail me@home.org, naïve Café_x!! $5.00 a b cc\tddd\u2003e"


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?u)\b\w\w+\b",
        r"(?u)\b\w+\b",
        r"\w+",
        r"\b[a-zA-Z]{3,}\b",
        r"[^\s]+",
        r"\S+",
        r"[A-Za-z']+",
        r"(?i)[a-z]+-?[a-z]*",
        r"\w{1,}",
        r"\w+|[^\w\s]",
        r"\$[\d.]+|\w+",
        r"([a-z]+)",
        r"\b([a-z]\w*)\b",
        r"[a-z]{2,5}",
        r"[]a]+",
        r"[^]a ]+",
        r"\.+",
        r"x",
    ],
)
def test_patterns_of_repeated_characters_find_what_the_original_does(pattern: str) -> None:
    fitted = CountVectorizer(token_pattern=pattern, lowercase=False, vocabulary={"x": 0}).fit(["x"])
    read = inert.loads(pickle.dumps(fitted))
    assert [*read._analyze(TEXT)] == fitted.build_analyzer()(TEXT)


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+b",
        r"(?:a|a)*b",
        r"(a|b)+",
        r"\w+(?:'\w+)?",
        r"(?=x)\w+",
        r"(\w)\1",
        r"\w+?",
        r"\w*\w*\w*x",
        r"[[:alpha:]]+",
        r"[a--b]",
        r"(\w+",
        r"\w+)",
        r"\p{L}+",
        r"",
        r"a|",
        "x" * 501,
        r"\w{1000}",
        r"()",
        r"(a)(b)",
        r"^a$",
    ],
)
def test_any_other_pattern_is_refused_by_name(pattern: str) -> None:
    fitted = CountVectorizer(vocabulary={"x": 0}).fit(["x"])
    fitted.token_pattern = pattern
    with pytest.raises(UnsupportedEstimator, match="the token_pattern"):
        inert.loads(pickle.dumps(fitted))


@pytest.mark.parametrize("pattern", [r"[a-z]+1", r"\w+@\w+x", r"[a-z]{3,}\b", r".+x"])
def test_a_text_that_would_take_too_long_is_refused(pattern: str) -> None:
    read = inert.loads(pickle.dumps(CountVectorizer(token_pattern=pattern, vocabulary={"x": 0}).fit(["x"])))
    asked = [["a" * 20_000 + "."]] * 300
    with at_most(12e7), pytest.raises(TooLarge):
        read.transform(asked)
    with at_most(12e9):
        read.transform([["some words " * 2_000]])


def test_the_end_of_a_word_behind_all_its_characters_costs_nothing() -> None:
    read = inert.loads(pickle.dumps(CountVectorizer(token_pattern=r"\b\w+\b", vocabulary={"x": 0}).fit(["x"])))
    with at_most(1_000):
        read.transform([["a" * 20_000]])
