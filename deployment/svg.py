"""Draws the picture of the stack as SVG: where each box stands, which way each arrow goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape

from deployment.diagram import MARKS, Box, Diagram

WIDTH, MARGIN = 900, 18
# Where each column begins, and how wide it is.
COLUMNS = ((18, 148), (206, 148), (394, 296), (730, 152))
BOX_HEIGHT, ROW_HEIGHT = 56, 90

Point = tuple[float, float]
Route = tuple[Point, ...]

# No text is smaller than 12 pixels where GitHub shows 900 as 838.
STYLE = """
    .paper { fill: #fbfaf7; }
    .box { fill: #ffffff; stroke: #1f5f3f; stroke-width: 1.5; }
    .optional { stroke-dasharray: 5 4; }
    .name { font-size: 14px; font-weight: 600; fill: #1d2430; text-anchor: middle; }
    .says { font-size: 13px; fill: #545d6b; text-anchor: middle; }
    .legend { text-anchor: start; }
    .way { fill: none; stroke: #545d6b; stroke-width: 1.5; marker-end: url(#tip); }
    .both { marker-start: url(#tip); }
    .tip { fill: #545d6b; }
    .mark { fill: none; stroke: #1f5f3f; stroke-width: 1.5; }
    @media (prefers-color-scheme: dark) {
      .paper { fill: #12171a; }
      .box { fill: #1d2529; stroke: #79c29a; }
      .name { fill: #eef1f3; }
      .says { fill: #b4bdc6; }
      .way { stroke: #b4bdc6; }
      .tip { fill: #b4bdc6; }
      .mark { stroke: #79c29a; }
    }
  """
TIP = (
    '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
    'markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path class="tip" d="M0 0 8 4 0 8z"/></marker>'
)
# By their ids: a key, and lines of a log.
SIGNS = {
    "KmsKeyArn": '<path class="mark" d="M{x} {y}m-6 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0 -5 0m5 0h7v3m-3 -3v2"/>',
    "LogsBucket": '<path class="mark" d="M{x} {y}m-5 -3h10m-10 3h10m-10 3h6"/>',
}
# What the legend says of a dashed box and of an arrow.
OPTIONAL = "only with the parameter that it names"
ARROW = "asks, reads, writes, watches, tells or starts"
# From which of a box's edges a sign stands how far in.
SIGN_AT = {"KmsKeyArn": -10, "LogsBucket": 10}


@dataclass(frozen=True)
class Place:
    """A rectangle on the paper, in pixels from its upper left corner."""

    x: float
    y: float
    width: float
    height: float = BOX_HEIGHT

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height


def svg(diagram: Diagram) -> str:
    """Return the whole picture as the text of an SVG file."""
    placed = {name: place(box) for name, box in diagram.boxes.items()}
    height = max(one.bottom for one in placed.values()) + MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" role="img" '
        'aria-labelledby="title description" font-family="system-ui, sans-serif">',
        '  <title id="title">The stack that template.yaml makes</title>',
        f'  <desc id="description">{escape(_told(diagram))}</desc>',
        f"  <style>{STYLE}</style>",
        f"  <defs>{TIP}</defs>",
        f'  <rect class="paper" width="{WIDTH}" height="{height:g}" rx="12"/>',
        *_legend(),
        *(line for name, box in diagram.boxes.items() for line in _box(diagram, box, placed[name])),
        *_ways(diagram, placed),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def place(box: Box) -> Place:
    """Return where a box stands."""
    x, width = COLUMNS[box.column]
    start, width = box.within or (0, width)
    return Place(x + start, MARGIN + box.row * ROW_HEIGHT, width)


def routes(diagram: Diagram, placed: dict[str, Place]) -> dict[tuple[str, str], Route]:
    """Return each arrow's corners; two that go opposite ways are one."""
    once = [arrow for arrow in sorted(diagram.arrows) if arrow < arrow[::-1] or arrow[::-1] not in diagram.arrows]
    return {arrow: _route(placed[arrow[0]], placed[arrow[1]], list(placed.values())) for arrow in once}


def _route(one: Place, other: Place, all_placed: list[Place]) -> Route:
    if one.y == other.y:
        y = one.y + BOX_HEIGHT / 2
        return ((one.right, y), (other.x, y)) if one.x < other.x else ((one.x, y), (other.right, y))
    upper, lower = sorted((one, other), key=lambda place: place.y)
    if max(one.x, other.x) < min(one.right, other.right):
        x = _free(upper, lower, all_placed)
        way = ((x, upper.bottom), (x, lower.y))
        return way if one is upper else way[::-1]
    return _elbow(one, other)


def _free(upper: Place, lower: Place, all_placed: list[Place]) -> float:
    start, end = max(upper.x, lower.x), min(upper.right, lower.right)
    between = [one for one in all_placed if upper.bottom < one.y < lower.y and one.right > start and one.x < end]
    return (start + min((one.x for one in between), default=end)) / 2


def _elbow(one: Place, other: Place) -> Route:
    leave, enter = (one.right, other.x) if one.x < other.x else (one.x, other.right)
    lane = (leave + enter) / 2
    down = 1 if one.y < other.y else -1
    start = one.y + BOX_HEIGHT / 2 + down * BOX_HEIGHT / 4
    end = other.y + BOX_HEIGHT / 2 - down * BOX_HEIGHT / 4
    return ((leave, start), (lane, start), (lane, end), (enter, end))


def _ways(diagram: Diagram, placed: dict[str, Place]) -> Iterator[str]:
    for (one, other), route in routes(diagram, placed).items():
        both = " both" if (other, one) in diagram.arrows else ""
        corners = " ".join(f"{x:g} {y:g}" for x, y in route)
        yield f'  <path class="way{both}" d="M{corners}"/>'


def _box(diagram: Diagram, box: Box, place: Place) -> Iterator[str]:
    optional = " optional" if box.id in diagram.parameters else ""
    middle = place.x + place.width / 2
    yield (
        f'  <rect class="box{optional}" x="{place.x:g}" y="{place.y:g}" width="{place.width:g}" '
        f'height="{place.height:g}" rx="8"/>'
    )
    yield f'  <text class="name" x="{middle:g}" y="{place.y + 27:g}">{escape(box.name)}</text>'
    yield f'  <text class="says" x="{middle:g}" y="{place.y + 45:g}">{escape(_says(diagram, box))}</text>'
    for name, inwards in SIGN_AT.items():
        if (box.id, name) in diagram.marks:
            yield "  " + SIGNS[name].format(x=inwards + (place.x if inwards > 0 else place.right), y=place.y + 9)


def _says(diagram: Diagram, box: Box) -> str:
    if box.id in diagram.parameters:
        return diagram.parameters[box.id]
    return f"{box.says}, alias {diagram.aliases[box.id]}" if box.id in diagram.aliases else box.says


def _legend() -> Iterator[str]:
    signs = (
        ('<rect class="box optional" x="{left}" y="{top}" width="20" height="12" rx="3"/>', OPTIONAL),
        ('<path class="way" d="M{left} {y}h20"/>', ARROW),
        *((SIGNS[mark.id], mark.says) for mark in MARKS),
    )
    for row, (sign, says) in enumerate(signs):
        y = MARGIN + 4 + row * 19
        yield "  " + sign.format(x=MARGIN + 10, y=y, left=MARGIN, top=y - 6)
        yield f'  <text class="says legend" x="{MARGIN + 30}" y="{y + 5}">{escape(says)}</text>'


def _told(diagram: Diagram) -> str:
    names = {name: box.name for name, box in diagram.boxes.items()}
    ends = {name: ", ".join(names[other] for one, other in sorted(diagram.arrows) if one == name) for name in names}
    ways = "; ".join(f"{names[name]} to {others}" for name, others in ends.items() if others)
    optional = ", ".join(f"{names[name]} ({parameter})" for name, parameter in diagram.parameters.items())
    marked = [
        f"What {mark.says}: {', '.join(names[one] for one, other in sorted(diagram.marks) if other == mark.id)}."
        for mark in MARKS
    ]
    return " ".join((f"Arrows go from {ways}. Made {OPTIONAL}: {optional}.", *marked))
