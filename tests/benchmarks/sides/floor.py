"""The floor: the packages that ours needs, only imported."""

import msgspec  # noqa: F401
import numpy  # noqa: F401
import obstore  # noqa: F401
from aws_lambda_powertools import Logger  # noqa: F401
