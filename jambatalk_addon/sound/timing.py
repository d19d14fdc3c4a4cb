"""The arithmetic between scene frames and seconds of a sound file; no Blender needed."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class StripTiming:
    """How a sound strip lies on the timeline.

    Attributes:
        fps: scene frames per second.
        content_start: frame of the untrimmed content's start; Blender rounds it for sound.
        left: first frame that is heard.
        right: first frame that is not heard any more.
        trim: frames of content cut off for good at its start.
        delay: seconds by which the sound is moved later inside the strip (``sound_offset``).
        speed: how many times faster than natural the sound plays.
    """

    fps: float
    content_start: float
    left: int
    right: int
    trim: int = 0
    delay: float = 0.0
    speed: float = 1.0

    def seconds_at(self, frame: float) -> float:
        """Return the second of the sound file heard at a scene frame; negative before it starts."""
        played = (frame - round(self.content_start)) / self.fps - self.delay
        return played * self.speed + self.trim / self.fps

    @property
    def first(self) -> int:
        """The first whole frame at which the sound itself is heard, after any delay."""
        early = -self.seconds_at(self.left) / self.speed * self.fps  # frames of silence, if above 0
        return self.left + max(0, math.ceil(early - 1e-6))

    @property
    def frames(self) -> int:
        """How many whole frames are heard; zero or less if none."""
        return self.right - self.first

    @property
    def motion_fps(self) -> float:
        """Motion frames per second of *sound* that fall on whole scene frames."""
        return self.fps / self.speed
