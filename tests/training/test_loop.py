"""Training survives being killed, and means the same on one process, several, or in small parts."""

import csv
import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate import PartialState

from model_core.base.errors import UserError
from model_core.models.jambatalk.network import JambaTalk, JambaTalkConfig
from model_core.training.loop import Trainer, TrainingConfig, join_processes
from model_core.training.registry import train
from tests.quiet_training import quiet_options

from .toy_run import PARTS, ToyTask, main

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("toy_run.py")
RESUMABLE = {
    "steps": 30,
    "learning_rate": 1e-2,
    "warmup": 4,
    "final_rate": 0.1,
    "weight_decay": 0.01,
    "average": 0.9,
    "accumulate": 2,
    "validate_every": 7,
    "save_every": 4,
    "dropout": 0.2,
    "seed": 3,
}


def test_killed_and_resumed_equals_uninterrupted(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    assert _script(whole, RESUMABLE, [str(SCRIPT)]) == 0
    rng = random.Random(0)
    for first, last in ((2, 12), (13, 26)):  # later than what the kill before it lost
        death = {"kill_at": rng.randint(first, last), "delay": rng.uniform(0, 0.02)}
        assert _killed(cut, death) == -signal.SIGKILL
    (cut / ".state-abc123_z.pt").write_bytes(b"what a kill in the middle of writing leaves")
    assert _script(cut, RESUMABLE, [str(SCRIPT)]) == 0
    assert not list(cut.glob(".*"))
    for name in ("state.pt", "best.pt", "last.pt"):
        _assert_identical(_load(cut / name), _load(whole / name))
    assert _log(cut) == _log(whole)


def test_accumulated_parts_equal_one_wide_batch(tmp_path: Path) -> None:
    settings = {"steps": 5, "learning_rate": 1e-2}
    _train(tmp_path / "parts", {**settings, "accumulate": PARTS})
    _train(tmp_path / "wide", {**settings, "wide": True})
    _assert_close(_load(tmp_path / "parts/last.pt"), _load(tmp_path / "wide/last.pt"))


def test_two_processes_equal_one_with_twice_the_parts(tmp_path: Path) -> None:
    settings = {"steps": 5, "learning_rate": 1e-2}
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", str(SCRIPT)]
    assert _script(tmp_path / "two", {**settings, "accumulate": PARTS // 2}, launcher) == 0
    _train(tmp_path / "one", {**settings, "accumulate": PARTS})
    _assert_close(_load(tmp_path / "two/last.pt"), _load(tmp_path / "one/last.pt"))


def test_training_learns_and_keeps_the_best(tmp_path: Path) -> None:
    settings = {"steps": 60, "learning_rate": 1e-2, "validate_every": 10}
    _train(tmp_path, settings)
    rows = [row for row in _log(tmp_path) if row[1] == "valid" and row[2] == "loss"]
    scores = [float(value) for _, _, _, value in rows]
    assert min(scores) < 0.5 * scores[0]
    assert _load(tmp_path / "state.pt")["best"] == pytest.approx(min(scores), rel=1e-5)
    assert list(tmp_path.glob("events*"))


def test_a_state_of_other_data_or_of_another_size_is_refused(tmp_path: Path) -> None:
    def trainer(width: int, made_from: str) -> Trainer[torch.nn.Linear]:
        model = torch.nn.Linear(width, 1)
        return Trainer(model, ToyTask(False), TrainingConfig(steps=1), tmp_path, made_from)  # type: ignore[arg-type]

    trainer(1, "data A")._save_state()
    assert trainer(1, "data A").resume()
    with pytest.raises(UserError, match="other data, another teacher or by other choices"):
        trainer(1, "data B").resume()
    with pytest.raises(UserError, match="made with other settings"):
        trainer(2, "data A").resume()
    some = torch.nn.Linear(1, 1)
    some.bias.requires_grad_(False)  # so the optimiser has fewer parameters
    with pytest.raises(UserError, match="made with other settings"):
        Trainer(some, ToyTask(False), TrainingConfig(steps=1), tmp_path, "data A").resume()  # type: ignore[arg-type]
    state = _load(tmp_path / "state.pt")
    del state["made_from"]  # as states of before
    torch.save(state, tmp_path / "state.pt")
    assert trainer(1, "data B").resume()


def test_a_refused_run_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    def trainer(rate: float) -> Trainer[torch.nn.Linear]:
        config, model = TrainingConfig(steps=1, learning_rate=rate), torch.nn.Linear(1, 1)
        return Trainer(model, ToyTask(False), config, tmp_path)  # type: ignore[arg-type]

    first = trainer(0.1)
    first.begin(lambda _: None, teacher="one")
    first._save_state()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert json.loads(before["training.json"])["training"]["learning_rate"] == 0.1
    with pytest.raises(UserError, match="other settings"):
        trainer(0.2).begin(lambda _: None, teacher="another")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_last_scores_are_kept(tmp_path: Path) -> None:
    task = _CountingTask(False)
    for asked in (1, 1):  # trained, then resumed where it had ended
        torch.manual_seed(0)
        model = JambaTalk(JambaTalkConfig(inputs=3, outputs=2, fold=1, d_model=16, heads=2))
        trainer = Trainer(model, task, TrainingConfig(steps=2), tmp_path)
        trainer.begin(lambda _: None)
        trainer.run()
        scores = trainer.scores()
        assert task.asked == asked
        assert scores == task.validate(trainer.result())
        task.asked = asked


class _CountingTask(ToyTask):
    """Counts how often it is asked to validate."""

    asked = 0

    def validate(self, model: JambaTalk) -> dict[str, float]:
        self.asked += 1
        return super().validate(model)


@pytest.mark.parametrize(
    "recipe",
    [
        "tongue",
        "performer",
        "gld-takes",
        "gld-vocaset",
        "mambatalk",
        "tracked",
        "streaming",
    ],
)
def test_recipes_of_one_process_say_so_under_a_launcher(
    recipe: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    join_processes()
    monkeypatch.setitem(PartialState._shared_state, "num_processes", 2)
    options = quiet_options(tmp_path, tmp_path / "run", tmp_path, recipe=recipe)
    with pytest.raises(UserError, match=f"{recipe} trains in one process"):
        train(options)
    assert not options.output.exists()


def test_other_settings_or_damage_are_refused(tmp_path: Path) -> None:
    _train(tmp_path, {"steps": 2})
    model = torch.nn.Linear(1, 1)
    with pytest.raises(UserError, match="other settings"):
        Trainer(model, ToyTask(False), TrainingConfig(steps=3), tmp_path).resume()  # type: ignore[arg-type]
    (tmp_path / "state.pt").write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(UserError, match=r"state\.pt cannot be read"):
        Trainer(model, ToyTask(False), TrainingConfig(steps=2), tmp_path).resume()  # type: ignore[arg-type]


def _train(folder: Path, settings: dict[str, Any]) -> None:
    """Train here, to the end, and leave the number of threads as it was."""
    threads = torch.get_num_threads()
    try:
        main(folder, dict(settings), {})
    finally:
        torch.set_num_threads(threads)


def _killed(folder: Path, death: dict[str, float]) -> int:
    """Train in a process of its own that dies; return its exit code."""
    return _script(folder, RESUMABLE, [str(SCRIPT)], [json.dumps(death)])


def _script(
    folder: Path, settings: dict[str, Any], launcher: list[str], more: list[str] | None = None
) -> int:
    """Run the script to its end or death; return its exit code."""
    words = [sys.executable, *launcher, str(folder), json.dumps(settings), *(more or [])]
    places = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.run(words, env={**os.environ, **places}, check=False).returncode


def _load(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = torch.load(path, weights_only=True)
    return content


def _log(folder: Path) -> list[list[str]]:
    with (folder / "log.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.reader(stream))[1:]


def _assert_identical(found: Any, expected: Any) -> None:
    if isinstance(expected, torch.Tensor):
        assert torch.equal(found, expected)
    elif isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for key in expected:
            _assert_identical(found[key], expected[key])
    elif isinstance(expected, list | tuple):
        for one, other in zip(found, expected, strict=True):
            _assert_identical(one, other)
    else:
        assert found == expected


def _assert_close(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> None:
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, rtol=2e-3, atol=2e-5, msg=name)
