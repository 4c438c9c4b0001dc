"""Predicts rows without scikit-learn: agreement.py runs this file in an interpreter of its own.

    python -I -S isolated.py '{"packages": {name: folder}, "bundle": folder, "files": [name]}' < manifest.json

Only the named packages and the standard library can be imported. For each line of the files it prints the inert model's
own answers or, as the last line, why there are none.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

# With any of these at hand, nothing would be proved.
NEVER = ("sklearn", "scipy", "pandas", "joblib", "training")


class Only:
    """Finds the named packages, each in its folder, and no other."""

    def __init__(self, packages: dict[str, str]) -> None:
        self._packages = packages

    def find_spec(self, name: str, *_: Any) -> ModuleSpec | None:
        folder = self._packages.get(name)
        return importlib.util.spec_from_file_location(name, Path(folder) / "__init__.py") if folder else None


def main(asked: dict[str, Any], manifest: bytes) -> None:
    """Print the answers line by line."""
    sys.meta_path.append(Only(asked["packages"]))
    match = [name for name in NEVER if importlib.util.find_spec(name) is not None]
    if match:
        sys.exit(f"{', '.join(match)} can be imported where the proof is to do without.")
    bundle = Path(asked["bundle"])
    for line in _answers(bundle, [bundle / file for file in asked["files"]], manifest):
        sys.stdout.write(json.dumps(line) + "\n")


def _answers(bundle: Path, files: list[Path], content: bytes) -> Iterator[dict[str, Any]]:
    # Not before Only is in place.
    import msgspec

    from picklejar.errors import InvalidInstances
    from picklejar.manifest import MODEL_FILE, Golden, Manifest
    from picklejar.opening import open_version

    try:
        manifest = msgspec.json.decode(content, type=Manifest)
        predictor = open_version(manifest, (bundle / MODEL_FILE).read_bytes())
        for file in files:
            with file.open("rb") as lines:
                for line in lines:
                    golden = msgspec.json.decode(line, type=Golden)
                    answers, tolerance = predictor.rerun(golden), predictor.tolerance(golden)
                    yield {
                        "predictions": answers.predictions,
                        "probabilities": answers.probabilities,
                        "scores": answers.scores,
                        "tolerance": tolerance,
                    }
    except InvalidInstances as error:
        rows = "of the sample that it was adopted with" if manifest.adopted else "that it was fitted on"
        yield {"refused": f"Read as data, it refuses rows {rows}: {error.broken[0].message}"}
    except Exception as error:  # whatever it is, the model does not answer
        yield {"refused": _sentence(error)}


def _sentence(error: Exception) -> str:
    from picklejar.errors import PicklejarError, UnreadablePickle

    if isinstance(error.__cause__, UnreadablePickle):
        return error.__cause__.reason
    if isinstance(error, PicklejarError):
        return str(error)
    return f"Read as data, it cannot answer: {type(error).__name__}: {error}."


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), sys.stdin.buffer.read())
