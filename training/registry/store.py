"""Opens the bucket for the command, by the usual AWS profile chain."""

from __future__ import annotations

from datetime import timedelta

from obstore.auth.boto3 import Boto3CredentialProvider
from obstore.store import S3Store

from picklejar.bucket import s3_store
from training.aws.account import open_session

# Another S3 than AWS's, like the one on a laptop, takes any.
ANY_CREDENTIALS = {"access_key_id": "any", "secret_access_key": "any", "expires_at": None}
ANY_REGION = "us-east-1"
# A file is created whole, in one request, and a home's line to S3 may be slow.
UPLOAD_TIMEOUT = timedelta(minutes=10)


def open_store(bucket: str, profile: str | None, region: str | None, endpoint: str | None) -> S3Store:
    """Return the bucket; raises InvalidConfiguration without profile, region or credentials."""
    session, credentials = open_session(profile, region, with_aws=endpoint is None)
    return s3_store(
        bucket,
        region=session.region_name or ANY_REGION,
        endpoint=endpoint,
        credentials=Boto3CredentialProvider(session) if credentials else ANY_CREDENTIALS.copy,
        timeout=UPLOAD_TIMEOUT,
    )
