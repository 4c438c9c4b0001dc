"""Infers a signature from a table.

A data set tells what was, not what may be, so no minimum, maximum or unit is inferred.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import msgspec
import pandas as pd
from pandas.api.types import is_bool_dtype, is_datetime64_any_dtype, is_integer_dtype, is_numeric_dtype

from picklejar.cells.dialect import LEARNED, Dialect
from picklejar.cells.meaning import UNREADABLE, number_reader
from picklejar.errors import InvalidTrainingData
from picklejar.signature import (
    LARGEST_EXACT_INTEGER,
    LONGEST_PROSE,
    LONGEST_TEXT,
    MOST_CLASSES,
    Feature,
    Target,
)
from picklejar.wording import Label, shorten

# A form's list of more texts is tedious, and of rarer ones is likely not all that there are.
MOST_TEXTS, ROWS_OF_A_TEXT = 50, 2
# Whole numbers so few, each in so many rows, name classes rather than amounts.
MOST_WHOLE_NUMBERS, ROWS_OF_A_WHOLE_NUMBER = 10, 20
# Fewer say nothing, and none may be left where rows are held out.
FEWEST_VALUES = 10
LONGEST_SHOWN = 30
DIGITS_OF_AN_EXAMPLE = 6
LONGEST_EXAMPLE = 300
# A name or an address has fewer words than what people write, at least in most rows.
FEWEST_WORDS = 4
WORD = re.compile(r"[^\W\d_]{2,}")
NO_EXAMPLE = "A text of your own."
DATE = re.compile(
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{4}-\d{2}|"
    r"\d{1,2}[ -][A-Za-z]{3,9}\.?[ -]\d{2,4}|[A-Za-z]{3,9}\.? \d{1,2},? \d{4})(?:[T ,]+\d{1,2}:\d{2}.*)?"
)
# A number as people write it, who put a currency or a percent sign to it, or part its thousands.
WRITTEN = re.compile(
    r"[+-]?[$€£¥₹]?\s?[+-]?(?:\d{1,3}(?:[,.'’\s]\d{3})+|\d+)(?:[.,]\d+)?\s?[$€£¥₹%]?",  # noqa: RUF001
)
# A number that begins with 0, as a postcode may, is a text: read as a number, it would lose it.
CODE = re.compile(r"[+-]?0\d")
PLAIN = number_reader(Dialect(decimal="."), ",")
NO_SIGNS: Mapping[str, str] = MappingProxyType({})
IDENTIFIER = re.compile(r"(?:.*[\W_])?(?:id|Id|ID)|.*[a-z]I[dD]")
# Of two labels, the one that these say is the first; curves and scores are about the other.
NO = {"no", "n", "false", "f", "0", "negative", "neg", "off", "absent", "never", "none"}
YES = {"yes", "y", "true", "t", "1", "positive", "pos", "on", "present", "always"}


@dataclass(frozen=True)
class Inferred:
    """A table's features, its target, and the columns left out, each with the reason.

    `rows` have a target; nothing is learned from `untold` others, and they can be predicted all the same. `unlearned`
    are the texts of an enum that only these have. `prose` are the columns left out of whose texts the words could be
    counted.
    """

    features: tuple[Feature, ...]
    target: Target
    left_out: dict[str, str]
    rows: int
    untold: int
    unlearned: dict[str, list[str]]
    prose: tuple[Feature, ...] = ()


def infer(
    sample: pd.DataFrame, target: str, *, classes: bool | None = None, signs: Mapping[str, str] = NO_SIGNS
) -> Inferred:
    """Return the features that help to predict the column `target`, and the target; raises InvalidTrainingData.

    `signs` of columns, percents or currencies, become their units.
    """
    report = sample[sample[target].notna()]
    others = sample.drop(columns=target)
    answer = infer_target(report[target], target, classes=classes)
    if not answer.labels:
        answer = msgspec.structs.replace(answer, unit=signs.get(target))
    left_out = {str(name): reason for name in others if (reason := useless(report[name]) or useless(others[name]))}
    kept = others.drop(columns=list(left_out))
    if others.columns.empty:
        raise InvalidTrainingData(f"There is no column beside {target} to predict it from.")
    prose_ = tuple(prose(others[name]) for name in left_out if has_words(others[name]))
    if kept.empty and not prose_:
        raise InvalidTrainingData(f"No column is left to predict {target} from: {reasons(left_out)}.")
    features = infer_features(kept, signs)
    unlearned = {feature.name: texts for feature in features if (texts := _others(feature, report[feature.name]))}
    return Inferred(features, answer, left_out, len(report), len(sample) - len(report), unlearned, prose_)


def reasons(left_out: dict[str, str]) -> str:
    """Return the columns left out and why, as the end of a sentence."""
    return "; ".join(f"{name} {reason}" for name, reason in left_out.items())


def infer_features(sample: pd.DataFrame, signs: Mapping[str, str] = NO_SIGNS) -> tuple[Feature, ...]:
    """Return a feature for every column; raises InvalidTrainingData for an empty one, or dates.

    Whole numbers make an integer feature, also as 3.0; a text that takes few values gets an enum.
    """
    return tuple(_feature(sample[name], signs.get(str(name))) for name in sample)


def infer_target(column: pd.Series[Any], name: str, *, classes: bool | None = None) -> Target:
    """Return the target: texts, booleans and a few whole numbers are classes; other numbers are predicted.

    `classes` says whether whole numbers are classes; None decides by their count.

    Raises:
        InvalidTrainingData: it has one value, too many classes, numbers or texts that cannot be classes, or dates.
    """
    present = column.dropna()
    if present.nunique() < 2:
        says = f"the value {shorten(str(present.iloc[0]), LONGEST_SHOWN)!r} alone" if len(present) else "no value"
        raise InvalidTrainingData(f"{name} has {says}; there is nothing to predict.")
    words: dict[str, Any] = {"name": name, "title": title(name), "description": ""}
    is_number = is_numeric_dtype(present) and not is_bool_dtype(present)
    if is_number and not (_are_few(present) if classes is None else classes):
        return Target(**words)
    if not is_number and (problem := _is_date(present) or _is_mixed(present)):
        raise InvalidTrainingData(f"{name} cannot be the target: it {problem}.")
    if classes is False or (is_number and not _are_whole(present)):
        what, wanted = ("no whole numbers", "classes") if is_number else ("no numbers", "a number")
        raise InvalidTrainingData(f"{name} has {what}, so that it cannot be predicted as {wanted}.")
    return Target(**words, classes=_classes(present, name))


def useless(column: pd.Series[Any]) -> str | None:
    """Return why nothing is learned from a column, as the end of a sentence, or None."""
    present = column.dropna()
    if present.empty:
        return "has no value at all"
    if len(present) < FEWEST_VALUES:
        return f"has a value in {len(present)} of {len(column):,} rows only"
    if present.nunique() == 1:
        return f"says {shorten(str(present.iloc[0]), LONGEST_SHOWN)!r} wherever it says anything"
    if is_bool_dtype(present):
        return None
    if is_numeric_dtype(present):
        return _is_inexact(present) or _is_identifier(present)
    return _is_date(present) or _is_mixed(present) or _is_prose(present)


def prose(column: pd.Series[Any], *, withheld: bool = False) -> Feature:
    """Return a feature whose words are counted, for a column of texts; a missing one counts as an empty one.

    `withheld` says that its example is to be none of the texts.
    """
    texts = sorted({text for text in column.dropna().astype(str) if text.strip()}, key=lambda text: (len(text), text))
    short = [text for text in texts if len(text) <= LONGEST_EXAMPLE] or texts[:1]
    name = str(column.name)
    longest = max(map(len, texts), default=0)
    return Feature(
        name=name,
        title=title(name),
        description="",
        type="string",
        format="text",
        example=NO_EXAMPLE if withheld or not short else short[len(short) // 2],
        default="" if column.isna().any() else None,
        max_length=longest if longest > LONGEST_PROSE else None,
    )


def are_a_list(texts: Collection[str]) -> bool:
    """Return whether a form can offer the texts as a list."""
    return len(texts) <= MOST_TEXTS and all(item.isprintable() and item == item.strip() for item in texts)


def title(name: str) -> str:
    """Return a column's name for people."""
    spaced = " ".join(name.replace("_", " ").split()) or name
    return spaced[0].upper() + spaced[1:]


def _feature(column: pd.Series[Any], unit: str | None) -> Feature:
    present = column.dropna().infer_objects()
    if present.empty or _is_date(present):
        what = "no value at all" if present.empty else "dates"
        raise InvalidTrainingData(f"{column.name} has {what}, which is not a type of a feature.")
    name = str(column.name)
    words: dict[str, Any] = {
        "name": name,
        "title": title(name),
        "description": "",
        "unit": unit,
        "nullable": len(present) < len(column),
    }
    if is_bool_dtype(present):
        return Feature(**words, type="boolean", example=bool(_most_frequent(present)))
    if is_integer_dtype(present) and present.abs().max() <= LARGEST_EXACT_INTEGER:
        return Feature(**words, type="integer", example=int(present.astype("int64").quantile(interpolation="lower")))
    if is_numeric_dtype(present):
        return Feature(**words, example=float(f"{float(present.median()):.{DIGITS_OF_AN_EXAMPLE}g}"))
    texts = present.astype(str)
    return Feature(**words, type="string", enum=_enum(texts), example=_most_frequent(texts))


def _others(feature: Feature, column: pd.Series[Any]) -> list[str]:
    """Return the feature's texts that are not in the column."""
    learned = {*column.tolist()}
    return [text for text in feature.enum or () if text not in learned]


def _enum(texts: pd.Series[str]) -> tuple[str, ...] | None:
    each = sorted(texts.unique().tolist())
    repeated = len(each) * ROWS_OF_A_TEXT <= len(texts)
    return tuple(each) if repeated and are_a_list(each) else None


def _most_frequent(values: pd.Series[Any]) -> Any:
    return values.mode().iloc[0]


def _is_inexact(numbers: pd.Series[Any]) -> str | None:
    inexact = _are_whole(numbers) and numbers.abs().max() > LARGEST_EXACT_INTEGER
    return f"holds whole numbers above {LARGEST_EXACT_INTEGER:,}, which are not exact" if inexact else None


def _is_identifier(numbers: pd.Series[Any]) -> str | None:
    if not (numbers.is_unique and _are_whole(numbers)):
        return None
    first, last = numbers.min(), numbers.max()
    counted = first in (0, 1) and last - first == len(numbers) - 1
    if counted or IDENTIFIER.fullmatch(str(numbers.name)):
        return "has another whole number in every row, as an identifier has"
    return None


def _is_date(values: pd.Series[Any]) -> str | None:
    dates = is_datetime64_any_dtype(values) or all(isinstance(item, str) and DATE.fullmatch(item) for item in values)
    return "holds dates; derive a number from it, like a year, if they matter" if dates else None


def _is_mixed(texts: pd.Series[Any]) -> str | None:
    cells = [text for text in texts.astype(str) if text not in LEARNED.missing]
    others = [text for text in cells if PLAIN(text) == UNREADABLE or CODE.match(text)]
    is_code = any(text.startswith("0") and text.isdigit() for text in others)
    if not others or is_code:
        return None
    shown = shorten(others[0], LONGEST_SHOWN)
    if len(others) * 2 > len(cells):
        written = f"holds numbers like {shown!r}; write them with digits and a decimal point alone"
        return written if all(map(WRITTEN.fullmatch, others)) else None
    return _but_for(others, len(texts))


def _but_for(others: list[str], count: int) -> str:
    shown = shorten(others[0], LONGEST_SHOWN)
    return f"holds numbers, but for {len(others):,} of its {count:,} values, like {shown!r}"


def _is_prose(texts: pd.Series[Any]) -> str | None:
    each = texts.astype(str).unique()
    if len(each) * 2 > len(texts):
        odd = [text for text in each if not WRITTEN.fullmatch(text)]
        if 0 < len(odd) * 2 < len(each) and not any(map(CODE.match, each)):
            return _but_for(odd, len(texts))
        return f"has {len(each):,} different texts in {len(texts):,} rows, as names and identifiers have"
    return f"has texts of more than {LONGEST_TEXT:,} characters" if max(map(len, each)) > LONGEST_TEXT else None


def has_words(column: pd.Series[Any]) -> bool:
    """Return whether a column holds texts of several words, many of which other rows have as well."""
    texts = column.dropna()
    if len(texts) < FEWEST_VALUES or not all(isinstance(text, str) for text in texts) or _is_date(texts):
        return False
    words = [{*WORD.findall(text.lower())} for text in texts]
    rows = Counter(word for each in words for word in each)
    shared = sum(1 for each in words if any(rows[word] > 1 for word in each))
    return sorted(map(len, words))[len(words) // 2] >= FEWEST_WORDS and shared * 2 > len(words)


def _are_few(numbers: pd.Series[Any]) -> bool:
    count = numbers.nunique()
    few = count == 2 or (count <= MOST_WHOLE_NUMBERS and count * ROWS_OF_A_WHOLE_NUMBER <= len(numbers))
    return few and _are_whole(numbers)


def _are_whole(numbers: pd.Series[Any]) -> bool:
    # Beside missing ones, pandas writes whole numbers as 1.0.
    return bool((numbers % 1 == 0).all())


def _classes(values: pd.Series[Any], name: str) -> tuple[Label, ...]:
    if values.nunique() > MOST_CLASSES:
        raise InvalidTrainingData(
            f"{name} has {values.nunique():,} different values; a classifier tells at most {MOST_CLASSES} apart."
        )
    kind: type[Label] = bool if is_bool_dtype(values) else int if is_numeric_dtype(values) else str
    counts: Counter[Any] = Counter(map(kind, values.tolist()))
    labels = sorted(counts)
    if kind is str and len(labels) == 2:
        labels.sort(key=lambda label: (label.casefold() in YES, label.casefold() not in NO, -counts[label]))
    return tuple(labels)
