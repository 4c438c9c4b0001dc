"""Sizes of the deployment, unzipped and zipped."""

from __future__ import annotations

import zipfile
from pathlib import Path

from tests.benchmarks.measurement import Amount
from tests.benchmarks.places import BUILD, LAYERS, PACKAGES, WORK

# Packages of the handler everyone writes; boto3 is in Lambda's runtime.
NAIVE = "pandas numpy scipy scikit_learn sklearn joblib threadpoolctl narwhals cloudpickle dateutil python_dateutil six"


def measure() -> list[Amount]:
    ours = [path for name in ("PredictFunction", *LAYERS) for path in files(BUILD / name)]
    naive = [
        path
        for top in PACKAGES.iterdir()
        if any(top.name.startswith(name) for name in NAIVE.split())
        for path in (files(top) if top.is_dir() else [top])
        if path.suffix != ".pyc"
    ]
    return [
        Amount(title="Function and layers, unzipped", ours=size(ours), theirs=size(naive), unit="MB", limit=100),
        Amount(title="Function and layers, zipped", ours=zipped(ours), theirs=zipped(naive), unit="MB", limit=30),
    ]


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def size(paths: list[Path]) -> float:
    """Return the size of the files in MB."""
    return sum(path.stat().st_size for path in paths) / 1e6


def zipped(paths: list[Path]) -> float:
    """Return the size in MB of the files zipped as SAM zips them."""
    archive = WORK / "size.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in paths:
            file.write(path, path.as_posix(), compress_type=zipfile.ZIP_DEFLATED)
    megabytes = archive.stat().st_size / 1e6
    archive.unlink()
    return megabytes
