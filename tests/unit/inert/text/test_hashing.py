"""Terms are hashed as scikit-learn's own code in C does."""

from __future__ import annotations

import random

from sklearn.utils import murmurhash3_32

from picklejar.inert.text.hashing import murmurhash3


def test_each_length_and_kind_of_text_has_the_hash_of_the_original() -> None:
    draw = random.Random(0)
    for length in range(40):
        for alphabet in ("abc XYZ09", "éüß漢字🙂"):
            text = "".join(draw.choices(alphabet, k=length)).encode()
            assert murmurhash3(text) == murmurhash3_32(text, seed=0)
