"""Texts to tokens and n-grams: `_VectorizerMixin.build_analyzer` of sklearn/feature_extraction/text.py."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from picklejar.inert.base.work import NUMBERS_OF_A_STEP, spend
from picklejar.inert.reading.records import Record
from picklejar.inert.reading.state import BYTES_OF_A_PAIR, EstimatorState
from picklejar.inert.text.stop_words import ENGLISH
from picklejar.inert.text.token_pattern import tokenizer

Analyzer = Callable[[str], Iterable[str]]

SPACES = re.compile(r"\s\s+")
# The lengths of n-grams, and the longest of them: so many characters are looked at for each of a text.
MOST_CHARACTERS = 1_000
INSTEAD = "Do what it does before the model is asked, and fit the vectorizer on the texts that come of it."


def analyzer(state: EstimatorState) -> Analyzer:
    """Return what turns a text into the terms that are counted; raises UnsupportedEstimator, DamagedPickle."""
    state.choice("input", "content", default="content")
    for name in ("preprocessor", "tokenizer"):
        if state.has(name):
            raise state.unsupported(f"a {name} of its own", INSTEAD)
    if type(state.value("analyzer")) is not str:
        raise state.unsupported("an analyzer of its own", INSTEAD)
    kind = state.choice("analyzer", "word", "char", "char_wb")
    prepare = _preprocessor(state)
    shortest, longest = _lengths(state)
    if kind != "word":
        grams = _characters if kind == "char" else _characters_of_words
        return lambda text: _counted(grams(prepare(text), shortest, longest), len(text), longest - shortest + 1)
    find, stop_words = tokenizer(state), _stop_words(state)
    if longest > 1:
        return lambda text: _words(_without(stop_words, find(prepare(text))), shortest, longest)
    return lambda text: _without(stop_words, find(prepare(text)))


def _lengths(state: EstimatorState) -> tuple[int, int]:
    lengths = [state.plain_of(item) for item in state.sequence("ngram_range", 2)]
    if not all(type(length) is int for length in lengths) or not 1 <= lengths[0] <= lengths[1]:
        raise state.damaged("has no range of lengths in ngram_range")
    if (lengths[1] - lengths[0] + 1) * lengths[1] > MOST_CHARACTERS:
        raise state.unsupported(f"n-grams of up to {lengths[1]:,} words or characters")
    return lengths[0], lengths[1]


def _counted(grams: Iterator[str], characters: int, lengths: int) -> Iterator[str]:
    spend(characters * lengths * NUMBERS_OF_A_STEP)
    return grams


def _preprocessor(state: EstimatorState) -> Callable[[str], str]:
    """Return what lowers a text, and takes accents from it."""
    if state.has("strip_accents") and type(state.value("strip_accents")) is not str:
        raise state.unsupported("a strip_accents of its own", INSTEAD)
    accents = state.choice("strip_accents", None, "ascii", "unicode")
    lowers = state.flag("lowercase")
    # Until 0.20 a text with accents that are written apart kept them.
    strip = _in_ascii if accents == "ascii" else _without_accents_apart if state.before("0.21") else _without_accents
    if accents is None:
        return str.lower if lowers else str
    return (lambda text: strip(text.lower())) if lowers else strip


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    return "".join([each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each)])


def _without_accents_apart(text: str) -> str:
    return text if unicodedata.normalize("NFKD", text) == text else _without_accents(text)


def _in_ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")


def _stop_words(state: EstimatorState) -> Collection[str]:
    given: Any = state.value("stop_words")
    if given is None:
        return ()
    if type(given) is str:
        state.choice("stop_words", "english")
        return ENGLISH
    if isinstance(given, Record) and given.name in ("builtins.set", "builtins.frozenset") and len(given.args) == 1:
        given = given.args[0]
    if type(given) not in (list, tuple, set, frozenset):
        raise state.unsupported("stop_words that are no list of texts")
    state.charge(BYTES_OF_A_PAIR * len(given))
    words = [state.plain_of(word) for word in given]
    if not all(type(word) is str for word in words):
        raise state.damaged("has something other than texts in stop_words")
    return frozenset(words)


def _without(stop_words: Collection[str], words: list[str]) -> list[str]:
    return [word for word in words if word not in stop_words] if stop_words else words


def _words(words: list[str], shortest: int, longest: int) -> Iterator[str]:
    """Yield words and, with spaces between, as many in a row as are asked for."""
    for length in range(shortest, longest + 1):
        if length == 1:
            yield from words
        else:
            spend(len(words) * NUMBERS_OF_A_STEP)
            for at in range(len(words) - length + 1):
                yield " ".join(words[at : at + length])


def _characters(text: str, shortest: int, longest: int) -> Iterator[str]:
    """Yield so many characters in a row, several spaces taken for one."""
    text = SPACES.sub(" ", text)
    for length in range(shortest, longest + 1):
        for at in range(len(text) - length + 1):
            yield text[at : at + length]


def _characters_of_words(text: str, shortest: int, longest: int) -> Iterator[str]:
    """Yield so many characters in a row of each word with a space around; a shorter word once."""
    for word in text.split():
        padded = f" {word} "
        for length in range(shortest, longest + 1):
            yield padded[:length]
            for at in range(1, len(padded) - length + 1):
                yield padded[at : at + length]
            if len(padded) <= length:
                break
