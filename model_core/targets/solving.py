"""From our channels to the keys of a mesh, with lips that meet and part as ours do.

Keys that do a channel of ours take its weight. Keys that are poses of a set are mixed by least
squares, so that together they do what the channels do: in our own shapes by what each pose is made
of, and on the mesh by how far it parts, widens and pushes out the lips there. Then what is left
between the mesh's lips and ours is settled in every frame: with jaw and mouthClose where there are
such keys, and with what else parts the lips where they must meet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from ..base.arrays import Array, Floats, Ints
from ..base.units import MM_PER_M
from ..motion.closures import closures
from ..rig.rig import load_face_rig
from ..rig.shapes import CLOSED_MM, SPEECH_SHAPES
from .bounded import bounded_least_squares, shift_to
from .mouth import Mouth, find_mouth
from .naming.pose_sets import POSES
from .naming.postures import POSTURES
from .shape_map import ShapeMap

JAW, CLOSE = "jawOpen", "mouthClose"
_TIGHT = 0.2  # mm that lips of ours may be apart at most in the tightest frame of a closure
_FEATURES = np.array([4.0, 1.0, 1.0])  # weight of opening, width and protrusion against the shapes
_SPARING = 0.05  # of the mean pose's own square: no poses that undo each other
_EAGER = 0.05  # how readily a pose that is not in use moves, against one in full
_SHARE_THAT_PARTS = 0.02  # of what parts the lips most, from which on a key counts as parting
_LEAST_JAW = 0.02  # below which mouthClose is not told as a share of it
_NOTHING = 1e-6


@lru_cache(maxsize=1)
def flame_mouth() -> Mouth:
    """Return the mouth of our own rig, found as on any mesh, in metres."""
    rig = load_face_rig()
    faces = rig.faces.ravel().astype(np.int64)
    found = find_mouth(rig.neutral, faces, np.full(len(rig.faces), 3), rig.select((JAW,))[0])
    assert found is not None
    return found


@dataclass(frozen=True, eq=False)
class Keys:
    """The keys of a mesh that a map drives, and what they do to its lips.

    Attributes:
        shape_map: which key does what.
        basis: (K, V, 3) offsets of the keys, in the order of the map's targets.
        lowest: (K) least value of each.
        highest: (K) greatest value of each.
        mouth: where the lips are, or None if they were not found.
    """

    shape_map: ShapeMap
    basis: Array
    lowest: Floats
    highest: Floats
    mouth: Mouth | None

    @property
    def names(self) -> tuple[str, ...]:
        """The keys, in order."""
        return self.shape_map.targets

    @cached_property
    def units_per_metre(self) -> float:
        """The mesh's units in a metre of a face whose mouth is as wide as ours."""
        return self.mouth.width / flame_mouth().width if self.mouth is not None else 1.0

    @cached_property
    def features(self) -> Floats:
        """(K, 3) by how many mm of a face like ours each parts, widens and pushes out the lips."""
        if self.mouth is None:
            return np.zeros((len(self.basis), 3))
        found = [
            (self.mouth.opening(key), self.mouth.widening(key), self.mouth.protrusion(key))
            for key in self.basis
        ]
        return np.reshape(found, (-1, 3)) * (MM_PER_M / self.units_per_metre)

    @property
    def opening(self) -> Floats:
        """(K) by how many mm each parts the lips."""
        return self.features[:, 0]

    @cached_property
    def effort(self) -> Floats:
        """(K) how much of the mesh each moves: what moving it costs."""
        squares = np.einsum("kvc,kvc->k", self.basis, self.basis, dtype=np.float64)
        return np.maximum(squares, _NOTHING * squares.max(initial=0.0) + np.finfo(float).tiny)

    def group(self, source: str) -> "Group | None":
        """Return the keys that one source drives, as one; None if none, or they part nothing."""
        links = [link for link in self.shape_map.links if link.source == source and link.gain > 0]
        places = np.array([self.names.index(link.target) for link in links], np.int64)
        gains = np.array([link.gain for link in links])
        gains = gains / gains.max(initial=_NOTHING)
        effect = float(gains @ self.opening[places])
        if abs(effect) <= _NOTHING:
            return None
        return Group(places, gains, effect, float((self.highest[places] / gains).min()))


@dataclass(frozen=True, eq=False)
class Group:
    """Keys that do one channel together.

    Attributes:
        places: (G) which they are.
        gains: (G) of each, the largest 1.
        effect: by how many mm they part the lips at weight 1.
        highest: weight.
    """

    places: Ints
    gains: Floats
    effect: float
    highest: float

    def put(self, weights: Floats, value: Floats) -> Floats:
        """Return weights (T, K) with its keys at a value (T,)."""
        moved = weights.copy()
        moved[:, self.places] = value[:, None] * self.gains
        return moved


def opener_of(shape_map: ShapeMap) -> str | None:
    """Return the key that opens the mouth most, as the map says; None if none does."""
    opening = {link.target: opens(link.source) * link.gain for link in shape_map.links}
    best = max(opening, key=lambda key: opening[key], default=None)
    return best if best is not None and opening[best] > 0 else None


def opens(source: str) -> float:
    """Return how far a source opens the jaw, from 0 to 1."""
    if source in POSES:
        return POSTURES[POSES[source].posture].get(JAW, 0.0)
    return float(source == JAW)


def solve(keys: Keys, channels: Mapping[str, Array], opening: Array) -> Floats:
    """Return the (T, K) values of a mesh's keys that do what channels of ours do.

    Args:
        keys: of the mesh.
        channels: (T) weights by the channel's name.
        opening: (T) of our lips in mm.
    """
    weights = _direct(keys, channels) + _posed(keys, channels, opening)
    top = np.maximum(keys.highest, 0.0)
    weights = np.clip(weights, np.minimum(keys.lowest, 0.0), top)
    if keys.mouth is not None:
        weights = _settle(keys, weights, channels, opening)
    offsets = np.zeros(len(keys.names))
    for link in keys.shape_map.links:
        offsets[keys.names.index(link.target)] += link.offset
    return np.clip(weights + offsets, keys.lowest, keys.highest)


def _direct(keys: Keys, channels: Mapping[str, Array]) -> Floats:
    """Return (T, K): each channel's weight on the keys that do it."""
    frames = len(next(iter(channels.values())))
    weights = np.zeros((frames, len(keys.names)))
    for link in keys.shape_map.links:
        if link.source in channels:
            weights[:, keys.names.index(link.target)] += link.gain * channels[link.source]
    return weights


def _posed(keys: Keys, channels: Mapping[str, Array], opening: Array) -> Floats:
    """Return (T, K): the mix of poses that does what no key does directly."""
    weights = np.zeros((len(opening), len(keys.names)))
    links = [link for link in keys.shape_map.links if link.source in POSES and link.gain > 0]
    if not links:
        return weights
    places = np.array([keys.names.index(link.target) for link in links])
    recipe = _recipe(keys, places, [link.source for link in links])
    direct = keys.shape_map.sources
    asked = np.zeros((len(opening), len(SPEECH_SHAPES)))
    for column, name in enumerate(SPEECH_SHAPES):
        if name in channels and name not in direct:
            asked[:, column] = channels[name]
    gram, seen = _speech_gram(), _speech_features()
    features = np.sqrt(_FEATURES) * keys.features[places]
    square = recipe @ gram @ recipe.T + features @ features.T
    square += _SPARING * np.trace(square) / len(square) * np.eye(len(square))
    wanted = asked @ gram @ recipe.T + (asked @ seen * np.sqrt(_FEATURES)) @ features.T
    gains = np.array([link.gain for link in links])
    mixed = bounded_least_squares(square, wanted, keys.highest[places] / np.maximum(gains, 1.0))
    np.add.at(weights.T, places, (mixed * gains).T)
    return weights


def _recipe(keys: Keys, places: Ints, sources: Sequence[str]) -> Floats:
    """Return (N, 21) what each pose is made of, its jaw as open as the mesh's lips really are."""
    recipe = np.array(
        [[POSTURES[POSES[s].posture].get(name, 0.0) for name in SPEECH_SHAPES] for s in sources]
    )
    if keys.mouth is not None:
        jaw, parting = SPEECH_SHAPES.index(JAW), _speech_features()[:, 0]
        more = (keys.opening[places] - recipe @ parting) / parting[jaw]
        recipe[:, jaw] = np.clip(recipe[:, jaw] + more, 0.0, 1.0)
    return recipe


@lru_cache(maxsize=1)
def _speech_gram() -> Floats:
    """Return (21, 21) mean products of our shapes' offsets around the mouth, square mm."""
    rig = load_face_rig()
    shapes = rig.select(SPEECH_SHAPES)[:, rig.regions["mouth"]].astype(np.float64) * MM_PER_M
    flat = shapes.reshape(len(shapes), -1)
    gram: Floats = flat @ flat.T / shapes.shape[1]
    return gram


@lru_cache(maxsize=1)
def _speech_features() -> Floats:
    """Return (21, 3) by how many mm our shapes part, widen and push out our lips."""
    mouth, shapes = flame_mouth(), load_face_rig().select(SPEECH_SHAPES)
    found = [(mouth.opening(s), mouth.widening(s), mouth.protrusion(s)) for s in shapes]
    return np.array(found) * MM_PER_M


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


def _settle(keys: Keys, weights: Floats, channels: Mapping[str, Array], opening: Array) -> Floats:
    """Return weights that part the mesh's lips as far as ours, and close them where ours close."""
    wanted = wanted_opening(keys, opening)
    jaw, close = keys.group(JAW), keys.group(CLOSE)
    if jaw is not None:
        weights = _settle_jaw(keys, weights, channels, wanted, jaw, close)
    wanted = np.maximum(wanted, np.minimum(0.0, weights @ keys.opening))
    parting = keys.opening > _SHARE_THAT_PARTS * keys.opening.max()
    for group in (jaw, close):
        parting[group.places if group is not None else []] = False
    ease = parting * (weights + _EAGER) / keys.effort
    weights = _shift(keys, weights, ease, wanted, weights, opens=False)
    if jaw is None:
        weights = _shift(keys, weights, ease, wanted, keys.highest[None], opens=True)
    return weights


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
    jaw: "Group",
    close: "Group | None",
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
    ours = _speech_features()[SPEECH_SHAPES.index(JAW), 0]
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
    rest = np.maximum(jaw.effect * opened - strength * shut - wanted, 0.0) * (more < 0)
    net = jaw.effect - strength
    lowered = np.minimum(rest / net, opened) if net > _SHARE_THAT_PARTS * jaw.effect else 0.0
    opened = opened - lowered
    return close.put(jaw.put(moved, opened), np.minimum(shut, opened))


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
    here, wanted = weights @ keys.opening, wanted_opening(keys, opening)
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
