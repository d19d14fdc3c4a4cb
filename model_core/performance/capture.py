"""A recorded face around spoken lips: the mouth is the speech's, the rest as it was captured."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from ..base.arrays import Floats
from ..base.errors import UserError
from ..formats.registry import reading_of
from ..motion.channels import weights_by_name, with_channels
from ..motion.motion import Motion
from ..motion.resampling import at_frames
from ..rig.arkit import ARKIT, MOUTH
from ..rig.shapes import FLAME_TOPOLOGY
from ..speech.audio import Samples
from .closing import as_closed
from .options import CAPTURED, PAUSES, BakeOptions
from .silence import speech_in_frames

_EASE = 0.3  # s from a recording's first and last frame to rest


def with_capture(
    motion: Motion, samples: Samples, options: BakeOptions
) -> tuple[Motion, tuple[str, ...]]:
    """Return a motion with the recorded face that options ask for, and sentences on that.

    Args:
        motion: of the sound.
        samples: (N,) of the whole sound, mono at 16 kHz.
        options: which recording, from where, and whose the mouth is.

    Raises:
        UserError: the recording cannot be read or does not go with the sound or the model.
    """
    if not options.capture:
        return motion, ()
    take, notes = reading_of(options.capture)
    name = Path(options.capture).name
    placed, beyond = _placed(take, motion, options.capture_start, name)
    told = tuple(f"{name}: {note}" for note in (*notes, *beyond))
    if options.capture_mouth == CAPTURED:
        return placed, told
    _check_parts(motion, placed, name)
    shows = np.zeros(motion.frames)
    if options.capture_mouth == PAUSES:
        shows = 1.0 - speech_in_frames(samples, motion)
    return _joined(motion, placed, shows), told


def _placed(take: Motion, motion: Motion, start: float, name: str) -> tuple[Motion, list[str]]:
    """Return a recording at a motion's frames, and a sentence if it does not last all the while.

    Beyond its ends the face eases to rest.
    """
    at = (np.arange(motion.frames) / motion.fps + start) * take.fps
    outside = np.maximum(-at, at - (take.frames - 1)).clip(0.0) / take.fps  # s
    if motion.frames and outside.min() >= _EASE:
        raise UserError(
            f"{name} lasts {take.duration:.2f} s and shows nothing from its second {start:g} on, "
            "where the sound starts; choose another start."
        )
    part = np.clip(1.0 - outside / _EASE, 0.0, 1.0)
    eased = part * part * (3.0 - 2.0 * part)
    placed = _scaled(replace(at_frames(take, at), fps=motion.fps), eased)
    away = np.count_nonzero(outside > 1.0 / take.fps) / motion.fps
    if not away:
        return placed, []
    return placed, [f"It does not show {away:.2f} s of the sound; the face rests there."]


def _scaled(motion: Motion, by: Floats) -> Motion:
    """Return a motion whose weights and turns are scaled frame by frame, (T,)."""
    factors = by.astype(np.float32)
    turns = {
        name: turned * factors.reshape(-1, *[1] * (turned.ndim - 1))
        for name, turned in (("head", motion.head), ("eyes", motion.eyes))
        if turned is not None
    }
    weights = motion.weights * factors[:, None]
    head, eyes = turns.get("head"), turns.get("eyes")
    return replace(motion, weights=weights, head=head, eyes=eyes)


def _check_parts(motion: Motion, take: Motion, name: str) -> None:
    """Raise `UserError` unless mouth and rest of both can be told apart."""
    for each, what in ((motion, "the model"), (take, name)):
        if each.topology != FLAME_TOPOLOGY or not set(each.names) & set(ARKIT):
            raise UserError(
                "A spoken mouth goes with a recorded face where both move ARKit's shapes, and "
                f"{what} does not; choose another, or bake the recorded mouth."
            )


def _joined(motion: Motion, take: Motion, shows: Floats) -> Motion:
    """Return the recorded face with the spoken mouth, whose closed lips stay closed.

    Args:
        motion: of the speech.
        take: at the same frames.
        shows: (T,) how much of the recorded mouth is seen beside what is spoken.
    """
    spoken, captured = weights_by_name(motion), weights_by_name(take)
    rest = {
        name: weights - spoken.get(name, np.float32(0))
        for name, weights in captured.items()
        if not name.startswith(MOUTH)
    }
    face = as_closed(motion, with_channels(motion, rest))  # cheeks and nose move lips too
    if shows.any():
        mouth = {name: captured[name] * shows for name in captured if name.startswith(MOUTH)}
        face = with_channels(face, mouth)
    head = motion.head if take.head is None else take.head
    return replace(face, head=head, eyes=motion.eyes if take.eyes is None else take.eyes)
