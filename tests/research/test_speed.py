"""The tables of speed: what is in them, and that sizes of references are the published ones."""

import json
from pathlib import Path

import pytest
import torch

from model_core.__main__ import main
from model_core.engine.one_thread import one_thread
from model_core.evaluation.speed import references
from model_core.evaluation.speed.lengths import Cost, plot, tiled
from model_core.evaluation.speed.parts import matrix_gflops, stream_rows
from model_core.evaluation.speed.rows import Row, machine, markdown, write_json


def test_rows_are_a_table_and_json(tmp_path: Path) -> None:
    rows = [Row("60 s", 0.8125, "s", 73.85, "x real time"), Row("peak", 881.4, "MB")]
    assert markdown(rows).splitlines()[2:] == [
        "| 60 s | 0.812 s | 73.8 x real time |",
        "| peak | 881 MB |  |",
    ]
    write_json(tmp_path / "rows.json", rows)
    told = json.loads((tmp_path / "rows.json").read_text())
    assert told["rows"][0]["ratio"] == 73.85
    assert told["machine"]["torch"] == machine()["torch"] == torch.__version__


def test_an_autoregressive_decoder_gives_a_frame_for_each() -> None:
    model = references._FaceFormerDecoder().eval()
    with torch.inference_mode():
        assert model(torch.zeros(1, 7, 64)).shape == (1, 8, 64)  # and the one it begins with


def test_live_speech_is_measured_frame_by_frame() -> None:
    median, worst = stream_rows(0.5)
    assert 0 < median.value <= worst.value
    assert median.ratio == pytest.approx(1000 / 60 / median.value)
    with one_thread():
        assert torch.get_num_threads() == 1
    assert matrix_gflops(1) > 0


def test_time_and_memory_are_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    plot([Cost(10.0, 0.1, 400.0), Cost(60.0, 0.7, 450.0)], tmp_path / "speed.png")
    assert (tmp_path / "speed.png").stat().st_size > 1000
    assert len(tiled(0.5)) == 8000


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--lengths", "0"], "above 0 s"),
        (["--repeats", "-1"], "1 or more"),
        (["--blender", "nowhere"], "no Python at nowhere"),
        (["--page", "nowhere.md"], "no page at nowhere.md"),
    ],
)
def test_bad_input_gets_one_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", *arguments]) == 2
    assert sentence in capsys.readouterr().err
