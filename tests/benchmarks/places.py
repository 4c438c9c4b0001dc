"""Paths, and what each side can import: only what was packaged for it, as on Lambda."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = ROOT / ".aws-sam" / "build"
BUNDLES = ROOT / "build"
SIDES = Path(__file__).with_name("sides")
WORK = ROOT / ".bench" / "work"
PACKAGES = ROOT / ".bench" / "packages"
LAYERS = ["PicklejarLayer", "RuntimeLayer"]
# Lambda's runtime brings these; SAM's `BuildMethod: python3.13` unpacks the wheels of everything else.
IN_THE_RUNTIME = ["boto3*", "botocore*", "s3transfer*", "jmespath*", "urllib3*"]
# SAM dates every file of its zips so.
SAM_DATE = 315_532_800
# The interpreter below the virtual environment; without `site` it sees no packages.
PYTHON = [str(Path(sys.base_prefix) / "bin" / "python3.13"), "-S", "-s", "-P"]


@dataclass(frozen=True)
class Surroundings:
    folders: tuple[Path, ...]
    variables: Mapping[str, str] = field(default_factory=dict)

    def environment(self, **more: str) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(map(str, self.folders)),
            # Lambda's file system is read-only, so compiled bytecode is not kept.
            "PYTHONDONTWRITEBYTECODE": "1",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_EC2_METADATA_DISABLED": "true",
        } | dict(self.variables, **more)


def ours(checkout: Path = ROOT) -> Surroundings:
    """Unpack the built function and its layers of a checkout, dated as on Lambda."""
    build = checkout / ".aws-sam" / "build"
    unpacked = WORK if checkout == ROOT else WORK / "before"
    task, opt = unpacked / "task", unpacked / "opt"
    for folder in (task, opt):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(build / "PredictFunction", task)
    for layer in LAYERS:
        shutil.copytree(build / layer, opt, dirs_exist_ok=True)
    for path in (*task.rglob("*"), *opt.rglob("*")):
        os.utime(path, (SAM_DATE, SAM_DATE))
    return Surroundings((task, opt / "python"))


def naive() -> Surroundings:
    """Return the packages of the handler everyone writes, with valid bytecode."""
    return Surroundings((SIDES, PACKAGES))


def naive_as_packaged() -> Surroundings:
    """Unpack the same packages as SAM does by default: from wheels, without bytecode."""
    packaged = WORK / "packaged"
    shutil.rmtree(packaged, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__", *IN_THE_RUNTIME)
    shutil.copytree(PACKAGES, packaged, ignore=ignored, copy_function=os.link)
    return Surroundings((SIDES, packaged, PACKAGES))
