"""How the contract asks an API, and a model as its server describes it, with rows that it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

Instance = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """One model that is ready, its description, and rows with what its estimator answered when it was published."""

    name: str
    described: dict[str, Any]
    instances: list[Instance]
    predictions: list[Any]

    @property
    def instance(self) -> Instance:
        return self.instances[0]

    @property
    def features(self) -> list[dict[str, Any]]:
        features: list[dict[str, Any]] = self.described["signature"]["features"]
        return features

    @property
    def required(self) -> list[str]:
        return [one["name"] for one in self.features if not one.get("nullable") and one.get("default") is None]

    @property
    def number(self) -> str | None:
        """The name of a feature that is a number, or None."""
        return next((one["name"] for one in self.features if one.get("type", "number") == "number"), None)

    def predict(self, api: httpx.Client, *instances: Instance) -> list[Any]:
        return predict(api, self.name, *instances)


def post(api: httpx.Client, model: str, body: str | bytes, media_type: str = "application/json") -> httpx.Response:
    """Send a body as it is to a model."""
    return api.post(f"/models/{model}/predict", content=body, headers={"content-type": media_type})


def predict(api: httpx.Client, model: str, *instances: Instance) -> list[Any]:
    response = api.post(f"/models/{model}/predict", json={"instances": instances})
    assert response.status_code == 200, response.text
    predictions: list[Any] = response.json()["predictions"]
    return predictions


def problem_of(response: httpx.Response, status: int) -> dict[str, Any]:
    """Return the problem document, after what must hold for every one."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["status"] == status
    assert problem["type"].startswith("urn:problem-type:picklejar:")
    assert all(problem[word] for word in ("title", "detail", "request_id"))
    assert "Traceback" not in response.text
    return problem


def asked_of(api: httpx.Client) -> Asked | None:
    """Return the first model that is ready, or None if there is none."""
    names = [model["name"] for model in api.get("/models").json()["models"] if model["ready"]]
    if not names:
        return None
    described = api.get(f"/models/{names[0]}").json()
    golden = api.get(f"/models/{names[0]}/versions/{described['version']}/files/golden.json").json()
    return Asked(names[0], described, golden["instances"], golden["predictions"])
