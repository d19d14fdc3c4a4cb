"""Several outputs of one job: which there may be, and when they are finished."""

from pathlib import Path

import pytest

from model_core.batch import jobs_file, order
from model_core.batch.outputs import ENDINGS, ending_of, is_scene
from tests.batch.conftest import HEADER, Studio


def conflicts(folder: Path, *rows: str) -> dict[int, str]:
    """Return what is said of jobs whose rows are ``sound > scene > outputs``."""
    cells = (row.split(" > ") for row in rows)
    lines = "".join(f"{sound},{scene},Head,1,{output}\n" for sound, scene, output in cells)
    table = folder / "jobs.csv"
    table.write_text(HEADER + lines)
    return order.conflicts(order.read_entries(jobs_file.read_rows(table), folder))


def test_every_ending_is_known_by_its_longest() -> None:
    for ending in ENDINGS:
        assert ending_of(Path(f"a.b{ending.upper()}")) == ending
    assert not is_scene(Path("x.action.blend")) and is_scene(Path("action.blend"))
    assert ending_of(Path("x.txt")) == ""


def test_one_file_has_one_writer_and_no_sound_is_written_over(tmp_path: Path) -> None:
    assert not conflicts(
        tmp_path, "a.wav > s.blend > a.blend|a.glb", "b.wav > a.blend > a.blend|b.glb"
    )
    found = conflicts(tmp_path, "a.wav > s.blend > a.blend|x.glb", "b.wav > s.blend > ./X.glb")
    assert sorted(found) == [1, 2]
    adding = ("a.wav > s.blend > a.blend|x.glb", "b.wav > a.blend > a.blend|x.glb")
    assert sorted(conflicts(tmp_path, *adding)) == [1, 2]
    over = conflicts(tmp_path, "a.csv > s.blend > a.blend", "b.wav > s.blend > b.blend|a.csv")
    assert "line 3 would write over" in over[2]


@pytest.mark.parametrize(
    ("outputs", "words"),
    [
        ("a.txt", "must end in .blend, .action.blend, .glb"),
        ("a.blend|b.blend", "saves two scenes"),
        ("a.glb|a.glb", "writes one file twice"),
        ("|", "has no output"),
    ],
)
def test_outputs_that_cannot_be_are_told_with_their_line(
    outputs: str, words: str, tmp_path: Path
) -> None:
    table = tmp_path / "jobs.csv"
    table.write_text(HEADER + f"a.wav,s.blend,Head,1,{outputs}\n")
    (entry,) = order.read_entries(jobs_file.read_rows(table), tmp_path)
    assert entry.problem.startswith("Line 2: ") and words in entry.problem


def test_a_job_is_finished_when_all_its_outputs_are(studio: Studio) -> None:
    studio.sounds("a", "b")
    rows = (
        "a.wav,s.blend,Head,1,out/a.glb | out/a.blend | out/a.npz\nb.wav,s.blend,Head,1,out/b.fbx\n"
    )
    studio.table.write_text(HEADER + rows)
    first = studio.run()
    assert first.returncode == 0, first.stdout + first.stderr
    made = studio.made()
    assert set(made) == {"a.glb", "a.blend", "a.npz", "b.fbx"}
    records = {record["row"]["audio"]: record for record in studio.results()}
    assert set(records["a.wav"]["exports"]) == {"out/a.glb", "out/a.npz"}
    assert "exports" not in records["b.wav"]
    assert "2 skipped" in studio.run().stdout
    for name in ("a.npz", "b.fbx"):
        (studio.folder / "out" / name).unlink()
        assert "1 done, 1 skipped" in studio.run().stdout
        assert studio.made() == made
    (studio.folder / "out" / "a.glb").write_text("somebody else's")
    assert "1 done, 1 skipped" in studio.run().stdout
    (studio.folder / "jobs.csv.results.jsonl").unlink()
    assert "2 done" in studio.run().stdout  # what no results know is made again
