"""What a performer's style came to, on speech that it was not fitted to."""

from collections.abc import Sequence

import numpy as np

from ...base.arrays import Array, Flags, Floats
from ...base.assets import DEMO_SPEECH
from ...base.statistics import pearson
from ...models.face_model import FaceModel
from ...motion.closures import closures
from ...rig.lip_geometry import opening_per_unit
from ...rig.rig import load_face_rig
from ...rig.shapes import CLOSED_MM, SPEECH_SHAPES
from ...speech.audio import Samples, load_audio
from .material import Take, plain_motion
from .statistics import statistics_of, table

_HALF = 0.5


def scores_of(takes: Sequence[Take], model: FaceModel, name: str) -> list[str]:
    """Return lines of Markdown: a table, how many numbers moved, how lips agree and close.

    Args:
        takes: all of them; those of which something is kept aside are judged.
        model: that has the style.
        name: of the style.
    """
    judged = [take for take in takes if take.aside.any()]
    after = [_in_style(model, take.samples, name) for take in judged]
    own = [take.plain for take in judged]
    kept = [take.aside for take in judged]
    theirs = np.concatenate([take.captured[take.aside] for take in judged])
    before, styled = (_cut(weights, kept) for weights in (own, after))
    statistics = statistics_of(before, styled, theirs, SPEECH_SHAPES)
    moved = [each.moved for each in statistics if each.moved is not None]
    demo = load_audio(DEMO_SPEECH)
    pairs = [*zip(own, after, strict=True)]
    pairs.append((plain_motion(model, demo, SPEECH_SHAPES), _in_style(model, demo, name)))
    return [
        *table(statistics),
        "",
        f"Of {len(moved)} numbers that were off, {sum(m >= _HALF for m in moved)} moved by half or "
        f"more towards the performer's, in {len(theirs) / 60:.0f} s kept aside.",
        f"The opening agrees with the captured one by r {_agreement(styled, theirs):.2f} "
        f"({_agreement(before, theirs):.2f} before).",
        _closures(pairs),
    ]


def _in_style(model: FaceModel, samples: Samples, name: str) -> Array:
    return plain_motion(model, samples, SPEECH_SHAPES, name)


def _cut(weights: Sequence[Array], kept: Sequence[Flags]) -> Array:
    return np.concatenate([each[rows] for each, rows in zip(weights, kept, strict=True)])


def _opening(weights: Array) -> Floats:
    opening: Floats = weights @ opening_per_unit(load_face_rig().select(SPEECH_SHAPES))
    return opening


def _agreement(weights: Array, captured: Array) -> float:
    return pearson(_opening(weights), _opening(captured))


def _closures(pairs: Sequence[tuple[Array, Array]]) -> str:
    """Return a sentence on closures of the model's first style, and of the performer's."""
    runs = kept = elsewhere = 0
    for before, after in ((_opening(one), _opening(other)) for one, other in pairs):
        found = closures(before.astype(np.float32))
        runs += len(found)
        kept += sum(bool(after[a : b + 1].min() < CLOSED_MM + _ROUNDING) for a, b in found)
        elsewhere += int(((after < CLOSED_MM - _ROUNDING) & (before >= CLOSED_MM)).sum())
    return (
        f"Lips: {kept} of the model's {runs} closures are kept, and {elsewhere} frames are closed "
        "that were not, there and in the demo's sentence."
    )


_ROUNDING = 1e-3  # mm
