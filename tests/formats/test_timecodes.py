"""Timecodes and uneven rows as times and frames."""

from itertools import pairwise

import numpy as np
import pytest

from model_core.base.errors import UserError
from model_core.formats.frame_times import even_frames, rising
from model_core.formats.timecodes import seconds_of, timecode


def labelled(count: int, base: int, start: float = 0.0, mark: str = ":") -> list[str]:
    """Return timecodes of one frame after the other, counted to a base, from a time in seconds."""
    codes = []
    for frame in range(count):
        whole, part = divmod(round(start * base) + frame, base)
        clock = f"{whole // 3600 % 24:02}:{whole // 60 % 60:02}:{whole % 60:02}"
        codes.append(f"{clock}{mark}{part:02}.633")
    return codes


@pytest.mark.parametrize("fps", [23.976, 24, 25, 29.97, 30, 48, 50, 59.94, 60, 90, 100, 120])
@pytest.mark.parametrize("count", [2, 50, 3000])
def test_what_is_written_is_read_at_the_same_rate(fps: float, count: int) -> None:
    codes = [timecode(frame / fps) for frame in range(count)]
    frames = even_frames(seconds_of(codes))
    assert frames.fps == pytest.approx(fps, rel=1e-3 if count == 2 else 2e-5)
    np.testing.assert_array_equal(frames.at, np.arange(count))
    assert not frames.notes


@pytest.mark.parametrize("base", [24, 25, 30, 50, 60])
def test_the_base_of_frames_is_seen_where_seconds_turn(base: int) -> None:
    seconds = seconds_of(labelled(3 * base, base, start=59.5))
    np.testing.assert_allclose(np.diff(seconds), 1 / base, atol=1e-9)


def test_every_second_frame_of_sixty_is_thirty_a_second() -> None:
    assert even_frames(seconds_of(labelled(400, 60)[::2])).fps == 30


def test_time_goes_on_through_midnight() -> None:
    codes = labelled(240, 60, start=24 * 3600 - 2)
    assert codes[119].startswith("23:59:59") and codes[120].startswith("00:00:00")
    np.testing.assert_allclose(np.diff(seconds_of(codes)), 1 / 60, atol=1e-9)


@pytest.mark.parametrize(("base", "left_out", "fps"), [(30, 2, 29.97), (60, 4, 59.94)])
def test_drop_frame_counting_leaves_no_gap(base: int, left_out: int, fps: float) -> None:
    """Numbers are left out at each minute but the tenth; no frame of the film is."""
    codes = labelled(base * 130, base, start=9 * 60 - 5, mark=";")
    kept = [
        code
        for code in codes
        if not (code[6:8] == "00" and int(code[9:11]) < left_out and int(code[3:5]) % 10)
    ]
    assert len(kept) == len(codes) - left_out * 2
    frames = even_frames(seconds_of(kept))
    assert frames.fps == pytest.approx(fps)
    np.testing.assert_array_equal(frames.at, np.arange(len(kept)))


def test_milliseconds_of_the_second_are_told_from_thousandths_of_a_frame() -> None:
    """As NeuroSync writes them: the number of the frame rounded down, now and then twice."""
    codes = []
    for frame in range(200):
        milliseconds = int(frame / 60 * 1000 + 1e-9)
        second, within = divmod(milliseconds, 1000)
        codes.append(f"00:00:{second:02}:{int(within / (1000 / 60)):02}.{within:03}")
    assert sum(a[:11] == b[:11] for a, b in pairwise(codes)) > 0
    frames = even_frames(seconds_of(codes))
    assert frames.fps == pytest.approx(60, abs=0.01)
    np.testing.assert_array_equal(frames.at, np.arange(200))


@pytest.mark.parametrize(
    "code", ["", "x", "1:2", "00:00:00:00.1234567890", "\u0660\u0660:00:00:01.0", "nan"]
)
def test_what_is_no_time_is_none(code: str) -> None:
    times = seconds_of(["00:00:00:00.000", code, "00:00:00:02.000"])
    assert np.isnan(times).tolist() == [False, True, False]


@pytest.mark.parametrize(("code", "seconds"), [("0.5", 0.5), ("01:00:02.25", 3602.25)])
def test_seconds_and_clock_times_are_taken_too(code: str, seconds: float) -> None:
    assert seconds_of([code]).tolist() == [seconds]


def test_missing_frames_are_filled_and_told() -> None:
    times = np.delete(np.arange(100) / 60, [40, 41, 70])
    frames = even_frames(times)
    assert (frames.fps, len(frames.at)) == (60, 100)
    np.testing.assert_allclose(np.interp(frames.at, np.arange(97), times), np.arange(100) / 60)
    (note,) = frames.notes
    assert "3 frames are missing in 2 places, the longest gap 0.05 s" in note


def test_a_clock_that_is_a_little_off_keeps_its_rows() -> None:
    """As measured on a phone: 1.0016 frames of a sixtieth a row, with a jitter."""
    jitter = np.random.default_rng(1).normal(0, 0.05, 6000) / 60
    frames = even_frames(np.arange(6000) * 1.0016 / 60 + jitter)
    assert frames.fps == pytest.approx(60 / 1.0016, abs=0.002)
    np.testing.assert_array_equal(frames.at, np.arange(6000))
    assert not frames.notes


def test_uneven_rows_are_read_between_and_told() -> None:
    times = np.cumsum(np.random.default_rng(3).uniform(0.6, 1.4, 500)) / 30
    frames = even_frames(times)
    back = np.interp(frames.at, np.arange(500), times)
    np.testing.assert_allclose(np.diff(back)[:-1], 1 / frames.fps, atol=1e-9)
    assert frames.notes


def test_rows_that_are_not_later_are_left_out() -> None:
    times = np.array([np.nan, 0.0, 0.1, 0.1, 0.05, 0.2, np.nan, 0.3])
    assert rising(times).tolist() == [False, True, True, False, False, True, False, True]


@pytest.mark.parametrize(
    ("times", "says"),
    [
        ([0.0, 0.1, 0.2, 500.0], "gap of 500 s"),
        ([0.0, 3.0, 6.0], "3 s apart"),
        ([0.0, 1e-5, 2e-5], "1e-05 s apart"),
    ],
)
def test_times_that_are_no_frames_are_refused(times: list[float], says: str) -> None:
    with pytest.raises(UserError, match=says):
        even_frames(np.array(times))
