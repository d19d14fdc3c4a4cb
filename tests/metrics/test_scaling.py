"""What clips cost by their length: one is measured, tables and pictures are made of known costs."""

from pathlib import Path

import pytest

from model_core.__main__ import main
from model_core.evaluation.scaling import STACKS, Cost, measure, plot, to_markdown
from model_core.models.jambatalk.config import ARRANGEMENTS


def test_a_clip_is_measured_in_a_process_of_its_own() -> None:
    (cost,) = measure(["hybrid, window of 2 s"], [300], width=16, heads=2)
    assert (cost.stack, cost.frames) == ("hybrid, window of 2 s", 300)
    assert cost.seconds > 0.0 and cost.frames_per_second == 300 / cost.seconds
    assert not cost.megabytes < 0.0 and cost.parameters > 10_000
    assert {stack.arrangement for stack in STACKS.values()} <= ARRANGEMENTS.keys()


def test_the_table_has_a_row_a_stack_and_the_picture_is_drawn(tmp_path: Path) -> None:
    costs = [
        Cost(name, 4_000_000, frames, frames / rate, rate)
        for name, rate in (("one", 100.0), ("two", 50.0))
        for frames in (300, 1200)
    ]
    heads, *rest = to_markdown(costs).splitlines()
    assert heads.endswith("| parameters | 300 frames (10 s) | 1200 frames (40 s) |")
    assert rest == [
        "|---|---:|---:|---:|",
        "| one | 4.0 M | 100, 100 | 100, 100 |",
        "| two | 4.0 M | 50, 50 | 50, 50 |",
    ]
    plot(costs, tmp_path / "scaling.png")
    assert (tmp_path / "scaling.png").stat().st_size > 5_000


def test_sizes_that_cannot_be_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--frames", "3"], ["--width", "30"]):
        assert main(["scaling", *words]) == 2
        assert "width that 2 x heads divides" in capsys.readouterr().err
