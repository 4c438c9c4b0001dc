"""Opens the bucket for the command, with the credentials of the usual AWS profile chain."""

from __future__ import annotations

from datetime import timedelta

import boto3
from botocore.exceptions import BotoCoreError
from obstore.auth.boto3 import Boto3CredentialProvider
from obstore.store import S3Store

from picklejar.bucket import s3_store
from picklejar.errors import InvalidConfiguration

# Another S3 than AWS's, such as the one on a laptop, takes any.
ANY_CREDENTIALS = {"access_key_id": "any", "secret_access_key": "any", "expires_at": None}
ANY_REGION = "us-east-1"
# A file is created whole, in one request, and a home's line to S3 may be slow.
UPLOAD_TIMEOUT = timedelta(minutes=10)


def open_store(bucket: str, profile: str | None, region: str | None, endpoint: str | None) -> S3Store:
    """Return the bucket; raises InvalidConfiguration where the profile, the region or the credentials are missing."""
    try:
        session = boto3.Session(profile_name=profile, region_name=region)
        credentials = Boto3CredentialProvider(session) if session.get_credentials() else None
    except BotoCoreError as error:
        raise InvalidConfiguration(f"The AWS profile cannot be used: {error}.") from error
    region = session.region_name or (ANY_REGION if endpoint else None)
    if credentials is None and endpoint is None:
        raise InvalidConfiguration("There are no AWS credentials; run `aws configure`, or name a profile (--profile).")
    if region is None:
        raise InvalidConfiguration("There is no AWS region; name one (--region), or set it in the profile.")
    return s3_store(
        bucket,
        region=region,
        endpoint=endpoint,
        credentials=credentials or ANY_CREDENTIALS.copy,
        timeout=UPLOAD_TIMEOUT,
    )
