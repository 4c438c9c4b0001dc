"""Fits the functions to the account's limits: containers at one time, and memory."""

from __future__ import annotations

from deployment.fitting import AccountTooSmall, Fitting

# MaxConcurrency is reserved for each of them.
FUNCTIONS = 2
# What Lambda keeps for functions that reserve nothing.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
LEAST_UNRESERVED = 100
# Of a new account. AWS raises both with use, tells the first (GetAccountSettings), and nowhere the second.
NEW_ACCOUNT_CONTAINERS = 10
NEW_ACCOUNT_MEMORY = 3008


def fit_functions(fitting: Fitting) -> None:
    """Refuse or lower what the account does not take; raises AccountTooSmall."""
    total = None
    with fitting.asking("how much Lambda runs here at one time", "lambda:GetAccountSettings"):
        limit = fitting.account.client("lambda").get_account_settings()["AccountLimit"]
        total, unreserved = limit["ConcurrentExecutions"], limit["UnreservedConcurrentExecutions"]
    if total is not None:
        fitting.told.append(f"Lambda runs {total:,} containers here at one time, {unreserved:,} of them unreserved.")
        _fit_containers(fitting, unreserved)
    _fit_memory(fitting, total)


def _fit_containers(fitting: Fitting, unreserved: int) -> None:
    wanted, reserved = fitting.number("MaxConcurrency"), fitting.deployed_number("MaxConcurrency")
    # What the stack has reserved is its own to give back.
    free = unreserved + FUNCTIONS * reserved
    if wanted > reserved:
        _require_reservable(wanted, free)
    if not wanted:
        _fit_batch(fitting, free)


def _require_reservable(wanted: int, free: int) -> None:
    most = max(0, (free - LEAST_UNRESERVED) // FUNCTIONS)
    if wanted > most:
        works = f"MaxConcurrency={most} is the most that works" if most else "only MaxConcurrency=0 works"
        raise AccountTooSmall(
            f"MaxConcurrency={wanted} reserves {FUNCTIONS * wanted:,} containers, {wanted:,} for each function. "
            f"Lambda keeps {LEAST_UNRESERVED} of the {free:,} that are free here unreserved: {works}. Nothing "
            "was made. Service Quotas raises the account's limit."
        )


def _fit_batch(fitting: Fitting, free: int) -> None:
    """Leave half of what is free to the API: a file's chunks would take all there is for as long as it lasts."""
    chunks, half = fitting.number("BatchConcurrency"), max(1, free // 2)
    if chunks <= half:
        return
    if "BatchConcurrency" not in fitting.given:
        fitting.changes["BatchConcurrency"] = str(half)
        fitting.told.append(f"BatchConcurrency is {half}, not {chunks}, so that a file leaves half to the API.")
    elif chunks >= free:
        raise AccountTooSmall(
            f"BatchConcurrency={chunks} would let one file take all {free:,} containers that are free here, and the "
            f"API would refuse requests meanwhile; BatchConcurrency={half} leaves it half. Nothing was made."
        )
    else:
        fitting.told.append(
            f"A file may take {chunks} of the {free:,} containers that are free here (BatchConcurrency), which leaves "
            f"{free - chunks} to the API."
        )


def _fit_memory(fitting: Fitting, total: int | None) -> None:
    memory = fitting.number("MemorySize")
    # What the stack has already, the account takes.
    if memory <= max(NEW_ACCOUNT_MEMORY, fitting.deployed_number("MemorySize")):
        return
    if total is not None and total <= NEW_ACCOUNT_CONTAINERS:
        raise AccountTooSmall(
            f"MemorySize={memory} is more than a new account takes, and this is one by its {total} containers at one "
            f"time: MemorySize={NEW_ACCOUNT_MEMORY} is the most that works. Nothing was made. AWS raises both with "
            "use; its support does on request."
        )
    fitting.told.append(
        f"Not checked: whether this account takes MemorySize={memory}. New ones take {NEW_ACCOUNT_MEMORY} at most, and "
        "AWS has no API that tells."
    )
