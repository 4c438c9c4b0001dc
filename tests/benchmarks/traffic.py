"""Requests of one row in sequence: processor time of the server, and elapsed time."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median

from local.serving import bound
from tests.benchmarks.measurement import Comparison
from tests.benchmarks.places import BUNDLES, PACKAGES, PYTHON, ROOT, SIDES, WORK, Surroundings
from tests.benchmarks.workers import Worker, cpu_seconds, on_core

CPU = "Processor time of the server for a request of 1 row"
WALL = "Requests one after another, server and client on a core each: time from one to the next"
SERVER_CORE, CLIENT_CORE = 0, 1
WARM_UP, REQUESTS = 200, 200
NAMES = {
    "call": "ours, the call of the handler alone",
    "lambda": "ours, in Lambda's own runtime (awslambdaric)",
    "local": "ours, in its local server (uvicorn)",
    "naive": "the naive handler in Lambda's own runtime",
    "flask": "the tutorials' Flask app in gunicorn",
    "fastapi": "the FastAPI app in uvicorn with uvloop and httptools",
    "litserve": "the LitServe server",
    "onnx": "a plain handler with ONNX Runtime in Lambda's own runtime",
}
# Our goal is set against the best of these.
USUAL = ("flask", "fastapi", "litserve")
IN_LAMBDA = [("lambda", "naive"), ("lambda", "onnx")]
PAIRS = {
    CPU: [(mine, other) for mine in ("call", "lambda", "local") for other in USUAL] + IN_LAMBDA,
    WALL: [("local", other) for other in USUAL] + IN_LAMBDA,
}
BARS = {
    (CPU, "call", "flask"): "a request, our call alone / Flask in gunicorn",
    (CPU, "call", "fastapi"): "a request, our call alone / FastAPI in uvicorn",
    (CPU, "call", "litserve"): "a request, our call alone / LitServe",
    (CPU, "lambda", "naive"): "a request in Lambda's runtime / the usual handler",
}


@dataclass
class Server:
    server: subprocess.Popen[str]
    client: subprocess.Popen[str]

    def take(self, count: int) -> tuple[float, float]:
        """Return processor time and elapsed time of one of `count` requests, in seconds."""
        before = cpu_seconds(self.server.pid)
        assert self.client.stdin
        assert self.client.stdout
        self.client.stdin.write(f"{count}\n")
        self.client.stdin.flush()
        line = self.client.stdout.readline()
        if not line:
            raise RuntimeError(f"A server does not answer. Read its log in {WORK}.")
        return (cpu_seconds(self.server.pid) - before) / count, float(line) / count


def measure(ours: Surroundings, caller: Worker, rounds: int, **store: str) -> list[Comparison]:
    """Send requests to every server in turns; `caller` calls the handler without a server."""
    samples: dict[str, list[tuple[float, float]]] = {name: [] for name in NAMES}
    with ExitStack() as running:
        servers = {name: running.enter_context(start(name, ours, store)) for name in NAMES if name != "call"}
        for server in servers.values():
            server.take(WARM_UP)
        for _ in range(rounds):
            call = caller.seconds("one", REQUESTS)
            samples["call"].append((call, call))
            for name, server in servers.items():
                samples[name].append(server.take(REQUESTS))
    best = min(USUAL, key=lambda name: median(cpu for cpu, _ in samples[name]))
    return [
        Comparison(
            section=section,
            title=f"{NAMES[mine]}, beside {NAMES[other]}",
            ours=[each[which] * 1e6 for each in samples[mine]],
            theirs=[each[which] * 1e6 for each in samples[other]],
            unit="µs",
            limit=1 / 8 if (mine, other) == ("call", best) else None,
            bar=BARS.get((section, mine, other)),
        )
        for which, (section, pairs) in enumerate(PAIRS.items())
        for mine, other in pairs
    ]


@contextmanager
def start(name: str, ours: Surroundings, store: dict[str, str]) -> Iterator[Server]:
    model = {"MODEL_FILE": str(BUNDLES / "housing" / "model.pkl")}
    with bound(0) as free:
        port = free.getsockname()[1]
    uvicorn = ["-m", "uvicorn", "--port", str(port), "--no-access-log"]
    gunicorn = ["-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--threads", "1"]
    usual = Surroundings((SIDES, PACKAGES), model)
    runtime = Surroundings((*ours.folders, SIDES, PACKAGES))
    local = Surroundings((*ours.folders, SIDES, PACKAGES, ROOT))
    body = str(WORK / "body.json")
    with ExitStack() as running:

        def run(core: int, side: Surroundings, *arguments: str, **variables: str) -> subprocess.Popen[str]:
            log = running.enter_context((WORK / f"{name}-{core}.log").open("w"))
            client = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE} if core == CLIENT_CORE else {"stdout": log}
            with on_core(core):
                process = subprocess.Popen(
                    [*PYTHON, *arguments],
                    env=side.environment(**variables),
                    stderr=log,
                    text=True,
                    start_new_session=True,
                    **client,
                )
            running.callback(process.wait)
            # With its own processes, which LitServe leaves running.
            running.callback(os.killpg, process.pid, signal.SIGTERM)
            return process

        def client(path: str, file: str = body) -> subprocess.Popen[str]:
            return run(CLIENT_CORE, usual, str(SIDES / "http_client.py"), str(port), path, file)

        def in_lambda(side: Surroundings, handler: str) -> Server:
            service = run(CLIENT_CORE, usual, str(SIDES / "lambda_service.py"), str(WORK / "event.json"))
            assert service.stdout
            address = f"127.0.0.1:{service.stdout.readline().strip()}"
            variables = store | {"AWS_LAMBDA_RUNTIME_API": address, "AWS_LAMBDA_LOG_FORMAT": "JSON"}
            return Server(run(SERVER_CORE, side, "-m", "awslambdaric", handler, **variables), service)

        starts: dict[str, Callable[[], Server]] = {
            "lambda": lambda: in_lambda(runtime, "predict.app.lambda_handler"),
            "naive": lambda: in_lambda(usual, "naive.lambda_handler"),
            "onnx": lambda: in_lambda(usual, "onnx_handler.lambda_handler"),
            "litserve": lambda: Server(
                run(SERVER_CORE, usual, "-m", "litserve_app", str(port)), client("/predict", flat())
            ),
            "flask": lambda: Server(
                run(SERVER_CORE, usual, *gunicorn, "flask_app:app"), client("/predict_api", flat())
            ),
            "fastapi": lambda: Server(run(SERVER_CORE, usual, *uvicorn, "fastapi_app:app"), client("/predict", flat())),
            "local": lambda: Server(
                run(SERVER_CORE, local, *uvicorn, "local_app:app", **store), client("/api/models/housing/predict")
            ),
        }
        yield starts[name]()


def flat() -> str:
    """Return the file with the features alone, the body of the tutorials' applications."""
    return str(WORK / "house.json")
