"""The AWS account: clients with timeouts, and AWS's refusals as sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, SSOError, TokenRetrievalError

from picklejar.errors import InvalidConfiguration, PicklejarError

# boto3 itself would wait for a minute, several times.
PATIENCE = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 4})
REFUSALS = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Forbidden", "403"}
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"}
RIGHT = re.compile(r"not authorized to perform: (\S+)(?: on resource: (\S+))?")
OF_AWS = ("amazonaws.com", "amazonaws.com.cn", "amazonaws.eu")


class AwsRefused(PicklejarError):
    """AWS refused; says what was asked and what can be done."""


@dataclass(frozen=True)
class Account:
    """An AWS account in one region, by the usual profile chain."""

    session: boto3.Session
    region: str
    profile: str | None = None
    endpoint: str | None = None

    def client(self, service: Any) -> Any:
        return self.session.client(service, region_name=self.region, endpoint_url=self.endpoint, config=PATIENCE)

    @property
    def s3_endpoint(self) -> str | None:
        """The address of an S3 other than AWS's, from the option, AWS_ENDPOINT_URL or the profile; or None."""
        address: str = self.client("s3").meta.endpoint_url
        return None if (urlsplit(address).hostname or "").endswith(OF_AWS) else address


def open_account(profile: str | None, region: str | None, endpoint: str | None = None) -> Account:
    """Return the account; raises InvalidConfiguration without profile, region or credentials."""
    session, _ = open_session(profile, region)
    return Account(session, session.region_name, profile, endpoint)


@contextmanager
def aws_errors(doing: str) -> Iterator[None]:
    """Turn errors of AWS's client into AwsRefused; `doing` is a gerund: "listing the keys"."""
    try:
        yield
    except ClientError as error:
        raise AwsRefused(f"AWS refused {doing}. {_why(error)}") from error
    except NoCredentialsError as error:
        raise InvalidConfiguration(NO_CREDENTIALS) from error
    except BotoCoreError as error:
        raise AwsRefused(f"AWS could not be asked when {doing}: {str(error).rstrip('.')}.") from error


def code(error: ClientError) -> str:
    """Return AWS's name for an error."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _why(error: ClientError) -> str:
    text = str(error.response.get("Error", {}).get("Message", "")).rstrip(".")
    if code(error) in EXPIRED:
        return "The credentials are unknown or have expired; sign in again."
    if code(error) in REFUSALS:
        match = RIGHT.search(text)
        right = f"{match[1]} on {match[2] or '*'}" if match else f"for {error.operation_name}"
        return f"These credentials lack the right {right}; whoever keeps the account can give it."
    return f"It says: {text or code(error)}."


NO_CREDENTIALS = "There are no AWS credentials; run `aws configure`, or name a profile (--profile)."


NO_REGION = "There is no AWS region; name one (--region), or set it in the profile."


def open_session(
    profile: str | None, region: str | None, *, with_aws: bool = True
) -> tuple[boto3.Session, Credentials | None]:
    """Return the session and its credentials, required `with_aws` like the region; raises InvalidConfiguration."""
    try:
        session = boto3.Session(profile_name=profile, region_name=region)
        credentials = session.get_credentials()
        if credentials is not None:
            credentials.get_frozen_credentials()  # a sign-in that ended is found now
    except (SSOError, TokenRetrievalError) as error:
        name = f" --profile {profile}" if profile else ""
        raise InvalidConfiguration(
            f"The profile's sign-in (SSO) has ended or never was; run `aws sso login{name}`."
        ) from error
    except BotoCoreError as error:
        raise InvalidConfiguration(f"The AWS profile cannot be used: {error}.") from error
    if with_aws and credentials is None:
        raise InvalidConfiguration(NO_CREDENTIALS)
    if with_aws and session.region_name is None:
        raise InvalidConfiguration(NO_REGION)
    return session, credentials
