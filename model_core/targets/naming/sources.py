"""What a line of a map can take its value from: channels of ours, and poses of known sets."""

from ...rig.dialects import CHANNELS
from .pose_sets import POSES
from .postures import POSTURES

_OPEN_JAW = 0.05


def problem_of(source: str) -> str | None:
    """Return in a part of a sentence why a name is no source, or None if it is one."""
    if source in CHANNELS or source in POSES:
        return None
    return f"'{source}' is neither a channel, as jawOpen, nor a pose of a set, as oculus/PP"


def can_open(source: str) -> bool:
    """Return whether a source parts the lips."""
    if source in POSES:
        return POSTURES[POSES[source].posture].get("jawOpen", 0.0) > _OPEN_JAW
    return source == "jawOpen"
