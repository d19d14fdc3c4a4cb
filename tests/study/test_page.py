"""The study's page: what it draws, what it asks, and what it saves, in a browser."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from model_core.rig.turns import rotation
from model_core.study.answers import STILL, read_answers, read_key
from model_core.study.page import StudyOptions, write_study
from model_core.study.systems import read_clips
from tests.browser import opened_page
from tests.study.conftest import CLIPS, FRAMES, SYSTEMS, motion

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def study(systems: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    write_study(folder, read_clips(systems), StudyOptions(trials=2, catches=1))
    return folder


@pytest.fixture(scope="module")
def opened(browser: "Browser", study: Path) -> Iterator["Page"]:
    for page in opened_page(browser):
        page.set_viewport_size({"width": 360, "height": 640})
        page.goto(f"{(study / 'study.html').as_uri()}?seed=5")
        yield page


def test_it_names_no_system_and_loads_nothing(study: Path) -> None:
    text = (study / "study.html").read_text(encoding="utf-8")
    assert not any(name in text for name in (*SYSTEMS, "http:", "https:"))
    assert sorted(read_key(study / "key.json").systems.values()) == sorted(SYSTEMS)


def test_the_faces_are_the_motions(opened: "Page", study: Path) -> None:
    names = {name: code for code, name in read_key(study / "key.json").systems.items()}
    for system, clip, frame in (("halved", "two", 11), ("delayed", "four", 30)):
        found = _positions(opened, CLIPS.index(clip), names[system], frame)
        rest = _positions(opened, CLIPS.index(clip), None, 0)
        offsets = motion(system, clip).offsets()[frame]
        np.testing.assert_allclose((found - rest)[:5023], offsets, atol=2e-6)
        assert np.array_equal(found[5023:], rest[5023:])
    held = _positions(opened, 0, names["halved"], FRAMES + 50)
    np.testing.assert_array_equal(held, _positions(opened, 0, names["halved"], FRAMES - 1))


def test_a_head_turns_as_its_motion_says(opened: "Page", study: Path) -> None:
    names = {name: code for code, name in read_key(study / "key.json").systems.items()}
    found = _positions(opened, 3, names["faithful"], 20).astype(np.float64)
    still = _positions(opened, 3, None, 0).astype(np.float64)
    still[:5023] += motion("faithful", "four").offsets()[20]
    moved, before = found - found.mean(axis=0), still - still.mean(axis=0)
    left, _, right = np.linalg.svd(before.T @ moved)

    head = motion("faithful", "four").head
    assert head is not None
    np.testing.assert_allclose((left @ right).T, rotation(*head[20].tolist()), atol=1e-4)


def _positions(page: "Page", clip: int, code: str | None, frame: int) -> np.ndarray:
    """Vertices (V, 3) as the page has them."""
    expression = """([clip, code, frame]) => {
        const packed = content.clips[content.clips.findIndex((each) => each.name === clip)];
        const motion = code ? readMotion(packed.motions[code], study.bases) : null;
        return JSON.stringify(Array.from(posed(study.head, motion, frame)));
    }"""
    values = page.evaluate(expression, [CLIPS[clip], code, frame])
    return np.array(json.loads(values), np.float32).reshape(-1, 3)


def test_plans_are_even_and_blind(opened: "Page") -> None:
    plans = opened.evaluate(
        """Array.from({ length: 200 }, (_, seed) =>
            planned({ ...content, trials: 9, catches: 2 }, seed))"""
    )
    trials = [t for plan in plans for t in plan if STILL not in (t["left"], t["right"])]
    catches = [t for plan in plans for t in plan if STILL in (t["left"], t["right"])]
    assert len(trials) == 9 * 200 and len(catches) == 2 * 200
    pairs = [tuple(sorted((t["left"], t["right"]))) for t in trials]
    assert {pairs.count(pair) for pair in set(pairs)} == {600}  # three of each in every plan
    assert 0.45 < np.mean([t["left"] < t["right"] for t in trials]) < 0.55
    assert sum(t["left"] == STILL for t in catches) == 200
    assert all(STILL not in plan[0].values() for plan in plans)
    again = opened.evaluate("[planned(content, 7), planned(content, 7), planned(content, 8)]")
    assert again[0] == again[1] != again[2]


def test_two_faces_are_drawn_and_lips_part(opened: "Page") -> None:
    dark = opened.evaluate(
        """() => {
            show("trial");
            const [clip] = content.clips, motions = Object.values(clip.motions)
                .map((each) => readMotion(each, study.bases));
            const gl = study.stage.gl, counts = [];
            for (const frame of [0, 8]) {
                study.stage.draw([motions[0], null], frame);
                const [w, h] = [gl.drawingBufferWidth, gl.drawingBufferHeight];
                const pixels = new Uint8Array(4 * w * h);
                gl.readPixels(0, 0, w, h, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
                const half = [0, 0];
                for (let i = 0; i < w * h; i++) half[Number(i % w >= w / 2)] += pixels[4 * i] < 70;
                counts.push(half);
            }
            return counts;
        }"""
    )
    (closed, still), (parted, still_too) = dark
    assert parted > closed + 20 and still == still_too
    assert 0 < still < 2000


def test_a_participant_goes_through_it_by_keyboard(
    opened: "Page", study: Path, tmp_path: Path
) -> None:
    plan = opened.evaluate("study.plan")
    opened.reload()
    opened.evaluate(_WATCH)
    opened.click("#begin")
    _assert_in_time(opened)
    for trial in plan[:2]:
        _judge(opened, trial)
    opened.reload()  # a closed tab goes on where it was
    assert opened.inner_text("#begin") == "Go on"
    opened.click("#begin")
    for trial in plan[2:]:
        _judge(opened, trial)
    with opened.expect_download() as saving:
        opened.click("#save")
    saving.value.save_as(tmp_path / "answers.json")
    _assert_answers(tmp_path / "answers.json", plan, study)


_WATCH = """() => {
    const heard = heardSeconds, draw = study.stage.draw.bind(study.stage);
    window.drawn = [];
    let last = 0;
    heardSeconds = () => (last = heard());
    study.stage.draw = (motions, frame) => {
        if (study.playing) drawn.push([frame, last * content.fps, $("lips").disabled]);
        draw(motions, frame);
    };
}"""


def _assert_in_time(page: "Page") -> None:
    """While the sound plays, what is drawn is what is heard, and nothing can be answered."""
    for _ in range(20):  # a busy machine may draw nothing in so short a time
        page.wait_for_selector("#lips:enabled")
        if page.evaluate("drawn.length"):
            break
        page.keyboard.press(" ")
        page.wait_for_timeout(1000)
    drawn = page.evaluate("drawn")
    assert drawn and all(frame == int(heard) for frame, heard, _ in drawn)
    assert (
        drawn[0][2] or page.evaluate("study.given.plays") > 1
    )  # not before it was heard to its end


def _judge(page: "Page", trial: dict[str, Any]) -> None:
    """Prefer the face that moves, or else the left one's lips and the right one's looks."""
    page.wait_for_selector("#lips:enabled")
    keys = ("ArrowLeft", "ArrowRight")
    if STILL in (trial["left"], trial["right"]):
        keys = (keys[trial["left"] == STILL],) * 2
    for key in ("ArrowRight", "Backspace", *keys, "Enter"):
        page.keyboard.press(key)


def _assert_answers(path: Path, plan: list[dict[str, Any]], study: Path) -> None:
    key = read_key(study / "key.json")
    saved = json.loads(path.read_text(encoding="utf-8"))
    assert [(a["left"], a["right"]) for a in saved["answers"]] == [
        (trial["left"], trial["right"]) for trial in plan
    ]
    answers = read_answers([path], key)
    assert len(answers.participants) == 1 and not answers.left_out
    asked = [trial for trial in plan if STILL not in (trial["left"], trial["right"])]
    found = [(a.question, a.preferred, a.other) for a in answers.counted]
    wanted = [
        (question, key.systems[trial[chosen]], key.systems[trial[other]])
        for trial in asked
        for question, chosen, other in (("lips", "left", "right"), ("real", "right", "left"))
    ]
    assert found == wanted
