"""The Lambda function behind the API: reads its configuration, then serves the jar."""

from __future__ import annotations

import logging
import os

from picklejar.bucket import s3_store
from picklejar.jar import Jar

from .api import make_handler
from .settings import Settings

# What no line tells, and logging would find out for each (https://docs.python.org/3/howto/logging.html#optimization).
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
logging.logAsyncioTasks = False  # type: ignore[attr-defined]  # typeshed lacks it

settings = Settings.from_environ(os.environ)
store = s3_store(settings.bucket, region=settings.region, endpoint=settings.s3_endpoint)
lambda_handler = make_handler(Jar(store, live_allowed=settings.live_models), settings.allowed_origins)
