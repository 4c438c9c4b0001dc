"""A file's pattern of tokens is taken if it cannot hang whoever looks for it."""

from __future__ import annotations

import pickle

import pytest
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer

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
        r"\w?" * 5 + "!",
        r"\w{1,999}\w{1,999}\w{1,999}!",
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


@pytest.mark.parametrize("space", ["\x1d", "\u2028", "\u2003", " "])
def test_a_pattern_of_spaces_is_counted_over_the_whole_text(space: str) -> None:
    pattern = f"[{space}]*[{space}]*b"
    read = inert.loads(pickle.dumps(CountVectorizer(token_pattern=pattern, vocabulary={"x": 0}).fit(["x"])))
    with at_most(12e9), pytest.raises(TooLarge):
        read.transform([[space * 4_000]])


@pytest.mark.parametrize("accents", ["ascii", "unicode"])
def test_accents_in_a_row_are_counted(accents: str) -> None:
    read = inert.loads(pickle.dumps(CountVectorizer(strip_accents=accents, vocabulary={"x": 0}).fit(["x"])))
    with at_most(1e9), pytest.raises(TooLarge):
        read.transform([["\u0300" * 10_000 + "\u0316" * 10_000]] * 20)
    with at_most(1e9):
        read.transform([["caf\u0301e\u0301 " * 2_000]] * 20)


def test_terms_are_counted_by_how_long_they_take_to_hash() -> None:
    read = inert.loads(pickle.dumps(HashingVectorizer(n_features=2**8, analyzer="char", ngram_range=(300, 300))))
    with at_most(1e9), pytest.raises(TooLarge):
        read.transform([["a" * 20_000]] * 20)


def test_the_end_of_a_word_behind_all_its_characters_costs_no_more_than_they_do() -> None:
    read = inert.loads(pickle.dumps(CountVectorizer(token_pattern=r"\b\w+\b", vocabulary={"x": 0}).fit(["x"])))
    with at_most(500_000):
        read.transform([["a" * 20_000]])
