"""Who a strip's name means, and which of two lines has the frames they share."""

import pytest

from tests.jambatalk_root import addon_module

naming = addon_module("lines.naming")
overlaps = addon_module("lines.overlaps")

CAST = {
    "anna": ["Anna_Head", "Anna"],
    "ben": ["Ben"],
    "smith": ["Mr Smith.001"],
    "ann": ["Ann", "Head"],
    "zoe": ["Head.003", "Zoë Rig"],
    "yuki": ["ユキ"],
}


@pytest.mark.parametrize(
    ("said", "who"),
    [
        ("anna_012", "anna"),
        ("ANNA", "anna"),
        ("012-Anna.wav", "anna"),
        ("AnnaLine12", "anna"),
        ("annaline4", "anna"),  # and not Ann, which is shorter
        ("ann_3", "ann"),
        ("ben-3.wav", "ben"),
        ("mr_smith_4", "smith"),
        ("smith", "smith"),
        ("zoë_1", "zoe"),
        ("ユキ_01", "yuki"),
    ],
)
def test_a_name_means_one_character(said: str, who: str) -> None:
    assert naming.best_match(said, CAST) == [who]


@pytest.mark.parametrize("said", ["music", "012", "", "Head.001", "line_3", "benchmark"[:2]])
def test_a_name_that_means_nobody(said: str) -> None:
    assert naming.best_match(said, CAST) == []


def test_a_name_that_could_mean_two_says_both() -> None:
    assert naming.best_match("anna and ben", {"a": ["Anna"], "b": ["Ben"]}) == ["a", "b"]
    assert naming.best_match("sam_1", {"one": ["Sam"], "other": ["Sam.001"]}) == ["one", "other"]


def heard(first: int, last: int, channel: int = 1, mouth: str = "anna") -> tuple:
    return overlaps.Heard(first, last, channel, f"{mouth}_{first}", mouth)


def test_who_begins_later_has_the_frames_and_of_two_alike_the_higher_channel() -> None:
    long, inside, after = heard(1, 60, 9), heard(20, 30, 1), heard(60, 90, 1)
    lines = [after, long, inside]
    assert overlaps.order_of(lines) == [1, 2, 0]
    assert overlaps.overlaps_of(lines) == [(2, 1, 20, 30), (0, 1, 60, 60)]
    assert overlaps.overlaps_of([heard(5, 9, 3), heard(5, 9, 2)]) == [(0, 1, 5, 9)]


def test_other_mouths_and_lines_that_touch_do_not_overlap() -> None:
    assert overlaps.overlaps_of([heard(1, 9), heard(10, 20), heard(1, 20, mouth="ben")]) == []
