"""The usual handler's calls with more and more trees, features and rows."""

import json
import pickle

import naive
from growing import calls

CALLS = calls(pickle.loads, lambda _names: json.loads, naive.lambda_handler)
