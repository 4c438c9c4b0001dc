"""Reads rows of any kind one by one: dicts, frames, arrays, lists, generators.

pandas, polars and NumPy are known by what their objects can do, and never imported.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from picklejar_client.errors import Refused, refused_row
from picklejar_client.values import DATES, NoJson, plain

Names = Callable[[], Sequence[str]]

# NumPy's kind of what has named values of several kinds.
STRUCTURED = "V"


def encoded_rows(rows: Iterable[Any], names: Names) -> Iterator[bytes]:
    """Yield each row as a JSON object.

    `names` is asked for the names of the columns where a row is a list of values.

    Raises:
        TypeError: `rows` are no rows.
        Refused: a row is none, or has a value that JSON does not have; numbers count from 0.
    """
    for number, row in enumerate(_each(rows)):
        yield _encoded(number, _named(number, row, names))


def _each(rows: Any) -> Iterator[Any]:
    """Return the rows, of a frame as dicts."""
    if isinstance(rows, (str, bytes, Mapping)):
        raise TypeError(f"Give a list of rows, also for one row; this is of type {type(rows).__name__}.")
    if hasattr(rows, "columns"):
        return _each_of_frame(rows)
    try:
        return iter(rows)
    except TypeError:
        raise TypeError(
            f"Give rows as dicts, a frame, an array or a generator; this is of type {type(rows).__name__}."
        ) from None


def _each_of_frame(frame: Any) -> Iterator[Any]:
    columns = [*frame.columns]
    if hasattr(frame, "itertuples"):
        return _zipped(columns, frame.itertuples(index=False, name=None))
    if hasattr(frame, "iter_rows"):
        return _zipped(columns, frame.iter_rows())
    if hasattr(frame, "to_pylist"):
        return iter(frame.to_pylist())
    raise TypeError(f"The rows of a frame of type {type(frame).__name__} are not known here; give them as dicts.")


def _zipped(columns: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Iterator[dict[Any, Any]]:
    doubled = next((name for place, name in enumerate(columns) if name in columns[:place]), None)
    if doubled is not None:
        raise TypeError(f"Two columns are called {doubled!r}; keep one of them.")
    return (dict(zip(columns, row)) for row in rows)


def _named(number: int, row: Any, names: Names) -> dict[Any, Any]:
    """Return a row's values by name: of a dict, what has keys like one, a named tuple, or values in order."""
    if hasattr(row, "keys"):
        return {name: row[name] for name in row.keys()}  # noqa: SIM118  iterating, some have values
    if hasattr(row, "_asdict"):
        return dict(row._asdict())
    # A row of NumPy's structured arrays knows its names, which are in an order of their own.
    own = getattr(getattr(row, "dtype", None), "names", None)
    values = _values(row)
    if not isinstance(values, (list, tuple)):
        message = f"A row is a dict by feature, or a list of all values, not of type {type(row).__name__}."
        raise refused_row(number, None, "type", message)
    columns = own or names()
    if len(values) != len(columns):
        message = f"The row has {len(values):,} values, for {len(columns):,} columns."
        raise refused_row(number, None, "columns", message)
    return dict(zip(columns, values))


def _values(row: Any) -> Any:
    kind = getattr(getattr(row, "dtype", None), "kind", None)
    # As a list, dates would be numbers of nanoseconds.
    if kind in DATES or kind == STRUCTURED:
        return [*row] if getattr(row, "shape", ()) or kind == STRUCTURED else row
    return row.tolist() if hasattr(row, "tolist") else row


def _encoded(number: int, row: Mapping[Any, Any]) -> bytes:
    try:
        return _object(row)
    except (NoJson, ValueError, RecursionError):
        raise _refusal(number, row) from None


def _refusal(number: int, row: Mapping[Any, Any]) -> Refused:
    """Return why a row cannot be sent, by the first value that is to blame."""
    for name, value in row.items():
        field = str(name)
        try:
            _object({name: value})
        except NoJson as error:
            return refused_row(number, field, error.rule, f"{field} {error.sentence}.")
        except UnicodeEncodeError:
            return refused_row(number, field, "text", f"{field!r} or its value has half of a character in it.")
        except (ValueError, RecursionError):
            return refused_row(number, field, "json", f"{field} cannot be written as JSON.")
    return refused_row(number, None, "json", "The row cannot be written as JSON.")


def _object(row: Mapping[Any, Any]) -> bytes:
    plain_row = {_name(name): plain(value) for name, value in row.items()}
    return json.dumps(plain_row, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _name(name: Any) -> str:
    if not isinstance(name, str):
        raise NoJson("name", f"is of type {type(name).__name__}, and a feature's name is text")
    return name
