"""The built function and layers at work, with nothing else to import from."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Ask = Callable[..., dict[str, Any]]
MOST_BYTES_OF_MEMORY = 80_000_000
SALE = {"rate": 4, "sales_in_first_month": 300, "sales_in_second_month": 500}
# Sums of products may round otherwise on another processor.
CLOSE = 1e-12


def test_everything_in_the_layers_imports(native_live, ask_live: Ask) -> None:
    shipped = _importable(native_live.opt / "python") | _importable(native_live.task)
    missing = ask_live(packages=sorted(shipped))["missing"]
    # What a package offers for others that are not shipped misses those, and nothing else may be missed.
    assert {module: name for module, name in missing.items() if name.partition(".")[0] in shipped} == {}
    assert [module for module in missing if module.partition(".")[0] in {"picklejar", "predict"}] == []


def test_a_sale_is_predicted(ask: Ask) -> None:
    (response,) = ask(requests=[_predict("sales", [SALE])])["responses"]
    assert response["status"] == 200
    assert response["body"]["predictions"] == [pytest.approx(143.30725879781107, rel=CLOSE)]


@pytest.mark.parametrize("name", ["housing", "sales"])
def test_a_published_model_repeats_its_golden_predictions(ask: Ask, bundles: Path, name: str) -> None:
    golden = _golden(bundles, name)
    (response,) = ask(requests=[_predict(name, golden["instances"])])["responses"]
    largest = max(abs(prediction) for prediction in golden["predictions"])
    assert response["body"]["predictions"] == pytest.approx(golden["predictions"], rel=0, abs=CLOSE * largest)


def test_both_models_are_listed(ask: Ask) -> None:
    (response,) = ask(requests=[{"httpMethod": "GET", "path": "/models"}])["responses"]
    assert [(model["name"], model["ready"]) for model in response["body"]["models"]] == [
        ("housing", True),
        ("sales", True),
    ]


def test_a_cold_start_compiles_nothing(ask: Ask, bundles: Path) -> None:
    answer = ask(requests=[_predict(name, _golden(bundles, name)["instances"]) for name in ("housing", "sales")])
    assert answer["compiled"] == []


def test_no_module_of_ours_is_ever_compiled(native, ask: Ask) -> None:
    ours = [native.opt / "python" / "picklejar", native.task / "predict"]
    answer = ask(packages=[place.name for place in ours])
    assert {str(path) for place in ours for path in place.rglob("*.py")} <= set(answer["files"].values())
    assert any("/picklejar/inert/" in str(file) for file in answer["files"].values())
    assert answer["compiled"] == []


def test_a_module_without_bytecode_would_be_noticed(native, ask: Ask) -> None:
    source = native.opt / "python" / "picklejar" / "errors.py"
    (bytecode,) = source.parent.glob("__pycache__/errors.*.pyc")
    content = bytecode.read_bytes()
    bytecode.unlink()
    try:
        assert ask(packages=["picklejar.errors"])["compiled"] == [str(source)]
    finally:
        bytecode.write_bytes(content)


def test_a_prediction_needs_no_package_that_is_not_shipped(native, ask: Ask, bundles: Path) -> None:
    files = ask(requests=[_predict("sales", _golden(bundles, "sales")["instances"])])["files"]
    assert {"picklejar.serving.jar", "predict.app", "numpy", "picklejar.inert"} <= files.keys()
    assert not {"picklejar.live", "sklearn", "scipy", "joblib", "pandas"} & files.keys()
    assert [file for file in files.values() if file and "site-packages" in Path(file).parts] == []
    assert Path(files["numpy"]).is_relative_to(native.opt)


def test_the_first_answer_needs_little_memory(
    ask: Ask, bundles: Path, record_testsuite_property: Callable[[str, object], None]
) -> None:
    answer = ask(requests=[_predict("housing", _golden(bundles, "housing")["instances"][:1])])
    assert answer["responses"][0]["status"] == 200
    record_testsuite_property("peak_memory_bytes", answer["peak_memory"])
    assert answer["peak_memory"] <= MOST_BYTES_OF_MEMORY


def test_a_live_model_is_not_run_without_leave_and_its_problem_says_what_to_do(ask_of_live: Ask) -> None:
    answer = ask_of_live(requests=[_predict("sales", [SALE]), {"httpMethod": "GET", "path": "/models"}])
    refused, listed = answer["responses"]
    assert refused["status"] == 503
    assert refused["body"]["type"].endswith(":live-not-allowed")
    assert "Deploy with LiveModels=true" in refused["body"]["detail"]
    assert listed["body"]["models"] == [{"name": "sales", "ready": False, "detail": refused["body"]["detail"]}]
    assert "picklejar.live" not in answer["files"]


def test_with_leave_and_scikit_learn_a_live_model_answers(ask_live: Ask, live_bundle: Path) -> None:
    golden = json.loads((live_bundle / "golden.json").read_bytes())
    answer = ask_live(requests=[_predict("sales", golden["instances"])])
    assert answer["responses"][0]["body"]["predictions"] == pytest.approx(golden["predictions"], rel=CLOSE)
    assert {"picklejar.live", "sklearn"} <= answer["files"].keys()
    assert answer["compiled"] == []


def _importable(place: Path) -> set[str]:
    packages = {path.parent.name for path in place.glob("*/__init__.py")}
    return packages | {path.stem for path in place.glob("*.py")}


def _golden(bundles: Path, name: str) -> dict[str, Any]:
    golden: dict[str, Any] = json.loads((bundles / name / "golden.json").read_bytes())
    return golden


def _predict(name: str, instances: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "httpMethod": "POST",
        "path": f"/models/{name}/predict",
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"instances": instances}),
    }
