"""What a request may be refused with: every status, and the one schema of a problem."""

from __future__ import annotations

from collections.abc import Sequence

from picklejar.instances import MOST_BROKEN_RULES_LISTED, MOST_INSTANCES
from picklejar.openapi.names import Document, ref
from picklejar.predictor import MOST_PROBABILITIES
from picklejar.signature import LONGEST_OF_ALL

PROBLEM_TYPE = "application/problem+json"
TEXT = {"type": "string"}

REFUSALS = {
    "400": "The body is not JSON in UTF-8.",
    "403": "Only where the API asks for keys: the key is missing or unknown.",
    "404": "There is no such model.",
    "413": (
        f"The request has more than {MOST_INSTANCES:,} instances, {LONGEST_OF_ALL:,} bytes when unpacked, or "
        f"{MOST_PROBABILITIES:,} probabilities; or it leaves out so many features, or has texts so long, that it is "
        "too much work for one request. Send it in several."
    ),
    "415": "The body is not sent as JSON, or is packed otherwise than by gzip.",
    "422": "Values cannot be predicted from; every broken rule is listed by row and field.",
    "429": "Only deployed: there are too many requests at once, or the day's are used up.",
    "500": "Something went wrong on the API's side.",
    "502": "Only deployed: the function broke off.",
    "503": "The model cannot be loaded now.",
    "504": "Only deployed: the function did not answer in time.",
}
WITH_RETRY_AFTER = {"429", "502", "503", "504"}
# What any request may meet, and what it meets by a name, and by a body.
ALWAYS = ("403", "429", "500", "502", "503", "504")
BY_NAME = (*ALWAYS, "404")
BY_BODY = (*BY_NAME, "400", "413", "415", "422")

PROBLEM_SCHEMAS: Document = {
    "Problem": {
        "description": "Why a request is refused (RFC 9457).",
        "type": "object",
        "properties": {
            "type": {"type": "string", "description": "urn:problem-type:picklejar: and the kind of problem."},
            "title": TEXT,
            "status": {"type": "integer"},
            "detail": TEXT,
            "request_id": {"type": "string", "description": "By which the API's log has the request."},
            "error": {"type": "string", "description": "All of it in a sentence, as clients of KServe look for it."},
            "error_code": {"type": "string", "description": "The kind of refusal in MLflow's words."},
            "message": {"type": "string", "description": "The same sentence, as clients of MLflow look for it."},
            "errors": {
                "type": "array",
                "description": f"The broken rules; at most {MOST_BROKEN_RULES_LISTED:,} are listed.",
                "items": ref("BrokenRule"),
            },
            "error_count": {"type": "integer", "description": "How many rules are broken."},
        },
        "required": ["type", "title", "status", "detail"],
    },
    "BrokenRule": {
        "description": "A rule that a row breaks; row and field are null for the body itself.",
        "type": "object",
        "properties": {
            "row": {"type": ["integer", "null"], "description": "The instance's place, from 0."},
            "field": {"type": ["string", "null"]},
            "rule": TEXT,
            "message": TEXT,
        },
        "required": ["row", "field", "rule", "message"],
    },
}


def responses(description: str, answer: Document, refusals: Sequence[str]) -> Document:
    """Return the answer of an address by its schema, and its refusals by their places in the document."""
    done = {"200": {"description": description, "content": {"application/json": {"schema": answer}}}}
    return done | {status: {"$ref": f"#/components/responses/Problem{status}"} for status in sorted(refusals)}


def refusal(status: str) -> Document:
    """Return the description of a status."""
    described: Document = {
        "description": REFUSALS[status],
        "content": {PROBLEM_TYPE: {"schema": ref("Problem")}},
    }
    if status in WITH_RETRY_AFTER:
        wait = {"description": "Seconds to wait before the next try.", "schema": {"type": "integer"}}
        described["headers"] = {"Retry-After": wait}
    return described
