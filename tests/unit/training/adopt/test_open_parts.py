"""Each form in which notebooks leave a model is adopted, and answers as the notebook does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pytest

from picklejar.manifest import MODEL_FILE
from picklejar.opening import open_version
from tests.parts import FORMS, Notebook
from training.adopt.adopt import Adopted, Adoption, adopt

pytestmark = pytest.mark.usefixtures("undrawn")


def adopted(book: Notebook, **words: Any) -> Adopted:
    adoption = Adoption(book.files[0], "fate", book.sample, then=tuple(book.files[1:]), **book.words | words)
    return adopt(adoption, book.folder / "build" / "fate", lambda _: None)


def answers(book: Notebook, result: Adopted) -> list[Any]:
    artifact = (book.folder / "build" / "fate" / MODEL_FILE).read_bytes()
    predictor = open_version(result.manifest, artifact)
    names = result.manifest.signature.names
    rows = json.loads(pd.read_csv(book.sample)[[*names]].to_json(orient="records", double_precision=15))
    return predictor.predict(msgspec.json.encode({"instances": rows})).predictions


@pytest.mark.parametrize("trust", [False, True], ids=["read", "run"])
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_a_form_answers_as_the_notebook_does(tmp_path: Path, form: Callable[[Path], Notebook], trust: bool) -> None:
    book = form(tmp_path)
    result = adopted(book, trust=trust)
    assert result.manifest.kind == "inert"
    if isinstance(book.answers[0], str):
        assert answers(book, result) == book.answers
    else:
        assert answers(book, result) == pytest.approx(book.answers, rel=1e-12)
