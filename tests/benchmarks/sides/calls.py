"""Runs the calls of a module as often as asked on stdin, and answers with their names and then each processor time."""

import sys
import time

calls = __import__(sys.argv[1]).CALLS
print(*calls, file=sys.stderr, flush=True)
for line in sys.stdin:
    name, count = line.split()
    call, times = calls[name], range(int(count))
    started = time.process_time()
    for _ in times:
        call()
    print(time.process_time() - started, file=sys.stderr, flush=True)
