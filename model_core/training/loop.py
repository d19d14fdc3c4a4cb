"""The training loop: seeded, resumable to the bit, on one device or several.

A batch is a pure function of (seed, step, part), and dropout one of (seed, step, process): no data
order or random state has to be saved, and a run that is killed and resumed takes the same steps as
one that was not.
"""

import csv
import json
import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import torch
from accelerate import Accelerator, PartialState
from torch import Tensor, nn
from torch.utils.tensorboard import SummaryWriter

from ..base.errors import UserError
from ..base.files import atomic_path, discard_partial

Batch = dict[str, Tensor]
STATE_FILE = "state.pt"
BEST_FILE, LAST_FILE = "best.pt", "last.pt"
SETTINGS_FILE = "training.json"
Model = TypeVar("Model", bound=nn.Module)
Model_contra = TypeVar("Model_contra", bound=nn.Module, contravariant=True)


@dataclass(frozen=True)
class TrainingConfig:
    """How long and how to optimise. Adam (Kingma and Ba 2015), decoupled decay if not zero.

    Raises:
        UserError: there is nothing to do, or the precision needs a GPU that is not there.
    """

    steps: int
    learning_rate: float = 1e-4
    warmup: int = 0
    final_rate: float = 1.0  # the cosine schedule ends at this share of learning_rate
    halve_every: int = 0  # steps after which the rate is halved, again and again; 0: never
    weight_decay: float = 0.0
    beta2: float = 0.99  # decay of Adam's second moment
    clip_norm: float | None = 1.0  # largest norm of the gradient; None: any
    average: float = 0.0  # decay of the exponential moving average of weights; 0 keeps none
    accumulate: int = 1  # batches whose gradients make one step
    precision: str = "no"  # "no", "bf16" or "fp16" (CUDA)
    compile: bool = False
    validate_every: int = 100
    save_every: int = 100
    seed: int = 0

    def __post_init__(self) -> None:
        if self.steps < 1 or self.accumulate < 1:
            raise UserError("Training needs at least one step of at least one batch.")
        if self.precision == "fp16" and _without_gpu():
            raise UserError("fp16 needs a GPU; train with bf16 or without mixed precision.")


class Task(Protocol[Model_contra]):
    """What is learned: batches, a loss, and a validation score (lower is better)."""

    def batch(self, step: int, part: int) -> Batch:
        """Return the training batch of a step; ``part`` counts processes and accumulation."""

    def loss(self, model: Model_contra, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss to minimise and its named terms for the log."""

    def validate(self, model: Model_contra) -> dict[str, float]:
        """Return scores of a model; "loss" decides which checkpoint is best."""


@dataclass
class TrainingProgress:
    """What a training run reports after a step."""

    step: int
    steps: int
    terms: dict[str, float]
    seconds_left: float


class Trainer(Generic[Model]):
    """Runs a task on a model; every file it writes is in one folder.

    ``state.pt`` resumes, ``best.pt`` and ``last.pt`` hold weights (averaged ones if asked for),
    ``log.csv`` plots, ``events*`` are TensorBoard's, ``training.json`` tells the settings.

    Args:
        model: to train.
        task: what is learned.
        config: how.
        folder: of the files.
        made_from: tells the data, the teacher and choices from others; a state of others is not
            resumed.
    """

    def __init__(
        self,
        model: Model,
        task: Task[Model],
        config: TrainingConfig,
        folder: Path,
        made_from: str = "",
    ) -> None:
        self.config, self.task, self.folder, self.made_from = config, task, folder, made_from
        join_processes()
        self.accelerator = Accelerator(cpu=_without_gpu(), mixed_precision=config.precision)
        self.optimizer = _optimizer(model, config)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, _rate(config))
        self.average = _averaged(model, config)
        self.plain = model  # without the wrappers that the next lines may add
        objective = _Objective(model, task)
        prepared, self.optimizer = self.accelerator.prepare(objective, self.optimizer)
        self.objective = torch.compile(prepared) if config.compile else prepared
        self.step, self.best = 0, float("inf")
        self._scores: dict[str, float] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        if self.accelerator.is_main_process:
            for name in (STATE_FILE, BEST_FILE, LAST_FILE):
                discard_partial(folder / name)

    def begin(self, say: Callable[[str], None], called: str = "", **told: Any) -> None:
        """Go on where a run was interrupted, or from the start, and say which. Raises as `resume`.

        Only then is ``training.json`` written: a folder of another run stays as it was.

        Args:
            say: prints a line.
            called: which of several trainings this is.
            told: what else ``training.json`` shall tell whoever finds the folder later.
        """
        of = f"{called}: " if called else ""
        say(f"{of}{'resuming' if self.resume() else 'starting'}")
        settings = {"training": asdict(self.config), **told}
        if self.accelerator.is_main_process:
            with atomic_path(self.folder / SETTINGS_FILE) as temporary:
                temporary.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")

    def resume(self) -> bool:
        """Go on from ``state.pt`` if there is one.

        Raises:
            UserError: it was made with other settings or from other data, or cannot be read.
        """
        path = self.folder / STATE_FILE
        if not path.exists():
            return False
        state = _load_state(path)
        self._check(state, path)
        self.schedule.load_state_dict(state["schedule"])
        if self.average:
            self.average.load_state_dict(state["average"])
        if self.accelerator.scaler:
            self.accelerator.scaler.load_state_dict(state["scaler"])
        self.step, self.best = state["step"], state["best"]
        self._scores = state.get("scores")  # older states do not tell
        return True

    def _check(self, state: dict[str, Any], path: Path) -> None:
        """Load a state's model and optimiser, or raise `UserError` if this run is another one."""
        made_from = state.get("made_from", self.made_from)  # older states do not tell
        if made_from != self.made_from:
            raise UserError(
                f"{path} was made from other data, another teacher or by other choices; choose "
                "another --output."
            )
        other = UserError(f"{path} was made with other settings; choose another output folder.")
        if state["config"] != asdict(self.config):
            raise other
        try:
            self.plain.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
        except (RuntimeError, ValueError) as error:  # of other sizes, or others of them learn
            raise other from error

    def run(self, report: Callable[[TrainingProgress], None] = lambda _: None) -> None:
        """Train to the last step, reporting each one. Interrupting loses at most `save_every`."""
        started, first = time.monotonic(), self.step
        with _Log(self.folder, self.accelerator.is_main_process, self.step) as log:
            while self.step < self.config.steps:
                terms = self._take_step()
                pace = (time.monotonic() - started) / (self.step - first)
                left = pace * (self.config.steps - self.step)
                report(TrainingProgress(self.step, self.config.steps, terms, left))
                log.write(self.step, "train", terms)
                self._checkpoint(log)

    def _take_step(self) -> dict[str, float]:
        """Accumulate gradients, clip, step; return the mean of the loss terms."""
        self.plain.train()
        torch.manual_seed(_mixed(self.config.seed, self.step, self.accelerator.process_index))
        totals: dict[str, float] = {}
        for index in range(self.config.accumulate):
            last = index == self.config.accumulate - 1
            # Processes share their gradients once a step, not once a batch.
            with nullcontext() if last else self.accelerator.no_sync(self.objective):
                for name, value in self._backward(index).items():
                    totals[name] = totals.get(name, 0.0) + float(value) / self.config.accumulate
        if self.config.clip_norm is not None:
            self.accelerator.clip_grad_norm_(self.plain.parameters(), self.config.clip_norm)
        self.optimizer.step()
        self.schedule.step()
        self.optimizer.zero_grad()
        if self.average:
            self.average.update_parameters(self.plain)
        self.step += 1
        return totals

    def _backward(self, index: int) -> dict[str, Tensor]:
        """Add the gradients of one batch of this step and process; return its loss terms."""
        part = index * self.accelerator.num_processes + self.accelerator.process_index
        batch = on_device(self.task.batch(self.step, part), self.accelerator.device)
        with self.accelerator.autocast():
            loss, terms = self.objective(batch)
        self.accelerator.backward(loss / self.config.accumulate)
        return {name: value.detach() for name, value in {"loss": loss, **terms}.items()}

    def _checkpoint(self, log: "_Log") -> None:
        """Validate and save when it is time, and always at the end."""
        last = self.step == self.config.steps
        if last or self.step % self.config.validate_every == 0:
            self._scores = self.task.validate(self.result())
            log.write(self.step, "valid", self._scores)
            if self._scores["loss"] < self.best:
                self.best = self._scores["loss"]
                self._save_weights(BEST_FILE)
        if last or self.step % self.config.save_every == 0:
            self._save_state()
            self._save_weights(LAST_FILE)

    def result(self) -> Model:
        """Return the model to use: the averaged one if the settings ask for it."""
        chosen: Model = self.average.module if self.average else self.plain
        return chosen.eval()

    def scores(self) -> dict[str, float]:
        """Return what validation last found; after `run`, the scores of `result`."""
        if self._scores is None:
            self._scores = self.task.validate(self.result())
        return self._scores

    def best_weights(self) -> dict[str, Tensor]:
        """Return the weights that were best on validation."""
        path = self.folder / BEST_FILE
        weights: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
        return weights

    def _save_weights(self, name: str) -> None:
        self._write(name, self.result().state_dict())

    def _save_state(self) -> None:
        state = {
            "config": asdict(self.config),
            "made_from": self.made_from,
            "model": self.plain.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "average": self.average.state_dict() if self.average else None,
            "step": self.step,
            "best": self.best,
            "scores": self._scores,
            "scaler": self.accelerator.scaler.state_dict() if self.accelerator.scaler else None,
        }
        self._write(STATE_FILE, state)

    def _write(self, name: str, content: dict[str, Any]) -> None:
        if self.accelerator.is_main_process:
            with atomic_path(self.folder / name) as temporary:
                torch.save(content, temporary)


def device_of(model: nn.Module) -> torch.device:
    """Return where a model is."""
    return next(model.parameters()).device


def on_device(batch: Batch, device: torch.device) -> Batch:
    """Return a batch where a model is; averaged ones and what is validated may be elsewhere."""
    return {name: value.to(device) for name, value in batch.items()}


def join_processes() -> PartialState:
    """Join the processes that a launcher such as torchrun started, and tell which one this is."""
    return PartialState(cpu=_without_gpu())


def is_first() -> bool:
    """Whether this process, of all that a launcher started, is the one that writes and reports."""
    return join_processes().is_main_process


def check_alone(recipe: str) -> None:
    """Raise `UserError` if a launcher started several processes of a recipe that knows but one."""
    if join_processes().num_processes > 1:
        raise UserError(f"{recipe} trains in one process; start it without a launcher.")


def _without_gpu() -> bool:
    """Whether processes must talk over gloo; accelerate does not find that out itself."""
    return not torch.accelerator.is_available()


class _Objective(nn.Module, Generic[Model]):
    """A model and its task's loss in one module, as data-parallel wrappers need it."""

    def __init__(self, model: Model, task: Task[Model]) -> None:
        super().__init__()
        self.model: Model = model
        self.task = task

    def forward(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        return self.task.loss(self.model, batch)


class _Log:
    """Loss terms and scores as CSV (one row a value, so that any term can be plotted)."""

    def __init__(self, folder: Path, active: bool, first_step: int) -> None:
        self.active = active
        if active:
            path = folder / "log.csv"
            rows = _rows_until(path, first_step)
            self.file = path.open("w", newline="", encoding="utf-8")
            self.table = csv.writer(self.file)
            self.table.writerows([["step", "split", "term", "value"], *rows])
            self.board = SummaryWriter(str(folder), purge_step=first_step or None)

    def __enter__(self) -> "_Log":
        return self

    def __exit__(self, *_: object) -> None:
        if self.active:
            self.file.close()
            self.board.close()

    def write(self, step: int, split: str, terms: dict[str, float]) -> None:
        """Add one row a term."""
        if not self.active:
            return
        for term, value in terms.items():
            self.table.writerow([step, split, term, f"{value:.6g}"])
            self.board.add_scalar(f"{split}/{term}", value, step)
        self.file.flush()


def _rows_until(path: Path, step: int) -> list[list[str]]:
    """Return the rows an interrupted log has up to a step; later ones will be written again."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as stream:
        rows: Iterable[list[str]] = list(csv.reader(stream))[1:]
    return [row for row in rows if len(row) == 4 and int(row[0]) <= step]


def _optimizer(model: nn.Module, config: TrainingConfig) -> torch.optim.Optimizer:
    """Adam, with decay on matrices only (not on gains, biases, A_log and D)."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    matrices = [p for p in parameters if p.ndim >= 2]
    vectors = [p for p in parameters if p.ndim < 2]
    groups = [
        {"params": matrices, "weight_decay": config.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    betas = (0.9, config.beta2)
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=betas, foreach=True)


def _rate(config: TrainingConfig) -> Callable[[int], float]:
    """Return the schedule: linear warm-up, then a cosine down to `final_rate`, or halvings."""

    def share(step: int) -> float:
        if step < config.warmup:
            return (step + 1) / config.warmup
        if config.halve_every:
            return 0.5 ** (step // config.halve_every)
        done = (step - config.warmup) / max(1, config.steps - config.warmup)
        cosine = 0.5 * (1 + torch.cos(torch.tensor(min(1.0, done) * torch.pi)).item())
        return config.final_rate + (1 - config.final_rate) * cosine

    return share


def _mixed(*numbers: int) -> int:
    """Return a seed that any of the numbers changes."""
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


def _averaged(model: nn.Module, config: TrainingConfig) -> Any:
    """Return an exponential moving average of the model (Polyak averaging), or None."""
    if not config.average:
        return None
    decay = torch.optim.swa_utils.get_ema_multi_avg_fn(config.average)
    return torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=decay)


def _load_state(path: Path) -> dict[str, Any]:
    """Read a state of our own, tensors and plain values only."""
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds for a damaged file
        raise UserError(f"{path} cannot be read ({type(error).__name__}); delete it.") from error
