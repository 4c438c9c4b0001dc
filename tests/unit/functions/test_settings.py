from __future__ import annotations

import pytest

from functions.batch import settings as batch
from functions.predict.settings import Settings
from picklejar.errors import InvalidConfiguration

ENVIRONMENT = {"MODELS_BUCKET": "models", "AWS_REGION": "eu-central-1"}


def test_what_is_needed_is_read_and_the_rest_has_defaults() -> None:
    assert Settings.from_environ(ENVIRONMENT) == Settings(bucket="models", region="eu-central-1")


@pytest.mark.parametrize("name", ENVIRONMENT)
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_variable_is_named(name: str, value: str | None) -> None:
    environment = {key: text for key, text in (ENVIRONMENT | {name: value}).items() if text is not None}
    with pytest.raises(InvalidConfiguration, match=f"variable {name} is missing"):
        Settings.from_environ(environment)


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("", ()),
        ("*", ("*",)),
        ("https://a.example", ("https://a.example",)),
        (" https://a.example , http://localhost:8000,", ("https://a.example", "http://localhost:8000")),
    ],
)
def test_origins_are_separated_by_commas(text: str, origins: tuple[str, ...]) -> None:
    assert Settings.from_environ(ENVIRONMENT | {"ALLOWED_ORIGINS": text}).allowed_origins == origins


@pytest.mark.parametrize(
    ("text", "live"), [("true", True), ("false", False), ("True", False), ("1", False), ("", False)]
)
def test_live_models_are_served_only_by_the_very_word(text: str, live: bool) -> None:
    assert Settings.from_environ(ENVIRONMENT | {"LIVE_MODELS": text}).live_models is live


def test_an_empty_endpoint_is_none() -> None:
    assert Settings.from_environ(ENVIRONMENT | {"S3_ENDPOINT": ""}).s3_endpoint is None
    assert Settings.from_environ(ENVIRONMENT | {"S3_ENDPOINT": "http://s3"}).s3_endpoint == "http://s3"


@pytest.mark.parametrize(("said", "asked"), [("", "http://host.docker.internal:9000"), ("https://s3", "https://s3")])
def test_what_sam_local_runs_asks_this_machines_s3_unless_it_is_told_another(said: str, asked: str) -> None:
    within = ENVIRONMENT | {"AWS_SAM_LOCAL": "true", "S3_ENDPOINT": said, "BATCH_BUCKET": "files"}
    assert Settings.from_environ(within).s3_endpoint == asked
    assert batch.Settings.from_environ(within).s3_endpoint == asked


def test_the_look_at_aliases_and_the_memory_for_models_are_numbers() -> None:
    said = ENVIRONMENT | {"ALIAS_TTL_SECONDS": "2.5", "MODEL_MEMORY_MEGABYTES": "64"}
    settings = Settings.from_environ(said)
    assert (settings.alias_ttl, settings.model_memory) == (2.5, 64 * 1024 * 1024)


def test_models_may_take_a_quarter_of_the_functions_memory() -> None:
    said = ENVIRONMENT | {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "2048"}
    assert Settings.from_environ(said).model_memory == 512 * 1024 * 1024


@pytest.mark.parametrize("text", ["soon", "-1", "nan", "inf"])
def test_what_is_no_number_is_named(text: str) -> None:
    with pytest.raises(InvalidConfiguration, match=r"ALIAS_TTL_SECONDS is .*, and must be a number"):
        Settings.from_environ(ENVIRONMENT | {"ALIAS_TTL_SECONDS": text})


def test_what_lambda_says_of_itself_is_read() -> None:
    said = ENVIRONMENT | {
        "AWS_LAMBDA_FUNCTION_VERSION": "7",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:9001/credentials",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "secret",
    }
    settings = Settings.from_environ(said)
    assert (settings.function_version, settings.snap_start) == ("7", True)
    assert (settings.credentials_address, settings.credentials_token) == ("http://127.0.0.1:9001/credentials", "secret")
    assert "secret" not in repr(settings)


@pytest.mark.parametrize("kind", ["on-demand", "provisioned-concurrency", ""])
def test_only_snapstart_is_snapstart(kind: str) -> None:
    assert not Settings.from_environ(ENVIRONMENT | {"AWS_LAMBDA_INITIALIZATION_TYPE": kind}).snap_start
