"""All scores of one model on one split of a dataset."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..base.errors import UserError
from ..base.statistics import finite_mean
from ..base.units import MM_PER_M
from ..datasets.dataset import FaceDataset
from ..datasets.index_lists import Indices, read_indices
from ..rig.rig import load_face_rig
from ..rig.shapes import FLAME_VERTICES
from .candidates import Candidate
from .metrics.lip_agreement import LipAgreement, LipAgreementAccumulator
from .metrics.vertex import VertexAccumulator, VertexScores, diversity

LIP_MASKS = ("lips",)
UPPER_MASKS = ("forehead", "eye_region")


@dataclass(frozen=True)
class Regions:
    """Vertices that LVE and FDD count, and where the lists are from."""

    lips: Indices
    upper: Indices
    source: str


@dataclass(frozen=True)
class Row:
    """A line of the tables; lips are None off FLAME's topology."""

    name: str
    arrangement: str | None
    seconds_per_epoch: float | None
    vertices: VertexScores
    lips: LipAgreement | None
    between_styles_mm: float
    between_takes_mm: float = float("nan")  # of one style, where they were asked for
    remark: str | None = None  # what else should be known of it


def choose_regions(dataset: FaceDataset, lips: str | None, upper: str | None) -> Regions:
    """Return the given index lists, or the face rig's own regions on FLAME's topology.

    Raises:
        UserError: a list does not fit, or none is known for the dataset's mesh.
    """
    if dataset.vertices != FLAME_VERTICES and not (lips and upper):
        raise UserError(
            f"{dataset.name}'s mesh has no regions here; give --lips and --upper "
            "(lve.txt and fdd.txt, as published with CodeTalker and FaceDiffuser)."
        )
    own = load_face_rig().regions
    count = dataset.vertices
    return Regions(
        lips=read_indices(lips, count, LIP_MASKS) if lips else own["outer_lips"].astype(np.int64),
        upper=read_indices(upper, count, UPPER_MASKS)
        if upper
        else own["upper_face"].astype(np.int64),
        source=f"lips: {lips or 'own region'}; upper face: {upper or 'own region'}",
    )


def score(
    candidate: Candidate,
    dataset: FaceDataset,
    split: str,
    regions: Regions,
    takes: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Row:
    """Score a candidate on every sentence of a split.

    A subject that was trained on speaks in its own style; any other in every style, and each of
    those counts as a sequence. Of `takes` in the first style there must be 2 to compare any.
    """
    pool = VertexAccumulator(regions.lips, regions.upper, dataset.metres_per_unit)
    readable = dataset.vertices == FLAME_VERTICES and dataset.metres_per_unit == 1.0
    lips = LipAgreementAccumulator(dataset.fps) if readable else None
    styles, drawn = list[float](), list[float]()
    sentences = dataset.sentences(split)
    for done, sentence in enumerate(sentences, 1):
        recorded = dataset.recorded(sentence)
        found = candidate.predict(sentence, recorded)
        styles.append(diversity(list(found.values())))
        drawn.append(diversity(candidate.takes(recorded, takes)))
        own = {sentence.subject: found[sentence.subject]} if sentence.subject in found else found
        for offsets in own.values():
            pool.add(offsets, recorded.offsets)
            if lips is not None:
                lips.add(offsets, recorded.offsets)
        progress(done, len(sentences))
    return Row(
        candidate.name,
        candidate.arrangement,
        candidate.seconds_per_epoch,
        pool.finish(),
        lips.finish() if lips is not None else None,
        _mean_mm(styles, dataset),
        _mean_mm(drawn, dataset),
        candidate.remark(),
    )


def _mean_mm(values: list[float], dataset: FaceDataset) -> float:
    """Return the mean of distances where there are any; NaN if none, or a unit's length unknown."""
    return MM_PER_M * (dataset.metres_per_unit or float("nan")) * finite_mean(values)
