"""What takes are learnt from: a head for manners, and a diffusion of differences."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from torch import Tensor

from model_core.articulation.rules import articulate
from model_core.base.assets import BUNDLED_ENCODER, DEFAULT_CHECKPOINT
from model_core.base.errors import UserError
from model_core.encoding.loudness import ClipLoudness
from model_core.encoding.registry import EncoderConfig, bundled_encoder
from model_core.layers.manner_head import MannerHead
from model_core.models.checkpoint import read_config
from model_core.models.face_model import StreamState
from model_core.models.faded_windows import faded_windows
from model_core.models.gld_takes.config import GldTakesConfig
from model_core.models.gld_takes.face import GldTakesFace, save
from model_core.models.gld_takes.network import GldTakes
from model_core.models.gld_takes.settings import GldTakesSettings
from model_core.models.gld_takes.torch_networks import TorchNetworks
from model_core.models.jambatalk.config import JambaTalkConfig
from model_core.models.jambatalk.face import JambaTalkSettings
from model_core.models.offered_styles import styles_of
from model_core.performance.manners import MANNERS
from model_core.rig.rig import load_face_rig
from model_core.rig.shapes import SPEECH_SHAPES
from model_core.speech.audio import SAMPLE_RATE
from model_core.speech.phones import Phone
from model_core.training.bundled.additions import with_section
from model_core.training.bundled.losses import SpeechLoss, SpeechLossWeights
from model_core.training.bundled.manners import MannerTask
from model_core.training.bundled.spoken import SpokenClip, spoken_clips
from model_core.training.gld_takes.tasks import Differences, LatentTask, SpaceTask
from model_core.training.loop import Batch, Task, Trainer, TrainingConfig
from model_core.training.tracked.data import Teacher
from tests.quiet_training import quiet_options

STYLES, WIDTH, FOLD = ("neutral", "wide"), 44, 2
TINY = GldTakesConfig(
    width=16, heads=2, layers=1, space_layers=1, parts=2, code_width=4, codes=16, steps=20, draws=3
)
PLAIN = JambaTalkConfig(
    inputs=388, outputs=21, styles=2, d_model=WIDTH, hidden=16, heads=2, kv_heads=1, window=30
)
SOUNDS = ("_", "m", "a", "p", "i", "f", "o", "_")


def clips() -> list[SpokenClip]:
    """Return clips of known phones, whose tokens are what the rules make of them."""
    made = []
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(len(SOUNDS))
        phones = [Phone(SOUNDS[o], 0.2 * n, 0.2 * (n + 1)) for n, o in enumerate(order)]
        weights = articulate(phones, phones[-1].end)  # 60 frames a second
        tokens = np.pad(weights.reshape(len(weights) // FOLD, -1), ((0, 0), (0, 2)))
        seen = torch.from_numpy(tokens).expand(2, -1, -1).half()
        made.append(SpokenClip(seen, np.zeros(len(weights), np.float32), phones))
    return made


def trained(model: torch.nn.Module, task: Task[torch.nn.Module], folder: Path) -> tuple[float, ...]:
    """Return the validation loss before and after some steps."""
    before = task.validate(model)["loss"]
    config = TrainingConfig(steps=30, learning_rate=1e-3, validate_every=30, save_every=30)
    trainer = Trainer(model, task, config, folder)
    trainer.run()
    return before, task.validate(trainer.result())["loss"]


def test_a_head_learns_what_manners_change(tmp_path: Path) -> None:
    loss = SpeechLoss(load_face_rig(), SPEECH_SHAPES, SpeechLossWeights())
    task = MannerTask(clips(), STYLES, FOLD, loss, 0)
    batch = task.batch(3, 0)
    assert torch.equal(batch["difference"], task.batch(3, 0)["difference"])
    torch.manual_seed(0)
    head = MannerHead(WIDTH, len(MANNERS), FOLD, len(SPEECH_SHAPES))
    before, after = trained(head, task, tmp_path)
    assert before == pytest.approx(task.validate(head)["nothing"], rel=1e-6)
    assert after < before


def test_both_stages_of_the_diffusion_learn(tmp_path: Path) -> None:
    drawn = Differences(clips(), STYLES, (FOLD, TINY.fold), 0)
    assert not drawn.batch(0, 0)["differences"][..., SPEECH_SHAPES.index("mouthClose")].any()
    torch.manual_seed(0)
    model = GldTakes(PLAIN, TINY)
    model.space.scale.copy_(drawn.batch(0, 0)["differences"].square().mean().sqrt())
    before, after = trained(model.space, SpaceTask(drawn), tmp_path / "space")
    assert after < 0.95 * before
    before, after = trained(model.diffusion, LatentTask(drawn, model.space), tmp_path / "latents")
    assert after < 0.95 * before


class _Watched:
    """Keeps the devices that a loss is asked on, instead of computing it."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.devices: set[str] = set()

    def loss(self, _: torch.nn.Module, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        self.devices |= {value.device.type for value in batch.values()}
        return torch.zeros(()), {}

    def _at(
        self, model: torch.nn.Module, batch: Batch, step: Tensor, _: torch.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        return self.loss(model, {**batch, "step": step})


class _WatchedManners(_Watched, MannerTask):
    pass


class _WatchedSpace(_Watched, SpaceTask):
    pass


class _WatchedLatents(_Watched, LatentTask):
    pass


def test_validation_is_where_the_model_is() -> None:
    drawn, model = Differences(clips(), STYLES, (FOLD, TINY.fold), 0), GldTakes(PLAIN, TINY)
    loss = SpeechLoss(load_face_rig(), SPEECH_SHAPES, SpeechLossWeights())
    head = MannerHead(WIDTH, len(MANNERS), FOLD, len(SPEECH_SHAPES))
    cases = [
        (_WatchedLatents(drawn, model.space), model.diffusion),
        (_WatchedSpace(drawn), model.space),
        (_WatchedManners(clips(), STYLES, FOLD, loss, 0), head),
    ]
    for task, trained_one in cases:
        task.validate(trained_one.to("meta"))
        assert task.devices == {"meta"}, type(task)


def test_a_folder_of_unknown_phones_teaches_no_takes(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    soundfile.write(tmp_path / "train" / "a.wav", np.zeros(SAMPLE_RATE), SAMPLE_RATE)
    options = quiet_options(tmp_path, tmp_path, tmp_path)
    teacher = Teacher(DEFAULT_CHECKPOINT)
    with pytest.raises(UserError, match="too few utterances with known phones"):
        spoken_clips(options, teacher, teacher.model())


@pytest.fixture(scope="module")
def face() -> GldTakesFace:
    """A small model with random weights."""
    plain = JambaTalkSettings(
        encoder=EncoderConfig(), decoder=PLAIN, styles=STYLES, names=SPEECH_SHAPES
    )
    torch.manual_seed(1)
    model = GldTakes(PLAIN, TINY).eval()
    for parameter in model.base.head.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    model.space.scale.fill_(0.1)
    networks = TorchNetworks(model, "cpu")
    return GldTakesFace(bundled_encoder(), networks, GldTakesSettings(plain=plain, takes=TINY))


def test_take_0_is_plain_and_every_other_one_its_own(face: GldTakesFace) -> None:
    samples = np.random.default_rng(0).normal(0, 0.1, round(1.3 * SAMPLE_RATE)).astype(np.float32)

    def made(take: int, variation: float = 1.0) -> bytes:
        state = StreamState(ClipLoudness(samples), 0, take, variation)
        return np.concatenate(list(face.stream([samples], (1.0, 0.0), state))).tobytes()

    plain_state = StreamState(ClipLoudness(samples))
    whole = np.concatenate(list(face.base.stream([samples], (1.0, 0.0), plain_state)))
    assert made(0) == made(5, 0.0) == np.ascontiguousarray(whole[:, :21]).tobytes()
    assert made(1) == made(1)
    assert len({made(0), made(1), made(2), made(1, 0.5)}) == 4


def test_a_checkpoint_offers_its_styles(face: GldTakesFace, tmp_path: Path) -> None:
    save(tmp_path, GldTakes(PLAIN, TINY), face.settings, "# Tiny\n", BUNDLED_ENCODER)
    assert styles_of(str(tmp_path)) == STYLES
    assert GldTakesSettings.from_config(read_config(tmp_path)) == face.settings


def test_windows_fade_into_each_other_and_lose_nothing() -> None:
    asked: list[slice] = []

    def draw(window: slice) -> np.ndarray:
        asked.append(window)
        steps = np.arange(len(truth))[window]
        return np.repeat(truth[steps], 2, axis=0) + len(asked)

    truth = np.arange(530, dtype=np.float32)[:, None]
    made = np.concatenate(list(faded_windows(draw, len(truth), 15.0, 2)))
    assert made.shape == (1060, 1)
    assert [(each.start, each.stop) for each in asked] == [(0, 300), (270, 570)]
    added = made[:, 0] - np.repeat(truth[:, 0], 2)
    assert (added[:540] == 1.0).all() and (added[600:] == 2.0).all()
    assert (np.diff(added) >= 0).all()


def test_a_card_has_each_section_once() -> None:
    card = "# A model\n\nIt speaks.\n\n## Manners\n\nold\n\n## The tongue\n\nkept\n"
    told = with_section(card, "## Manners\n\nnew\n")
    assert told == "# A model\n\nIt speaks.\n\n## The tongue\n\nkept\n\n## Manners\n\nnew\n"
