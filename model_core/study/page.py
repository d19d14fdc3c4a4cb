"""The page of a study: one file that any browser opens, with everything inside.

Faces are drawn in the page from the motions themselves (decisions/0014), both of a pair in one
picture by one camera, timed by the sound that is playing. Systems go by codes, whose names are in
a key that participants do not get.
"""

import base64
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from ..base.assets import STUDY_PAGE
from ..base.errors import UserError
from ..base.files import atomic_path
from ..motion.motion import Motion
from ..speech.audio import SAMPLE_RATE, Samples
from .shown_head import shown_head
from .systems import FPS, Clip

PAGE, KEY = "study.html", "key.json"
_PARTS = ("style.css", "face.js", "plan.js", "study.js")
_STEPS = 32767  # of a coordinate in 16 bits: less than a thousandth of a millimetre


@dataclass(frozen=True, kw_only=True)
class StudyOptions:
    """How much is asked of each participant.

    Attributes:
        trials: pairs to judge.
        catches: pairs besides, one face of which does not move.
        seed: of the systems' codes.

    Raises:
        UserError: a number cannot be meant.
    """

    trials: int = 20
    catches: int = 4
    seed: int = 0

    def __post_init__(self) -> None:
        if not (self.trials >= 1 and self.catches >= 0):
            raise UserError("A study needs at least one trial, and no fewer than 0 catch trials.")


def write_study(folder: Path, clips: Sequence[Clip], options: StudyOptions) -> tuple[Path, Path]:
    """Write the page and the key to its codes; return both.

    Raises:
        UserError: one cannot be written.
    """
    codes = _codes(clips, options.seed)
    content = _content(clips, codes, options)
    key = {"study": content["study"], "systems": {code: name for name, code in codes.items()}}
    texts = {PAGE: _filled(content), KEY: json.dumps(key, indent=2) + "\n"}
    for name, text in texts.items():
        with atomic_path(folder / name) as path:
            path.write_text(text, encoding="utf-8")
    return folder / PAGE, folder / KEY


def _codes(clips: Sequence[Clip], seed: int) -> dict[str, str]:
    """Return a code for each system, in an order that tells nothing."""
    names = sorted({name for clip in clips for name in clip.motions})
    order = np.random.default_rng(seed).permutation(len(names))
    return {name: f"s{place + 1}" for name, place in zip(names, order, strict=True)}


def _content(
    clips: Sequence[Clip], codes: Mapping[str, str], options: StudyOptions
) -> dict[str, Any]:
    """Return all that the page knows; its digest names the study."""
    bases: dict[str, Any] = {}
    content = {
        "fps": FPS,
        "trials": options.trials,
        "catches": options.catches,
        "head": {name: _bytes(value) for name, value in _head().items()},
        "clips": [_clip(clip, codes, bases) for clip in clips],
        "bases": bases,
    }
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return {"study": digest[:12], **content}


def _head() -> dict[str, NDArray[np.generic]]:
    types = {"rest": "<f4", "corners": "<u2", "colours": "u1", "triangles": "<u2"}
    return {name: value.astype(types[name]) for name, value in asdict(shown_head()).items()}


def _clip(clip: Clip, codes: Mapping[str, str], bases: dict[str, Any]) -> dict[str, Any]:
    by_code = sorted((codes[name], motion) for name, motion in clip.motions.items())
    return {
        "name": clip.name,
        "sound": base64.b64encode(_flac(clip.samples)).decode(),
        "motions": {code: _motion(motion, bases) for code, motion in by_code},
        "pairs": list(combinations([code for code, _ in by_code], 2)),
    }


def _motion(motion: Motion, bases: dict[str, Any]) -> dict[str, Any]:
    """Return a motion's weights, and its basis by name: systems that share one store it once."""
    moving = np.abs(motion.basis).max(axis=(1, 2)) > 0.0
    basis = _basis(motion.basis[moving])
    name = hashlib.sha256(json.dumps(basis).encode()).hexdigest()[:12]
    bases[name] = basis
    head = {} if motion.head is None else {"head": _bytes(motion.head.astype("<f4"))}
    return {"basis": name, "weights": _bytes(motion.weights[:, moving].astype("<f4")), **head}


def _basis(basis: NDArray[np.float32]) -> dict[str, Any]:
    """Return shapes (K, V, 3) as whole steps of each shape's own size."""
    steps = np.abs(basis).max(axis=(1, 2), initial=0.0) / _STEPS  # (K,) metres
    whole = np.round(basis / steps[:, None, None]).astype("<i2")
    return {"steps": [float(step) for step in steps], "offsets": _bytes(whole)}


def _flac(samples: Samples) -> bytes:
    """Return samples as a sound file that every browser decodes."""
    file = io.BytesIO()
    soundfile.write(file, samples.clip(-1.0, 1.0), SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def _bytes(values: NDArray[np.generic]) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()


def _filled(content: Mapping[str, Any]) -> str:
    """Return the page with its styles, scripts and content in place."""
    text = (STUDY_PAGE / "page.html").read_text(encoding="utf-8")
    parts = {name: (STUDY_PAGE / name).read_text(encoding="utf-8") for name in _PARTS}
    packed = json.dumps(content).replace("<", "\\u003c")  # a name must not end the script
    for name, part in {**parts, "content": packed}.items():
        text = text.replace(f"/*{name}*/", part, 1)
    return text
