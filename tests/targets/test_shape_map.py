"""Maps the artist edits: files, and what is wrong with them in a sentence."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model_core.base.errors import UserError
from model_core.motion.motion import Motion
from model_core.targets.registry import OWN_KEYS, find_target
from model_core.targets.shape_map import Link, ShapeMap, read_map, write_map
from tests.named_heads import arkit_keys, flame_head, pose_keys
from tests.speech_like import speech_like

HEAD = flame_head()
KEYS = arkit_keys(HEAD, "Apple")
GEOMETRY = HEAD.with_keys(KEYS)


def test_a_map_is_the_same_when_read_back(tmp_path: Path) -> None:
    shape_map = ShapeMap((Link("jawOpen", "あご", 1.5), Link("oculus/PP", "m", 1, 0.1)), "mine")
    write_map(shape_map, tmp_path / "map.json")
    assert read_map(tmp_path / "map.json") == shape_map


LINE = {"source": "jawOpen", "target": "Jaw"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[1]", "is a JSON object"),
        ("{", "is not a map"),
        ('{"jambatalk_map": 2, "links": []}', "version 2"),
        ('{"jambatalk_map": 1, "links": {}}', "list of lines"),
        (json.dumps({"jambatalk_map": 1, "links": [{"source": "a"}]}), "Line 1 .* needs"),
        (json.dumps({"jambatalk_map": 1, "links": [LINE, LINE]}), "in two lines"),
        (json.dumps({"jambatalk_map": 1, "links": [LINE | {"gain": "1"}]}), '"gain" in line 1'),
        (json.dumps({"jambatalk_map": 1, "links": [LINE | {"gain": True}]}), '"gain" in line 1'),
        (json.dumps({"jambatalk_map": 1, "links": [LINE | {"offset": 10**400}]}), '"offset" in'),
        ('{"jambatalk_map": 1, "links": [{"source": "a", "target": "b", "gain": NaN}]}', "number"),
        (json.dumps({"jambatalk_map": 1, "links": [LINE | {"target": ""}]}), "lacks its source"),
        (json.dumps({"jambatalk_map": 1, "links": [LINE | {"weight": 1}]}), "unknown field"),
    ],
)
def test_a_bad_map_says_what_is_wrong(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "map.json").write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=words):
        read_map(tmp_path / "map.json")


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no map at"):
        read_map(tmp_path / "map.json")


def test_keys_and_sources_that_are_not_there_are_named() -> None:
    gone = ShapeMap((Link("jawOpen", "Jaw"),))
    assert "no shape key 'Jaw'" in str(find_target(GEOMETRY, "H", OWN_KEYS, gone).problem())
    two = ShapeMap((Link("jawOpen", "jawOpen"), Link("jawLeft", "A"), Link("jawRight", "B")))
    assert "no shape key 'A', 'B';" in str(find_target(GEOMETRY, "H", OWN_KEYS, two).problem())
    unknown = ShapeMap((Link("jawOpen", "jawOpen"), Link("jawopen", "mouthClose")))
    assert "'jawopen' is neither" in str(find_target(GEOMETRY, "H", OWN_KEYS, unknown).problem())
    poses = ShapeMap((Link("oculus/aa", "jawOpen"), Link("oculus/PP", "mouthClose", -1)))
    assert "below 0" in str(find_target(GEOMETRY, "H", OWN_KEYS, poses).problem())
    still = ShapeMap((Link("mouthSmileLeft", "mouthSmileLeft"),))
    assert "open the mouth" in str(find_target(GEOMETRY, "H", OWN_KEYS, still).problem())


def test_gains_and_offsets_act() -> None:
    motion = speech_like(60)
    smiles = [
        Link("jawOpen", "jawOpen"),
        Link("mouthSmileLeft", "mouthSmileLeft", 0.5),
        Link("mouthSmileRight", "mouthSmileRight", 1.0, 0.2),
    ]
    target = find_target(GEOMETRY, "H", OWN_KEYS, ShapeMap(tuple(smiles)))
    placed = target.place(motion)
    left, right = (
        motion.weights[:, motion.names.index(f"mouthSmile{s}")] for s in ("Left", "Right")
    )
    np.testing.assert_allclose(placed.weights[:, 1], 0.5 * left, atol=2e-3)
    np.testing.assert_allclose(placed.weights[:, 2], np.clip(right + 0.2, 0, 1), atol=2e-3)


def test_a_larger_gain_of_the_jaw_opens_wider_and_still_closes() -> None:
    motion = speech_like(60)
    links = tuple(Link(name, name) for name in motion.names if name != "jawOpen")
    opening = {}
    for gain in (1.0, 1.3):
        shape_map = ShapeMap((*links, Link("jawOpen", "jawOpen", gain)))
        placed = find_target(GEOMETRY, "H", OWN_KEYS, shape_map).place(motion)
        opening[gain] = HEAD.opening(KEYS, placed.names, placed.weights)
    assert opening[1.3].max() == pytest.approx(1.3 * opening[1.0].max(), rel=0.05)
    assert (opening[1.3] < 0.8).sum() >= (opening[1.0] < 0.8).sum() - 1


@pytest.mark.parametrize("gain", [0.0, 0.6, 1.2])
def test_the_gain_of_a_pose_is_seen_and_closures_stay(gain: float) -> None:
    keys = pose_keys(HEAD, "VRM 1.0")
    mesh, motion = HEAD.with_keys(keys), speech_like(90)
    plain = find_target(mesh, "H", OWN_KEYS)
    links = (replace(link, gain=gain) for link in plain.shape_map.links)
    louder = find_target(mesh, "H", OWN_KEYS, ShapeMap(tuple(links)))
    before, after = plain.place(motion), louder.place(motion)
    opening = [HEAD.opening(keys, placed.names, placed.weights) for placed in (before, after)]
    assert opening[1].max() == pytest.approx(gain * opening[0].max(), rel=0.05, abs=0.01)
    assert ((opening[0] < 0.8) <= (opening[1] < 0.8 * max(gain, 1.0))).all()


@pytest.mark.parametrize("low", [0.0, -1.0])
def test_a_key_that_goes_two_ways_needs_a_slider_that_does(low: float) -> None:
    keys = dict(KEYS) | {"Jaw_Side": KEYS["jawLeft"]}
    sides = [Link("jawLeft", "Jaw_Side"), Link("jawRight", "Jaw_Side", -1)]
    shape_map = ShapeMap((Link("jawOpen", "jawOpen"), *sides))
    mesh = replace(HEAD.with_keys(keys), ranges={"Jaw_Side": (low, 1.0)})
    target = find_target(mesh, "Ann", OWN_KEYS, shape_map)
    right = np.array([[0.0, 0.4], [0.2, 0.0]], np.float32)
    basis = np.stack([KEYS["jawOpen"], KEYS["jawRight"]])
    motion = Motion(30.0, ("jawOpen", "jawRight"), basis, right)
    placed = target.place(motion)
    side = placed.weights[:, placed.names.index("Jaw_Side")]
    np.testing.assert_allclose(side, [max(low, -0.4), 0.0], atol=1e-6)
    told = [note for note in target.shortfalls(motion) if "jawRight" in note]
    assert bool(told) == (low == 0)


def test_placing_alone_reads_offsets() -> None:
    class Unread(dict[str, np.ndarray]):
        def __getitem__(self, name: str) -> np.ndarray:
            raise AssertionError(name)

    target = find_target(HEAD.with_keys({}), "H")
    assert not target.drives_own_keys
    mesh = replace(GEOMETRY, keys=Unread(KEYS))
    target = find_target(mesh, "H")
    assert target.problem() is None
    assert target.notes() == ()
    assert len(target.channels()) > 50
    with pytest.raises(AssertionError):
        target.place(speech_like(5))
