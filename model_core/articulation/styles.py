"""Speaking styles: how one phone table becomes neutral, articulate, mumbled or wide speech.

The scale from hyper- to hypo-articulated speech is Lindblom's (1990, "Explaining phonetic
variation: a sketch of the H&H theory"): a careful speaker moves further and lets neighbouring
phones overlap less; a casual one the reverse. Closures of p, b and m survive in every style.
"""

from dataclasses import dataclass

from ..base.errors import UserError


@dataclass(frozen=True)
class Style:
    """Factors on the phone table.

    Attributes:
        jaw: on jaw opening.
        rounding: on rounding and flare.
        spreading: on lip spreading.
        apart: on lifting the lips off the teeth.
        reach: on how far neighbouring phones overlap in time.
        press: weight of the lip press that seals a closure.
        closing: seconds the lips take to close for p, b or m, or to part again.
        loudness: how far the jaw follows local loudness (0 not at all, 1 in proportion
            to amplitude).
    """

    jaw: float = 1.0
    rounding: float = 1.0
    spreading: float = 1.0
    apart: float = 1.0
    reach: float = 1.0
    press: float = 0.25
    closing: float = 0.035
    loudness: float = 1.3


STYLES: dict[str, Style] = {
    "neutral": Style(),
    "articulate": Style(
        jaw=1.20, rounding=1.15, spreading=1.2, apart=1.3, reach=0.85, press=0.35, closing=0.032
    ),
    "mumbled": Style(
        jaw=0.55,
        rounding=0.65,
        spreading=0.5,
        apart=0.6,
        reach=1.2,
        press=0.20,
        closing=0.038,
        loudness=1.0,
    ),
    "wide": Style(jaw=1.35, rounding=0.95, spreading=1.5, apart=1.2),
}
DEFAULT_STYLE = "neutral"


def find_style(name: str) -> Style:
    """The style called `name`; `UserError` if there is none."""
    if name not in STYLES:
        raise UserError(f"There is no style '{name}'; choose from {', '.join(STYLES)}.")
    return STYLES[name]
