"""What the account takes is asked before anything is made, and the parameters are fitting to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from deployment.__main__ import app
from deployment.account import fit
from deployment.fitting import AccountTooSmall, Fitting
from deployment.sam import sam_deploy
from deployment.samconfig import Target, target
from picklejar.errors import InvalidConfiguration
from training.aws.account import Account
from training.aws.stack import Stack, find_stack

Limits = Callable[[int, int], None]
ROLE = "arn:aws:iam::123456789012:role/teams/logs"


@pytest.fixture(autouse=True)
def no_logs_role(aws: Account) -> Iterator[None]:
    """An account whose API Gateway has no role, before and after."""
    _set_logs_role("")
    yield
    _set_logs_role("")


@pytest.fixture
def role() -> Iterator[str]:
    """A role of another team, by which the account's API Gateway writes logs."""
    iam = boto3.client("iam")
    arn = iam.create_role(Path="/teams/", RoleName="logs", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    _set_logs_role(arn)
    yield str(arn)
    iam.delete_role(RoleName="logs")


def test_a_usual_account_takes_the_defaults(aws: Account) -> None:
    fitting = _fit(aws)
    assert fitting.told == ["Lambda runs 1,000 containers here at one time, 1,000 of them unreserved."]
    assert fitting.changes == {}


def test_a_new_account_of_ten_containers_takes_the_defaults(aws: Account, limits: Limits) -> None:
    limits(10, 10)
    assert _fit(aws).changes == {}


@pytest.mark.parametrize(
    ("given", "unreserved", "works"),
    [
        ({"MaxConcurrency": "1"}, 10, "only MaxConcurrency=0 works."),
        ({"MaxConcurrency": "1"}, 101, "only MaxConcurrency=0 works."),
        ({"MaxConcurrency": "451"}, 1000, "MaxConcurrency=450 is the most that works."),
        ({"MaxConcurrency": "2"}, 103, "MaxConcurrency=1 is the most that works."),
    ],
)
def test_what_would_leave_too_few_containers_unreserved_is_refused_with_what_works(
    aws: Account, limits: Limits, given: dict[str, str], unreserved: int, works: str
) -> None:
    limits(1000, unreserved)
    with pytest.raises(AccountTooSmall) as refused:
        _fit(aws, given)
    assert works in str(refused.value)
    assert "Nothing was made." in str(refused.value)


def test_what_leaves_a_hundred_is_taken(aws: Account, limits: Limits) -> None:
    limits(1000, 1000)
    assert _fit(aws, {"MaxConcurrency": "450"}).changes == {}


def test_what_the_stack_has_reserved_is_free_for_it(aws: Account, limits: Limits) -> None:
    limits(1000, 400)
    deployed = {"MaxConcurrency": "300"}
    assert _fit(aws, {"MaxConcurrency": "450"}, deployed).changes == {}
    with pytest.raises(AccountTooSmall, match="MaxConcurrency=450 is the most that works"):
        _fit(aws, {"MaxConcurrency": "451"}, deployed)


def test_what_the_stack_has_reserved_and_keeps_is_not_refused_later(aws: Account, limits: Limits) -> None:
    limits(200, 50)
    assert _fit(aws, deployed={"MaxConcurrency": "75"}).changes == {}


def test_a_file_leaves_half_of_the_free_containers_to_the_api(aws: Account, limits: Limits) -> None:
    limits(10, 6)
    fitting = _fit(aws)
    assert fitting.changes == {"BatchConcurrency": "3"}
    assert "BatchConcurrency is 3, not 5" in fitting.told[-1]


def test_what_samconfig_says_of_a_file_is_told_of_or_refused_and_never_changed(aws: Account, limits: Limits) -> None:
    limits(10, 10)
    fitting = _fit(aws, {"BatchConcurrency": "8"})
    assert fitting.changes == {}
    assert "A file may take 8 of the 10 containers" in fitting.told[-1]
    with pytest.raises(AccountTooSmall, match="BatchConcurrency=5 leaves it half"):
        _fit(aws, {"BatchConcurrency": "10"})


def test_a_batch_with_containers_of_its_own_takes_none_of_the_api(aws: Account, limits: Limits) -> None:
    limits(1000, 300)
    assert _fit(aws, {"BatchConcurrency": "1000", "MaxConcurrency": "10"}).changes == {}


def test_more_memory_than_a_new_account_takes_is_refused_where_the_account_is_new(aws: Account, limits: Limits) -> None:
    limits(10, 10)
    assert _fit(aws, {"MemorySize": "3008"}).changes == {}
    with pytest.raises(AccountTooSmall, match="MemorySize=3008 is the most that works"):
        _fit(aws, {"MemorySize": "3009"})


def test_where_nothing_tells_what_memory_an_account_takes_that_is_said(aws: Account) -> None:
    assert "Not checked: whether this account takes MemorySize=4096." in _fit(aws, {"MemorySize": "4096"}).told[-1]
    assert len(_fit(aws, {"MemorySize": "4096"}, {"MemorySize": "4096"}).told) == 1


def test_a_role_that_others_have_set_stays(aws: Account, role: str) -> None:
    fitting = _fit(aws)
    assert fitting.changes == {"MakeApiLogsRole": "false"}
    assert f"API Gateway still writes logs by {role}" in fitting.told[-1]
    assert _fit(aws, deployed={"MakeApiLogsRole": "false"}).changes == {"MakeApiLogsRole": "false"}


def test_a_role_that_the_stack_has_made_stays_the_stacks(aws: Account, role: str) -> None:
    fitting = _fit(aws, deployed={"MakeApiLogsRole": "true"})
    assert fitting.changes == {}
    assert len(fitting.told) == 1


def test_who_decides_about_the_role_in_samconfig_decides(aws: Account, role: str) -> None:
    assert _fit(aws, {"MakeApiLogsRole": "false"}).changes == {}
    fitting = _fit(aws, {"MakeApiLogsRole": "true"})
    assert fitting.changes == {}
    assert f"MakeApiLogsRole=true takes the place of {role}" in fitting.told[-1]


def test_without_any_role_the_stack_makes_one(aws: Account) -> None:
    assert _fit(aws).changes == {}
    assert _fit(aws, deployed={"MakeApiLogsRole": "false"}).changes == {"MakeApiLogsRole": "true"}
    with pytest.raises(AccountTooSmall, match="without the parameter the stack makes one"):
        _fit(aws, {"MakeApiLogsRole": "false"})


def test_a_role_that_is_gone_is_told_of_and_counts_as_none(aws: Account) -> None:
    _set_logs_role(ROLE)
    gone = f"API Gateway writes this account's logs by {ROLE}, and there is no such role any more."
    new = _fit(aws)
    assert new.told[1:] == [gone]
    assert new.changes == {}
    ours = _fit(aws, deployed={"MakeApiLogsRole": "true"})
    assert ours.told[1] == gone
    assert "`aws apigateway update-account`" in ours.told[2]
    with pytest.raises(AccountTooSmall, match="MakeApiLogsRole=false, and API Gateway has no role"):
        _fit(aws, {"MakeApiLogsRole": "false"})


def test_without_the_right_to_ask_a_deployment_goes_on_and_says_so(aws: Account, no_limits: None) -> None:
    fitting = _fit(aws, {"MaxConcurrency": "900", "MemorySize": "2000"})
    assert fitting.told == [
        "Not checked: how much Lambda runs here at one time; these credentials lack the right "
        "lambda:GetAccountSettings."
    ]
    assert fitting.changes == {}


@pytest.mark.parametrize(
    ("service", "operation", "right", "changes"),
    [
        ("apigateway", "get_account", "apigateway:GET on /account", {}),
        # A role that may be there is not overwritten.
        ("iam", "get_role", "iam:GetRole", {"MakeApiLogsRole": "false"}),
    ],
)
def test_a_role_that_may_not_be_asked_for_is_not_overwritten(
    aws: Account,
    role: str,
    monkeypatch: pytest.MonkeyPatch,
    service: str,
    operation: str,
    right: str,
    changes: dict[str, str],
) -> None:
    refusing = aws.client(service)
    opened = Account.client
    monkeypatch.setattr(Account, "client", lambda self, name: refusing if name == service else opened(self, name))
    with Stubber(refusing) as stub:
        stub.add_client_error(operation, "AccessDeniedException", http_status_code=403)
        fitting = _fit(aws)
    assert any(f"these credentials lack the right {right}." in sentence for sentence in fitting.told)
    assert fitting.changes == changes


def test_a_number_that_is_none_is_named(aws: Account) -> None:
    with pytest.raises(InvalidConfiguration, match="MaxConcurrency is 'many', and must be a whole number"):
        _fit(aws, {"MaxConcurrency": "many"})


def test_the_check_tells_what_it_found(aws: Account, run: Callable[..., str], name: str, role: str) -> None:
    said = run(app, "check", "--stack", name, columns=400)
    assert "Lambda runs 1,000 containers here at one time" in said
    assert "MakeApiLogsRole=false" in said


@pytest.mark.parametrize(
    "written",
    [
        "\"A=1 B='x y'\"",
        '["A=1", "B=\'x y\'"]',
        "\"ParameterKey=A,ParameterValue=1 ParameterKey=B,ParameterValue='x y'\"",
    ],
)
def test_parameters_are_read_as_sam_reads_them(tmp_path: Path, written: str) -> None:
    file = tmp_path / "samconfig.toml"
    file.write_text(
        f'[default.global.parameters]\nstack_name = "one"\nparameter_overrides = "A=0"\n'
        f"[default.deploy.parameters]\nparameter_overrides = {written}\n"
    )
    assert target(None, None, None, "default", file).parameters == {"A": "1", "B": "x y"}


def test_parameters_that_sam_cannot_read_are_named(tmp_path: Path) -> None:
    file = tmp_path / "samconfig.toml"
    file.write_text('[default.global.parameters]\nstack_name = "one"\nparameter_overrides = "nothing"\n')
    with pytest.raises(InvalidConfiguration, match=r"samconfig.toml has parameter_overrides that sam cannot read"):
        target(None, None, None, "default", file)


@pytest.mark.slow
def test_what_is_changed_goes_to_sam_beside_what_samconfig_says(
    aws: Account, sams_bucket: None, name: str, tmp_path: Path
) -> None:
    kinds: dict[str, Any] = {key: {"Type": "String", "Default": "none"} for key in ("Ours", "Theirs", "Other")}
    template = tmp_path / "template.json"
    template.write_text(json.dumps({"Parameters": kinds, "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}))
    theirs = 'https://a.example, "b" = c'
    sam_deploy(Target(name, None, None, "default", {"Theirs": theirs}), aws.region, template, {"Ours": "false"})
    assert find_stack(aws, name).parameters == {"Ours": "false", "Theirs": theirs, "Other": "none"}


def _fit(aws: Account, given: dict[str, str] | None = None, deployed: dict[str, str] | None = None) -> Fitting:
    stack = Stack("id", "picklejar", aws.region, "CREATE_COMPLETE", deployed, {}) if deployed is not None else None
    return fit(aws, Target("picklejar", None, None, "default", given or {}), stack)


def _set_logs_role(arn: str) -> None:
    patch = {"op": "replace", "path": "/cloudwatchRoleArn", "value": arn}
    boto3.client("apigateway").update_account(patchOperations=[patch])  # type: ignore[list-item]
