"""The function behind the API: reads its configuration, then serves the jar."""

from __future__ import annotations

import gc

# What is imported stays: to look for garbage among it takes a fifth of a cold start.
gc.disable()

import logging  # noqa: E402
import os  # noqa: E402
from functools import partial  # noqa: E402

from picklejar.bucket import s3_store  # noqa: E402
from picklejar.serving.jar import Jar  # noqa: E402

from .api import make_handler  # noqa: E402
from .observation import switched  # noqa: E402
from .settings import Settings  # noqa: E402

# What no line tells, and logging would find out for each (https://docs.python.org/3/howto/logging.html#optimization).
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
logging.logAsyncioTasks = False  # type: ignore[attr-defined]  # typeshed lacks it
logging._srcfile = None

settings = Settings.from_environ(os.environ)
credentials = None
# What only SnapStart needs is only imported there: a start from nothing has no time for it.
if settings.credentials_address:
    from .credentials import CredentialsAddress

    credentials = CredentialsAddress(settings.credentials_address, settings.credentials_token)
open_bucket = partial(
    s3_store, settings.bucket, region=settings.region, endpoint=settings.s3_endpoint, credentials=credentials
)
store = open_bucket()
jar = Jar(
    store,
    live_allowed=settings.live_models,
    ttl=settings.alias_ttl,
    budget=settings.model_memory,
    tell=switched,
)
lambda_handler = make_handler(jar, settings.allowed_origins, settings.function_version)
if settings.snap_start:
    from .snapshot import register

    register(jar, open_bucket)
# Nor is it looked at later, between requests.
gc.freeze()
gc.enable()
