"""What speech keyed on a rig: JSON on what is animated (see `home`), so that it can go again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields

import bpy

from .home import home_of
from .ownership import RIG, Record, Take


@dataclass
class BoneRecord:
    """What of a rig's animation is ours.

    Attributes:
        rests: the channels' numbers before the first bake, by their data paths.
        takes: what is remembered of each line, by the id of its take.
        spans: first and last scene frames keyed, by the id of the take.
        prints: digest of the keys as they were written, by the id of the take.
        made_animation: the animation data is ours.
        skin: name of the mesh whose lips were measured last; empty if none was.
    """

    rests: dict[str, list[float]] = field(default_factory=dict)
    takes: dict[str, Take] = field(default_factory=dict)
    spans: dict[str, list[list[int]]] = field(default_factory=dict)
    prints: dict[str, str] = field(default_factory=dict)
    made_animation: bool = False
    skin: str = ""

    @property
    def paths(self) -> tuple[str, ...]:
        """Data paths of the channels."""
        return tuple(self.rests)

    def known_lines(self) -> Record:
        """Return the takes as lines are sought among those of a mesh."""
        return Record(takes=dict(self.takes))


def read(owner: bpy.types.ID) -> BoneRecord | None:
    """Return the record of a rig, or None if no speech is on it."""
    home = home_of(owner)
    stored = home.get(RIG) if home is not None else None
    if not stored:
        return None
    values = _known(BoneRecord, json.loads(stored))
    values["takes"] = {take: Take(**_known(Take, made)) for take, made in values["takes"].items()}
    return BoneRecord(**values)


def write(owner: bpy.types.ID, record: BoneRecord) -> None:
    """Store a record; one without takes is forgotten."""
    home = home_of(owner)
    if home is None:
        return
    if record.spans:
        home[RIG] = json.dumps(asdict(record))
    elif RIG in home:
        del home[RIG]


def _known(kind: type, values: dict) -> dict:
    """Return the values this version knows: a later one may have written more."""
    names = {known.name for known in fields(kind)}
    return {name: value for name, value in values.items() if name in names}
