"""Lips and lids that close: along their whole length, on FLAME's mean and on the demo head."""

import numpy as np
import pytest
from numpy.typing import NDArray

from model_core.demo.head import load_demo_head
from model_core.demo.render import Framing, render
from model_core.rig.mesh import vertex_neighbours_mean
from model_core.rig.rig import load_face_rig
from model_core.rig.shapes import INNER_LIP_PAIRS

from .face_poses import offsets_of

RIG = load_face_rig()
MM = 1000.0


def pairs_along_the_lip(within: float = 0.002) -> NDArray[np.int64]:
    """Return (P, 2): every upper with every lower inner-lip vertex nearly straight below it."""
    upper, lower = RIG.regions["inner_lips_upper"], RIG.regions["inner_lips_lower"]
    apart = np.abs(RIG.neutral[upper, None, 0] - RIG.neutral[None, lower, 0])
    above, below = np.nonzero(apart < within)
    return np.stack([upper[above], lower[below]], axis=1)


def gap_changes(offsets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (P) millimetres by which each gap along the lip grows."""
    upper, lower = pairs_along_the_lip().T
    return (offsets[upper, 1] - offsets[lower, 1]) * MM


def test_the_pairs_span_the_lip() -> None:
    upper = pairs_along_the_lip()[:, 0]
    assert len(upper) > 100
    assert np.ptp(RIG.neutral[upper, 0]) > 0.035


def test_jaw_open_parts_the_lips_along_their_length() -> None:
    change = gap_changes(offsets_of({"jawOpen": 0.5}))
    assert change.min() > 0.5
    assert change.max() > 14.0


def test_mouth_close_beside_jaw_open_brings_back_the_neutral_gap_all_along_the_lip() -> None:
    change = gap_changes(offsets_of({"jawOpen": 0.5, "mouthClose": 0.5}))
    assert np.abs(change).max() <= 0.5
    scored = [u for pair in INNER_LIP_PAIRS for u in pair]
    offsets = offsets_of({"jawOpen": 0.5, "mouthClose": 0.5})[scored, 1] * MM
    assert np.abs(offsets[::2] - offsets[1::2]).max() <= 0.05


@pytest.mark.parametrize("weight", [0.1, 0.3, 0.7, 1.0])
def test_the_lips_are_sealed_at_every_equal_weight(weight: float) -> None:
    change = gap_changes(offsets_of({"jawOpen": weight, "mouthClose": weight}))
    assert np.abs(change).max() <= max(weight, 0.02)
    assert np.median(np.abs(change)) <= 0.05


def test_the_sealed_seam_is_smooth() -> None:
    offsets = offsets_of({"jawOpen": 0.5, "mouthClose": 0.5})
    rough = offsets - vertex_neighbours_mean(offsets, RIG.faces)
    assert np.linalg.norm(rough[RIG.regions["inner_lips"]], axis=1).max() * MM < 0.2


def test_a_pucker_keeps_closed_lips_closed() -> None:
    offsets = offsets_of({"mouthPucker": 1.0})
    scored = offsets[np.array(INNER_LIP_PAIRS), 1] * MM
    assert np.abs(scored[:, 0] - scored[:, 1]).max() < 0.3
    assert np.abs(gap_changes(offsets)).max() < 2.0


@pytest.mark.parametrize("view", ["front", "three_quarter"])
@pytest.mark.parametrize("head", ["flame", "demo"])
def test_a_blink_hides_the_eyeballs(head: str, view: str) -> None:
    neutral = RIG.neutral if head == "flame" else load_demo_head().vertices
    blink = offsets_of({"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0})
    open_eyes, closed_eyes = eyeball_pixels(neutral, view), eyeball_pixels(neutral + blink, view)
    assert open_eyes > 1000
    assert closed_eyes <= 0.005 * open_eyes


def eyeball_pixels(vertices: NDArray[np.float64], view: str) -> int:
    """Count pixels of a close picture of the eyes in which an eyeball is seen."""
    colours = np.zeros((len(vertices), 3))
    colours[RIG.regions["eyeballs"]] = (0.0, 1.0, 0.0)
    framing = Framing(centre=(0.0, 0.022, 0.04), half_height=0.05)
    image = render(vertices, RIG.faces, colours, view, 256, framing).astype(int)
    return int(((image[..., 1] > 60) & (image[..., 0] < 40)).sum())
