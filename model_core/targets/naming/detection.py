"""Which sets of shapes a mesh has by the names of its keys: what is there, lacks or is in doubt."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from ...rig.arkit import ARKIT
from ...rig.dialects import TEXTS, WAYS, Part, Way, of_arkit
from ...rig.shapes import SPEECH_SHAPES
from ...rig.spelling import is_copy, joined, spans
from ..shape_map import Link, ShapeMap
from .pose_sets import SETS, PoseSet

_ENOUGH = 0.6  # of the speech channels, for ARKit shapes to be preferred to visemes
_FULL = 0.8
_OPENS = "jawOpen"
_MOUTH = ("mouth", "jaw", "tongue")
_SHOWN = 12


@dataclass(frozen=True)
class Found:
    """One set as a mesh has it.

    Attributes:
        title: what the artist is told.
        keys: names of keys by what they do: channels, or poses of the set.
        missing: what the set has and the mesh has not.
        size: how many shapes make the whole set.
    """

    title: str
    keys: Mapping[str, tuple[str, ...]]
    missing: tuple[str, ...]
    size: int

    @property
    def count(self) -> int:
        """How many of the set are there."""
        return self.size - len(self.missing)


@dataclass(frozen=True)
class Detection:
    """What the names of a mesh's keys tell.

    Attributes:
        shape_map: which key does what.
        mouth: the set that moves the mouth, or None if no key does.
        face: the set that moves the rest of the face, or None.
        others: sets that are there and not used.
        doubts: a sentence on each name that is not clear.
        unused: keys that nothing drives.
    """

    shape_map: ShapeMap
    mouth: Found | None
    face: Found | None
    others: tuple[Found, ...]
    doubts: tuple[str, ...]
    unused: tuple[str, ...]

    @property
    def title(self) -> str:
        """What the mesh has, in a few words."""
        found = [each for each in (self.mouth, self.face) if each is not None]
        return " and ".join(dict.fromkeys(each.title for each in found)) or "no known shapes"

    @cached_property
    def shared(self) -> dict[str, list[str]]:
        """What each key does that does several things."""
        serves: dict[str, list[str]] = defaultdict(list)
        for link in self.shape_map.links:
            serves[link.target].append(link.source)
        return {key: sources for key, sources in serves.items() if len(sources) > 1}

    @cached_property
    def is_full(self) -> bool:
        """Whether the keys can do all that speech asks of a mouth."""
        if self.mouth is None:
            return False
        if _OPENS not in self.mouth.keys:
            return not self.mouth.missing
        share = sum(name in self.mouth.keys for name in SPEECH_SHAPES) / len(SPEECH_SHAPES)
        return "mouthClose" in self.mouth.keys and share >= _FULL

    def lines(self) -> list[str]:
        """Return the report, a sentence a line."""
        told = []
        for role, found in (("mouth", self.mouth), ("rest of the face", self.face)):
            if found is not None:
                told.append(f"The {role}: {found.title}, {found.count} of {found.size}.")
                told += [f"Missing: {_listed(found.missing)}."] if found.missing else []
        if self.mouth is None:
            told.append("No set of shapes for a mouth was recognised.")
        told += [f"There too, and not used: {found.title}." for found in self.others]
        told += [f"'{key}' serves {' and '.join(sources)}." for key, sources in self.shared.items()]
        told += self.doubts
        return told + ([f"Not driven: {_listed(self.unused)}."] if self.unused else [])


def detect(names: Iterable[str]) -> Detection:
    """Return what the names of a mesh's shape keys tell, in whatever order they are."""
    return _detect(tuple(dict.fromkeys(names)))


@lru_cache(maxsize=32)  # panels ask at every redraw
def _detect(names: tuple[str, ...]) -> Detection:
    doubts: list[str] = []
    arkit, ways = _arkit(names, doubts)
    sets = sorted(_pose_sets(names), key=lambda found: -len(found[1].keys))
    share = sum(name in arkit.keys for name in SPEECH_SHAPES) / len(SPEECH_SHAPES)
    by_channel = _OPENS in arkit.keys and (share >= _ENOUGH or not sets)
    links = _channel_links(ways, mouth=by_channel)
    mouth = arkit if by_channel else None
    if not by_channel and sets:
        pose_set, mouth, unclear = sets.pop(0)
        doubts += unclear
        links += [Link(f"{pose_set.slug}/{pose}", key) for pose, (key,) in mouth.keys.items()]
    rest = {name: keys for name, keys in arkit.keys.items() if not name.startswith(_MOUTH)}
    face = None if by_channel or not rest else _face(rest)
    used = {link.target for link in links}
    others = [found for _, found, _ in sets if set(sum(found.keys.values(), ())) - used]
    shape_map = ShapeMap(tuple(links), mouth.title if mouth else "")
    unused = tuple(name for name in names if name not in used)
    return Detection(shape_map, mouth, face, tuple(others), tuple(doubts), unused)


def _arkit(names: Sequence[str], doubts: list[str]) -> tuple[Found, dict[str, Way]]:
    """Return the channels that keys do, and the keys of each with what it counts for in them."""
    matched = _matches(names, TEXTS)
    chosen: dict[str, Way] = {}
    dialects: Counter[str] = Counter()
    for channel, ways in WAYS.items():
        best = max(ways, key=lambda way: sum(part.text in matched for part in way[1]) / len(way[1]))
        present = tuple(part for part in best[1] if part.text in matched)
        if present:
            dialects[best[0]] += 1
            chosen[channel] = tuple(_pick(part, matched[part.text], doubts) for part in present)
    doubts[:] = dict.fromkeys(doubts)
    keys = {channel: tuple(part.text for part in way) for channel, way in chosen.items()}
    missing = tuple(name for name in ARKIT if name not in of_arkit(chosen))
    known = [name for name, _ in dialects.most_common() if name not in ("", "joined", "others")]
    title = f"ARKit shapes ({known[0]} names)" if known else "ARKit shapes"
    return Found(title, keys, missing, len(ARKIT)), chosen


def _pick(part: Part, names: Sequence[str], doubts: list[str]) -> Part:
    """Return a part with the name of its key; where several have it, note which is taken."""
    name, *more = sorted(names, key=is_copy)
    if more:
        doubts.append(f"'{name}' is driven, and not {_quoted(more)}, which is named alike.")
    return Part(name, part.gain)


def _channel_links(ways: Mapping[str, Way], *, mouth: bool) -> list[Link]:
    """Return a line for each key of each channel, those of the mouth only if asked for."""
    return [
        Link(channel, part.text, part.gain)
        for channel, way in ways.items()
        for part in way
        if mouth or not channel.startswith(_MOUTH)
    ]


def _face(keys: Mapping[str, tuple[str, ...]]) -> Found:
    """Return the shapes of a face apart from its mouth."""
    every = [name for name in ARKIT if not name.startswith(_MOUTH)]
    missing = tuple(name for name in every if name not in of_arkit(keys))
    return Found("ARKit shapes", keys, missing, len(every))


def _pose_sets(names: Sequence[str]) -> Iterable[tuple[PoseSet, Found, list[str]]]:
    """Yield the sets of poses that a mesh has, with a sentence on each name that is not clear."""
    for pose_set in SETS:
        matched = _matches(names, pose_set.by_text)
        by_pose: dict[str, list[str]] = defaultdict(list)
        for text, having in matched.items():
            by_pose[pose_set.by_text[text].name] += having
        if not pose_set.needed <= set(by_pose):
            continue
        doubts: list[str] = []
        keys = {pose: (_pick(Part(pose), by_pose[pose], doubts).text,) for pose in by_pose}
        missing = tuple(pose.name for pose in pose_set.poses if pose.name not in keys)
        yield pose_set, Found(pose_set.title, keys, missing, len(pose_set.poses)), doubts


def _matches(names: Sequence[str], texts: Collection[str]) -> dict[str, list[str]]:
    """Return which names hold each of some texts, all in the same trimmings or in known ones.

    What most names of a set have before or behind them is a prefix or suffix of the rig's;
    a name with other words around is another shape, such as a corrective of two.
    """
    held = []
    for name in names:
        span = next((span for span in spans(name) if span.text in texts), None)
        if span is not None:
            held.append((name, span))
    counts = Counter(trimmings for trimmings, _ in {(s.trimmings, s.text) for _, s in held})
    usual = {("", ""), *(trimmings for trimmings, _ in counts.most_common(1))}
    found: dict[str, list[str]] = defaultdict(list)
    for name, span in held:
        if span.trimmings in usual:
            found[span.text].append(name)
    return {text: sorted(having, key=lambda n: joined(n) != text) for text, having in found.items()}


def _quoted(names: Iterable[str]) -> str:
    return " and ".join(f"'{name}'" for name in names)


def _listed(names: Sequence[str]) -> str:
    """Return names for a sentence, not more than can be read."""
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
