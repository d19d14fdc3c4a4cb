"""Jobs as JSON lines and TOML, patterns of sounds, names in braces, the plan of a dry run."""

import io
import json
import os
import re
import sys
from pathlib import Path

import pytest

from model_core.base.errors import UserError
from model_core.batch import jobs_file, order
from model_core.batch.progress import Progress, clock
from model_core.performance.options import BakeOptions
from tests.batch.conftest import HEADER, Studio

CSV = (
    "audio,scene,character,start,output,strength,exact,mood_happy\n"
    "l.wav,s.blend,Head,5,o.blend,0.5,yes,\nl 2.wav,s.blend,Héad,-3,o 2.blend,,,0.25\n"
)
JSON_LINES = (
    '{"audio": "l.wav", "scene": "s.blend", "mesh": "Head", "start": 5, "output": "o.blend", '
    '"strength": 0.5, "exact": true, "mood_happy": null}\n\n# not this one\n'
    '{"Audio": "l 2.wav", "scene": "s.blend", "character": "Héad", "start": -3.0, "outputs": '
    '["o 2.blend"], "mood happy": 0.25}\n'
)
TOML = """
scene = "s.blend"
start = -3

[[job]]
audio = "l.wav"
mesh = "Head"
start = 5
output = "o.blend"
strength = 0.5
exact = true

[[ job ]]
audio = 'l 2.wav'
character = "Héad"
output = "o 2.blend"
mood_happy = 0.25
"""
FILES = {"jobs.csv": CSV, "jobs.jsonl": JSON_LINES, "jobs.ndjson": JSON_LINES, "jobs.toml": TOML}


def entries(path: Path, text: str | bytes, told: list[str] | None = None) -> list[order.Entry]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    note = told.append if told is not None else (lambda _: None)
    return order.read_entries(jobs_file.read_rows(path, note), path.parent)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", FILES)
def test_every_format_gives_the_same_jobs(name: str, encoding: str, tmp_path: Path) -> None:
    first, second = (each.job for each in entries(tmp_path / name, FILES[name].encode(encoding)))
    assert (first.audio, first.scene) == (tmp_path / "l.wav", tmp_path / "s.blend")
    assert (first.mesh, first.start, first.output) == ("Head", 5, tmp_path / "o.blend")
    assert first.options == {"strength": 0.5, "output": "EXACT"}
    assert (second.audio.name, second.mesh, second.start) == ("l 2.wav", "Héad", -3)
    assert second.options == {"mood_happy": 0.25}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "Line 2: This is not a JSON object"),
        ("[1]", "Line 2: This is not a JSON object; write one for each job."),
        ('{"audio": "a", "audio": "b"}', "it has 'audio' twice"),
        ('{"audio": "a", "Audio": "b"}', "The job has 'audio' twice."),
        ('{"audio": {"file": "a"}}', "'audio' must be a text, a number, true or false"),
        ('{"audio": "a.wav"}', "Line 2: The job has no scene."),
        (
            '{"audio": "a", "scene": "s", "mesh": "m", "output": "o.glb", "strength": 9}',
            "from 0 to 3",
        ),
        ('{"audio": "a", "scene": "s", "mesh": "m", "output": "o.glb", "start": NaN}', ""),
    ],
)
def test_a_bad_object_has_its_reason_and_the_next_is_read(
    line: str, words: str, tmp_path: Path
) -> None:
    good = JSON_LINES.splitlines()[0]
    bad, next_one = entries(tmp_path / "jobs.jsonl", f"\n{line}\n{good}\n")
    assert words in bad.problem
    assert bool(bad.problem) == bool(words)
    assert next_one.job is not None and next_one.row.line == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("scene = ", r"is not TOML \("),
        ("[[jobs]]\naudio = 'a.wav'", r"must have a table \[\[job\]\] for each job"),
        ("job = 3", r"must have a table \[\[job\]\] for each job"),
        ("[[job]]\nstrenght = 2", "there is no column 'strenght'; name it 'strength'"),
    ],
)
def test_toml_that_is_none_is_refused(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=words):
        entries(tmp_path / "jobs.toml", text)


def test_toml_tells_the_line_of_a_job(tmp_path: Path) -> None:
    one, two = entries(tmp_path / "jobs.toml", TOML.replace("start = 5", 'start = "soon"'))
    assert (one.row.line, two.row.line) == (5, 13)
    assert one.problem.startswith("Line 5: The start 'soon'")


def test_keys_that_are_not_read_are_said_once(tmp_path: Path) -> None:
    told: list[str] = []
    entries(tmp_path / "jobs.jsonl", JSON_LINES.replace('"start"', '"shot": 1, "start"'), told)
    assert told == ["Columns that are not read: shot."]


def make(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def outputs(folder: Path, audio: str, output: str, mesh: str = "Head") -> list[str]:
    row = f'"{audio}",scenes/{{folder}}.blend,"{mesh}",5,"{output}"\n'
    found = entries(folder / "jobs.csv", HEADER + row)
    for each in found:
        assert each.job, each.problem
    return [each.output.relative_to(folder).as_posix() for each in found]


def test_a_pattern_is_a_job_for_each_sound(tmp_path: Path) -> None:
    make(tmp_path, "t/b.wav", "t/a.wav", "t/x/c.wav", "t/n.txt", "t/d[1].wav")
    assert outputs(tmp_path, "t/*.wav", "o/{stem}.blend") == [
        "o/a.blend", "o/b.blend", "o/d[1].blend",
    ]  # fmt: skip
    assert outputs(tmp_path, "t\\**\\*.wav", "o/{folder}_{STEM}.blend")[2:] == [
        "o/t_d[1].blend", "o/x_c.blend",
    ]  # fmt: skip
    assert outputs(tmp_path, "t/d[1].wav", "o/{stem}.blend") == ["o/d[1].blend"]  # not a pattern
    assert outputs(tmp_path, f"{tmp_path}/t/[ab].wav", "{stem}.blend") == ["a.blend", "b.blend"]


def test_names_in_braces_are_the_rows_own(tmp_path: Path) -> None:
    make(tmp_path, "anna/hi.wav")
    assert outputs(tmp_path, "anna/*.wav", "{scene}/{character}_{start}_{line}.blend") == [
        "anna/Head_5_2.blend"
    ]
    assert outputs(tmp_path, "anna/*.wav", "{mesh}.blend", mesh="a/b: {folder}") == [
        "a_b_ anna.blend"
    ]
    assert outputs(tmp_path, "anna/*.wav", "shot{1}.blend") == ["shot{1}.blend"]


def test_a_name_that_the_row_has_not_and_a_pattern_without_files_are_told(tmp_path: Path) -> None:
    make(tmp_path, "hi.wav")
    row = "{},s.blend,Head,1,{}\n"
    found = entries(
        tmp_path / "jobs.csv",
        HEADER + row.format("*.wav", "{stme}.blend") + row.format("*.mp3", "{stem}.blend"),
    )
    assert "Line 2: The output '{stme}.blend' has no {stme} in this row" in found[0].problem
    assert "{stem}" in found[0].problem
    assert found[0].problem.endswith("Its sound is hi.wav.")
    assert "Line 3: No file is called as '*.mp3' says" in found[1].problem


def test_a_sound_that_cannot_be_named_leaves_the_others_of_its_pattern(tmp_path: Path) -> None:
    make(tmp_path, "slate.wav", "day/a.wav")
    row = "**/*.wav,s.blend,Head,1,out/{folder}/{stem}.blend\n"
    told = {entry.row.values["audio"]: entry for entry in entries(tmp_path / "j.csv", HEADER + row)}
    assert told[str(Path("day", "a.wav"))].job
    assert "has no {folder}" in told["slate.wav"].problem


@pytest.mark.skipif(sys.platform != "linux", reason="names of bytes")
def test_a_name_that_is_no_text_is_a_job(studio: Studio) -> None:
    strange = os.fsdecode(b"caf\xe9")
    studio.sounds(strange)
    studio.table.write_text(f"{HEADER}*.wav,s.blend,Head,1,out/{{line}}.blend\n")
    done = studio.run("--report")
    assert done.returncode == 0, done.stderr
    assert "1 done" in done.stdout
    assert (studio.folder / "jobs.csv.report.html").is_file()


def test_sounds_of_a_pattern_with_one_output_are_refused_before_anything_runs(
    studio: Studio,
) -> None:
    studio.sounds("a", "b")
    studio.table.write_text(HEADER + "*.wav,s.blend,Head,1,o.blend\n")
    done = studio.run()
    assert done.returncode == 2
    assert "nothing was run" in done.stderr
    assert not studio.results()


def test_a_dry_run_tells_the_plan_and_does_nothing(studio: Studio) -> None:
    studio.jobs("a", "b", "c")
    studio.table.write_text(
        studio.table.read_text()
        + "c.wav,out/a.blend,Head,50,out/a.blend\nc.wav,s.blend,Head,soon,out/d.blend\n"
    )
    (studio.folder / "c.wav").unlink()
    before = sorted(studio.folder.iterdir())
    done = studio.run("--dry-run", "--strength", "0.5")
    lines = done.stdout.splitlines()
    assert done.returncode == 2  # two that cannot be done
    assert re.match(
        r"\[1/5\] out/a\.blend: would bake a\.wav \(.*s\) onto 'Head' of s\.blend from frame 1, "
        r"strength 0\.5$",
        lines[0],
    )
    assert "There is no sound file" in lines[2] and "is not a frame number" in lines[4]
    assert lines[-1] == "5 jobs: 2 to do, 3 cannot be done. Nothing was run."
    assert sorted(studio.folder.iterdir()) == before
    studio.run()
    (studio.folder / "out" / "b.blend").write_text("another's")
    lines = studio.run("--dry-run").stdout.splitlines()
    assert lines[0].endswith("finished before")
    assert "it is opened; otherwise it is kept" in lines[1]


def test_the_rest_of_the_time_follows_from_the_sound_that_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    progress = Progress(terminal, {1: 8.0, 2: 18.0, 3: 8.0, 4: 0.0})
    assert progress.seconds_left is None
    progress.over(4, worked=False)  # skipped
    now[0] = 120.0
    progress.over(1, worked=True)
    assert progress.seconds_left == pytest.approx(60.0)
    progress.show(failed=1)
    assert terminal.getvalue().rstrip().endswith("2 of 4 jobs, 1 failed, 1:00 left")
    silent = io.StringIO()
    Progress(silent, {1: 1.0}).show(failed=0)
    assert silent.getvalue() == ""
    assert [clock(each) for each in (5, 125.4, 3725)] == ["0:05", "2:05", "1:02:05"]


def test_a_job_is_the_same_whatever_file_tells_it_of(tmp_path: Path) -> None:
    """What was made by a table in CSV is not made again by the same table in TOML."""
    from model_core.batch.identity import identify

    (tmp_path / "l.wav").write_bytes(b"sound")
    (tmp_path / "s.blend").write_bytes(b"scene")
    marks = set()
    for name, text in FILES.items():
        entry = entries(tmp_path / name, text)[0]
        marks.add(identify(entry, entry.job, BakeOptions(**entry.job.options)).mark)
    assert len(marks) == 1


def test_what_waits_is_told_in_json(tmp_path: Path) -> None:
    """A job travels to its Blender and is the same there."""
    from model_core.batch.work import Work

    entry = entries(tmp_path / "jobs.toml", TOML)[0]
    job = entry.job
    work = Work(job, BakeOptions(**job.options), "mark", keep=True)
    there = Work.of(json.loads(json.dumps(work.message())))
    assert there.options == work.options
    assert (there.job.audio, there.job.scene, there.job.output) == (
        job.audio,
        job.scene,
        job.output,
    )
    assert (there.job.mesh, there.job.start, there.mark, there.keep) == ("Head", 5, "mark", True)
