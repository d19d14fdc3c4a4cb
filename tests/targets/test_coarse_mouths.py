"""Lips of few vertices are found, and are as far apart and as wide as those of many."""

import numpy as np
import pytest

from model_core.rig.shapes import INNER_LIP_PAIRS
from model_core.targets.keys import flame_mouth
from model_core.targets.mouth import find_mouth
from tests.named_heads import flame_head
from tests.transfer.heads import coarser

HEAD = flame_head()
SKIN = HEAD.triangles[(HEAD.triangles < 3931).all(axis=1)].astype(np.int64)
LIPS = {vertex for pair in INNER_LIP_PAIRS for vertex in pair}


@pytest.mark.parametrize("wanted", [2000, 1000, 600])
def test_a_mouth_of_few_vertices_is_as_wide_as_one_of_many(wanted: int) -> None:
    points, faces, which = coarser(HEAD.points, SKIN, wanted, LIPS)
    assert len(points) <= wanted
    jaw, close = (HEAD.shapes[name][which] for name in ("jawOpen", "mouthClose"))
    found = find_mouth(points, faces.ravel(), np.full(len(faces), 3), jaw)
    assert found is not None
    assert found.width == pytest.approx(flame_mouth().width, rel=0.2)
    upper, lower = (np.searchsorted(which, lip) for lip in np.array(INNER_LIP_PAIRS).T)
    for shape in (jaw, close):
        known = (shape[upper, 1] - shape[lower, 1]).mean()
        assert found.opening(shape) == pytest.approx(known, rel=0.08)
    assert abs(found.gap) < 0.001
