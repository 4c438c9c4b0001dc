"""Which profile is used, and what to do where it cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from picklejar.errors import InvalidConfiguration
from training.aws.account import open_session

PROFILES = """
[profile portal]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 111122223333
sso_role_name = Developer
region = eu-west-1

[profile session]
sso_session = ours
sso_account_id = 111122223333
sso_role_name = Developer
region = eu-west-1

[sso-session ours]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-west-1
"""


@pytest.mark.parametrize("profile", ["portal", "session"])
def test_a_sign_in_that_never_was_says_how_to(profile: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").write_text(PROFILES)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(InvalidConfiguration, match=f"run `aws sso login --profile {profile}`"):
        open_session(profile, None)
