"""The batch function: reads its configuration, then takes the step that the state machine names."""

from __future__ import annotations

import os
from datetime import timedelta

from picklejar.batch.files import Files
from picklejar.bucket import s3_store
from picklejar.serving.jar import Jar

from .settings import Settings
from .steps import make_handler

# For one request with all its bytes, of which there are eight million at most.
TIMEOUT = timedelta(seconds=60)

settings = Settings.from_environ(os.environ)
jar = Jar(
    s3_store(settings.models_bucket, region=settings.region, endpoint=settings.s3_endpoint),
    live_allowed=settings.live_models,
)
files = Files(s3_store(settings.batch_bucket, region=settings.region, endpoint=settings.s3_endpoint, timeout=TIMEOUT))
lambda_handler = make_handler(jar, files)
