"""A line's sound and mouth over time, as a small picture in SVG."""

from collections.abc import Iterable, Sequence
from html import escape

from .findings import Line

WIDTH, HEIGHT = 400, 56
_MIDDLE = HEIGHT - 14  # of the sound's outline; the mouth opens upwards from the bottom
_MOST_MM = 20.0  # of opening, at the top


def drawn(line: Line) -> str:
    """Return the picture, or nothing where neither sound nor mouth is known."""
    seen, heard = line.seen, line.heard
    seconds = max(heard.seconds if heard else 0.0, float(seen.get("seconds", 0.0)))
    if not seconds:
        return ""
    pauses = heard.pauses if heard else ()
    parts = [_rectangle(first / seconds, end / seconds) for first, end in pauses]
    if heard:
        parts.append(_outline(heard.outline, heard.seconds / seconds))
    if seen.get("opening"):
        parts.append(_mouth(seen["opening"], float(seen["seconds"]) / seconds))
    parts += [_tick(each[0], each[1], seconds) for each in seen.get("unclosed", ())]
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none"'
    return f'<svg {box} role="img" aria-label="sound and mouth">{"".join(parts)}</svg>'


def _outline(levels: Sequence[float], share: float) -> str:
    """Draw a sound's levels (n,) on both sides of the middle, over a share of the width."""
    step = WIDTH * share / max(1, len(levels))
    upper = [(step * at, _MIDDLE - 13 * level) for at, level in enumerate(levels)]
    lower = [(x, 2 * _MIDDLE - y) for x, y in reversed(upper)]
    return f'<path class="sound" d="{_through([*upper, *lower])}Z"/>'


def _mouth(opening: Sequence[int], share: float) -> str:
    """Draw an opening (n,) in 0.1 mm over a share of the width."""
    step = WIDTH * share / max(1, len(opening))
    heights = [min(1.0, max(0.0, each / 10 / _MOST_MM)) for each in opening]
    points = [(step * at, (HEIGHT - 2) * (1 - each) + 1) for at, each in enumerate(heights)]
    return f'<path class="mouth" d="{_through(points)}"/>'


def _through(points: Iterable[tuple[float, float]]) -> str:
    """Return a path through points, in few letters."""
    return "M" + "L".join(f"{x:.0f} {y:.1f}".replace(".0", "") for x, y in points)


def _rectangle(first: float, end: float) -> str:
    """Shade a part of the width, given as shares of it."""
    left, width = WIDTH * first, WIDTH * (end - first)
    return f'<rect class="pause" x="{left:.0f}" width="{width:.0f}" height="{HEIGHT}"/>'


def _tick(symbol: str, second: float, seconds: float) -> str:
    """Mark lips that stay open."""
    x = WIDTH * second / seconds
    title = f"<title>{escape(symbol)} at {second:.2f} s: lips open</title>"
    return f'<path class="open" d="M{x:.0f} 0V{HEIGHT}">{title}</path>'
