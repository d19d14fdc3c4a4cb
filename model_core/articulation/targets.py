"""What each phone asks of the lips and the jaw: the target table of the articulation rules.

Gestures follow articulatory phonology (Browman and Goldstein, 1992): a phone is a set of targets
for a few independent vocal-tract variables, each held with its own strength. Jaw figures are
inner-lip openings in mm in careful speech; the others run from 0 (none) to 1 (as far as speech
goes). Strength is the dominance of Cohen and Massaro (1993), "Modeling coarticulation in
synthetic visual speech": how far a phone imposes its target on its neighbours.

The jaw figures of w, r, the rounded vowels, t, k, g and the sibilants lean to tracked lips, as far
as eleven speakers of one small vocabulary bear it out (`calibration`, ``calibrate-rules``).
"""

from typing import NamedTuple

from ..speech.phones import PAUSE, SYMBOLS


class Target(NamedTuple):
    """Targets of one phone (or of one half of a diphthong) and how strongly it holds them.

    Attributes:
        jaw: opening of the lips by the jaw, mm.
        round: lip corners drawn in and lips pushed forward (whistle).
        flare: lips pushed forward and apart (funnel).
        spread: lip corners drawn aside.
        apart: lips lifted off the teeth.
        aperture: opening in mm that the phone never falls below (unless a neighbour closes).
        jaw_strength: dominance over `jaw` and `apart`.
        lip_strength: dominance over `round`, `flare` and `spread`.
    """

    jaw: float
    round: float
    flare: float
    spread: float
    apart: float
    aperture: float
    jaw_strength: float
    lip_strength: float


def _table(text: str) -> dict[str, Target]:
    """Rows of `phones | targets | strengths` as a table by phone."""
    rows: dict[str, Target] = {}
    for line in text.strip().splitlines():
        phones, targets, strengths = line.split("|")
        values = [float(figure) for figure in (targets + strengths).split()]
        rows.update((phone, Target(*values)) for phone in phones.split())
    return rows


# phones         | jaw  round flare spread apart aperture | jaw and lip strength
TARGETS: dict[str, Target] = _table(
    r"""
    i i:         |  4.2  .00   .00   1.0   .30   2.2 |  1.0  1.6
    I            |  5.5  .00   .00   .70   .25   2.2 |  0.8  1.1
    1            |  4.8  .00   .00   .45   .20   2.0 |  0.8  0.8
    e            |  6.5  .00   .00   .75   .25   2.2 |  1.0  1.2
    E            |  8.0  .00   .00   .40   .20   2.4 |  1.0  1.0
    {            | 10.5  .00   .00   .30   .20   2.6 |  1.1  1.0
    a            | 10.8  .00   .00   .10   .15   2.6 |  1.1  1.0
    A A:         | 10.8  .00   .00   .00   .10   2.6 |  1.1  1.0
    6 V          |  8.5  .00   .00   .00   .15   2.4 |  1.0  0.8
    3 3:         |  6.0  .15   .15   .00   .15   2.2 |  0.9  0.9
    @            |  5.5  .00   .00   .00   .15   2.0 |  0.5  0.4
    @`           |  5.2  .20   .20   .00   .15   2.0 |  0.6  0.6
    M 7          |  5.2  .00   .00   .30   .15   2.0 |  0.9  1.0
    Q            |  9.5  .30   .30   .00   .10   2.6 |  1.1  1.2
    O O:         |  6.2  .80   .50   .00   .05   2.4 |  1.0  1.6
    o            |  4.2  .90   .35   .00   .00   2.0 |  1.0  1.6
    U            |  3.8  .85   .30   .00   .00   1.8 |  0.9  1.6
    u u:         |  2.3  1.0   .30   .00   .00   1.6 |  0.9  1.9
    } 8          |  4.5  .75   .25   .00   .05   1.8 |  0.9  1.4
    y Y          |  3.2  1.0   .30   .00   .05   1.6 |  0.9  1.8
    2            |  5.5  .85   .30   .00   .05   2.0 |  1.0  1.6
    9            |  7.2  .65   .45   .00   .10   2.2 |  1.0  1.5
    j            |  2.4  .00   .00   .85   .20   1.9 |  1.4  1.5
    w H          |  0.9  1.0   .25   .00   .00   1.6 |  1.6  2.6
    p b m        |  2.2  .00   .00   .00   .00   1.5 |  2.0  0.2
    B P          |  2.0  .15   .10   .00   .00   1.5 |  1.6  0.3
    f v F        |  1.4  .00   .00   .10   .00   1.4 |  3.0  0.5
    t            |  2.6  .00   .00   .20   .10   1.9 |  2.2  0.12
    d n          |  1.5  .00   .00   .20   .10   1.9 |  2.2  0.12
    4 r          |  1.8  .00   .00   .15   .10   1.9 |  1.6  0.12
    l            |  2.4  .00   .00   .10   .15   2.0 |  1.6  0.15
    T D          |  1.8  .00   .00   .20   .14   1.9 |  2.2  0.25
    s z ts dz    |  2.1  .00   .00   .60   .30   2.0 |  3.0  1.4
    s\ z\        |  1.5  .15   .35   .20   .20   2.0 |  2.6  1.2
    S Z tS dZ    |  1.2  .25   .60   .00   .15   2.0 |  3.0  1.8
    r\           |  1.3  .40   .25   .00   .08   1.9 |  1.5  0.7
    R            |  3.0  .10   .05   .00   .08   1.9 |  0.8  0.12
    c J\ J L C   |  2.2  .00   .00   .45   .15   1.9 |  1.4  0.4
    k g N x G    |  3.7  .00   .00   .05   .08   1.9 |  1.0  0.10
    h ?          |  4.0  .00   .00   .00   .08   1.9 |  0.15 0.03
    _            |  0.0  .00   .00   .00   .00   0.0 |  0.5  0.3
    """
)

# Phones that lack a voice, whose jaw does not follow loudness.
VOICELESS = frozenset(f"{PAUSE} p t c k ? f T s S s\\ C x h ts tS".split())

# A diphthong glides from one target to another: the two phones, and the share of its length that
# belongs to the first. The rounded glides start part-rounded, as speakers do.
DIPHTHONGS: dict[str, tuple[str, str, float]] = {
    "eI": ("e", "i", 0.45),
    "aI": ("a", "I", 0.60),
    "OI": ("O", "I", 0.66),
    "aU": ("a", "U", 0.60),
    "@U": ("o", "u", 0.50),
    "I@": ("I", "@", 0.55),
    "e@": ("E", "@", 0.70),
    "U@": ("U", "@", 0.55),
}

assert set(TARGETS) | set(DIPHTHONGS) == SYMBOLS, "every X-SAMPA symbol needs a target"
assert TARGETS[PAUSE].jaw == 0.0, "lips rest in a pause"
