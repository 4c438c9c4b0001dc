"""The `picklejar` command, as somebody types it."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from local.s3 import LocalS3
from local.serving import HOST, bound, serving
from picklejar.serving.jar import Jar
from tests import notebook
from tests.rent import jar_of
from tests.served import api_of
from training import models
from training.cli import app
from training.commands.options import address
from training.registry.publish import publish

COMMAND = str(Path(sys.executable).with_name("picklejar"))
Type = Callable[..., str]


@pytest.fixture
def typed(run: Callable[..., str]) -> Type:
    """Runs `picklejar` in a narrow terminal, holds it to its exit status, and returns all that it said."""

    def type_in(*words: str | Path, status: int = 0) -> str:
        said = run(app, *map(str, words), status=status, columns=80)
        assert "…" not in said, "something is cut off"
        return said

    return type_in


@pytest.fixture(scope="module")
def url(s3: LocalS3) -> Iterator[str]:
    """The address of an API."""
    with api_of(Jar(s3.store())) as address:
        yield address


@pytest.fixture
def churn_url(own_s3: LocalS3, churn_bundle: Path) -> Iterator[str]:
    """The address of an API of a classifier."""
    publish(churn_bundle, own_s3.store(), lambda _: None)
    with api_of(Jar(own_s3.store())) as address:
        yield address


@pytest.fixture(scope="module")
def mixed_url(rent_bundle: Path) -> Iterator[str]:
    """The address of an API of a model with every type of feature."""
    with api_of(jar_of(rent_bundle)) as address:
        yield address


def test_without_words_it_says_what_it_can_do(typed: Type) -> None:
    assert {"train", "publish", "predict", "reproduce"} <= set(typed(status=2).split())


def test_the_installed_command_says_what_is_wrong_and_no_traceback() -> None:
    words = [COMMAND, "predict", "sales", "rate=4", "--url", "http://127.0.0.1:9"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("No answer from http://127.0.0.1:9")


def test_train_shows_scores_and_where_the_bundle_is(typed: Type, tmp_path: Path) -> None:
    said = typed("train", "sales", "--build", tmp_path)
    assert "Each row left out in turn" in said
    assert "Worse than guessing the average" in said
    version = json.loads((tmp_path / "sales" / "manifest.json").read_bytes())["version"]
    assert f"Version {version} is in {tmp_path / 'sales'}." in said


def test_publish_makes_the_champion(typed: Type, own_s3: LocalS3, bundles: Path) -> None:
    where = ("--bucket", own_s3.bucket, "--endpoint-url", own_s3.endpoint, "--build", bundles)
    assert "is published, and not promoted. It is served inert" in typed("publish", "housing", "--no-promote", *where)
    said = typed("publish", "sales", "housing", *where)
    assert "is published, and not promoted. It does not beat guessing the average: RMSE 786.858 on 6 rows" in said
    assert said.count("is published, and serves") == 1
    assert Jar(own_s3.store(), live_allowed=True).manifest("housing").name == "housing"
    assert typed("publish", "sales", "--promote-anyway", "It is to be seen.", *where).count("and serves") == 1
    assert Jar(own_s3.store()).names() == ["housing", "sales"]


def test_predict_prints_the_answer_with_its_unit(typed: Type, url: str) -> None:
    sale = ("rate=4", "sales_in_first_month=300", "sales_in_second_month=500")
    assert typed("predict", "sales", *sale, "--url", url).startswith("Sales in the third month: 143.31 units (sales ")


def test_predict_leaves_out_what_is_null(typed: Type, url: str) -> None:
    assert typed("predict", "sales", "rate=", "sales_in_first_month=null", "sales_in_second_month=500", "--url", url)


@pytest.mark.parametrize(("written", "sent"), [("Yes", True), ("0", False), ("null", None)])
def test_predict_reads_values_by_the_type_of_their_feature(
    typed: Type, mixed_url: str, written: str, sent: bool | None
) -> None:
    words = ("district=Old Town", f"furnished={written}", "agent=7", "area=1e2", "floor=3")
    instance = {"district": "Old Town", "furnished": sent, "agent": "7", "area": 100, "floor": 3}
    answer = httpx.post(f"{mixed_url}/models/rent/predict", json={"instances": [instance]}).json()
    expected = f"Rent: {answer['predictions'][0]:,.2f} EUR (rent {answer['version']})\n"
    assert typed("predict", "rent", *words, "--url", mixed_url) == expected


def test_predict_prints_a_label_or_the_probability_of_each(typed: Type, churn_url: str) -> None:
    customer = ("months=2", "calls=9", "contract=no", "plan=basic", "--url", churn_url)
    assert typed("predict", "churn", *customer).startswith("Leaves: yes (churn ")
    said = typed("predict", "churn", *customer, "--proba")
    assert re.match(r"Leaves: no 0\.\d{4}, yes 0\.\d{4} \(churn ", said)


def test_predict_of_a_pipe_says_what_is_refused_and_ends_with_1(run: Callable[..., str], mixed_url: str) -> None:
    rows = '{"district": "Harbour"}\n{"district": "Nowhere"}\n'
    said = run(app, "predict", "rent", "-", "--url", mixed_url, status=1, typed=rows)
    first, *rest = said.splitlines()
    assert re.fullmatch(r'{"instance":{"district": "Harbour"},"prediction":\d+\.\d+}', first)
    assert '{"instance":{"district": "Nowhere"},"prediction":null}' in rest
    assert any(line.startswith("Row 2: district must be one of ") for line in rest)
    assert run(app, "predict", "rent", "-", "--url", mixed_url, typed=rows.splitlines()[0]).count("prediction") == 1
    words = ("predict", "rent", "-", "--proba", "--url", mixed_url)
    assert "With - each row gets all that the model answers" in run(app, *words, status=1, typed=rows)


def test_predict_sends_the_key(typed: Type, rent_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with api_of(jar_of(rent_bundle), "a key") as address:
        words = ("predict", "rent", "district=Hills", "--url", address)
        assert "The key is missing or unknown" in typed(*words, status=1)
        assert typed(*words, "--key", "a key").startswith("Rent: ")
        monkeypatch.setenv("PICKLEJAR_KEY", "a key")
        assert typed(*words).startswith("Rent: ")


def test_predict_says_what_is_no_boolean_and_leaves_the_rest_to_the_endpoint(typed: Type, mixed_url: str) -> None:
    said = typed("predict", "rent", "furnished=maybe", "--url", mixed_url, status=1)
    assert said == "furnished: 'maybe' is neither true nor false; write one of them.\n"
    said = typed("predict", "rent", "district=null", "garden=1", "--url", mixed_url, status=1)
    assert "district must be one of Old Town, Harbour, West | End, Hills." in said
    assert "garden is not a feature of this model" in said


def test_adopt_shows_what_it_inferred_and_publish_takes_it(typed: Type, own_s3: LocalS3, tmp_path: Path) -> None:
    file, build = notebook.dumped(tmp_path), tmp_path / "build"
    words = ("--name", "leavers", "--sample", tmp_path / "customers.csv", "--build", build, "--target", notebook.TARGET)
    assert "It is not proven against scikit-learn: its file was never run." in typed(
        "adopt", file, *words, "--held-out"
    )
    said = typed("adopt", file, *words, "--held-out", "--trust")
    assert re.search("Contract type +│ string +│ monthly, two .*│ yes +│ monthly", said)
    assert re.search(r"Calls +│ integer +│ 0 to 8 +│ no +│ 4", said)
    assert "Its answer, Left?, is one of left, stayed." in said
    assert "Not among its features, and left out: Customer." in said
    assert "Held-out rows" in said
    assert "not proven" not in said
    assert "Served inert.\n" in said
    assert f"is in {build / 'leavers'}. Next: picklejar publish leavers --bucket BUCKET" in said
    where = ("--bucket", own_s3.bucket, "--endpoint-url", own_s3.endpoint, "--build", build)
    assert "is published, and serves. It is served inert" in typed("publish", "leavers", *where)
    typed("adopt", file, *words, "--trust")
    said = typed("publish", "leavers", *where)
    assert "is published, and not promoted. Nothing is known of how good it is on rows that it has not seen." in said
    listed = typed("versions", "leavers", *where[:4])
    assert listed.count("inert") == 2
    assert listed.count("log loss") == 1


def test_adopt_says_that_to_trust_is_to_run(typed: Type) -> None:
    said = " ".join(typed("adopt", "--help").replace("│", " ").split())
    assert "Run the file by the scikit-learn that wrote it, and compare the answers. Trust who made it." in said
    assert "Without --trust the files are read as data and never run." in said


def test_reproduce_prints_the_table_and_json(typed: Type, tmp_path: Path) -> None:
    data = models.find("housing").data
    assert "test RMSE, USD" in typed("reproduce", "housing", "--data", data)
    found = json.loads(typed("reproduce", "housing", "--data", data, "--json"))
    assert {"train_r2", "test_r2", "test_rmse", "coefficients", "quartiles", "nulls"} <= found.keys()
    assert 0 < found["test_r2"] < found["train_r2"] + 0.05


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["train", "nothing"], f"no model 'nothing' in training/models; there are {', '.join(models.names())}."),
        (["train", "sales", "--data", "nowhere.csv"], "nowhere.csv cannot be opened"),
        (["train", "sales", "--build", __file__], "sales cannot be made: Not a directory. Name another folder"),
        (
            ["publish", "sales", "--bucket", "b", "--build", "nowhere", "--endpoint-url", "http://127.0.0.1:9"],
            "There is no bundle in nowhere/sales; train or adopt sales first.",
        ),
        (["adopt", "nowhere.pkl", "--name", "one", "--sample", "rows.csv"], "nowhere.pkl cannot be opened"),
        (["adopt", "nowhere.pkl", "--name", "sales", "--sample", "rows.csv"], "sales is a model of training/models"),
        (["publish", "sales", "--bucket", "b", "--profile", "none"], "The AWS profile cannot be used"),
        (["predict", "sales", "rate", "--url", "URL"], "'rate' is not feature=value."),
        (["predict", "sales", "rate=4", "rate=5", "--url", "URL"], "rate is given twice."),
        (["predict", "sales", "rate=four", "--url", "URL"], "rate: 'four' is not a number"),
        (["predict", "sales", "rate=nan", "--url", "URL"], "rate: 'nan' is not a number that is finite"),
        (["predict", "sales", "rate=400", "--url", "URL"], "rate must be at most 100."),
        (["predict", "sales", "sales_in_second_month=5", "--proba", "--url", "URL"], "this model predicts a number."),
        (["predict", "nothing", "a=1", "--url", "URL"], "There is no model named 'nothing'."),
        (["predict", "sales", "a=1", "--url", "http://127.0.0.1:9"], "No answer from http://127.0.0.1:9"),
        (["predict", "sales", "a=1", "--url", "nonsense"], "'nonsense' is not an address; write it like"),
        (["reproduce", "sales", "--data", "x.csv"], "sales has no article to reproduce"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(typed: Type, url: str, words: list[str], sentence: str) -> None:
    assert sentence in typed(*[url if word == "URL" else word for word in words], status=1)


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--bucket", "my bucket", "'my bucket' cannot name a bucket"),
        ("--bucket", "s3://models", "'s3://models' cannot name a bucket"),
        ("--bucket", "", "'' cannot name a bucket"),
        ("--endpoint-url", "localhost:4566", "'localhost:4566' is not an address"),
        ("--endpoint-url", "http://", "'http://' is not an address"),
        ("--endpoint-url", "ftp://models", "'ftp://models' is not an address"),
        ("--endpoint-url", "http://a b", "'http://a b' is not an address"),
        ("--endpoint-url", "http://[:]", "'http://[:]' is not an address"),
        ("--endpoint-url", "http://localhost:0", "'http://localhost:0' is not an address"),
        ("--endpoint-url", "http://localhost:65536", "'http://localhost:65536' is not an address"),
    ],
)
@pytest.mark.parametrize("words", [["versions", "sales"], ["score", "sales", "in.csv", "out.csv"]], ids=" ".join)
def test_what_no_client_can_ask_is_said_before_one_does(
    run: Callable[..., str], words: list[str], option: str, value: str, sentence: str
) -> None:
    given = {"--bucket": "models", "--endpoint-url": "http://127.0.0.1:9"} | {option: value}
    assert sentence in run(app, *words, *itertools.chain(*given.items()), status=2)


@pytest.mark.parametrize("url", ["http://localhost:9000", "http://[::1]:9000", "https://s3.example/", "http://a_b/c"])
def test_other_addresses_are_asked(url: str) -> None:
    assert address(url) == url


def test_an_endpoint_that_is_no_api_is_named(typed: Type, url: str) -> None:
    page = url.removesuffix("/api")
    said = typed("predict", "sales", "a=1", "--url", page, status=1)
    assert "something else than JSON. Is the address right? That of `make start` ends in /api" in said


@pytest.mark.parametrize("content", [{}, [], "model"], ids=repr)
def test_json_that_describes_no_model_is_told(content: Any, run: Callable[..., str]) -> None:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await JSONResponse(content)(scope, receive, send)

    with bound(0) as listening, serving(answer, listening):
        address = f"http://{HOST}:{listening.getsockname()[1]}"
        assert "Is the address right?" in run(app, "predict", "sales", "rate=4", "--url", address, status=1)
