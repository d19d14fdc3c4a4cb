"""The page of a batch: what is found in sounds and results, and the page in a browser."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile

from model_core.__main__ import main
from model_core.base.assets import DEMO_SPEECH
from model_core.batch.report.findings import looked_at
from model_core.batch.report.gather import lines_of
from model_core.batch.report.listening import listen
from model_core.batch.report.page import write_page
from model_core.batch.seen import MOST_POINTS, seen
from model_core.hearing.said import Hearing
from model_core.motion.closures import closures, lip_opening
from model_core.motion.motion import Motion
from model_core.speech.phones import Phone
from tests.batch.conftest import HEADER, Studio
from tests.speech_like import speech_like

if TYPE_CHECKING:
    from playwright.sync_api import Page

LINES = 300


@pytest.fixture(scope="module")
def speech() -> tuple[np.ndarray, int]:
    return soundfile.read(DEMO_SPEECH)


@pytest.fixture(scope="module")
def sounds(speech: tuple[np.ndarray, int], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a good sound, a clipped one, one with a long pause and a silent one."""
    folder, (samples, rate) = tmp_path_factory.mktemp("sounds"), speech
    quiet = np.zeros(4 * rate)
    loudest = np.abs(samples).max()
    for name, made in {
        "good": samples,
        "clipped": np.clip(samples, -loudest / 4, loudest / 4),
        "pause": np.concatenate([samples, quiet, samples]),
        "silent": quiet,
    }.items():
        soundfile.write(folder / f"{name}.wav", made, rate)
    return folder


def test_sounds_are_listened_to(sounds: Path, speech: tuple[np.ndarray, int]) -> None:
    seconds = len(speech[0]) / speech[1]
    good, clipped, pause, silent = (
        listen(sounds / f"{name}.wav", 2.0) for name in ("good", "clipped", "pause", "silent")
    )
    assert (good.clipped, good.pauses, good.silent) == (0, (), False)
    assert good.seconds == pytest.approx(seconds, abs=0.01)
    assert max(good.outline) == 1.0
    assert clipped.clipped > 50
    ((first, end),) = pause.pauses
    assert first == pytest.approx(seconds, abs=0.5)
    assert end == pytest.approx(seconds + 4, abs=0.5)
    assert silent.silent and not silent.pauses


def test_what_is_seen_of_a_mouth_tells_lips_that_stay_open() -> None:
    speech = speech_like(900)
    motion = Motion(speech.fps, speech.names, speech.basis, speech.weights)
    opening = lip_opening(motion)
    assert opening is not None
    first, last = closures(opening)[0]
    widest = int(opening.argmax())
    rate = motion.fps
    phones = [
        Phone("m", 1 + first / rate, 1 + last / rate),
        Phone("p", 1 + widest / rate, 1 + (widest + 1) / rate),
        Phone("s", 1 + widest / rate, 1 + (widest + 1) / rate),
    ]
    found = seen(motion, motion.duration, Hearing([], phones, sure=0.2), start=1.0)
    assert found["bilabials"] == 2
    assert found["unclosed"] == [["p", pytest.approx(widest / rate, abs=0.01)]]
    assert len(found["opening"]) <= MOST_POINTS
    at = round(widest / motion.frames * len(found["opening"]))
    assert max(found["opening"][at - 1 : at + 2]) > 0.5 * 10 * opening[widest]
    assert json.loads(json.dumps(found)) == found
    kinds = [each.kind for each in looked_at(1, {"seen": found, "row": {}}, None, ()).findings]
    assert kinds == ["waiting", "lips", "language"]


def record(name: str, **more: Any) -> dict[str, Any]:
    row = {"audio": f"{name}.wav", "scene": "s.blend", "mesh": "Head", "start": "1"}
    row["output"] = f"{name}.npz"
    return {"status": "done", "row": row, "sentence": "Baked.", "finished": "2026-01-01"} | more


def test_the_last_result_of_a_job_counts_and_jobs_without_one_are_told(studio: Studio) -> None:
    studio.jobs("a", "b", "c")
    rows = [f"out/{name}.blend" for name in "abc"]
    told = [
        record("a", status="failed", sentence="failed: <b>", finished="2026-01-01"),
        record("a", finished="2026-01-02", notes=["Odd & new."]),
        record("b", status="failed", sentence="failed: <b>", finished="2026-01-03"),
    ]
    for each in told:
        each["row"]["output"] = f"out/{each['row']['audio'][0]}.blend"
    results = studio.table.with_name("jobs.csv.1-of-2.results.jsonl")
    results.write_text("\n".join(map(json.dumps, told)) + '\n{"half": ')
    lines = lines_of(studio.table)
    assert [line.record["row"]["output"] for line in lines] == rows
    assert [line.record.get("status") for line in lines] == ["done", "failed", None]
    assert [line.findings[0].kind for line in lines] == ["missing", "failed", "waiting"]
    assert len(lines_of(results)) == 2
    page = studio.folder / "page.html"
    write_page(studio.table, page)
    text = page.read_text("utf-8")
    assert "<h1>jobs.csv</h1>" in text and "<!--" not in text
    assert "failed: &lt;b&gt;" in text and "Odd &amp; new." in text and "<b>1</b>" in text


def test_jobs_that_add_to_one_scene_are_told_apart(studio: Studio) -> None:
    told = [record("a", status="failed"), record("b")]
    for each in told:
        each["row"]["output"] = "one.blend"
    results = studio.table.with_name("jobs.csv.results.jsonl")
    results.write_text("\n".join(map(json.dumps, told)))
    assert [line.record["status"] for line in lines_of(results)] == ["failed", "done"]


def test_a_page_without_results_is_refused_in_a_sentence(
    studio: Studio, capsys: pytest.CaptureFixture[str]
) -> None:
    studio.jobs("a")
    assert main(["report", str(studio.table)]) == 2
    assert "has no results yet; run the batch first." in capsys.readouterr().err
    assert main(["report", str(studio.folder / "none.csv")]) == 2
    assert not list(studio.folder.glob("*.html"))


def test_a_batch_makes_its_page(studio: Studio, sounds: Path) -> None:
    for name in ("good", "clipped"):
        (studio.folder / f"{name}.wav").write_bytes((sounds / f"{name}.wav").read_bytes())
    rows = "good.wav,s.blend,Head,1,out/good.blend\nclipped.wav,s.blend,Head,1,out/clipped.blend\n"
    studio.table.write_text(HEADER + rows)
    done = studio.run("--report")
    assert done.returncode == 0, done.stderr
    assert "report.html: 2 jobs, 1 with something to look at." in done.stdout
    text = (studio.folder / "jobs.csv.report.html").read_text("utf-8")
    assert "peaks of the sound are cut off" in text


@pytest.fixture(scope="module")
def large(sounds: Path) -> Path:
    """The page of 300 results: every tenth failed, every seventh clipped."""
    results = sounds / "jobs.csv.results.jsonl"
    mouth = (60 + 55 * np.sin(np.arange(MOST_POINTS) / 3)).round().astype(int).tolist()
    records = []
    for number in range(LINES):
        each = record("good" if number % 7 else "clipped", seen={
            "seconds": 6.0, "opening": mouth, "bilabials": 4, "sure": 0.6,
            "unclosed": [["p", 2.5]] * (number % 3 == 1),
        })  # fmt: skip
        each["row"]["output"] = f"line {number}.npz"
        (sounds / f"line {number}.npz").touch()
        if number % 10 == 0:
            each |= {"status": "failed", "sentence": f"failed: Blender ended {number}."}
        records.append(json.dumps(each))
    results.write_text("\n".join(records))
    write_page(results, sounds / "page.html")
    return sounds / "page.html"


def shown(page: "Page") -> int:
    return page.locator("#lines > li:visible").count()


def ordered(page: "Page", what: str) -> list[float]:
    rows = page.locator("#lines > li")
    return rows.evaluate_all(f"all => all.map(each => Number(each.dataset.{what}))")


def test_the_page_of_300_jobs_sorts_and_filters_in_a_browser(page: "Page", large: Path) -> None:
    page.goto(large.as_uri())
    rows = page.locator("#lines > li")
    assert rows.count() == shown(page) == LINES
    risks = ordered(page, "risk")
    assert risks == sorted(risks, reverse=True) and risks[0] > risks[-1] == 0
    page.select_option("#sort", "number")
    assert ordered(page, "number") == list(range(1, LINES + 1))
    page.select_option("#sort", "name")
    assert rows.nth(2).locator("h2").text_content() == "line 2.npz"  # not line 10

    page.click("button[data-kind=failed]")
    assert shown(page) == LINES // 10
    page.click("button[data-kind=clipped]")  # both
    assert shown(page) == len([n for n in range(0, LINES, 10) if n % 7 == 0])
    page.click("button[data-kind=failed]")
    page.click("button[data-kind=clipped]")
    page.fill("#search", "ended 120.")
    assert shown(page) == 1
    assert "1 of 300 shown" in page.locator("header").inner_text()
    page.fill("#search", "")
    assert shown(page) == LINES


def test_a_line_of_the_page_shows_its_mouth_and_plays(page: "Page", large: Path) -> None:
    page.goto(large.as_uri())
    page.select_option("#sort", "number")
    second = page.locator("#lines > li").nth(1)
    second.locator("svg").wait_for()  # drawn once it is near
    assert second.locator("svg .sound").count() == second.locator("svg .mouth").count() == 1
    box, tick = (second.locator(each).bounding_box() for each in ("svg", "svg .open"))
    assert box and tick
    assert (tick["x"] - box["x"]) / box["width"] == pytest.approx(2.5 / 6.0, abs=0.03)
    second.locator("button.play").click()
    page.wait_for_function("document.querySelector('audio').duration > 5")
    assert second.locator("a").get_attribute("href") == "line%201.npz"


def test_the_page_needs_nothing_from_elsewhere(large: Path) -> None:
    assert not re.findall(r"(?:src|href)=\"?(?:https?:)?//", large.read_text("utf-8"))
