"""Decides who makes the role by which API Gateway writes logs: there is one for all APIs of an account and region."""

from __future__ import annotations

from botocore.exceptions import ClientError

from deployment.fitting import AccountTooSmall, Fitting
from training.aws.account import code

PARAMETER = "MakeApiLogsRole"


def fit_logs_role(fitting: Fitting) -> None:
    """Leave the account's role as it is where others have set one; raises AccountTooSmall."""
    role = None
    with fitting.asking("by which role API Gateway writes logs", "apigateway:GET on /account"):
        role = fitting.account.client("apigateway").get_account().get("cloudwatchRoleArn") or ""
    if role is None:
        return
    usable = bool(role) and _exists(fitting, role)
    if role and not usable:
        fitting.told.append(f"API Gateway writes this account's logs by {role}, and there is no such role any more.")
    if PARAMETER in fitting.given:
        _require_role(fitting, role, usable=usable)
    elif fitting.deployed.get(PARAMETER) == "true":
        _keep_own(fitting, gone=bool(role) and not usable)
    else:
        _choose(fitting, role, usable=usable)


def _exists(fitting: Fitting, role: str) -> bool:
    """Whether there is the role; one that may not be asked for counts as there, so that nothing overwrites it."""
    with fitting.asking(f"whether there is a role {role}", "iam:GetRole"):
        try:
            fitting.account.client("iam").get_role(RoleName=role.rpartition("/")[2])
        except ClientError as error:
            if code(error) != "NoSuchEntity":
                raise
            return False
    return True


def _require_role(fitting: Fitting, role: str, *, usable: bool) -> None:
    given, deployed = fitting.given[PARAMETER], fitting.deployed.get(PARAMETER)
    if given == "false" and not usable:
        raise AccountTooSmall(
            f"{PARAMETER}=false, and API Gateway has no role here to write logs by; without the parameter the stack "
            "makes one. Nothing was made."
        )
    if given == "true" and deployed != "true" and usable:
        fitting.told.append(
            f"{PARAMETER}=true takes the place of {role}, by which every API of this account and region logs."
        )


def _keep_own(fitting: Fitting, *, gone: bool) -> None:
    """Leave the role that the stack has made, whoever has set another since."""
    if gone:
        fitting.told.append(
            "CloudFormation does not look for it. Make it again as the template has it (ApiLogsRole), or set another "
            "by `aws apigateway update-account`."
        )


def _choose(fitting: Fitting, role: str, *, usable: bool) -> None:
    if usable:
        fitting.changes[PARAMETER] = "false"
        fitting.told.append(f"API Gateway still writes logs by {role}; the stack makes no other ({PARAMETER}=false).")
    elif fitting.deployed.get(PARAMETER) == "false":
        fitting.changes[PARAMETER] = "true"
        fitting.told.append(f"The stack makes the role by which API Gateway writes logs ({PARAMETER}=true).")
