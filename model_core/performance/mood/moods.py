"""The moods there are: what each adds to the face's shapes, and how it changes life.

The poses follow the facial actions that are usual for each emotion (Ekman, Friesen and Hager
2002), at weights that leave room for speech. Amount 1 is marked, not extreme. Which mood a voice is
in is not guessed: whether that is right more often than chance has not been measured.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Mood:
    """A mood at amount 1.

    Attributes:
        pose: weights by shape, without the side: both sides get them.
        blinking: factor on the rate of blinks.
        closing: factor on how long a blink takes.
        looking_away: factor on the share of time the eyes are elsewhere.
        brows: factor on how lively brows are.
        head: factor on how far the head moves.
        posture: yaw, pitch and roll of the head in degrees, as `Motion.head` counts them.
    """

    pose: Mapping[str, float] = field(default_factory=dict)
    blinking: float = 1.0
    closing: float = 1.0
    looking_away: float = 1.0
    brows: float = 1.0
    head: float = 1.0
    posture: tuple[float, float, float] = (0.0, 0.0, 0.0)


MOST = 1.5
"""Greatest amount of a mood."""

MOODS: Mapping[str, Mood] = {
    "happy": Mood(
        {
            "mouthSmile": 0.45,
            "cheekSquint": 0.35,
            "mouthDimple": 0.10,
            "eyeSquint": 0.12,
            "browInnerUp": 0.06,
            "browOuterUp": 0.10,
        },
        looking_away=0.8,
        brows=1.3,
        head=1.25,
        posture=(0.0, -1.5, 0.0),
    ),
    "sad": Mood(
        {
            "browInnerUp": 0.55,
            "browDown": 0.10,
            "mouthFrown": 0.40,
            "mouthShrugLower": 0.15,
            "eyeSquint": 0.10,
            "eyeBlink": 0.12,
        },
        closing=1.25,
        looking_away=1.25,
        brows=0.5,
        head=0.6,
        posture=(0.0, 5.0, 1.0),
    ),
    "angry": Mood(
        {
            "browDown": 0.75,
            "eyeSquint": 0.30,
            "eyeWide": 0.12,
            "noseSneer": 0.18,
            "mouthFrown": 0.15,
            "mouthPress": 0.20,
            "jawForward": 0.15,
        },
        blinking=0.75,
        looking_away=0.5,
        brows=0.8,
        head=1.3,
        posture=(0.0, 3.0, 0.0),
    ),
    "afraid": Mood(
        {
            "browInnerUp": 0.60,
            "browOuterUp": 0.35,
            "browDown": 0.20,
            "eyeWide": 0.50,
            "mouthStretch": 0.35,
        },
        blinking=1.3,
        closing=0.85,
        looking_away=1.2,
        head=0.8,
        posture=(0.0, -2.0, 0.0),
    ),
    "surprised": Mood(
        {
            "browInnerUp": 0.60,
            "browOuterUp": 0.65,
            "eyeWide": 0.45,
            "jawOpen": 0.06,
            "mouthFunnel": 0.06,
        },
        blinking=0.8,
        looking_away=0.7,
        posture=(0.0, -2.5, 0.0),
    ),
    "disgusted": Mood(
        {
            "noseSneer": 0.38,
            "browDown": 0.35,
            "mouthUpperUp": 0.12,
            "cheekSquint": 0.25,
            "eyeSquint": 0.25,
            "mouthFrown": 0.20,
        },
        looking_away=1.2,
        head=0.9,
        posture=(4.0, -2.0, 0.0),
    ),
    "tender": Mood(
        {
            "browInnerUp": 0.25,
            "mouthSmile": 0.22,
            "cheekSquint": 0.10,
            "eyeSquint": 0.10,
            "eyeBlink": 0.05,
        },
        closing=1.2,
        looking_away=0.7,
        head=0.8,
        posture=(0.0, 1.5, 4.0),
    ),
    "tired": Mood(
        {"eyeBlink": 0.30, "browInnerUp": 0.08, "mouthFrown": 0.12, "eyeSquint": 0.06},
        blinking=1.25,
        closing=1.6,
        looking_away=1.1,
        brows=0.4,
        head=0.5,
        posture=(0.0, 5.0, 2.0),
    ),
}
