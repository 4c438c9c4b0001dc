from __future__ import annotations

from pathlib import Path

import pytest

from picklejar.errors import InvalidConfiguration
from training.registry.store import open_store


@pytest.fixture
def _nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)


def _credentials(store) -> tuple[str, str]:
    found = store.credential_provider()
    return found["access_key_id"], found["secret_access_key"]


def test_aws_is_asked_with_the_credentials_of_the_profile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    (tmp_path / "credentials").write_text("[team]\naws_access_key_id = id\naws_secret_access_key = secret\n")
    (tmp_path / "config").write_text("[profile team]\nregion = eu-west-1\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    store = open_store("models", "team", None, None)
    assert store.config["region"] == "eu-west-1"
    assert "endpoint" not in store.config
    assert _credentials(store) == ("id", "secret")


@pytest.mark.usefixtures("_nobody")
def test_another_s3_takes_any_credentials_and_region() -> None:
    store = open_store("models", None, None, "http://127.0.0.1:9")
    assert store.config["endpoint"] == "http://127.0.0.1:9"
    assert _credentials(store) == ("any", "any")


@pytest.mark.usefixtures("_nobody")
def test_missing_credentials_are_said_to_be() -> None:
    with pytest.raises(InvalidConfiguration, match="There are no AWS credentials"):
        open_store("models", None, "eu-west-1", None)


def test_a_missing_region_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    with pytest.raises(InvalidConfiguration, match="There is no AWS region"):
        open_store("models", None, None, None)


def test_a_profile_that_is_not_there_is_named() -> None:
    with pytest.raises(InvalidConfiguration, match="nobody"):
        open_store("models", "nobody", None, None)
