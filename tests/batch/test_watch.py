"""Sounds that come one by one: baked once they are whole, once each, also after a kill."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from model_core.batch.watch import Watch
from tests.batch.conftest import HEADER, Studio

SETTLE = 0.6
LIMIT_SECONDS = 60.0


class Clock:
    """A clock that goes on when it is told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def due(watch: Watch, clock: Clock, seconds: float) -> list[str]:
    """Return the outputs of the jobs that are due after some seconds."""
    clock.now += seconds
    return [entry.row.values["output"] for entry in watch.due()]


def test_a_sound_is_due_once_when_it_has_stopped_growing_and_anew_when_it_changes(
    studio: Studio,
) -> None:
    studio.table.write_text(HEADER + "takes/*.wav,s.blend,Head,1,out/{stem}.blend\n")
    clock, told = Clock(), []
    watch = Watch(studio.table, 3.0, told.append, clock)
    assert due(watch, clock, 0) == []  # no sound yet, nor its folder
    (studio.folder / "takes").mkdir()
    take = studio.folder / "takes" / "a.wav"
    take.write_bytes(b"")
    assert due(watch, clock, 5) == due(watch, clock, 5) == []  # empty: a recorder has opened it
    for _ in range(3):
        with take.open("ab") as file:
            file.write(b"sound")
        assert due(watch, clock, 2) == []
    assert due(watch, clock, 2) == []  # unchanged for 2 s
    assert due(watch, clock, 2) == ["out/a.blend"]
    assert due(watch, clock, 9) == []
    take.write_bytes(b"once more")
    assert due(watch, clock, 1) == []
    assert due(watch, clock, 4) == ["out/a.blend"]
    studio.table.write_text("audio;scene\n")
    assert due(watch, clock, 4) == due(watch, clock, 4) == []
    assert len(told) == 1 and "The watch goes on once it can be read." in told[0]
    studio.table.write_text(HEADER + "takes/*.wav,s.blend,Head,1,out/{stem}_2.blend\n")
    due(watch, clock, 1)
    assert due(watch, clock, 4) == ["out/a_2.blend"]


@pytest.mark.parametrize(
    ("row", "words"),
    [("takes/*.wav,s.blend,Head,1,o/{stm}.blend", "has no {stm}"), ("takes/*.wav,s", "Line 2")],
)
def test_a_pattern_row_that_is_wrong_is_told(studio: Studio, row: str, words: str) -> None:
    (studio.folder / "takes").mkdir()
    (studio.folder / "takes" / "a.wav").write_bytes(b"sound")
    studio.table.write_text(f"{HEADER}{row}\n")
    clock = Clock()
    watch = Watch(studio.table, 3.0, lambda _: None, clock)
    (entry,) = watch.due()
    assert words in entry.problem
    assert due(watch, clock, 9) == []


def test_a_row_that_builds_on_another_waits_for_it_and_a_bad_one_is_told_once(
    studio: Studio,
) -> None:
    studio.sounds("a", "b")
    studio.table.write_text(
        f"{HEADER}a.wav,s.blend,Head,1,out/a.blend\nb.wav,out/a.blend,Head,9,out/b.blend\n"
        "a.wav,s.blend,Head,1,out/c.txt\n"
    )
    clock = Clock()
    watch = Watch(studio.table, 0.0, lambda _: None, clock)
    assert sorted(due(watch, clock, 1)) == ["out/a.blend", "out/c.txt"]
    assert due(watch, clock, 1) == []
    (studio.folder / "out").mkdir()
    (studio.folder / "out" / "a.blend").touch()
    assert due(watch, clock, 1) == ["out/b.blend"]


@pytest.fixture
def watching(studio: Studio) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts a watch of a folder of takes; what still runs at the end is ended."""
    (studio.folder / "takes").mkdir()
    studio.table.write_text(HEADER + "takes/*.wav,s.blend,Head,1,out/{stem}.blend\n")
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        command, how = studio.command("--watch", SETTLE)
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(command, **how, stdout=pipe, stderr=pipe, text=True))
        return started[-1]

    yield start
    for each in started:
        each.kill()
        each.communicate()


def wait_for(*paths: Path) -> None:
    end = time.monotonic() + LIMIT_SECONDS
    while not all(path.exists() for path in paths):
        assert time.monotonic() < end, paths
        time.sleep(0.02)


def test_a_watch_that_was_killed_goes_on_and_ctrl_c_ends_it(
    studio: Studio, watching: Callable[[], subprocess.Popen[str]]
) -> None:
    takes, out = studio.folder / "takes", studio.folder / "out"
    first = watching()
    (takes / "a.wav").write_bytes(b"x")
    wait_for(out / "a.blend")
    (takes / "slow.wav").write_bytes(b"xx")
    (takes / "b.wav").write_bytes(b"xxx")
    wait_for(out / "b.blend")
    first.kill()
    first.wait()
    (takes / "meanwhile.wav").write_bytes(b"xxxx")
    second = watching()
    wait_for(*(out / f"{name}.blend" for name in ("slow", "meanwhile")))
    (takes / "hang.wav").write_bytes(b"x")  # what is under way at the end is not half-written
    time.sleep(3 * SETTLE)
    for _ in range(2):
        second.send_signal(signal.SIGINT)
        time.sleep(SETTLE)
    told, errors = second.communicate(timeout=LIMIT_SECONDS)
    assert second.returncode == 130, errors
    assert "Stopped; the same command goes on from here." in told
    assert set(studio.made()) == {f"{name}.blend" for name in ("a", "b", "slow", "meanwhile")}
    done = [each["row"]["output"] for each in studio.results() if each["status"] == "done"]
    assert sorted(done) == sorted(set(done))  # nothing twice


def test_a_watch_has_no_parts(studio: Studio) -> None:
    studio.jobs("a")
    done = studio.run("--watch", 1, "--shard", "1/2")
    assert done.returncode == 2
    assert "give --watch or --shard, not both" in done.stderr
