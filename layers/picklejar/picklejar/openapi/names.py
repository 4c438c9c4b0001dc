"""Names in code for models, their addresses and schemas, of which no two are alike."""

from __future__ import annotations

import re
from collections import Counter
from itertools import count
from typing import Any

Document = dict[str, Any]


class ModelNames:
    """One model's names: predict_housing, and HousingInstance or HousingInstance_2."""

    def __init__(self, operation: str, stem: str, ending: str) -> None:
        self.operation = operation
        self._stem, self._ending = stem, ending

    def schema(self, kind: str) -> str:
        return f"{self._stem}{kind}{self._ending}"

    def ref(self, kind: str) -> Document:
        return ref(self.schema(kind))


class Names:
    """Names models, one after the other; a name that is taken gets _2, or the next number that is free."""

    def __init__(self) -> None:
        self._operations: set[str] = set()
        self._stems: Counter[str] = Counter()

    def of(self, model: str) -> ModelNames:
        stem = "".join(word.capitalize() for word in re.split("[-_]", model))
        self._stems[stem] += 1
        number = self._stems[stem]
        return ModelNames(self._operation(model), stem, f"_{number}" if number > 1 else "")

    def _operation(self, model: str) -> str:
        plain = f"predict_{model.replace('-', '_')}"
        numbered = (f"{plain}_{number}" if number > 1 else plain for number in count(1))
        operation = next(name for name in numbered if name not in self._operations)
        self._operations.add(operation)
        return operation


def ref(name: str) -> Document:
    """Return the place of a schema in the document."""
    return {"$ref": f"#/components/schemas/{name}"}
