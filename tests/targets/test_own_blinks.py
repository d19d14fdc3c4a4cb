"""Blinks on heads with keys of their own close that head's lids, as far as its sliders go."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model_core.motion.motion import Motion
from model_core.rig.lids import BLINKS, lid_gaps
from model_core.rig.mesh import unique_edges
from model_core.rig.rig import load_face_rig
from model_core.targets.registry import OWN_KEYS, find_target
from tests.named_heads import arkit_keys, flame_head, ict_head


def blinking() -> Motion:
    """Return a jaw that moves a little and both eyes that close once."""
    names = ("jawOpen", *BLINKS)
    share = np.array([0.0, 0.5, 1.0, 0.4, 0.0], np.float32)
    weights = np.stack([0.1 * share, share, share], axis=1)
    return Motion(30.0, names, load_face_rig().select(names), weights)


@pytest.mark.shared
def test_the_lids_of_an_arkit_head_meet_where_its_slider_lets_them(shared_dir: Path) -> None:
    head = ict_head(shared_dir)
    keys, edges = arkit_keys(head, "Apple"), unique_edges(head.triangles)
    given = head.with_keys(keys)
    wide = replace(given, ranges=dict.fromkeys(keys, (0.0, 1.5)))
    gaps = {}
    for kind, geometry in {"as it is": given, "wide": wide}.items():
        target = find_target(geometry, "Head", OWN_KEYS)
        placed = target.place(blinking())
        column = placed.names.index("eyeBlinkLeft")
        weight = placed.weights[2, column]
        blink = keys["eyeBlinkLeft"].astype(float)
        gaps[kind] = lid_gaps(head.points, edges, blink * weight).closed.max() / head.millimetre
        said = [note for note in target.shortfalls(blinking()) if "The lids meet at" in note]
        assert bool(said) == (kind == "as it is")
        assert placed.weights[1, column] == pytest.approx(weight / 2, abs=0.06)
    assert gaps["wide"] <= 0.5 < gaps["as it is"]


def test_a_blink_that_goes_too_far_is_held_back() -> None:
    head = flame_head()
    keys = {**arkit_keys(head, "Apple")}
    for name in BLINKS:
        keys[name] = keys[name] * np.float32(1.4)
    placed = find_target(head.with_keys(keys), "Head", OWN_KEYS).place(blinking())
    for name in BLINKS:
        assert 0.6 < placed.weights[2, placed.names.index(name)] < 0.8
