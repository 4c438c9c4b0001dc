"""The schemas of one model: an instance, a request, a prediction and the answers."""

from __future__ import annotations

from collections.abc import Sequence

from picklejar.instances import MOST_INSTANCES
from picklejar.manifest import Manifest
from picklejar.openapi.names import Document, ModelNames
from picklejar.signature import Target
from picklejar.wording import Label, list_of, text_of

TYPES = {bool: "boolean", int: "integer", str: "string"}


def schemas_of(manifest: Manifest, names: ModelNames) -> Document:
    """Return a model's schemas by name.

    They have no titles, which generators of clients would take for their names.
    """
    signature = manifest.signature
    example = signature.example
    bodies = [
        {"instances": [example]} | ({"output": output} if output != "predict" else {}) for output in signature.outputs
    ]
    schemas = {
        "Instance": {
            "description": f"One row: {manifest.title}.",
            **signature.instance_schema(),
            "examples": [example],
        },
        "Request": {
            "description": f"Rows, and what to answer: {list_of(signature.outputs)}.",
            **signature.request_schema(MOST_INSTANCES, names.ref("Instance")),
            "examples": bodies,
        },
        "Prediction": _prediction(manifest),
        **_answers(manifest, names),
    }
    return {names.schema(kind): schema for kind, schema in schemas.items()}


def _prediction(manifest: Manifest) -> Document:
    targets = {target.name: _of_target(target) for target in manifest.signature.targets}
    examples = {"examples": _examples(manifest)}
    if len(targets) > 1:
        return {
            "description": "Each target's prediction by its name.",
            "type": "object",
            "properties": targets,
            "required": [*targets],
            "additionalProperties": False,
        } | examples
    (only,) = targets.values()
    description = ": ".join(filter(None, (only.pop("title"), only["description"])))
    return only | {"description": description} | examples


def _of_target(target: Target) -> Document:
    words = {"title": target.title, "description": target.description}
    if target.labels:
        return words | _label(target.labels)
    return words | {"type": "number"} | ({"x-unit": target.unit} if target.unit else {})


def _label(classes: Sequence[Label]) -> Document:
    kind = TYPES[type(classes[0])]
    return {"type": kind} if kind == "boolean" else {"type": kind, "enum": [*classes]}


def _examples(manifest: Manifest) -> list[object]:
    """Return a prediction as it may be: the first label, or the median of the training rows where it is known."""
    values: dict[str, Label | float] = {}
    for target in manifest.signature.targets:
        seen = manifest.statistics.get(target.name)
        if target.labels:
            values[target.name] = target.labels[0]
        elif seen:
            values[target.name] = seen.median
        else:
            return []
    return [values] if len(values) > 1 else [*values.values()]


def _answers(manifest: Manifest, names: ModelNames) -> Document:
    """Return the answers by kind: one of the outputs', where there is more than one."""
    predicted = _answer(manifest, names.ref("Prediction"))
    predicted["examples"] = [
        {"model": manifest.name, "version": manifest.version, "predictions": [example]}
        for example in _examples(manifest)
    ]
    _, *others = manifest.signature.outputs
    if not others:
        return {"Answer": predicted}
    if manifest.signature.score:
        number = {"type": "number", "description": "How unusual the row is: the lower, the more."}
        # Its labels are numbers, too, so that an answer of labels could be one of scores.
        kinds, other = {"anyOf": ["Labels", "Scores"]}, {"Scores": _answer(manifest, number)}
    else:
        # Clients take the first that has what it requires; not all look whether a label is one.
        kinds, other = {"oneOf": ["Probabilities", "Labels"]}, {"Probabilities": _probabilities(manifest)}
    asked = f"What the request's output asks for: {list_of(manifest.signature.outputs)}."
    either = {word: [names.ref(kind) for kind in listed] for word, listed in kinds.items()}
    return {"Answer": {"description": asked} | either, "Labels": predicted} | other


def _probabilities(manifest: Manifest) -> Document:
    classes = manifest.signature.target.labels
    exactly = {"minItems": len(classes), "maxItems": len(classes)}
    order = list_of(map(text_of, classes))
    each = {"type": "array", "description": f"The probability of each: {order}.", "items": {"type": "number"}}
    schema = _answer(manifest, each | exactly)
    listed = {"type": "array", "description": "The classes in the order of the probabilities.", **exactly}
    schema["properties"]["classes"] = listed | {"items": _label(classes), "examples": [[*classes]]}
    schema["required"].append("classes")
    return schema


def _answer(manifest: Manifest, item: Document) -> Document:
    return {
        "description": f"{manifest.title}: the answer to each instance, in their order.",
        "type": "object",
        "properties": {
            "model": {"type": "string", "const": manifest.name},
            "version": {
                "type": "string",
                "description": "The version that answered.",
                "pattern": "^[0-9a-f]{12}$",
                "examples": [manifest.version],
            },
            "predictions": {"type": "array", "minItems": 1, "maxItems": MOST_INSTANCES, "items": item},
        },
        "required": ["model", "version", "predictions"],
        "additionalProperties": False,
    }
