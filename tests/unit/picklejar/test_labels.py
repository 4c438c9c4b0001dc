from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from picklejar.errors import InvalidDefinition
from picklejar.labels import Labels


@pytest.mark.parametrize(
    ("classes", "learned"),
    [
        (("yes", "no"), np.array(["no", "yes"])),
        (("yes", "no"), np.array(["no", "yes"], dtype=object)),
        (("yes", "no"), np.array([np.str_("no"), np.str_("yes")], dtype=object)),
        ((7, 3), np.array([3, 7])),
        ((7, 3), np.array([3.0, 7.0])),
        ((True, False), np.array([False, True])),
        ((True, False), np.array([0, 1])),
    ],
)
def test_labels_are_plain_and_of_the_signatures_type_and_order(classes: Any, learned: Any) -> None:
    labels = Labels(classes, learned)
    plain = labels.plain(learned[[1, 0, 1]])
    assert (plain, {type(one) for one in plain}) == ([classes[0], classes[1], classes[0]], {type(classes[0])})
    assert msgspec.json.decode(msgspec.json.encode(plain)) == plain
    assert labels.in_order(np.array([[0.1, 0.9]], dtype=np.float32).astype(float)).tolist() == [
        pytest.approx([0.9, 0.1])
    ]


@pytest.mark.parametrize(
    "learned", [["no"], ["no", "maybe"], ["no", "no"], ["no", "yes", "maybe"], ["no", "yes", "yes"], [0, 1]]
)
def test_other_classes_are_named(learned: list[Any]) -> None:
    with pytest.raises(InvalidDefinition, match=r"knows the classes .*, and the signature no, yes\."):
        Labels(("no", "yes"), np.array(learned))
