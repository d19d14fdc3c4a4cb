"""From our channels to the keys of a mesh, with lips that meet and part as ours do.

Keys that do a channel of ours take its weight, and those that are poses of a set are mixed. Then
what is left between the mesh's lips and ours is settled in every frame: with jaw and mouthClose
where there are such keys, and with what else parts the lips where they must meet.
"""

from collections.abc import Mapping

import numpy as np

from ..base.arrays import Array, Floats
from ..motion.closures import closures
from ..rig.shapes import CLOSED_MM, SPEECH_SHAPES
from .bounded import shift_to
from .keys import CLOSE, JAW, Group, Keys
from .pose_mix import mix_poses, pose_gains, speech_features

_TIGHT = 0.2  # mm that lips of ours may be apart at most in the tightest frame of a closure
_EAGER = 0.05  # how readily a pose that is not in use moves, against one in full
_SHARE_THAT_PARTS = 0.02  # of what parts the lips most, from which on a key counts as parting
_LEAST_JAW = 0.02  # below which mouthClose is not told as a share of it
_NOTHING = 1e-6
_ROUNDS = 3  # after which what bends the sum of the keys no longer changes


def solve(keys: Keys, channels: Mapping[str, Array], opening: Array) -> Floats:
    """Return the (T, K) values of a mesh's keys that do what channels of ours do.

    Args:
        keys: of the mesh.
        channels: (T) weights by the channel's name.
        opening: (T) of our lips in mm.
    """
    frames = len(opening)
    weights = _direct(keys, channels, frames) + mix_poses(keys, channels, frames)
    top = np.maximum(keys.highest, 0.0)
    weights = np.clip(weights, np.minimum(keys.lowest, 0.0), top)
    if keys.mouth is not None:
        asked, bend = weights, np.zeros(frames)
        for _ in range(_ROUNDS if keys.bends else 1):
            weights = _settle(keys, asked, channels, opening, bend)
            bend = keys.bend(weights)
    weights = _with_gains(keys, weights, opening)
    offsets = np.zeros(len(keys.names))
    for link in keys.shape_map.links:
        offsets[keys.names.index(link.target)] += link.offset
    return np.clip(weights + offsets, keys.lowest, keys.highest)


def _direct(keys: Keys, channels: Mapping[str, Array], frames: int) -> Floats:
    """Return (T, K): each channel's weight on the keys that do it."""
    weights = np.zeros((frames, len(keys.names)))
    for link in keys.shape_map.links:
        if link.source in channels:
            weights[:, keys.names.index(link.target)] += link.gain * channels[link.source]
    return weights


def sealed(opening: Array) -> Floats:
    """Return openings (T,) in mm in which every closure has a frame that is closed with a margin.

    Another mesh's lips are measured at other vertices, so what only just closes on ours must close
    with something to spare. Frames in which the lips are open are as they were.
    """
    tight = opening.astype(np.float64)
    for first, last in closures(opening):
        run = slice(first, last + 1)
        tight[run] -= max(0.0, tight[run].min() - _TIGHT)
    return tight


def _settle(
    keys: Keys, weights: Floats, channels: Mapping[str, Array], opening: Array, bend: Floats
) -> Floats:
    """Return weights that part the mesh's lips as far as ours, and close them where ours close.

    `bend` (T,) is what they are thought to part besides the sum over the keys.
    """
    wanted = wanted_opening(keys, opening) - bend
    jaw, close = keys.group(JAW), keys.group(CLOSE)
    if jaw is not None and jaw.effect <= 0:
        jaw = None  # whatever it does, it opens no mouth
    if jaw is not None:
        weights = _settle_jaw(keys, weights, channels, wanted, jaw, close)
    wanted = np.maximum(wanted, np.minimum(-bend, weights @ keys.opening))
    parting = keys.opening > _SHARE_THAT_PARTS * keys.opening.max()
    for group in (jaw, close):
        parting[group.places if group is not None else []] = False
    ease = parting * (weights + _EAGER) / keys.effort
    weights = _shift(keys, weights, ease, wanted, weights, opens=False)
    if jaw is None:
        weights = _shift(keys, weights, ease, wanted, keys.highest[None], opens=True)
    return weights


def _with_gains(keys: Keys, weights: Floats, opening: Array) -> Floats:
    """Return weights whose poses are as strong as the artist wants, with closures still closed."""
    gains = pose_gains(keys)
    if (gains == 1.0).all():
        return weights
    weights = np.clip(weights * gains, keys.lowest, keys.highest)
    wanted = np.where(opening < CLOSED_MM, np.maximum(sealed(opening), 0.0), np.inf)
    return _shift(keys, weights, weights / keys.effort, wanted, weights, opens=False)


def wanted_opening(keys: Keys, opening: Array) -> Floats:
    """Return the (T,) opening in mm that a mesh is to have where ours is as given."""
    gains = [link.gain for link in keys.shape_map.links if link.source == JAW and link.gain > 0]
    return sealed(opening) * max(gains, default=1.0)


def _shift(
    keys: Keys, weights: Floats, ease: Floats, wanted: Floats, upper: Floats, *, opens: bool
) -> Floats:
    """Return weights with those frames shifted that part too little, or too much."""
    away = wanted - weights @ keys.opening
    rows = np.flatnonzero(away > _NOTHING if opens else away < -_NOTHING)
    shifted = weights.copy()
    limit = upper[rows] if len(upper) == len(weights) else upper
    shifted[rows] = shift_to(weights[rows], keys.opening, ease[rows], wanted[rows], limit)
    return shifted


def _settle_jaw(
    keys: Keys,
    weights: Floats,
    channels: Mapping[str, Array],
    wanted: Floats,
    jaw: Group,
    close: Group | None,
) -> Floats:
    """Return weights whose jaw, and mouthClose at that jaw, part the lips as wanted.

    mouthClose is made for the jaw as open as it is, and never exceeds it.
    """
    asked = np.maximum(channels.get(JAW, np.zeros(len(weights))), 0.0).astype(np.float64)
    drawn = np.maximum(channels.get(CLOSE, np.zeros(len(weights))), 0.0)
    moved = weights.copy()
    for group in (jaw, close):
        moved[:, group.places if group is not None else []] = 0.0
    wanted = wanted - moved @ keys.opening
    ours = speech_features()[SPEECH_SHAPES.index(JAW), 0]
    opened = np.clip(asked * (ours / jaw.effect), 0.0, jaw.highest)
    if close is None or close.effect >= 0:
        opened = np.clip(wanted / jaw.effect, 0.0, jaw.highest)
        return jaw.put(moved, opened)
    strength = -close.effect
    shut = np.minimum(drawn / np.maximum(asked, _LEAST_JAW), 1.0) * opened
    shut = np.minimum(shut * min(1.0, jaw.effect / strength), close.highest)
    more = wanted - (jaw.effect * opened - strength * shut)
    opens = np.minimum(np.maximum(more, 0.0) / strength, shut)
    opened = opened + np.maximum(more - strength * opens, 0.0) / jaw.effect * (more > 0)
    opened = np.minimum(opened, jaw.highest)
    closes = np.maximum(-more, 0.0) / strength
    closes = np.clip(closes, 0.0, np.maximum(np.minimum(opened, close.highest) - shut, 0.0))
    shut = shut - opens + closes
    opened = _lowered(opened, shut, wanted, jaw.effect, strength)
    return close.put(jaw.put(moved, opened), np.minimum(shut, opened))


def _lowered(
    opened: Floats, shut: Floats, wanted: Floats, effect: float, strength: float
) -> Floats:
    """Return jaws (T,) lowered as far as mouths are too wide though all that closes them is used.

    Down to the weight of mouthClose the jaw counts alone; below, the two go together.
    """
    rest = np.maximum(effect * opened - strength * shut - wanted, 0.0)
    alone = np.minimum(rest / effect, np.maximum(opened - shut, 0.0))
    net = effect - strength
    if net <= _SHARE_THAT_PARTS * effect:
        return opened - alone
    together = np.minimum((rest - effect * alone) / net, opened - alone)
    return opened - alone - together


def shortfalls(keys: Keys, weights: Floats, opening: Array, name: str) -> list[str]:
    """Return sentences on what a mesh's lips cannot do of what ours do.

    Args:
        keys: of the mesh.
        weights: (T, K) that were found.
        opening: (T,) of our lips in mm.
        name: what the artist calls the mesh.
    """
    if keys.mouth is None:
        return [
            f"The lips of '{name}' were not found, since no key parts them: look at its closures."
        ]
    here, wanted = keys.parted(weights), wanted_opening(keys, opening)
    told = []
    runs = closures(opening)
    lost = sum(here[first : last + 1].min() >= CLOSED_MM for first, last in runs)
    if lost:
        told.append(f"In {lost} of {len(runs)} closures the lips of '{name}' do not meet.")
    widest = int(wanted.argmax())
    if wanted[widest] - here[widest] > CLOSED_MM:
        told.append(
            f"In a face of our size the mouth of '{name}' would open {here.max():.0f} mm at most, "
            f"where speech asks for {wanted[widest]:.0f} mm."
        )
    return told
