from __future__ import annotations

import hashlib
import math
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from picklejar.alias import MOST_MOVES, Alias, Canary, Move, decode_alias
from picklejar.errors import BundleDamaged, InvalidDefinition

A, B, C = "a" * 12, "b" * 12, "c" * 12
KEYS = [str(number).encode() for number in range(20_000)]


def _moved(*moves: Move) -> Alias:
    alias = Alias(moves[0].version)
    for move in moves:
        alias = alias.moved(move)
    return alias


def test_an_alias_from_before_there_was_a_history_stands_for_its_version() -> None:
    assert decode_alias(b'{"version": "aaaaaaaaaaaa"}') == Alias(A, (Move(A),))


def test_an_alias_is_read_as_it_was_written() -> None:
    alias = _moved(Move(A, "2026-01-01T00:00:00+00:00"), Move(B, reason="It is for show."), Move(A, back=True))
    assert decode_alias(msgspec.json.encode(alias)) == alias
    assert alias.canary is None
    tried = alias.moved(Move(A, canary=Canary(B, 12.5, "customer-id", shadow=True)))
    assert decode_alias(msgspec.json.encode(tried)) == tried


def test_an_alias_without_a_canary_is_written_as_before_there_were_any() -> None:
    assert msgspec.json.encode(_moved(Move(A))) == b'{"version":"aaaaaaaaaaaa","history":[{"version":"aaaaaaaaaaaa"}]}'


def test_a_canary_stands_from_its_move_to_the_next() -> None:
    alias = _moved(Move(A), Move(A, canary=Canary(B, 10)))
    assert (alias.canary, alias.answering) == (Canary(B, 10), {A, B})
    for ending in (Move(B), Move(A, back=True)):
        ended = alias.moved(ending)
        assert (ended.canary, ended.answering) == (None, {ending.version})
    # A canary is not a version that the alias stood for, to which a rollback could go.
    assert _moved(Move(A), Move(B), Move(B, canary=Canary(C, 10)), Move(B, back=True)).ways_back == (A,)


@pytest.mark.parametrize("percent", [0.1, 10, 50, 99])
def test_a_canary_takes_its_share_of_the_keys(percent: float) -> None:
    share = percent / 100
    taken = sum(Canary(B, percent).takes("sales", key) for key in KEYS)
    assert abs(taken - share * len(KEYS)) < 4 * math.sqrt(len(KEYS) * share * (1 - share))


def test_a_canary_of_all_takes_all() -> None:
    assert all(Canary(B, 100).takes("sales", key) for key in KEYS)


def test_more_percent_only_add_keys() -> None:
    taken = [{key for key in KEYS if Canary(B, percent).takes("sales", key)} for percent in (1, 10, 10.5, 60)]
    assert all(fewer < more for fewer, more in pairwise(taken))


@pytest.mark.parametrize(("name", "candidate"), [("sales", C), ("housing", B)])
def test_another_model_and_another_candidate_are_tried_on_others(name: str, candidate: str) -> None:
    first = {key for key in KEYS if Canary(B, 10).takes("sales", key)}
    other = {key for key in KEYS if Canary(candidate, 10).takes(name, key)}
    assert len(first & other) < 0.2 * len(first)


def test_anybody_can_tell_who_is_taken() -> None:
    for key in KEYS[:1000]:
        digest = hashlib.sha256(b"sales/bbbbbbbbbbbb/" + key).hexdigest()
        assert Canary(B, 10).takes("sales", key) == (int(digest[:16], 16) / 2**64 < 10 / 100)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"percent": 0}, "more than 0 and at most 100 percent, not 0"),
        ({"percent": -1}, "not -1"),
        ({"percent": 100.1}, r"not 100\.1"),
        ({"percent": math.nan}, "not nan"),
        ({"candidate": "../x"}, "'../x' is not a version"),
        ({"key": "customer_id"}, "'customer_id' cannot name a key's header"),
        ({"key": "x" * 64}, "letters, digits and -"),
        ({"key": "a: b"}, "letters, digits and -"),
    ],
)
def test_what_cannot_be_a_canary_is_said(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidDefinition, match=sentence):
        Canary(**{"candidate": B, "percent": 10} | changes)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b'{"version": "no"}',
        b'{"version": "aaaaaaaaaaaa", "history": [{"version": "bbbbbbbbbbbb"}]}',
        b'{"version": "aaaaaaaaaaaa", "history": [{"version": "../.."}, {"version": "aaaaaaaaaaaa"}]}',
        b'{"version": "aaaaaaaaaaaa", "history": [{"version": "aaaaaaaaaaaa", "reason": ""}]}',
        b'{"version": "aaaaaaaaaaaa", "more": 1}',
        b'{"version": "aaaaaaaaaaaa", "history": [{"version": "aaaaaaaaaaaa", "canary": {"candidate": "b"}}]}',
        b'{"version": "aaaaaaaaaaaa", "history": [{"version": "aaaaaaaaaaaa", "canary": {"candidate": "b", "percent": 1'
        b"}}]}",
        b'{"version": "aaaaaaaaaaaa", "history": ' + b"[" * 100_000,
    ],
)
def test_what_is_no_alias_is_damaged(content: bytes) -> None:
    with pytest.raises(BundleDamaged, match="alias"):
        decode_alias(content)


@pytest.mark.parametrize(
    ("moves", "ways_back"),
    [
        ([Move(A)], ()),
        ([Move(A), Move(B)], (A,)),
        ([Move(A), Move(B), Move(C)], (B, A)),
        ([Move(A), Move(B), Move(C), Move(B, back=True)], (A,)),
        ([Move(A), Move(B), Move(C), Move(B, back=True), Move(A, back=True)], ()),
        ([Move(A), Move(B), Move(A, back=True), Move(C)], (A,)),
        ([Move(A), Move(B), Move(A)], (B, A)),
        ([Move(A, back=True), Move(B)], (A,)),
    ],
)
def test_a_rollback_goes_back_and_never_forward(moves: list[Move], ways_back: tuple[str, ...]) -> None:
    assert _moved(*moves).ways_back == ways_back


def test_the_oldest_moves_are_forgotten() -> None:
    alias = _moved(*(Move(version) for version in [A, B] * MOST_MOVES))
    assert (alias.version, len(alias.history)) == (B, MOST_MOVES)


@pytest.mark.parametrize("reason", ["", "x" * 501])
def test_a_reason_is_a_sentence(reason: str) -> None:
    with pytest.raises(InvalidDefinition, match="1 to 500 characters"):
        Move(A, reason=reason)


def test_a_hundred_moves_are_kept() -> None:
    alias = _moved(*(Move((A, B)[number % 2], reason=str(number)) for number in range(150)))
    assert [move.reason for move in alias.history] == [str(number) for number in range(50, 150)]


def test_what_a_canary_does_not_say_is_not_written() -> None:
    alias = _moved(Move(A, canary=Canary(B, 10)))
    canary = '{"candidate":"bbbbbbbbbbbb","percent":10}'
    move = f'{{"version":"aaaaaaaaaaaa","canary":{canary}}}'
    assert msgspec.json.encode(alias).decode() == f'{{"version":"aaaaaaaaaaaa","history":[{move}]}}'


@pytest.mark.parametrize("item", [Canary(A, 10), Move(A), Alias(A)], ids=lambda item: type(item).__name__)
def test_nothing_of_an_alias_changes(item: Any) -> None:
    for name in item.__struct_fields__:
        with pytest.raises(AttributeError):
            setattr(item, name, B)


@pytest.mark.parametrize(
    "content",
    [
        b'{"version": "aaaaaaaaaaaa", "history": [{"version": "aaaaaaaaaaaa", "more": 1}]}',
        b'{"version": "aaaaaaaaaaaa", "history": [{"version": "aaaaaaaaaaaa"}, {"version": "bbbbbbbbbbbb"}]}',
        b'{"version": "bbbbbbbbbbbb", "history": [{"version": "bbbbbbbbbbbb"}, {"version": "aaaaaaaaaaaa"}]}',
        b'{"version": "aaaaaaaaaaaa", "history": [{"version": "aaaaaaaaaaaa", "canary": {"candidate": "bbbbbbbbbbbb", '
        b'"percent": 1, "more": 1}}]}',
    ],
)
def test_what_a_move_does_not_know_or_the_last_one_contradicts_is_damage(content: bytes) -> None:
    with pytest.raises(BundleDamaged, match="alias"):
        decode_alias(content)


def test_the_last_move_is_the_one_that_counts() -> None:
    history = b'[{"version": "bbbbbbbbbbbb"}, {"version": "cccccccccccc"}, {"version": "aaaaaaaaaaaa"}]'
    assert decode_alias(b'{"version": "aaaaaaaaaaaa", "history": ' + history + b"}").version == A


@pytest.mark.parametrize(
    ("moves", "ways_back"),
    [
        ([Move(C), Move(B), Move(A), Move(B, back=True)], (C,)),
        ([Move(C), Move(B), Move(A), Move(C, back=True)], ()),
        ([Move(A), Move(C), Move(B), Move(C, back=True)], (A,)),
    ],
)
def test_a_rollback_goes_back_whatever_the_digits_of_versions_are(
    moves: list[Move], ways_back: tuple[str, ...]
) -> None:
    assert _moved(*moves).ways_back == ways_back


@pytest.mark.parametrize("reason", ["x", "x" * 500])
def test_a_reason_may_be_short_or_long(reason: str) -> None:
    assert Move(A, reason=reason).reason == reason


def test_an_alias_whose_canary_is_its_own_version_answers_with_it() -> None:
    assert _moved(Move(A, canary=Canary(A, 10))).answering == {A}


def test_a_canary_is_one_unless_it_is_said_to_be_a_shadow() -> None:
    assert (str(Canary(A, 12.5)), str(Canary(A, 100, shadow=True))) == ("canary 12.5 %", "shadow 100 %")


@pytest.mark.parametrize("words", [{"candidate": "z" * 100}, {"key": "z" * 100}], ids=str)
def test_what_is_wrong_is_shown_by_its_beginning(words: dict[str, Any]) -> None:
    with pytest.raises(InvalidDefinition, match=f"^'{'z' * 64}' "):
        Canary(**{"candidate": A, "percent": 10} | words)


def test_an_alias_without_a_history_is_written_as_its_version() -> None:
    assert msgspec.json.encode(Alias(A)) == b'{"version":"aaaaaaaaaaaa"}'
