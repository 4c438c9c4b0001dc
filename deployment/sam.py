"""Runs `sam deploy` and shows its words."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from deployment.samconfig import FILE, ROOT, Target
from picklejar.errors import PicklejarError
from training.aws.stack import Stack

BUILT = ROOT / ".aws-sam" / "build" / "template.yaml"
# The slowest Rollout takes a hundred, and sam would give up after sixty while it goes on.
MOST_MINUTES = 180
# From these CloudFormation takes no update.
STUCK = {
    "ROLLBACK_COMPLETE": "was never made: its first deployment failed, and what is left of it can only be deleted. "
    "`make destroy`, and then `make deploy` again",
    "ROLLBACK_FAILED": "was never made, and what is left of it can only be deleted. `make destroy`, and then "
    "`make deploy` again",
    "CREATE_FAILED": "was never made, and what is left of it can only be deleted. `make destroy`, and then "
    "`make deploy` again",
    "DELETE_FAILED": "is half deleted. `make destroy` goes on with that, and then `make deploy` makes it anew",
    "UPDATE_ROLLBACK_FAILED": "could not be put back after a failed update. `aws cloudformation "
    "continue-update-rollback --stack-name {name}`, and then `make deploy` again",
}


class SamFailed(PicklejarError):
    """`sam deploy` failed; its own words are above."""


class StackNotUpdatable(PicklejarError):
    """The stack cannot be deployed to in its state; says what to do."""


def require_updatable(stack: Stack | None) -> None:
    """Raise StackNotUpdatable where a deployment would fail, or meet another."""
    if stack is None:
        return
    if stack.status.endswith("_IN_PROGRESS"):
        raise StackNotUpdatable(f"The stack {stack.name} is {stack.status}: somebody changes it. Wait for that to end.")
    if stack.status in STUCK:
        what = STUCK[stack.status].format(name=stack.name)
        raise StackNotUpdatable(f"The stack {stack.name} is {stack.status}: it {what}.")


def sam_deploy(
    target: Target,
    region: str,
    template: Path = BUILT,
    changes: dict[str, str] | None = None,
    *,
    execute: bool = True,
) -> None:
    """Make or update the stack from what `sam build` built, or only its change set; raises SamFailed.

    samconfig.toml answers all questions; `changes` are parameters that take the place of its own.
    """
    if not template.is_file():
        raise SamFailed(f"{template} is not there; `make build` makes it.")
    command = [str(Path(sys.executable).with_name("sam")), "deploy", "--template-file", str(template)]
    command += ["--config-file", str(FILE), "--config-env", target.environment]
    command += ["--stack-name", target.stack, "--region", region]
    command += ["--profile", target.profile] if target.profile else []
    command += ["--no-confirm-changeset", "--no-fail-on-empty-changeset", "--max-wait-duration", str(MOST_MINUTES)]
    command += [] if execute else ["--no-execute-changeset"]
    command += _overrides({**target.parameters, **changes}) if changes else []
    try:
        subprocess.run(command, check=True)
    except FileNotFoundError:
        raise SamFailed("sam is not in .venv/bin; `make .venv/ready` puts it there.") from None
    except subprocess.CalledProcessError:
        raise SamFailed(
            "`sam deploy` failed; what it said is above. Mend that and say `make deploy` again: it goes on from there."
        ) from None


def _overrides(parameters: dict[str, str]) -> list[str]:
    """Name all of them: what the command line says takes the place of all that samconfig.toml does."""
    quoted = (f'{name}="{value.replace('"', '\\"')}"' for name, value in parameters.items())
    return ["--parameter-overrides", *quoted]
