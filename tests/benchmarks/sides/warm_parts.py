"""Calls our handler for as many seconds as are named, and prints as JSON how often each module was at work.

The processor's time is sampled: a signal every few milliseconds counts the innermost function of ours.
"""

import collections
import json
import signal
import sys
import time
from pathlib import Path
from types import SimpleNamespace

from predict.app import lambda_handler

import picklejar

OURS = {Path(picklejar.__file__).parent: "picklejar", Path(sys.modules["predict.app"].__file__).parent: "predict"}
counts = collections.Counter()


def sample(_, frame):
    while frame and not module_of(frame.f_code.co_filename):
        frame = frame.f_back
    counts[module_of(frame.f_code.co_filename) if frame else "the loop"] += 1


def module_of(file):
    for folder, name in OURS.items():
        if file.startswith(f"{folder}/"):
            return f"{name}/{file.removeprefix(f'{folder}/')}"
    return None


event = json.loads(Path(sys.argv[1]).read_text())
context = SimpleNamespace(aws_request_id="871518ea-7f40-4157-bd10-45df10e34979")
lambda_handler(event, context)
signal.signal(signal.SIGPROF, sample)
signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)
ends = time.process_time() + float(sys.argv[2])
while time.process_time() < ends:
    for _ in range(100):
        lambda_handler(event, context)
signal.setitimer(signal.ITIMER_PROF, 0)
print(json.dumps(counts), file=sys.stderr, flush=True)
