"""The Lambda function behind the API: reads its configuration, then serves the jar."""

from __future__ import annotations

import os

from picklejar.bucket import s3_store
from picklejar.jar import Jar

from .api import make_handler
from .settings import Settings

settings = Settings.from_environ(os.environ)
store = s3_store(settings.bucket, region=settings.region, endpoint=settings.s3_endpoint)
lambda_handler = make_handler(Jar(store, live_allowed=settings.live_models), settings.allowed_origins)
