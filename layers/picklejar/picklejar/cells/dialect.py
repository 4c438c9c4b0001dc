"""How the cells of a model's files become values: found once in its data set, and sealed in its signature."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from picklejar.errors import InvalidDefinition

Encoding = Literal["utf-8", "cp1252"]
Delimiter = Literal[",", ";", "\t", "|"]
Decimal = Literal[".", ","]
Thousands = Literal["", ",", ".", " ", "'"]
SIGNS = frozenset("%$€£¥₹")
DELIMITER_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}

# Spelled as files have them: words are compared letter by letter.
_MISSING = ("na", "n/a", "nan", "null", "none", "?", "-", "NA", "N/A", "NaN", "NAN", "NULL", "Null", "None", "NONE")
_MISSING_TO_PANDAS = (
    "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL",
    "NaN", "None", "n/a", "nan", "null",
)  # fmt: skip


class Dialect(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """How a file's cells become values. The defaults read the files of a model whose data set nobody described.

    `encoding` is of files without a byte order mark; None is UTF-8 where all of a file is, else cp1252. `delimiter`
    None is the most frequent one of the first line. `names` says what of the first line is a name: all but spaces
    around it, runs of spaces and line breaks as one space, or what pandas makes of it. `trim` are the texts that spaces
    around are no part of. `decimal` None is a point and, where commas part no cells, a comma. `signs` are columns whose
    numbers may have a percent or currency sign. `missing` are words for a missing number or boolean, and of a text
    where `missing_in_texts`. `yes` and `no` are in lower case, and match in any.
    """

    encoding: Encoding | None = None
    delimiter: Delimiter | None = None
    spaces_before_quotes: bool = False
    names: Literal["stripped", "spaced", "pandas"] = "stripped"
    trim: Literal["choices", "all", "none"] = "choices"
    decimal: Decimal | None = None
    thousands: Thousands = ""
    signs: dict[str, str] = {}
    missing: tuple[str, ...] = ()
    missing_in_texts: bool = False
    yes: tuple[str, ...] = ("true", "yes", "1")
    no: tuple[str, ...] = ("false", "no", "0")

    def __post_init__(self) -> None:
        for contradiction in self._contradictions():
            raise InvalidDefinition(f"The dialect of the model's files: {contradiction}.")

    def replaced(self, **changes: Any) -> Dialect:
        """Return the dialect with other values of the fields that are named."""
        return msgspec.structs.replace(self, **changes)

    def _contradictions(self) -> Iterator[str]:
        if self.thousands and self.decimal in (None, self.thousands):
            yield "thousands are marked, so that the decimal mark must be another, and known"
        if not SIGNS.issuperset(self.signs.values()):
            yield f"a sign is one of {' '.join(sorted(SIGNS))}"
        if not all(word == word.strip() != "" for word in (*self.missing, *self.yes, *self.no)):
            yield "a word has no spaces around it"
        if not all(word == word.lower() for word in (*self.yes, *self.no)) or set(self.yes) & set(self.no):
            yield "words for yes and no are in lower case, and others"


# What is found of a data set is added to one of these.
UNDESCRIBED = Dialect()
LEARNED = Dialect(names="spaced", trim="all", missing=_MISSING)
# As `pandas.read_csv` reads without options; a notebook's model was fitted on what it made.
OF_PANDAS = Dialect(names="pandas", trim="none", missing=_MISSING_TO_PANDAS, missing_in_texts=True)
