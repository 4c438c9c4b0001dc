"""Turns problem documents (RFC 9457), in which the API says what went wrong, into errors."""

from __future__ import annotations

from typing import Any

from picklejar_client.errors import BrokenRule, ClientError, QuotaUsedUp, Refused, Unavailable

QUOTA = "quota-exceeded"


def problem(status: int, content: Any, retry_after: float | None) -> ClientError:
    """Return the error that an answer of 400 and above tells of."""
    document = content if isinstance(content, dict) else {}
    title, detail = _text(document, "title") or f"The API answered {status}", _text(document, "detail")
    kind, request_id = _text(document, "type").rpartition(":")[2], _text(document, "request_id")
    # Either is 429 to HTTP, and only one of them passes soon.
    if status >= 500 or (status == 429 and kind != QUOTA):
        reference = f" The owner finds it by the request_id {request_id}." if request_id else ""
        sentence = f"{title}: {detail}{reference}" if detail else f"{title}."
        return Unavailable(sentence, status=status, retry_after=retry_after)
    errors = document.get("errors")
    rules = [_rule(entry) for entry in errors if isinstance(entry, dict)] if isinstance(errors, list) else []
    total = document.get("error_count")
    return (QuotaUsedUp if kind == QUOTA else Refused)(
        title,
        detail,
        status=status,
        kind=kind,
        errors=rules,
        total=total if isinstance(total, int) else 0,
        request_id=request_id,
    )


def _rule(entry: dict[str, Any]) -> BrokenRule:
    row, field = entry.get("row"), entry.get("field")
    return BrokenRule(
        row if isinstance(row, int) else None,
        field if isinstance(field, str) else None,
        _text(entry, "rule"),
        _text(entry, "message"),
    )


def _text(document: dict[str, Any], name: str) -> str:
    value = document.get(name)
    return value if isinstance(value, str) else ""
