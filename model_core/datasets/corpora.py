"""What is published about the two corpora of the paper: subjects, splits, rates and sizes."""

from dataclasses import dataclass
from typing import NamedTuple


class Split(NamedTuple):
    """Who says which sentences; sentences are numbered from 1."""

    subjects: tuple[str, ...]
    sentences: range


@dataclass(frozen=True)
class Corpus:
    """A corpus of scanned speech.

    Attributes:
        name: how people call it.
        fps: frame rate of training and evaluation.
        stride: every `stride`-th recorded frame is used, so it was recorded at fps * stride.
        vertices: the vertex counts it is distributed with.
        metres_per_unit: length of a coordinate unit; None where coordinates were normalised.
        prefixes: what stands between subject and sentence number in file names; the first that
            has files is used.
        splits: the published splits by name.
    """

    name: str
    fps: float
    stride: int
    vertices: tuple[int, ...]
    metres_per_unit: float | None
    prefixes: tuple[str, ...]
    splits: dict[str, Split]

    @property
    def styles(self) -> tuple[str, ...]:
        """The training subjects: each has a style embedding, in this order."""
        return self.splits["train"].subjects


def _talkers(names: str) -> tuple[str, ...]:
    return tuple(f"FaceTalk_{name}_TA" for name in names.split())


# Cudeiro et al. 2019 (VOCA, arXiv 1905.03079): the split that later work keeps.
VOCASET = Corpus(
    name="VOCASET",
    fps=30.0,
    stride=2,
    vertices=(5023,),
    metres_per_unit=1.0,
    prefixes=("sentence",),
    splits={
        "train": Split(
            _talkers(
                "170728_03272 170904_00128 170725_00137 170915_00223 "
                "170811_03274 170913_03279 170904_03276 170912_03278"
            ),
            range(1, 41),
        ),
        "val": Split(_talkers("170811_03275 170908_03277"), range(21, 41)),
        "test": Split(_talkers("170809_00138 170731_00024"), range(21, 41)),
    },
)

_BIWI_SEEN = ("F2", "F3", "F4", "M3", "M4", "M5")
_BIWI_UNSEEN = ("F1", "F5", "F6", "F7", "F8", "M1", "M2", "M6")

# Fanelli et al. 2010; split of FaceFormer (arXiv 2112.05329): the emotional recordings, e01 to e40.
# Coordinates are normalised to a surface area of 1 (see `biwi`). 3895: the authors' decimation.
BIWI = Corpus(
    name="BIWI",
    fps=25.0,
    stride=1,
    vertices=(23370, 3895),
    metres_per_unit=None,
    prefixes=("e", ""),
    splits={
        "train": Split(_BIWI_SEEN, range(1, 33)),
        "val": Split(_BIWI_SEEN, range(33, 37)),
        "test": Split(_BIWI_SEEN, range(37, 41)),  # BIWI-Test-A
        "test-b": Split(_BIWI_UNSEEN, range(37, 41)),
    },
)
