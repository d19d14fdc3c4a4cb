"""What a face shows beside the words: mood, then life; told by the options of a bake."""

from collections.abc import Mapping

import numpy as np

from ..base.arrays import Floats
from ..motion.motion import Motion
from ..rig.shapes import FLAME_TOPOLOGY
from ..speech.audio import Samples
from .life.life import LifeOptions, animate, draw_life
from .life.voice import hear_voice
from .mood.apply import Amounts, check_moods, manner_of, posed, with_moods
from .mood.moods import MOODS
from .options import DRAWN, PARTS, BakeOptions


def express(
    motion: Motion, samples: Samples, options: BakeOptions, over_time: Mapping[str, Floats]
) -> Motion:
    """Return a motion in the moods and with the life that options ask for.

    Args:
        motion: of the sound.
        samples: (N,) of the whole sound, mono at 16 kHz.
        options: how much of what.
        over_time: (T,) amounts of moods that change, which count instead of the options'.

    Raises:
        UserError: a mood is unknown, or an amount out of place.
    """
    moods, life = moods_of(options, over_time), life_of(options)
    motion = with_moods(motion, moods)
    if life.amount == 0.0:
        return motion
    voice = hear_voice(samples)
    manner, posture = manner_of(moods, len(voice.speaking), motion.fps)
    motion = animate(motion, draw_life(voice, life, manner), life)
    return posed(motion, posture) if moods and life.of("head") else motion


def life_of(options: BakeOptions) -> LifeOptions:
    """Return how much life options ask for."""
    amounts = {
        part: getattr(options, f"{part}_amount") if getattr(options, part) else 0.0
        for part in PARTS
    }
    variations = {part: getattr(options, f"{part}_variation") for part in DRAWN}
    return LifeOptions(options.life, options.seed, amounts, variations)


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
    """Return a sentence where what options ask for cannot be shown on a motion's mesh."""
    asked = options.life > 0.0 or any(getattr(options, f"mood_{name}") for name in MOODS)
    if not asked or motion.topology == FLAME_TOPOLOGY:
        return ()
    return (
        f"The model moves another mesh than FLAME's ({motion.topology}), whose lids and brows are "
        "not known: of life, only the head's and the eyes' turns are there, and no mood.",
    )
