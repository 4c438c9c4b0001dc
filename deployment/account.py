"""Asks the account before a deployment makes anything."""

from __future__ import annotations

from deployment.fitting import Fitting
from deployment.limits import fit_functions
from deployment.logs_role import fit_logs_role
from deployment.samconfig import Target
from training.aws.account import Account
from training.aws.stack import Stack


def fit(account: Account, target: Target, stack: Stack | None) -> Fitting:
    """Fit the parameters to the account; raises AccountTooSmall, InvalidConfiguration, AwsRefused."""
    fitting = Fitting(account, target.parameters, stack.parameters if stack else {})
    fit_functions(fitting)
    fit_logs_role(fitting)
    return fitting
