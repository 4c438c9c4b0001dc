"""Files of many rows in which anything may be written in any way, and models whose answers tell how they were asked."""

from __future__ import annotations

import zlib
from random import Random
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from picklejar.cells.dialect import LEARNED, OF_PANDAS, UNDESCRIBED, Dialect
from picklejar.errors import RowsRefused
from picklejar.predictor import Predictor
from picklejar.signature import Feature, Signature, Target
from tests.numbered import version

USUAL = {
    "number": ("1", "-2.5", "68583.11", "7.009188142792237", "1e3", "-0.0", "36163.5160385404", "0.1", "99.99"),
    "integer": ("1", "-2", "40", "1500", "0", "9007199254740992"),
    "boolean": ("true", "no", "1", "Yes"),
    "string": ("red", "7", "blue", "'=1"),
}
UNUSUAL = (
    *["", " ", "1_000", "0x10", " 1", "1 ", "\t2", "nan", "inf", "-Infinity", "\uff11\uff12", "\u0661", "1 2", "null"],
    *["1e400", "-1e400", "1e-400", "-0", "-0e1", "+1", ".5", "5.", "007", "1,5", "1.234,5", "1,234.5", "1 234", ",5"],
    *["1,5e3", "\x1c1", "1\x1f", "1\0", "NA", "-", "?", "-999", "5 %", "5%", "\u20ac 5", "9007199254740993", "1.000"],
    *["12345678901234567.5", "0.5", "1e-1", "maybe", "\ufeff1", "\u00a01", "\u00a0", "\u2028", "\u0085", "x\u2028y"],
    *["gr\u00fcn", "=1+1", "x" * 1_001, "[1", "1]", "5e-324", "1.7976931348623157e308", "179769313486231580793e289"],
    *["9" * 400, "0." + "1" * 400],
)
BESIDE = (
    *["", "x", "house 7", "a b", 'say ""', "7", "M\u00fcller", "'", "x,y", "two\nlines", "two\r\nlines", ";", "\t"],
    *["\r", "\n"],
)
# Written as they are, whatever csv would make of them.
RAW = ('5" wide', '"a"b', ' "x"', '"a" ', '""', '"', '"\n"', "a\rb", '"x""y"', "\n", "\r\n", "\r", '"a,b"', "\0")
LABELS = (("no", "yes"), ("a,b", 'c"d'), ("=1", "'x"), (0, 1), (False, True), ("x;y", "\u00fc"))
TITLES = ("x", "size", "rooms", "colour", "sold")


class File(NamedTuple):
    """What a file has in it, and what predicts from it."""

    content: bytes
    predictor: Predictor


def draw(random: Random) -> File:
    """Return a file, most of which is usual."""
    dialect = _dialect(random)
    signature = _signature(random, dialect)
    return File(_content(random, signature), _predictor(random, signature))


class Telling:
    """Answers from all that it is asked: other rows, or the same among others, have another answer."""

    def __init__(self, labels: tuple[Any, ...], size: float, targets: int = 1) -> None:
        self.classes_ = np.array(labels)
        self._sizes = [size * (place + 1) for place in range(targets)]

    def predict(self, X: NDArray[Any]) -> NDArray[Any]:
        sums = self._sums(X)
        if len(self.classes_):
            return self.classes_[sums.astype(int) % 2]
        return np.where(sums % 11 == 0, np.inf, np.outer(self._sizes, sums) / 7).T

    def predict_proba(self, X: NDArray[Any]) -> NDArray[Any]:
        shares = self._sums(X) % 1_000 / 999
        return np.stack([shares, 1 - shares], axis=1)

    @staticmethod
    def _sums(X: NDArray[Any]) -> NDArray[np.float64]:
        sums = np.array([zlib.crc32(repr((row.tolist(), place)).encode()) for place, row in enumerate(X)], float)
        if (refused := np.flatnonzero(sums % 13 == 0)).size:
            raise RowsRefused(refused.tolist(), rule="tie", sentence="is equally far", column=0)
        return np.floor(sums + len(X))


def _dialect(random: Random) -> Dialect:
    like = random.choice((UNDESCRIBED, UNDESCRIBED, LEARNED, OF_PANDAS))
    changes: dict[str, Any] = {"delimiter": random.choice((None, None, ",", ";", "\t"))}
    changes["decimal"] = random.choice((None, ".", ","))
    if changes["decimal"]:
        changes["thousands"] = random.choice(["", "", *(mark for mark in ".', " if mark != changes["decimal"])])
    if random.random() < 0.2:
        changes["missing"] = (*like.missing, "-999")
    if random.random() < 0.2:
        changes["signs"] = {"x": random.choice("%€")}
    changes["spaces_before_quotes"] = random.random() < 0.1
    return like.replaced(**changes)


def _signature(random: Random, dialect: Dialect) -> Signature:
    kinds: list[Any] = random.choices(("number", "integer", "boolean", "string"), (6, 2, 1, 1), k=random.randint(1, 4))
    features = tuple(_feature(random, name, kind) for name, kind in zip(TITLES, kinds, strict=False))
    target = Target(name="y", title="y", description="")
    outputs: Any = ("predict",)
    further = [Target(name=name, title="", description="") for name in ("z", "a,b") if random.random() < 0.2]
    if random.random() < 0.3:
        further = []
        target = msgspec.structs.replace(target, classes=random.choice(LABELS))
        outputs = random.choice((("predict",), ("predict", "predict_proba")))
    return Signature(
        features=features,
        target=target,
        outputs=outputs,
        further_targets=tuple(further),
        dialect=dialect,
        missing_text=random.choice(("none", "nan")),
    )


def _feature(random: Random, name: str, kind: Any) -> Feature:
    more: dict[str, Any] = {"example": {"number": 1.5, "integer": 1, "boolean": True, "string": "red"}[kind]}
    if kind in {"number", "integer"} and random.random() < 0.5:
        more |= {"minimum": -100, "maximum": 80_000}
    if kind == "string" and random.random() < 0.5:
        more["enum"] = ("red", "7", "blue", "=1")
    if random.random() < 0.3:
        more["nullable"] = True
    elif random.random() < 0.3:
        more["default"] = more["example"]
    return Feature(name=name, title=f"The {name}", description="", type=kind, **more)


def _predictor(random: Random, signature: Signature) -> Predictor:
    manifest = msgspec.structs.replace(version(1).manifest, signature=signature)
    size = random.choice((1.0, 1.0, 1e9, 1e-9, 1e-300))
    return Predictor(manifest, Telling(signature.target.labels, size, len(signature.targets)))


def _content(random: Random, signature: Signature) -> bytes:
    delimiter = signature.dialect.delimiter or random.choice((",", ";"))
    end = random.choice(("\n", "\n", "\r\n"))
    features = [feature for feature in signature.features if feature.required or random.random() < 0.9]
    columns: list[Feature | None] = [*features, *[None] * random.randint(0, 2)]
    random.shuffle(columns)
    quotes, oddness = random.choice((0.0, 0.0, 0.2, 1.0)), random.choice((0.0, 0.0, 0.01, 0.1))
    mark = signature.dialect.decimal if random.random() < 0.8 else None

    def cell(column: Feature | None) -> str:
        if random.random() < oddness:
            return random.choice(RAW)
        text = random.choice(BESIDE if column is None else UNUSUAL if random.random() < oddness else USUAL[column.type])
        if mark == "," and column and column.type == "number":
            text = text.replace(".", ",")
        if column and signature.dialect.signs.get(column.name) == "%" and random.random() < 0.8:
            text += "%"
        needed = any(sign in text for sign in (delimiter, "\n", "\r", '"'))
        return f'"{text}"' if needed or random.random() < quotes else text

    header = delimiter.join(column.name if column else f"more {place}" for place, column in enumerate(columns))
    lines = [header, *(delimiter.join(map(cell, columns)) for _ in range(random.randint(0, 40)))]
    for place in range(1, len(lines)):
        if random.random() < oddness / 2:
            lines[place] = random.choice(("", delimiter * (len(columns) - 1), f"{lines[place]}{delimiter}7", "7", "\r"))
    last = random.choice(("", end, end, end, end + end))
    before = random.choice(("", "", "", "\ufeff", f"sep={delimiter}{end}"))
    return f"{before}{end.join(lines)}{last}".encode()
