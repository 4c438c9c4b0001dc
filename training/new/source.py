"""Drafts a new model's file, as source to be edited."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

from picklejar.cells.dialect import LEARNED, Dialect
from picklejar.signature import Feature, Target
from picklejar.wording import Label
from training.dataset.infer import title
from training.new.recipes import Recipe

WIDTH = 120
AFTER_DOCSTRING = "\nfrom __future__"
INDENT = "    "
FILE = '''\
"""{title}, as `picklejar new` drafted it from a data set; yours to edit."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
{imports}

from picklejar.cells.dialect import LEARNED
from picklejar.signature import Feature, Signature, Target
from training.definition import Definition
from training.table import read_table

# How the data set's cells are read, and those of every file that the model is asked about.
DIALECT = {dialect}

# What the data set tells. It cannot tell a description, a unit, or the minimum and the maximum that a value may have
# at all, beyond which a request is refused: add what you know. A feature that is taken out is not learned from.
SIGNATURE = Signature(
    features=(
{features}
    ),
{target}
    dialect=DIALECT,
)
{constants}

def read(path: Path) -> pd.DataFrame:
    """Read the signature's columns from `path` as the dialect says; rows without a target are left out."""
    return read_table(path, SIGNATURE)


def estimator() -> {returns}:
    """Return {estimator}.

{does}

{measured}
    """
{body}


MODEL = Definition(
    name={name},
    title={model_title},
    description={description},
    signature=SIGNATURE,
    data=Path(__file__).parents[{level}] / {data},
    read=read,
    estimator=estimator,
    test_size={test_size},
)
'''


@dataclass(frozen=True)
class Draft:
    """A new model's file but for estimator and features. `data` is relative to the project."""

    name: str
    source: str
    target: Target
    dialect: Dialect
    data: PurePath
    test_size: float | None


def drafted(draft: Draft, recipe: Recipe, measured: str) -> str:
    """Return the file's text, with a recipe and the sentence on what was measured."""
    parts = draft.data.parts
    level, below = (1, parts[1:]) if parts[0] == "training" else (2, parts)
    text = FILE.format(
        title=title(draft.name),
        imports="\n".join(f"from {module} import {names}" for module, names in recipe.imports.items()),
        features="\n".join(_feature(feature, recipe) for feature in recipe.features),
        target=_target(draft.target),
        dialect=_dialect(draft, recipe),
        constants=recipe.constants and f"\n{recipe.constants}",
        returns=recipe.returns,
        estimator=recipe.title,
        does=textwrap.fill(recipe.does, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT),
        measured=textwrap.fill(measured, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT),
        body="\n".join(INDENT + line for line in recipe.body),
        name=quoted(draft.name),
        model_title=quoted(title(draft.name)),
        description=quoted(
            f"{draft.target.title}, from {_columns(recipe.features)} of {draft.source}, by {recipe.title}."
        ),
        level=level,
        data=" / ".join(map(quoted, below)),
        test_size=draft.test_size,
    )
    if not all(text.isascii() for text in _texts(draft, recipe)):
        # Some letters that data is written in, a linter takes for mistaken ones; which, it knows alone.
        text = text.replace(AFTER_DOCSTRING, f"# ruff: noqa: RUF001, RUF100\n{AFTER_DOCSTRING}", 1)
    return "\n".join(line if len(line) <= WIDTH else f"{line}  # noqa: E501" for line in text.split("\n"))


def _texts(draft: Draft, recipe: Recipe) -> Iterator[str]:
    yield from (draft.source, draft.target.name, *map(str, draft.target.labels))
    for feature in recipe.features:
        yield from (feature.name, str(feature.example), *(feature.enum or ()))


def _feature(feature: Feature, recipe: Recipe) -> str:
    words = {"name": quoted(feature.name), "title": quoted(feature.title), "description": quoted("")}
    if feature.type != "number":
        words["type"] = quoted(feature.type)
    if feature.unit:
        words["unit"] = quoted(feature.unit)
    if feature.enum:
        words["enum"] = _tuple(feature.enum, 3)
    if feature.is_prose:
        words["format"] = quoted("text")
    if feature.max_length:
        words["max_length"] = f"{feature.max_length:_}"
    if feature.default is not None:
        words["default"] = quoted(str(feature.default))
    if feature.nullable:
        words["nullable"] = "True"
        if feature.is_number and recipe.fills:
            words["when_missing"] = quoted("counts as the median, {median:,.10g}")
    words["example"] = (
        quoted(feature.example) if isinstance(feature.example, str) else repr(feature.example).replace("e+", "e")
    )
    return _call("Feature", words, 2)


def _dialect(draft: Draft, recipe: Recipe) -> str:
    """Return the dialect's source: what is other than in most files."""
    used = {draft.target.name, *(feature.name for feature in recipe.features)}
    signs = {column: sign for column, sign in draft.dialect.signs.items() if column in used}
    dialect = draft.dialect.replaced(signs=signs)
    words = {
        name: _literal(getattr(dialect, name))
        for name in dialect.__struct_fields__
        if getattr(dialect, name) != getattr(LEARNED, name)
    }
    line = f"LEARNED.replaced({', '.join(f'{name}={source}' for name, source in words.items())})"
    if len("DIALECT = ") + len(line) <= WIDTH:
        return line
    return "LEARNED.replaced(\n" + "".join(f"{INDENT}{name}={source},\n" for name, source in words.items()) + ")"


def _literal(value: str | bool | dict[str, str]) -> str:
    if not isinstance(value, dict):
        return quoted(value) if isinstance(value, str) else repr(value)
    pairs = [f"{quoted(name)}: {quoted(sign)}" for name, sign in value.items()]
    line = "{" + ", ".join(pairs) + "}"
    if len(INDENT) + len("signs=,") + len(line) <= WIDTH:
        return line
    return "{\n" + "".join(f"{INDENT * 2}{pair},\n" for pair in pairs) + f"{INDENT}}}"


def _target(target: Target) -> str:
    words = {"name": quoted(target.name), "title": quoted(target.title), "description": quoted("")}
    if target.unit:
        words["unit"] = quoted(target.unit)
    if target.labels:
        words["classes"] = _tuple(target.labels, 2)
    return _call("target=Target", words, 1)


def _call(name: str, words: dict[str, str], level: int) -> str:
    inner = "".join(f"{INDENT}{word}={value},\n" for word, value in words.items())
    return textwrap.indent(f"{name}(\n{inner}),", INDENT * level)


def _tuple(items: tuple[Label, ...], level: int) -> str:
    sources = [quoted(item) if isinstance(item, str) else repr(item) for item in items]
    line = f"({', '.join(sources)}{',' * (len(sources) == 1)})"
    if len(INDENT * level) + len("classes=,") + len(line) <= WIDTH:
        return line
    return "(\n" + "".join(f"{INDENT * 2}{source},\n" for source in sources) + f"{INDENT})"


def quoted(text: str) -> str:
    """Return the text in the quotes that a formatter chooses."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    escaped = "".join(
        item if item.isprintable() else item.encode("unicode_escape").decode() for item in text.replace("\\", r"\\")
    )
    return quote + escaped.replace(quote, f"\\{quote}") + quote


def _columns(features: tuple[Feature, ...]) -> str:
    return "one column" if len(features) == 1 else f"{len(features)} columns"
