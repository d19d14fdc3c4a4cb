"""What a face shows beside the words: mood, then life; told by the options of a bake."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..base.arrays import Floats
from ..motion.motion import Motion
from ..rig.shapes import FLAME_TOPOLOGY
from ..speech.audio import Samples
from .life.by_model import live_by_model
from .life.life import LifeOptions, animate, draw_life
from .life.voice import hear_voice
from .mood.apply import Amounts, check_moods, manner_of, posed, with_moods
from .mood.changes import changing, read_changes
from .mood.moods import MOODS
from .options import DRAWN, PARTS, BakeOptions

_SEEDS = 2**31  # seeds that there are: each take draws a life of its own of each


@dataclass(frozen=True, eq=False)
class Directed:
    """What of an expression changes over time, as somebody directs it.

    Attributes:
        moods: (T,) amounts of moods, by name, which count instead of the options'.
        other: (T, 2) radians, yaw to the left and pitch down, at which the one is whom the eyes
            rest on; None is straight ahead.
    """

    moods: Mapping[str, Floats] = field(default_factory=dict)
    other: Floats | None = None


UNDIRECTED = Directed()


def express(
    motion: Motion,
    samples: Samples,
    options: BakeOptions,
    directed: Directed = UNDIRECTED,
    told: Motion | None = None,
) -> Motion:
    """Return a motion in the moods and with the life that options ask for.

    Args:
        motion: of the sound.
        samples: (N,) of the whole sound, mono at 16 kHz.
        options: how much of what.
        directed: what of it changes over time.
        told: what a model says of eyes, brows and head, which is then not drawn.

    Raises:
        UserError: a mood is unknown, or an amount out of place.
    """
    changing = changing_moods(options, motion.frames, motion.fps) | dict(directed.moods)
    moods, life = moods_of(options, changing), life_of(options)
    motion = with_moods(motion, moods)
    if life.amount == 0.0:
        return motion
    voice = hear_voice(samples)
    manner, posture = manner_of(moods, len(voice.speaking), motion.fps)
    if told is None:
        motion = animate(motion, draw_life(voice, life, manner), life, directed.other)
    else:
        motion = live_by_model(motion, told, voice, life, directed.other)
    return posed(motion, posture) if moods and life.of("head") else motion


def life_of(options: BakeOptions) -> LifeOptions:
    """Return how much life options ask for; each take draws its own."""
    amounts = {
        part: getattr(options, f"{part}_amount") if getattr(options, part) else 0.0
        for part in PARTS
    }
    variations = {part: getattr(options, f"{part}_variation") for part in DRAWN}
    seed = options.seed + options.varied_take * _SEEDS
    return LifeOptions(options.life, seed, amounts, variations)


def changing_moods(options: BakeOptions, frames: int, fps: float) -> dict[str, Floats]:
    """Return the (T,) amounts of the moods that options have change over time.

    Raises:
        UserError: it is not said as it must be.
    """
    at = np.arange(frames) / fps
    return {
        name: changing(keys, getattr(options, f"mood_{name}"), at)
        for name, keys in read_changes(options.mood_changes).items()
    }


def moods_of(options: BakeOptions, over_time: Mapping[str, Floats]) -> Amounts:
    """Return the moods that options ask for, without those that never show.

    Raises:
        UserError: a mood is unknown, or an amount out of place.
    """
    amounts: dict[str, float | Floats] = {name: getattr(options, f"mood_{name}") for name in MOODS}
    amounts.update(over_time)
    check_moods(amounts)
    return {name: amount for name, amount in amounts.items() if np.any(amount)}


def notes_on_expression(motion: Motion, options: BakeOptions) -> tuple[str, ...]:
    """Return a sentence for each thing that options ask for and that is not shown."""
    moods = options.mood_changes or any(getattr(options, f"mood_{name}") for name in MOODS)
    asked = options.life > 0.0 or moods
    unused = options.life_model and not options.life
    notes = ("The life model is not used, since Life is 0.",) if unused else ()
    if not asked or motion.topology == FLAME_TOPOLOGY:
        return notes
    return (
        *notes,
        f"The model moves another mesh than FLAME's ({motion.topology}), whose lids and brows are "
        "not known: of life, only the head's and the eyes' turns are there, and no mood.",
    )
