"""`python -m deployment.cost.timing ONE MANY FILE`: times the real handlers in a process like a container.

Log lines go to stdout as on Lambda; the figures, as JSON, to stderr.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from functions.predict.app import lambda_handler
from local.gateway import Context

ONE_ROW_CALLS = 1_000
MANY_ROWS_CALLS = 15


def main() -> None:
    """Answer the events, take a file's steps, and write the times."""
    item, many, file = (json.loads(Path(name).read_text()) for name in sys.argv[1:])
    answer = len(_answer(item)["body"])
    # The parent knows when this process began.
    figures = {"answered_at": time.time(), "one_answer_bytes": answer, "many_answers_bytes": len(_answer(many)["body"])}
    figures |= {"one_row_ms": _median(item, ONE_ROW_CALLS), "many_rows_ms": _median(many, MANY_ROWS_CALLS)}
    sys.stderr.write(json.dumps(figures | {"file_ms": _file(file)}))


def _median(event: dict[str, Any], calls: int) -> float:
    _answer(event)
    taken = []
    for _ in range(calls):
        started = time.perf_counter()
        lambda_handler(event, Context())
        taken.append(time.perf_counter() - started)
    return statistics.median(taken) * 1000


def _answer(event: dict[str, Any]) -> dict[str, Any]:
    answer = lambda_handler(event, Context())
    if answer["statusCode"] != 200:
        raise SystemExit(str(answer["body"]))
    return answer


def _file(event: dict[str, Any]) -> float:
    # Not before: a container of the API has none of it.
    from functions.batch.app import lambda_handler as take

    started = time.perf_counter()
    planned = take(event, Context())
    for chunk in planned["chunks"]:
        take({"step": "score", "place": planned["place"], "chunk": chunk}, Context())
    summary = take({"step": "join", "place": planned["place"]}, Context())
    taken = time.perf_counter() - started
    if summary["refusal"] or summary["refused_rows"]:
        raise SystemExit(str(summary))
    return taken * 1000


if __name__ == "__main__":
    main()
