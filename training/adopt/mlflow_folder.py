"""Reads a folder that MLflow wrote of a model: the model's file, the columns of its signature, and its example rows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from picklejar.wording import list_of
from training.adopt.joblib_file import NotAdopted
from training.dataset.load import FEWEST_ROWS

MLMODEL = "MLmodel"


@dataclass(frozen=True)
class Folder:
    """A folder of MLflow's: `columns` are those of the signature and `example` the rows, None where it has none."""

    file: Path
    columns: list[str] | None
    example: pd.DataFrame | None


def read_folder(path: Path) -> Folder:
    """Return what a folder holds; raises NotAdopted, and says what to do."""
    folders = [path] if (path / MLMODEL).is_file() else sorted(item.parent for item in path.glob(f"*/{MLMODEL}"))
    if len(folders) != 1:
        raise NotAdopted(
            f"{path} is a folder and has {'several files' if folders else 'no file'} {MLMODEL}, by which a model of "
            "MLflow is known. Name the folder that mlflow.sklearn.save_model wrote, or the model's file."
        )
    (folder,) = folders
    try:
        described = yaml.safe_load((folder / MLMODEL).read_text(encoding="utf-8"))
        return _folder(folder, described)
    except NotAdopted:
        raise
    # A file of somebody else's, in a format that is not kept everywhere.
    except (yaml.YAMLError, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise NotAdopted(
            f"{folder / MLMODEL} cannot be read: {' '.join(str(error).split())[:200]}. Name the model's own file."
        ) from error


def write_sample(folder: Folder, path: Path, directory: Path) -> Path:
    """Write the example rows as a CSV file into a directory, and return it; raises NotAdopted for too few."""
    rows = 0 if folder.example is None else len(folder.example)
    if folder.example is None or rows < FEWEST_ROWS:
        has = f"an example of {rows} row{'s' * (rows != 1)}" if rows else "no input_example"
        raise NotAdopted(
            f"{path} has {has}, and at least {FEWEST_ROWS} rows are needed. Give a CSV file of rows as the model is "
            "asked about with --sample."
        )
    sample = directory / "input_example.csv"
    folder.example.to_csv(sample, index=False)
    return sample


def check_columns(folder: Folder, names: list[str] | None, count: int | None) -> None:
    """Refuse a model that was not fitted on the columns of its folder's signature."""
    columns = folder.columns
    if columns is None:
        return
    if (names is not None and {*names} != {*columns}) or (names is None and count not in (None, len(columns))):
        learned = list_of(names) if names is not None else f"{count} columns without names"
        raise NotAdopted(
            f"The signature in {MLMODEL} has the columns {list_of(columns)}, and the model was fitted on {learned}. "
            "Log the model again with infer_signature of the rows that it was fitted on, or name its file alone."
        )


def _folder(folder: Path, described: dict[str, Any]) -> Folder:
    flavors = described["flavors"]
    if "sklearn" not in flavors:
        others = list_of(name for name in flavors if name != "python_function")
        raise NotAdopted(
            f"{folder} is a model of MLflow's flavor {others or 'python_function'}, which is not read. Adopted are "
            "models of scikit-learn, as mlflow.sklearn.save_model writes them."
        )
    file = (folder / str(flavors["sklearn"]["pickled_model"])).resolve()
    if not file.is_relative_to(folder.resolve()):
        raise NotAdopted(f"{folder / MLMODEL} names a file outside its folder. Name the model's own file.")
    inputs = (described.get("signature") or {}).get("inputs")
    columns = [item.get("name") for item in json.loads(inputs)] if inputs else []
    named = [str(name) for name in columns if name is not None]
    info = described.get("saved_input_example_info") or {}
    return Folder(file, named if named and len(named) == len(columns) else None, _example(folder, info, named))


def _example(folder: Path, info: dict[str, Any], columns: list[str]) -> pd.DataFrame | None:
    file = (folder / str(info.get("artifact_path", "input_example.json"))).resolve()
    if not file.is_relative_to(folder.resolve()) or not file.is_file():
        return None
    content = json.loads(file.read_text(encoding="utf-8"))
    if isinstance(content, dict) and "data" in content and "columns" in content:
        return pd.DataFrame(content["data"], columns=content["columns"])
    rows = content.get("inputs", content.get("dataframe_records")) if isinstance(content, dict) else content
    if not isinstance(rows, list) or not rows:
        return None
    if isinstance(rows[0], dict):
        return pd.DataFrame(rows)
    frame = pd.DataFrame(rows)
    return frame.set_axis(columns if len(columns) == frame.shape[1] else [f"x{at}" for at in frame], axis="columns")
