"""Opens what serves, as a request does."""

from __future__ import annotations

from picklejar.bucket import CHAMPION
from picklejar.predictor import Predictor
from picklejar.serving.jar import Jar


def predictor_of(jar: Jar, name: str, alias: str = CHAMPION) -> Predictor:
    """Return the predictor of the version that an alias stands for."""
    return jar.open(jar.serving(name, alias).manifest)
