"""The picture of the stack: it shows all that the template makes, and nothing that the template does not say."""

from __future__ import annotations

import copy
import re
from collections import Counter
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deployment.__main__ import app
from deployment.diagram import BOXES, MARKS, Diagram, NotInThePicture, diagram, places, with_rules
from deployment.svg import STYLE, WIDTH, Place, Point, place, routes, svg
from local.template import TEMPLATE, read_template

PICTURE = Path(__file__).parents[3] / "docs" / "stack.svg"
# How wide GitHub shows a picture of a README, and the smallest text that is read without effort, in pixels.
SHOWN, READABLE = 838, 12
WITH_A_RULE = {
    "Type": "AWS::Serverless::Function",
    "Properties": {"Events": {"At": {"Type": "EventBridgeRule", "Properties": {"Pattern": {}}}}},
}


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return read_template()


@pytest.fixture(scope="module")
def drawn(template: dict[str, Any]) -> Diagram:
    return diagram(template)


def test_the_picture_is_what_the_command_draws(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["diagram", str(tmp_path / "stack.svg")])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "stack.svg").read_bytes() == PICTURE.read_bytes(), "say make diagram, and look at docs/stack.svg"


def test_every_resource_is_in_one_box_or_mark(template: dict[str, Any]) -> None:
    shown = {one.id for one in (*BOXES, *MARKS)}
    assert set(template["Resources"]) <= places(with_rules(template["Resources"])).keys()
    assert set(places(with_rules(template["Resources"])).values()) <= shown
    held = Counter(name for one in (*BOXES, *MARKS) for name in (one.id, *one.holds))
    assert set(held.values()) == {1}


def test_every_arrow_and_mark_is_a_reference_that_the_template_has(template: dict[str, Any], drawn: Diagram) -> None:
    named = _named_in_the_text()
    where = places(with_rules(template["Resources"]))
    for one, other in drawn.arrows | drawn.marks:
        some = {name for name, box in where.items() if box == one}
        others = {name for name, box in where.items() if box == other} | {other}
        # What an event starts names the event's source.
        assert any(b in named.get(a, ()) or a in named.get(b, ()) for a in some for b in others), (one, other)


def test_an_arrow_goes_the_way_of_the_request_and_of_the_event(drawn: Diagram) -> None:
    assert {("Distribution", "Api"), ("Api", "PredictFunction"), ("PredictFunction", "ModelsBucket")} <= drawn.arrows
    rule = "BatchStateMachineFileCame"
    assert {("BatchBucket", rule), (rule, "BatchStateMachine"), ("BatchStateMachine", "BatchFunction")} <= drawn.arrows
    assert ("PredictFunction", "Api") not in drawn.arrows
    assert ("BatchStateMachine", "BatchBucket") not in drawn.arrows


def test_what_the_template_no_longer_names_has_no_arrow(template: dict[str, Any], drawn: Diagram) -> None:
    changed = copy.deepcopy(template)
    changed["Resources"]["PredictFunction"]["Properties"]["Layers"].pop(0)
    del changed["Resources"]["PredictFunction"]["Properties"]["VersionDescription"]
    assert drawn.arrows - diagram(changed).arrows == {("PredictFunction", "PicklejarLayer")}


def test_what_is_optional_names_the_parameter_that_makes_it(template: dict[str, Any], drawn: Diagram) -> None:
    assert drawn.parameters.keys() == {
        name for name in drawn.boxes if "Condition" in template["Resources"].get(name, {})
    }
    assert set(drawn.parameters.values()) <= set(template["Parameters"])
    assert drawn.parameters["WebAcl"] == "Firewall"
    assert svg(drawn).count('class="box optional"') == len(drawn.parameters) + 1, "and one in the legend"


@pytest.mark.parametrize(
    ("added", "removed", "sentence"),
    [
        ({"Cache": {"Type": "AWS::ElastiCache::ServerlessCache"}}, [], "does not know Cache; give each a box"),
        ({"Other": {"Type": "AWS::S3::Bucket"}}, [], "does not know Other;"),
        ({"Nightly": WITH_A_RULE}, [], "does not know Nightly, NightlyAt;"),
        ({}, ["Budget"], "The template has no Budget; delete it"),
        ({}, ["PublishPolicy"], "The template has no PublishPolicy;"),
    ],
)
def test_a_template_with_more_or_less_than_the_picture_is_refused(
    template: dict[str, Any], added: dict[str, Any], removed: list[str], sentence: str
) -> None:
    resources = {name: one for name, one in (template["Resources"] | added).items() if name not in removed}
    with pytest.raises(NotInThePicture, match=sentence):
        diagram(template | {"Resources": resources})


def test_nothing_stands_or_runs_across_another(drawn: Diagram) -> None:
    placed = {name: place(box) for name, box in drawn.boxes.items()}
    assert not [(a, b) for (a, one), (b, other) in combinations(placed.items(), 2) if _meet(one, other)]
    ways = {arrow: [_covered(*ends) for ends in pairwise(route)] for arrow, route in routes(drawn, placed).items()}
    for arrow, pieces in ways.items():
        assert not [(arrow, name) for name, box in placed.items() for piece in pieces if _meet(piece, box)]
    for (arrow, pieces), (another, others) in combinations(ways.items(), 2):
        assert not [(arrow, another) for one in pieces for other in others if _touch(one, other)]


def test_every_text_can_be_read_where_the_picture_is_shown() -> None:
    sizes = [float(size) for size in re.findall(r"font-size: ([\d.]+)px", STYLE)]
    assert sizes
    assert min(sizes) * SHOWN / WIDTH >= READABLE


def _named_in_the_text() -> dict[str, set[str]]:
    """What each resource names, by the lines of the file and nothing of the code under test."""
    _, resources = TEMPLATE.read_text(encoding="utf-8").split("\nResources:\n")
    resources, _ = resources.split("\nOutputs:\n")
    _, *parts = re.split(r"^  (\w+):\n", resources, flags=re.MULTILINE)
    named = {
        name: set(re.findall(r"(?:!Ref |!GetAtt |\$\{)(\w+)", text))
        for name, text in zip(parts[::2], parts[1::2], strict=True)
    }
    # The rule is written within what it starts.
    return named | {"BatchStateMachineFileCame": named["BatchStateMachine"] | {"BatchStateMachine"}}


def _covered(one: Point, other: Point) -> Place:
    """The rectangle, without width or without height, that a straight piece of an arrow is."""
    (x, y), (to_x, to_y) = one, other
    return Place(min(x, to_x), min(y, to_y), abs(x - to_x), abs(y - to_y))


def _meet(one: Place, other: Place) -> bool:
    """Whether they overlap by more than their edges."""
    return one.x < other.right and other.x < one.right and one.y < other.bottom and other.y < one.bottom


def _touch(one: Place, other: Place) -> bool:
    return one.x <= other.right and other.x <= one.right and one.y <= other.bottom and other.y <= one.bottom
