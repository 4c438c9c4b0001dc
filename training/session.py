"""Opens the session with AWS that the usual profile chain gives."""

from __future__ import annotations

import boto3
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError

from picklejar.errors import InvalidConfiguration

NO_CREDENTIALS = "There are no AWS credentials; run `aws configure`, or name a profile (--profile)."
NO_REGION = "There is no AWS region; name one (--region), or set it in the profile."


def open_session(
    profile: str | None, region: str | None, *, with_aws: bool = True
) -> tuple[boto3.Session, Credentials | None]:
    """Return the session and its credentials; `with_aws`, neither these nor the region may be missing.

    Raises:
        InvalidConfiguration: the profile cannot be used, or the credentials or the region are missing.
    """
    try:
        session = boto3.Session(profile_name=profile, region_name=region)
        credentials = session.get_credentials()
    except BotoCoreError as error:
        raise InvalidConfiguration(f"The AWS profile cannot be used: {error}.") from error
    if with_aws and credentials is None:
        raise InvalidConfiguration(NO_CREDENTIALS)
    if with_aws and session.region_name is None:
        raise InvalidConfiguration(NO_REGION)
    return session, credentials
