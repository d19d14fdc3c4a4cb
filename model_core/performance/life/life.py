"""Life over a sound: drawn once in seconds, then sampled onto a motion of any frame rate."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ...base.arrays import Array, Floats
from ...base.errors import UserError
from ...motion.channels import weights_by_name, with_channels
from ...motion.motion import Motion
from ...rig.gaze import look_weights
from ...rig.shapes import FLAME_TOPOLOGY
from ...speech.audio import Samples
from ..options import DRAWN, PARTS
from . import blinks, breathing, brows, gaze, head, lids
from .accents import Accent, accents
from .manner import Manner
from .voice import RATE, Voice, hear_voice

DIP = 1.2
"""Degrees that eyes turn down in a blink."""
_WIDEST = 1.5  # times what people do; eyes have only so far to go
_REACH = np.radians([30.0, 20.0])  # how far eyes follow the one they rest on; then heads must turn


@dataclass(frozen=True)
class LifeOptions:
    """How much life.

    Attributes:
        amount: of all of it; 0 is none, 1 what people show.
        seed: decides what is drawn; the same seed is the same life.
        parts: amount of each of `PARTS`, as a factor; 0 leaves it out.
        variations: of parts that are drawn; another number draws one anew.
    """

    amount: float = 1.0
    seed: int = 0
    parts: dict[str, float] = field(default_factory=dict)
    variations: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unknown = (self.parts.keys() - set(PARTS)) | (self.variations.keys() - set(DRAWN))
        if unknown:
            raise UserError(
                f"Life has no part {', '.join(sorted(unknown))}, only {', '.join(PARTS)}."
            )
        if not all(0 <= each < np.inf for each in (self.amount, *self.parts.values())):
            raise UserError("Amounts of life must be 0 or more.")
        if not all(0 <= each < 2**63 for each in (self.seed, *self.variations.values())):
            raise UserError("Seeds of life must lie from 0 to below 2^63.")

    def of(self, part: str) -> float:
        """Return the amount of a part."""
        return self.amount * self.parts.get(part, 1.0)

    def generator(self, part: str) -> np.random.Generator:
        """Return the generator of a part; what another part draws does not change it."""
        entropy = [self.seed, PARTS.index(part), self.variations.get(part, 0)]
        return np.random.default_rng(np.random.SeedSequence(entropy))


@dataclass(frozen=True, eq=False)
class Life:
    """What a face does over one sound, besides speaking.

    Attributes:
        voice: what was heard.
        accents: syllables that stand out.
        blinks: in order.
        fixations: in order.
        brows: moves of the brows, in order.
        head: how the head moves.
        lungs: (n,) how full they are, 0..1, at `voice.RATE`.
    """

    voice: Voice
    accents: list[Accent]
    blinks: list[blinks.Blink]
    fixations: list[gaze.Fixation]
    brows: list[brows.BrowMove]
    head: head.HeadMoves
    lungs: Floats


@dataclass(frozen=True, eq=False)
class Shown:
    """What a face does at each frame of a motion, besides speaking.

    Attributes:
        share: (T,) how far blinks close the lids, 0..1.
        turned: (T, 3) radians by which the head turns, as `Motion.head` has them.
        looked: (T, 2) degrees, yaw to the left and pitch down, at which the eyes rest, whatever the
            head does.
        brows: (T,) weights of the brows' shapes, by name.
    """

    share: Floats
    turned: Floats
    looked: Floats
    brows: Mapping[str, Floats]


def draw_life(voice: Voice, options: LifeOptions, manner: Manner | None = None) -> Life:
    """Return what a face does over a voice.

    Args:
        voice: of the whole sound.
        options: how much, and the seed.
        manner: what a mood makes of it, if anything.
    """
    manner = manner or Manner.neutral(len(voice.speaking))
    heard = accents(voice)
    paced = manner.scaled("blinking", np.full(len(voice.speaking), options.of("blinks")))
    paced = paced.scaled("brows", np.full(len(voice.speaking), options.of("brows")))
    return Life(
        voice=voice,
        accents=heard,
        blinks=blinks.draw_blinks(options.generator("blinks"), voice, paced),
        fixations=gaze.draw_gaze(options.generator("gaze"), voice, manner),
        brows=brows.draw_brows(options.generator("brows"), voice, heard, paced),
        head=head.draw_head(options.generator("head"), voice, heard, manner),
        lungs=draw_lungs(voice, options),
    )


def draw_lungs(voice: Voice, options: LifeOptions) -> Floats:
    """Return how full the lungs are over a voice, (n,) 0..1 at `voice.RATE`."""
    breaths = breathing.draw_breaths(options.generator("breathing"), voice)
    return breathing.chest(breaths, len(voice.speaking))


def live(
    motion: Motion, samples: Samples, options: LifeOptions, manner: Manner | None = None
) -> Motion:
    """Return a motion with life: eyes, brows and head move; the mouth's weights are the same bits.

    Args:
        motion: of the sound, at any frame rate.
        samples: (N,) of the whole sound, mono at 16 kHz.
        options: how much, and the seed.
        manner: what a mood makes of it, if anything.
    """
    if options.amount == 0:
        return motion
    return animate(motion, draw_life(hear_voice(samples), options, manner), options)


def animate(
    motion: Motion, life: Life, options: LifeOptions, other: Floats | None = None
) -> Motion:
    """Return a motion with what was drawn, sampled at its frames.

    On meshes other than FLAME's nothing is known of brows and lids: head and eyes alone turn.

    Args:
        motion: of the sound.
        life: what was drawn.
        options: how much.
        other: (T, 2) radians, yaw to the left and pitch down, at which the one is that eyes rest
            on; straight ahead if None.
    """
    at, frame = np.arange(motion.frames) / motion.fps, 1.0 / motion.fps
    blinking = life.blinks if options.of("blinks") else []
    shown = Shown(
        share=blinks.closed_share(blinking, at, frame),
        turned=_head(life, options, at),
        looked=gaze.directions(life.fixations, at),
        brows=brows.brow_weights(life.brows, at),
    )
    return show(motion, shown, life.lungs, options, other)


def show(
    motion: Motion,
    shown: Shown,
    lungs: Floats,
    options: LifeOptions,
    other: Floats | None = None,
) -> Motion:
    """Return a motion with what a face does at its frames, whoever says so.

    Args:
        motion: of the sound.
        shown: what it does.
        lungs: (n,) how full they are, 0..1, at `voice.RATE`.
        options: how much of gaze, lids, brows, blinks and breathing; the head's is in `shown`.
        other: as of `animate`.
    """
    at, turned = np.arange(motion.frames) / motion.fps, shown.turned
    eyes = _eyes(shown, options, turned if other is None else turned - _within(other))
    if options.of("head") or options.of("breathing"):
        motion = replace(motion, head=_added(motion.head, turned))
    if options.of("breathing"):
        breath = np.interp(at, np.arange(len(lungs)) / RATE, lungs)
        motion = replace(motion, breath=(options.of("breathing") * breath).astype(np.float32))
    if options.of("gaze"):
        rolls = np.zeros((motion.frames, 2, 1))
        motion = replace(motion, eyes=_added(motion.eyes, np.concatenate([eyes, rolls], axis=2)))
    return _with_shapes(motion, shown, options, eyes)


def _with_shapes(motion: Motion, shown: Shown, options: LifeOptions, eyes: Floats) -> Motion:
    """Return a motion with the weights of life, if its shapes are known."""
    if motion.topology != FLAME_TOPOLOGY:
        return motion
    weights: dict[str, Floats] = {}
    if options.of("gaze"):
        weights = look_weights(eyes)
        if options.of("lids"):
            weights |= lids.follow(weights, options.of("lids"))
    if options.of("brows"):
        weights |= shown.brows
    motion = with_channels(motion, weights)
    if not options.of("blinks"):
        return motion
    return with_channels(motion, lids.blink_weights(shown.share, weights_by_name(motion)))


def _head(life: Life, options: LifeOptions, at: Floats) -> Floats:
    """Return (T, 3) radians."""
    lifts = breathing.LIFT * options.of("breathing") * life.lungs
    return np.radians(head.head_angles(life.head, lifts, options.of("head"), at))


def _eyes(shown: Shown, options: LifeOptions, turned: Floats) -> Floats:
    """Return (T, 2, 2) radians, yaw and pitch of both eyes within the head.

    Eyes stay where they rest while the head moves, and dip a little in a blink.
    """
    if not options.of("gaze"):
        return np.zeros((len(turned), 2, 2))
    looked = np.radians(shown.looked) * min(options.of("gaze"), _WIDEST)
    looked = looked - turned[:, :2]
    looked[:, 1] += np.radians(DIP) * shown.share
    return np.stack([looked, looked], axis=1)


def _within(other: Floats) -> Floats:
    """Return (T, 3) yaw, pitch and no roll towards another, as far as eyes follow."""
    return np.pad(np.clip(other, -_REACH, _REACH), ((0, 0), (0, 1)))


def _added(before: Array | None, turns: Floats) -> Array:
    """Return how a motion turns with what is added to it, if it turned before."""
    return (turns if before is None else before + turns).astype(np.float32)
