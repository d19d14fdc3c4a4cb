"""Batches as they go wrong: crashes, limits, Ctrl-C, kills, parts of a table."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from model_core.base.errors import UserError
from model_core.base.lock import alone_at
from tests.batch.conftest import HEADER, ROOT, Studio

POISON = {
    "crash": "failed: Blender ended unexpectedly (code 11: out of luck), 2 times.",
    "hang": "failed: It took longer than --time-limit allows (8 s) and was ended; look "
    "whether its scene opens, or raise the limit.",
    "eat": "failed: Blender needed more than --memory-limit allows (200 MiB) and was ended; make "
    "its scene lighter, or raise the limit.",
    "wrong": "error: The scene has no object named 'Nobody'.",
    "ask_die": "error: The model's process ended unexpectedly (code 139; Segmentation fault (not "
    "really)), 2 times.",
    "gone": "error: There is no sound file at",
}


def told(output: str) -> dict[str, str]:
    """Return the sentence on each output, by its name without folder and suffix."""
    lines = (line.split("] ", 1)[1] for line in output.splitlines() if line.startswith("["))
    return {line.split(".blend")[0].removeprefix("out/"): line.split(": ", 1)[1] for line in lines}


def test_each_poisoned_job_has_its_sentence_and_the_others_are_done(studio: Studio) -> None:
    good = [f"a{n}" for n in range(12)] + ["once", "ask", "ask_once"]
    studio.jobs(*good, *POISON)
    (studio.folder / "gone.wav").unlink()
    done = studio.run("--time-limit", 8, "--memory-limit", 200)
    assert done.returncode == 1, done.stderr
    sentences = told(done.stdout)
    for name, sentence in POISON.items():
        assert sentences[name].startswith(sentence), name
    assert [name for name in good if not sentences[name].startswith("Baked ")] == []
    assert set(studio.made()) == {f"{name}.blend" for name in good}  # nothing half-written
    records = studio.results()
    assert {record["status"] for record in records} == {"done", "failed"}
    assert len(records) == len(good) + len(POISON)
    assert all(record["blender"] == "0.0 fake" for record in records if record["status"] == "done")
    assert "out/once.blend (code 11: no words); it is tried again" in done.stderr
    again = studio.run("--retries", 0, "--time-limit", 1, "--memory-limit", 200, "--blenders", 3)
    assert "15 skipped, 6 failed" in again.stdout
    assert told(again.stdout)["crash"].endswith("(code 11: out of luck).")


def test_a_killed_batch_resumed_makes_what_an_undisturbed_one_makes(
    studio: Studio, tmp_path_factory: pytest.TempPathFactory
) -> None:
    names = [f"slow{n}" for n in range(8)]
    undisturbed = Studio(tmp_path_factory.mktemp("whole"))
    for each in (studio, undisturbed):
        each.jobs(*names)
        rows = each.table.read_text() + "slow0.wav,out/slow1.blend,Head,90,out/slow1.blend\n"
        each.table.write_text(rows)
    moments = random.Random(1)
    for _ in range(3):
        command, how = studio.command("--blenders", 3)
        with subprocess.Popen(command, **how, stdout=subprocess.DEVNULL) as running:
            time.sleep(moments.uniform(0.3, 1.8))
            running.kill()
    last = studio.run()
    assert last.returncode == 0, last.stderr
    assert "Another batch" not in last.stderr
    assert undisturbed.run().returncode == 0
    assert studio.made() == undisturbed.made()
    assert studio.run().stdout.count("finished before") == 9


def start(studio: Studio, *options: object) -> subprocess.Popen[str]:
    command, how = studio.command(*options)
    return subprocess.Popen(
        command, **how, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_ctrl_c_finishes_what_is_under_way_and_tells_how_to_go_on(studio: Studio) -> None:
    studio.jobs("a", "b", *[f"slow{n}" for n in range(6)])
    running = start(studio, "--blenders", 2)
    running.stdout.readline()
    while not list((studio.folder / "out").glob(".slow*")):  # one is being written
        time.sleep(0.005)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "under way; Ctrl-C again ends it at once" in err
    assert out.rstrip().endswith("not run. Stopped; the same command goes on from here.")
    done = {name for name, sentence in told(out).items() if sentence.startswith("Baked")}
    assert 1 <= len(done) < 8
    assert len(studio.made()) >= len(done)
    assert not [name for name in studio.made() if name.startswith(".")]
    assert f"{len(studio.made())} skipped" in studio.run().stdout


def test_a_job_is_not_blamed_for_memory_that_others_took(studio: Studio) -> None:
    studio.jobs("keep1", "keep2", "keep3")
    done = studio.run("--blenders", 1, "--memory-limit", 200)
    assert done.returncode == 0, done.stdout
    assert "3 done, 0 skipped, 0 failed" in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="a shell script")
def test_a_blender_behind_a_script_is_ended_with_it(studio: Studio) -> None:
    studio.jobs("hang", "eat", "a")
    script = studio.folder / "studio_blender"
    script.write_text(f'#!/bin/sh\n"{studio.blender}" "$@"\n')
    script.chmod(0o755)
    limits = "--time-limit", 3, "--memory-limit", 200
    told_of = told(studio.run("--blender", script, *limits).stdout)
    assert "--time-limit allows" in told_of["hang"]
    assert "--memory-limit allows" in told_of["eat"]
    assert told_of["a"].startswith("Baked")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--watch", "--shard", "1/2"), "--watch or --shard, not both"),
        (("--ray", "auto", "--memory-limit", "900"), "leave --memory-limit out"),
        (("--ray", "auto", "--device", "cuda"), "add --ray-gpus"),
    ],
)
def test_flags_that_do_not_go_together_run_nothing(
    studio: Studio, flags: tuple[str, ...], words: str
) -> None:
    studio.jobs("a")
    before = sorted(studio.folder.iterdir())
    done = studio.run(*flags)
    assert done.returncode == 2
    assert words in done.stderr
    assert sorted(studio.folder.iterdir()) == before


@pytest.mark.parametrize("option", ["checkpoint", "life_model"])
def test_a_model_that_is_not_there_is_told_before_any_bake(studio: Studio, option: str) -> None:
    studio.jobs("a")
    header, row = studio.table.read_text().split()
    studio.table.write_text(f"{header},{option}\n{row},nowhere\n")
    planned = studio.run("--dry-run")
    assert planned.returncode == 2
    assert "There is no trained model in " in planned.stdout + planned.stderr
    assert told(studio.run().stdout)["a"].startswith("error: There is no trained model in ")


@pytest.mark.parametrize("signals", [(signal.SIGINT, signal.SIGINT), (signal.SIGTERM,)])
def test_a_second_ctrl_c_or_a_polite_kill_ends_it_at_once(
    studio: Studio, signals: tuple[signal.Signals, ...]
) -> None:
    studio.jobs("hang1", "hang2", "a")
    running = start(studio, "--blenders", 2)
    running.stdout.readline()
    time.sleep(0.5)
    for each in signals:
        running.send_signal(each)
        time.sleep(0.5)
    out, _ = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "2 not run. Stopped" in out
    assert set(studio.made()) == {"a.blend"}


def test_parts_of_a_table_share_it_and_jobs_that_build_on_each_other_stay_together(
    studio: Studio,
) -> None:
    names = [f"a{n}" for n in range(5)]
    studio.jobs(*names)
    rows = "a0.wav,out/a2.blend,Head,50,out/a2.blend\na1.wav,out/a2.blend,Head,9,out/b.blend\n"
    studio.table.write_text(studio.table.read_text() + rows)
    parts = [start(studio, "--shard", f"{part}/3") for part in (1, 2, 3)]
    outputs = [part.communicate(timeout=60)[0] for part in parts]
    assert [part.returncode for part in parts] == [0, 0, 0]
    sets = [{line.split("]")[0] for line in out.splitlines() if line[0] == "["} for out in outputs]
    assert set.union(*sets) == {f"[{n}/7" for n in range(1, 8)}
    assert sum(map(len, sets)) == 7
    together = next(each for each in sets if "[3/7" in each)
    assert {"[3/7", "[6/7", "[7/7"} <= together
    assert "0 done, 7 skipped" in studio.run().stdout
    assert "already" not in studio.run("--shard", "1/2").stdout


@pytest.mark.parametrize("text", ["0/3", "4/3", "3", "a/b", "1/0", "-1/2"])
def test_a_part_that_is_none_is_refused(studio: Studio, text: str) -> None:
    studio.jobs("a")
    done = studio.run(f"--shard={text}")
    assert done.returncode == 2
    assert "is no part such as 1/8" in done.stderr


def test_a_blender_that_does_not_start_ends_the_batch_in_a_sentence(studio: Studio) -> None:
    studio.jobs("a", "b")
    studio.blender.write_text("#!/bin/sh\necho no display >&2; exit 3\n")
    done = studio.run()
    assert done.returncode == 1
    assert "failed: Blender does not start (code 3: no display)." in done.stdout
    assert "2 not run" in done.stdout
    missing = studio.run("--blender", "no-such-blender")
    assert missing.returncode == 2
    assert "There is no program 'no-such-blender'" in missing.stderr


def test_a_model_that_does_not_start_fails_jobs_in_a_sentence(studio: Studio) -> None:
    studio.jobs("ask", "a")
    studio.model.unlink()
    done = studio.run()
    assert done.returncode == 1
    assert told(done.stdout)["ask"].startswith("error: The model's Python does not start (")
    assert told(done.stdout)["a"].startswith("Baked")


def test_the_model_runs_where_it_is_told_to(studio: Studio) -> None:
    studio.jobs("ask")
    assert told(studio.run("--device", "cuda").stdout)["ask"] == "error: There is no such card."
    assert told(studio.run("--device", "cpu").stdout)["ask"].startswith("Baked")


WRITER = """
import sys, time
from pathlib import Path
from model_core.base.lock import alone_at
shared = Path(sys.argv[1])
for _ in range(40):
    with alone_at(shared / "o.blend", 60):
        inside = shared / "inside"
        inside.touch(exist_ok=False)  # fails if another is in here
        time.sleep(0.001)
        inside.unlink()
"""


def test_never_two_processes_write_one_file(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    running = [subprocess.Popen(command, cwd=ROOT) for _ in range(3)]
    assert [each.wait(60) for each in running] == [0, 0, 0]
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_another_process_writes_is_told(tmp_path: Path) -> None:
    target = tmp_path / ("long" * 60 + ".blend")
    with (
        alone_at(target),
        pytest.raises(UserError, match="Another process is writing"),
        alone_at(target),
    ):
        raise AssertionError("two wrote")
    assert os.listdir(tmp_path) == []  # noqa: PTH208


def test_read_only_places_are_told_and_the_rest_is_done(studio: Studio) -> None:
    studio.jobs("a", "b")
    text = studio.table.read_text().replace("out/b.blend", "jobs.csv/b.blend")
    studio.table.write_text(text)
    done = studio.run()
    assert done.returncode == 1
    assert "1 done, 0 skipped, 1 failed" in done.stdout
    assert HEADER in studio.table.read_text()
