"""Which second of its file a strip lets us hear at a scene frame."""

import pytest

from jambatalk_addon.sound.timing import StripTiming


def test_a_trimmed_strip_starts_inside_its_file() -> None:
    timing = StripTiming(fps=24.0, content_start=10.0, left=15, right=100)
    assert timing.first == 15
    assert timing.frames == 85
    assert timing.seconds_at(15) == pytest.approx(5 / 24)


def test_content_cut_off_for_good_comes_on_top() -> None:
    timing = StripTiming(fps=24.0, content_start=10.0, left=15, right=100, trim=3)
    assert timing.seconds_at(15) == pytest.approx(8 / 24)


def test_a_delayed_sound_is_keyed_from_where_it_starts() -> None:
    timing = StripTiming(fps=24.0, content_start=10.0, left=10, right=100, delay=0.5)
    assert timing.first == 22
    assert timing.seconds_at(22) == pytest.approx(0.0)


def test_an_advanced_sound_has_lost_its_beginning() -> None:
    timing = StripTiming(fps=24.0, content_start=10.0, left=10, right=100, delay=-0.5)
    assert timing.first == 10
    assert timing.seconds_at(10) == pytest.approx(0.5)


def test_double_speed_hears_two_seconds_in_one() -> None:
    timing = StripTiming(fps=24.0, content_start=10.0, left=34, right=82, speed=2.0)
    assert timing.seconds_at(34) == pytest.approx(2.0)
    assert timing.motion_fps == 12.0


def test_fractional_rates_and_starts() -> None:
    timing = StripTiming(fps=30 / 1.001, content_start=8.75, left=15, right=60)
    assert timing.seconds_at(15) == pytest.approx(6 * 1.001 / 30)  # Blender rounds the start to 9
