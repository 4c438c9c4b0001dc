"""A canary: who is answered by the candidate, what becomes of a bad one, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from obstore.store import MemoryStore, ObjectStore

from functions.predict.api import make_handler
from local.gateway import Gateway, rest_event
from local.s3 import LocalS3
from picklejar.alias import Canary
from picklejar.bucket import CHAMPION, version_key
from picklejar.errors import CanaryRefused, NowhereToGo, VersionServes
from picklejar.manifest import MODEL_FILE
from picklejar.serving import candidate
from picklejar.serving.jar import Jar
from picklejar.signature import Feature, Signature
from tests.numbered import BODY, NAME, SIGNATURE, made, put, stand, version
from training.cli import app
from training.registry import aliases
from training.registry.aliases import promote, rollback
from training.registry.canary import begin
from training.registry.publish import deliver
from training.registry.versions import retire, versions

ONE, TWO, THREE = (version(number).manifest.version for number in (1, 2, 3))
PREDICT = f"/models/{NAME}/predict"
JSON = {"Content-Type": "application/json"}
CUSTOMERS = [str(number) for number in range(40)]

Call = Callable[..., dict[str, Any]]
Lines = list[dict[str, Any]]


@pytest.fixture(autouse=True)
def _on_a_busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for what a request would only wait a moment for."""
    for patience in ("watch.PATIENCE", "candidate.PATIENCE", "shadow.SHADOW_SECONDS"):
        monkeypatch.setattr(f"picklejar.serving.{patience}", 10.0)


@pytest.fixture
def store(own_s3: LocalS3) -> ObjectStore:
    """A bucket whose champion is the first of two versions."""
    store = own_s3.store()
    put(store, version(2), alias=None)
    put(store, version(1))
    return store


@pytest.fixture
def call(store: ObjectStore) -> Call:
    """Calls a warm container that looks at the alias with every request."""
    return _calling(Jar(store, ttl=0))


def _calling(jar: Jar, body: bytes = BODY, version: str = ONE) -> Call:
    gateway = Gateway(make_handler(jar, ()))

    def call(body: bytes = BODY, path: str = PREDICT, **headers: str) -> dict[str, Any]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = gateway.invoke(rest_event("POST", path, JSON | named, body))
        found: dict[str, Any] = json.loads(answer["body"])
        return found | {"status": answer["statusCode"]}

    assert call(body)["version"] == version
    return call


def _body(x: float) -> bytes:
    return msgspec.json.encode({"instances": [{"x": x}]})


def _chosen(canary: Canary, keys: list[bytes]) -> list[str]:
    return [TWO if canary.takes(NAME, key) else ONE for key in keys]


def test_requests_are_split_by_the_key_in_a_header_however_it_is_written(store: ObjectStore, call: Call) -> None:
    begin(store, NAME, canary := Canary(TWO, 50, "customer-id"))
    expected = _chosen(canary, [customer.encode() for customer in CUSTOMERS])
    assert set(expected) == {ONE, TWO}
    for x in (0, 1):
        assert [call(_body(x), Customer_Id=customer)["version"] for customer in CUSTOMERS] == expected
    assert [call(customer_id=customer)["predictions"] for customer in CUSTOMERS] == [
        [2000.0] if one == TWO else [1000.0] for one in expected
    ]


@pytest.mark.parametrize("key", [None, "customer-id"])
def test_requests_without_a_key_are_split_by_their_bodies(store: ObjectStore, call: Call, key: str | None) -> None:
    begin(store, NAME, canary := Canary(TWO, 50, key))
    bodies = [_body(x) for x in range(40)]
    assert [call(body, other="1")["version"] for body in bodies] == _chosen(canary, bodies)


def test_a_version_or_another_alias_that_is_asked_for_by_its_name_is_not_split(store: ObjectStore, call: Call) -> None:
    begin(store, NAME, Canary(TWO, 100))
    stand(store, version(1).manifest, "stable")
    assert call()["version"] == TWO
    for path in (f"/models/{NAME}/versions/{ONE}/predict", f"/models/{NAME}/aliases/stable/predict"):
        assert call(path=path)["version"] == ONE


def test_a_warm_container_learns_of_a_canary_and_of_its_end_after_the_ttl(store: ObjectStore) -> None:
    seconds = [1000.0]
    call = _calling(Jar(store, ttl=30, clock=lambda: seconds[0]))
    seen = []
    for act in (lambda: begin(store, NAME, Canary(TWO, 100)), lambda: rollback(store, NAME)):
        act()
        for passed in (29, 1):
            seconds[0] += passed
            seen.append(call()["version"])
    assert seen == [ONE, TWO, TWO, ONE]


def test_a_cold_container_answers_by_the_candidate_at_once(store: ObjectStore) -> None:
    begin(store, NAME, Canary(TWO, 100))
    assert Jar(store).serving(NAME).canary == Canary(TWO, 100)
    answer = Gateway(make_handler(Jar(store), ())).invoke(rest_event("POST", PREDICT, JSON, BODY))
    assert json.loads(answer["body"])["version"] == TWO


def test_promote_ends_a_canary(store: ObjectStore, call: Call) -> None:
    for promoted in (TWO, ONE):
        begin(store, NAME, canary := Canary({ONE: TWO, TWO: ONE}[promote(store, NAME, ONE).after], 50))
        assert promote(store, NAME, promoted).ended == canary
        assert {call(_body(x))["version"] for x in range(20)} == {promoted}


def test_rollback_ends_a_canary_first_and_then_goes_back(store: ObjectStore, call: Call) -> None:
    put(store, version(3), alias=None)
    promote(store, NAME, THREE)
    begin(store, NAME, Canary(TWO, 10))
    begin(store, NAME, canary := Canary(TWO, 100))
    assert rollback(store, NAME) == aliases.Moved(THREE, THREE, canary)
    assert call()["version"] == THREE
    assert rollback(store, NAME) == aliases.Moved(THREE, ONE)
    with pytest.raises(NowhereToGo):
        rollback(store, NAME)


def test_publishing_ends_a_canary_where_it_promotes_and_not_otherwise(store: ObjectStore) -> None:
    begin(store, NAME, canary := Canary(TWO, 10))
    assert deliver(version(1), store, lambda _: None).ended is None
    assert not deliver(version(3), store, lambda _: None, promote=False).serves
    found = aliases.read(store, NAME, CHAMPION)
    assert found
    assert (found.alias.version, found.alias.canary) == (ONE, canary)
    assert deliver(version(3), store, lambda _: None).ended == canary


def test_a_candidate_is_listed_and_not_retired(store: ObjectStore) -> None:
    begin(store, NAME, Canary(TWO, 10))
    assert {one.manifest.version: one.aliases for one in versions(store, NAME)} == {
        ONE: ("champion",),
        TWO: ("champion canary 10 %",),
    }
    with pytest.raises(VersionServes, match="serves as champion canary 10 %; promote another first, or roll back"):
        retire(store, NAME, TWO)
    rollback(store, NAME)
    retire(store, NAME, TWO)


def test_a_model_says_what_is_tried_beside_its_champion(store: ObjectStore) -> None:
    gateway = Gateway(make_handler(Jar(store, ttl=0), ()))

    def described() -> Any:
        return json.loads(gateway.invoke(rest_event("GET", f"/models/{NAME}", {}, b""))["body"])

    assert "canary" not in described()
    begin(store, NAME, Canary(TWO, 10, "customer-id", shadow=True))
    assert described()["canary"] == {"candidate": TWO, "percent": 10, "key": "customer-id", "shadow": True}
    assert described()["version"] == ONE


def _damage(store: ObjectStore) -> None:
    store.put(version_key(NAME, TWO, MODEL_FILE), b"damaged")


def _make_a_liar(store: ObjectStore) -> None:
    store.put(version_key(NAME, TWO, "golden.json"), b"{}")


def _lose(store: ObjectStore) -> None:
    store.delete(version_key(NAME, TWO, "manifest.json"))


@pytest.mark.parametrize("harm", [_damage, _make_a_liar, _lose])
@pytest.mark.parametrize("shadow", [True, False])
def test_where_a_candidate_cannot_be_loaded_the_champion_answers_and_it_is_told(
    store: ObjectStore, call: Call, lines: Lines, shadow: bool, harm: Callable[[ObjectStore], None]
) -> None:
    begin(store, NAME, Canary(TWO, 100, shadow=shadow))
    harm(store)
    for _ in range(2):
        answer = call()
        assert (answer["status"], answer["version"], answer["predictions"]) == (200, ONE, [1000.0])
    for line in lines[-2:]:
        assert (line["level"], line["status"], line["version"], line["candidate"]) == ("WARNING", 200, ONE, TWO)
        assert line["candidate_error"] == "CandidateNotReady"
        assert line["candidate_cause"] in {"BundleDamaged", "ModelNotFound"}
        assert line["ShadowErrors" if shadow else "CanaryErrors"] == [1]


def test_a_candidate_that_cannot_be_loaded_is_tried_again_once_a_ttl(store: ObjectStore) -> None:
    seconds = [1000.0]
    begin(store, NAME, Canary(TWO, 100))
    content = version(2).files[MODEL_FILE]
    _damage(store)
    call = _calling(Jar(store, ttl=30, clock=lambda: seconds[0]))
    store.put(version_key(NAME, TWO, MODEL_FILE), content)
    seen = []
    for passed in (29, 1):
        seconds[0] += passed
        seen.append(call()["version"])
    assert seen == [ONE, TWO]


def test_a_slow_candidate_is_not_waited_for_and_answers_once_it_is_loaded(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    def at_once(done: list[Any], seconds: float) -> None:
        waited.append(seconds)
        loading.extend(done)

    loading: list[Any] = []
    monkeypatch.setattr("picklejar.serving.candidate.wait", at_once)
    jar = Jar(store)
    begin(store, NAME, Canary(TWO, 100))
    call = _calling(jar)
    loading.pop().result(10)
    assert call()["version"] == TWO
    assert waited == [candidate.PATIENCE]


def test_champion_and_candidate_share_the_memory_and_one_too_small_for_both_stays_the_champions(
    store: ObjectStore, lines: Lines
) -> None:
    size = version(1).manifest.files[MODEL_FILE].size
    begin(store, NAME, canary := Canary(TWO, 50))
    bodies = [_body(x) for x in range(20)]
    for budget, seen in ((2 * size, _chosen(canary, bodies)), (size, [ONE] * 20)):
        call = _calling(Jar(store, budget=budget))
        lines.clear()
        assert [call(body)["version"] for body in bodies] == seen
        assert not any("load_milliseconds" in line for line in lines)
    assert "MemoryTooSmall" in {line.get("candidate_cause") for line in lines}


def test_a_candidate_takes_the_room_of_another_model_and_not_of_its_champion(store: ObjectStore, lines: Lines) -> None:
    put(store, version(1, "other"))
    size = max(version(number).manifest.files[MODEL_FILE].size for number in (1, 2))
    call = _calling(Jar(store, ttl=0, budget=2 * size))
    assert call(path="/models/other/predict")["status"] == 200
    begin(store, NAME, Canary(TWO, 100))
    assert call()["version"] == TWO
    rollback(store, NAME)
    assert call()["version"] == ONE
    assert "load_milliseconds" not in lines[-1]


def _strict(number: int) -> Any:
    """Return a version that refuses what the champion takes."""
    (feature,) = SIGNATURE.features
    return made(
        number, signature=msgspec.structs.replace(SIGNATURE, features=(msgspec.structs.replace(feature, maximum=5),))
    )


def test_what_the_candidate_alone_refuses_the_champion_answers(store: ObjectStore, call: Call, lines: Lines) -> None:
    put(store, strict := _strict(4), alias=None)
    begin(store, NAME, Canary(strict.manifest.version, 100))
    assert call(_body(1))["version"] == strict.manifest.version
    assert call(_body(6))["version"] == ONE
    assert (lines[-1]["candidate_error"], lines[-1]["CanaryErrors"]) == ("InvalidInstances", [1])


@pytest.mark.parametrize("shadow", [True, False])
def test_what_the_champion_refuses_too_is_the_callers_fault(
    store: ObjectStore, call: Call, lines: Lines, shadow: bool
) -> None:
    begin(store, NAME, Canary(TWO, 100, shadow=shadow))
    assert call(b'{"instances": [{"x": "text"}]}')["status"] == 422
    line = lines[-1]
    assert (line["level"], line["version"], line["ClientErrors"]) == ("INFO", ONE, [1])
    assert "candidate_error" not in line
    assert line["ShadowErrors" if shadow else "CanaryErrors"] == [0]


def test_a_shadow_is_compared_and_never_answers(store: ObjectStore, call: Call, lines: Lines) -> None:
    begin(store, NAME, Canary(TWO, 100, shadow=True))
    answer = call(b'{"instances": [{"x": 0}, {"x": 1000}]}')
    assert (answer["version"], answer["predictions"]) == (ONE, pytest.approx([1000, 2000]))
    line = lines[-1]
    assert (line["version"], line["candidate"], line["shadow"], "canary" in line) == (ONE, TWO, True, False)
    assert (line["shadow_absolute"], line["shadow_mean_absolute"]) == (
        pytest.approx(1000),
        pytest.approx(1000),
    )
    assert line["ShadowAbsoluteDifference"] == [pytest.approx(1000)]
    assert line["ShadowDifference"] == [pytest.approx(0.5)]
    assert line["ShadowMeanDifference"] == [pytest.approx((1 / 2 + 1 / 3) / 2)]
    assert line["ShadowErrors"] == [0]


def test_a_shadow_is_asked_for_its_share_of_the_requests(store: ObjectStore, call: Call, lines: Lines) -> None:
    begin(store, NAME, canary := Canary(TWO, 50, shadow=True))
    lines.clear()
    bodies = [_body(x) for x in range(20)]
    assert {call(body)["version"] for body in bodies} == {ONE}
    assert [line["shadow"] for line in lines] == [canary.takes(NAME, body) for body in bodies]
    assert ["ShadowErrors" in line for line in lines] == [line["shadow"] for line in lines]


def _tensor(*values: float) -> bytes:
    inputs = [{"name": "x", "datatype": "FP64", "shape": [len(values)], "data": values}]
    return json.dumps({"inputs": inputs}).encode()


def test_in_another_dialect_the_candidate_answers_the_same_callers(
    store: ObjectStore, call: Call, lines: Lines
) -> None:
    begin(store, NAME, canary := Canary(TWO, 50, "customer-id"))
    taken = {customer for customer in CUSTOMERS if canary.takes(NAME, customer.encode())}
    assert 0 < len(taken) < len(CUSTOMERS)
    lines.clear()
    for customer in CUSTOMERS:
        answer = call(_tensor(0), f"/v2/models/{NAME}/infer", customer_id=customer)
        number = 2 if customer in taken else 1
        assert (answer["model_version"], answer["outputs"][0]["data"]) == ([ONE, TWO][number - 1], [1000 * number])
    assert {(line["dialect"], line["canary"]) for line in lines} == {("v2", True), ("v2", False)}
    answer = call(b'{"inputs": [[0]]}', f"/models/{NAME}/invocations", customer_id=min(taken))
    assert answer["predictions"] == [2000]
    # Who names a version gets it.
    assert call(_tensor(0), f"/v2/models/{NAME}/versions/{ONE}/infer", customer_id=min(taken))["model_version"] == ONE


def test_in_another_dialect_what_the_candidate_alone_refuses_the_champion_answers(
    store: ObjectStore, call: Call, lines: Lines
) -> None:
    put(store, strict := _strict(4), alias=None)
    begin(store, NAME, Canary(strict.manifest.version, 100))
    assert call(_tensor(1), f"/v2/models/{NAME}/infer")["model_version"] == strict.manifest.version
    assert call(_tensor(6), f"/v2/models/{NAME}/infer")["model_version"] == ONE
    assert (lines[-1]["candidate_error"], lines[-1]["CanaryErrors"]) == ("InvalidInstances", [1])


def test_in_another_dialect_a_shadow_is_compared(store: ObjectStore, call: Call, lines: Lines) -> None:
    begin(store, NAME, Canary(TWO, 100, shadow=True))
    answer = call(_tensor(0, 1000), f"/v2/models/{NAME}/infer")
    assert (answer["model_version"], answer["outputs"][0]["data"]) == (ONE, pytest.approx([1000, 2000]))
    assert (lines[-1]["shadow_absolute"], lines[-1]["ShadowErrors"]) == (pytest.approx(1000), [0])


def test_metrics_are_also_by_version_while_there_is_a_canary(store: ObjectStore, call: Call, lines: Lines) -> None:
    call()
    (directive,) = lines[-1]["_aws"]["CloudWatchMetrics"]
    begin(store, NAME, canary := Canary(TWO, 50))
    for asked in (True, False):
        call(next(body for body in map(_body, range(40)) if canary.takes(NAME, body) == asked))
        line = lines[-1]
        by_model, by_version = line["_aws"]["CloudWatchMetrics"]
        assert (line["version"], line["canary"], line["candidate"]) == (TWO if asked else ONE, asked, TWO)
        assert (by_model["Dimensions"], by_model["Namespace"]) == (directive["Dimensions"], "Picklejar")
        assert (by_version["Dimensions"], by_version["Namespace"]) == ([["model", "service", "version"]], "Picklejar")
        assert {metric["Name"] for metric in by_version["Metrics"]} == {
            *("Latency", "ClientErrors", "ServerErrors", "Predictions", "Rows")
        }
        assert ("CanaryErrors" in {metric["Name"] for metric in by_model["Metrics"]}) == asked


OTHER = Feature(name="z", title="z", description="Any number.", example=0)
WHOLE = Feature(name="x", title="x", description="Any number.", type="integer", example=0)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"features": (OTHER,)}, r"features of the one: z \(number\); of the champion: x \(number\)"),
        (
            {"features": (*SIGNATURE.features, OTHER)},
            r"features of the one: x \(number\), z \(number\); of the champion",
        ),
        ({"features": (WHOLE,)}, r"features of the one: x \(integer\)"),
        (
            {"target": msgspec.structs.replace(SIGNATURE.target, unit="EUR")},
            "unit of the one: EUR; of the champion: none",
        ),
        (
            {"target": msgspec.structs.replace(SIGNATURE.target, classes=("no", "yes"))},
            'labels of the one: "no", "yes"; of the champion: none',
        ),
    ],
)
def test_a_version_that_is_asked_or_answers_otherwise_is_no_candidate(changes: dict[str, Any], sentence: str) -> None:
    store = MemoryStore()
    put(store, version(1))
    other = put(store, made(2, signature=msgspec.structs.replace(SIGNATURE, **changes)), alias=None)
    with pytest.raises(CanaryRefused, match=sentence):
        begin(store, NAME, Canary(other, 10))


def test_features_in_another_order_and_other_limits_are_no_hindrance() -> None:
    store = MemoryStore()
    both = Signature(features=(*SIGNATURE.features, OTHER), target=SIGNATURE.target)
    one = put(store, made(1, signature=both, weights=(1, 100)))
    limited = msgspec.structs.replace(OTHER, minimum=0)
    turned = Signature(features=(limited, *SIGNATURE.features), target=SIGNATURE.target)
    two = put(store, made(2, signature=turned, weights=(100, 1)), alias=None)
    body = b'{"instances": [{"x": 3, "z": 5}]}'
    call = _calling(Jar(store, ttl=0), body, one)
    assert (call(body)["version"], call(body)["predictions"]) == (one, [1503])
    begin(store, NAME, Canary(two, 100))
    # Each version takes the values by their names.
    assert (call(body)["version"], call(body)["predictions"]) == (two, [2503])


@pytest.fixture
def said(run: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Runs the command on a bucket of three versions, of which the first is the champion and the last is retired."""
    store = MemoryStore()
    for number in (2, 3):
        put(store, version(number), alias=None)
    put(store, version(1))
    retire(store, NAME, THREE)
    put(store, version(2, "unserved"), alias=None)
    # In this process: a start of the command takes a second.
    monkeypatch.setattr("training.registry.store.open_store", lambda *_: store)
    return lambda *words, **rest: run(app, *words, "--bucket", "any", **rest)


def test_the_command_begins_lists_and_ends_a_canary(said: Callable[..., str]) -> None:
    canary = ("canary", NAME, TWO, "--percent")
    assert said(*canary, "10") == f"{NAME} {TWO} answers, beside {ONE}, 10 % of the requests, chosen by the body.\n"
    assert said(*canary, "12.5", "--key", "Customer_ID") == (
        f"{NAME} {TWO} answers, beside {ONE}, 12.5 % of the requests, chosen by the header customer-id, and by the "
        "body of those without it.\n"
    )
    assert "champion canary 12.5 %" in said("versions", NAME)
    assert said("rollback", NAME) == f"The champion of {NAME} stays {ONE}. The canary 12.5 % of {TWO} ended.\n"
    assert said(*canary, "5", "--shadow") == (
        f"{NAME} {TWO} is compared with the champion, {ONE}, on 5 % of the requests, chosen by the body.\n"
    )
    assert said("promote", NAME, TWO) == (
        f"The champion of {NAME} is {TWO}; before, it was {ONE}. The shadow 5 % of {TWO} ended.\n"
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((NAME, TWO, "--percent", "0"), "more than 0 and at most 100 percent, not 0."),
        ((NAME, TWO, "--percent", "101"), "more than 0 and at most 100 percent, not 101."),
        ((NAME, TWO, "--percent", "nan"), "more than 0 and at most 100 percent, not nan."),
        ((NAME, TWO, "--percent", "10", "--key", "a b"), "'a b' cannot name a key's header"),
        ((NAME, "newest", "--percent", "10"), "'newest' is not a version; it has 12 hexadecimal digits."),
        ((NAME, "0" * 12, "--percent", "10"), f"There is no version '{'0' * 12}' of a model named '{NAME}'"),
        ((NAME, THREE, "--percent", "10"), f"There is no version '{THREE}' of a model named '{NAME}'"),
        (("../x", TWO, "--percent", "10"), f"There is no version '{TWO}' of a model named '../x'"),
        ((NAME, ONE, "--percent", "10"), f"{NAME} {ONE} is the champion, and answers every request already."),
        (
            ("unserved", version(2, "unserved").manifest.version, "--percent", "10"),
            "unserved has no champion beside which to try a version; promote one.",
        ),
    ],
)
def test_what_cannot_be_tried_is_said_in_a_sentence(
    said: Callable[..., str], words: tuple[str, ...], sentence: str
) -> None:
    assert sentence in said("canary", *words, status=1)
