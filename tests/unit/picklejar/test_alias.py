from __future__ import annotations

import msgspec
import pytest

from picklejar.alias import MOST_MOVES, Alias, Move, decode_alias
from picklejar.errors import BundleDamaged, InvalidDefinition

A, B, C = "a" * 12, "b" * 12, "c" * 12


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
