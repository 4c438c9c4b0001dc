"""Prints the names of a module's calls, then times those that stdin names."""

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
