"""MambaTalk's face: what its scans see, how it trains and resumes, and the life it tells."""

import csv
import io
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode

from model_core.__main__ import main
from model_core.articulation.styles import STYLES
from model_core.base.assets import DEFAULT_CHECKPOINT, DEMO_SPEECH
from model_core.base.errors import UserError
from model_core.datasets.motion_folder import MotionFolder
from model_core.encoding.registry import EncoderConfig
from model_core.models.checkpoint import load_checkpoint
from model_core.models.face_model import NO_LIFE
from model_core.models.mambatalk.config import MambaTalkConfig, PriorConfig, ScanConfig
from model_core.models.mambatalk.face import MambaTalkSettings, save
from model_core.models.mambatalk.network import MambaTalk
from model_core.models.mambatalk.networks import drawn_life, order_of
from model_core.models.mambatalk.parts import (
    EYE_SHAPES,
    EYES,
    HEAD,
    MOUTH,
    PARTS,
    measures,
    motion_of,
    parts_of,
)
from model_core.models.mambatalk.prior import PartPrior
from model_core.models.mambatalk.torch_networks import TorchNetworks
from model_core.models.predictor import Predictor
from model_core.motion.motion import Motion
from model_core.performance.expression import express
from model_core.performance.life.by_model import live_by_model
from model_core.performance.life.life import LifeOptions, draw_life, live
from model_core.performance.life.voice import Voice, hear_voice
from model_core.performance.options import BakeOptions
from model_core.rig.rig import load_face_rig
from model_core.rig.shapes import SPEECH_SHAPES
from model_core.speech.audio import SAMPLE_RATE, Samples, load_audio
from model_core.training.mambatalk.clips import Clip, Clips, motion_clips
from model_core.training.mambatalk.losses import hidden_codes, scan_losses
from model_core.training.mambatalk.options import MambaTalkOptions
from model_core.training.mambatalk.scan_task import ScanTask
from model_core.training.mambatalk.windows import Windows
from model_core.training.options import TrainingOptions
from model_core.training.registry import train
from model_core.worker.channel import Channel
from model_core.worker.inbox import Inbox
from model_core.worker.main import Worker
from tests.speech_like import speech_like
from tests.stopping import stopping

ROOT = Path(__file__).resolve().parents[2]
FPS = 30.0
STEPS = 12


def tiny(inputs: int = 6, styles: int = 2) -> MambaTalkConfig:
    """Return sizes that train in a moment."""
    config = MambaTalkConfig.default(inputs, styles)
    scans = replace(config.scans, width=16, hidden=16, heads=2, joint="E", local="T")
    priors = {
        part: replace(it, width=8, blocks=1, codes=16, code_width=4, groups=2)
        for part, it in config.priors.items()
    }
    return replace(config, scans=scans, priors=priors, draws=4)


@pytest.fixture(scope="module")
def model() -> MambaTalk:
    torch.manual_seed(0)
    made = MambaTalk(tiny()).eval()
    for part in PARTS:  # as training leaves it: codes where vectors are
        made.prior(part).quantiser.codebook.weight.data.normal_()
    return made


def known(model: MambaTalk, tokens: int) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Return latents of every part, and that none is hidden."""
    shapes = {
        part: (1, tokens, it.groups, it.code_width) for part, it in model.config.priors.items()
    }
    latents = {part: torch.randn(shape) for part, shape in shapes.items()}
    return latents, {
        part: torch.zeros(shape[:3], dtype=torch.bool) for part, shape in shapes.items()
    }


def test_the_parts_are_a_faces() -> None:
    assert (len(PARTS[MOUTH]), len(EYE_SHAPES), len(PARTS[HEAD])) == (21, 24, 3)
    assert set(EYE_SHAPES) < set(load_face_rig().names)
    parts = {part: np.random.default_rng(0).random((5, len(it))) for part, it in PARTS.items()}
    again = parts_of(motion_of({part: it.astype(np.float32) for part, it in parts.items()}, FPS))
    for part, values in parts.items():
        np.testing.assert_allclose(again[part], values, rtol=1e-6)
    only = parts_of(speech_like(3))
    assert np.abs(only[MOUTH]).max() > 0
    assert not only[EYES].any() and not only[HEAD].any()


def test_errors_are_lengths_on_the_face() -> None:
    jaw = np.eye(21)[SPEECH_SHAPES.index("jawOpen")]
    rig = load_face_rig()
    offsets = rig.select(["jawOpen"])[0, rig.regions["outer_lips"]] * 1000.0
    mean_square = np.square(jaw @ measures(MOUTH)["mm"]).sum()
    assert mean_square == pytest.approx(np.square(offsets).sum(axis=1).mean(), rel=1e-4)
    assert np.square(measures(HEAD)["degrees"].sum(axis=0)).sum() == pytest.approx(
        np.degrees(1) ** 2
    )
    looks = np.isin(EYE_SHAPES, ["eyeLookUpLeft", "eyeLookUpRight"]).astype(float)
    assert np.square(looks @ measures(EYES)["degrees"]).sum() == pytest.approx(25.0**2 / 2)


def test_a_prior_keeps_the_frames_it_is_given() -> None:
    prior = PartPrior(PriorConfig(channels=3, fold=4, width=8, code_width=4)).train()
    made = prior(torch.randn(2, 10, 3))
    assert made.motion.shape == (2, 10, 3)
    assert made.quantised.indices.shape == (2, 3, 2)
    vectors = prior.encode(torch.randn(1, 8, 3))
    torch.testing.assert_close(vectors.square().mean(-1), torch.ones(1, 2, 2), rtol=1e-3, atol=1e-3)


def test_a_local_scan_sees_its_own_part_and_the_global_one_joins_all(model: MambaTalk) -> None:
    features, style = torch.randn(1, 24, 6), torch.tensor([[1.0, 0.0]])
    latents, hidden = known(model, 6)
    other = {**latents, MOUTH: latents[MOUTH] + 1.0}
    with torch.no_grad():
        before, after = (model.scans(features, style, it, hidden)[0] for it in (latents, other))
        assert not torch.equal(before[EYES].latents, after[EYES].latents)  # through the global scan
        own = [model.scans._known(part)(latents[part], hidden[part]) for part in (EYES, MOUTH)]
        joined = torch.randn(1, 6, 16)
        local = model.scans._local(EYES)  # is given nothing of the others but the global scan
        usual = local(own[0], joined).logits
        assert not torch.equal(usual, local(own[0], joined + 1).logits)
        assert not torch.equal(usual, local(own[1], joined).logits)


def test_what_is_hidden_does_not_count(model: MambaTalk) -> None:
    features, style = torch.randn(1, 24, 6), torch.tensor([[0.5, 0.5]])
    latents, hidden = known(model, 6)
    hidden[HEAD][:, 2] = True
    other = {**latents, HEAD: latents[HEAD].clone()}
    other[HEAD][:, 2] += 5.0
    with torch.no_grad():
        one, two = (model.scans(features, style, it, hidden)[0] for it in (latents, other))
    for part in PARTS:
        assert torch.equal(one[part].logits, two[part].logits)


def test_masks_ask_something_of_every_clip() -> None:
    torch.manual_seed(0)
    hidden = hidden_codes((400, 30, 2), 0.05, 0.25)
    shares = hidden.float().mean(dim=(1, 2))
    assert hidden.flatten(1).any(dim=1).all()
    assert 0.2 < (shares == 1).float().mean() < 0.35
    assert shares.min() < 0.1


def test_the_losses_are_of_what_is_counted(model: MambaTalk) -> None:
    latents, hidden = known(model, 6)
    features, style = torch.randn(1, 24, 6), torch.tensor([[0.5, 0.5]])
    with torch.no_grad():
        guess = model.scans(features, style, latents, hidden)[0][EYES]
    codes = torch.zeros(guess.logits.shape[:3], dtype=torch.long)
    counted = torch.zeros_like(codes, dtype=torch.bool)
    counted[:, 1] = True
    terms = scan_losses(guess, latents[EYES], codes, counted)
    likely = -guess.logits[:, 1].log_softmax(dim=-1)[..., 0].mean()
    torch.testing.assert_close(terms["codes"], likely)
    exact = scan_losses(guess._replace(latents=latents[EYES]), latents[EYES], codes, counted)
    assert float(exact["latents"]) == 0


def test_every_code_is_drawn_once_and_neighbours_apart() -> None:
    seen: dict[tuple[int, int], int] = {}
    for rows, group in order_of(tokens=37, groups=2, stride=8):
        assert all(b - a == 8 for a, b in pairwise(rows))
        for row in rows:
            seen[row, group] = seen.get((row, group), 0) + 1
    assert seen == {(row, group): 1 for row in range(37) for group in range(2)}


def test_what_is_drawn_follows_the_shares(model: MambaTalk) -> None:
    random = np.random.default_rng(0)
    features, style = random.random((9, 6), np.float32), np.full(2, 0.5, np.float32)
    chances = {part: random.random((3, 2), np.float32) for part in (HEAD, EYES)}
    given = TorchNetworks(model), model.config, features, style
    first, again = (drawn_life(*given, chances) for _ in range(2))
    assert first.keys() == {HEAD, EYES} and first[EYES].shape == (9, 24)
    assert all(np.array_equal(first[part], again[part]) for part in first)
    lowest = drawn_life(*given, {HEAD: np.zeros((3, 2), np.float32)})[HEAD]
    prior = model.prior(HEAD)
    codes = prior.quantiser.decode(torch.zeros(1, 3, 2, dtype=torch.long))
    expected = prior.decode(codes.flatten(2))[0, :9].detach()
    torch.testing.assert_close(torch.from_numpy(lowest), expected)


def test_sizes_that_cannot_be() -> None:
    with pytest.raises(UserError, match="whole number"):
        PriorConfig(channels=0)
    with pytest.raises(UserError, match="M, E and T"):
        ScanConfig(inputs=4, styles=1, joint="X")
    config = tiny()
    with pytest.raises(UserError, match="as many frames"):
        replace(config, scans=replace(config.scans, fold=2))
    with pytest.raises(UserError, match="parts"):
        replace(config, priors={MOUTH: config.priors[MOUTH]})
    assert MambaTalkConfig.of(config.plain()) == config


@pytest.fixture(scope="module")
def speech() -> Samples:
    return load_audio(DEMO_SPEECH)[: 4 * SAMPLE_RATE]


@pytest.fixture(scope="module")
def voice(speech: Samples) -> Voice:
    return hear_voice(speech)


def test_told_life_is_what_was_drawn(speech: Samples, voice: Voice) -> None:
    """A model that tells what the drawn life is made of shows what the drawn life shows."""
    motion = replace(speech_like(60), fps=FPS)
    motion = replace(motion, weights=np.resize(motion.weights, (120, len(motion.names))))
    options = LifeOptions(seed=3, parts={"breathing": 0.0})
    drawn = live(motion, speech, options)
    told = motion_of({part: parts_of(drawn)[part] for part in (EYES, HEAD)}, FPS)
    again = live_by_model(motion, told, voice, options)
    assert again.head is not None and drawn.head is not None
    np.testing.assert_allclose(again.head, drawn.head, atol=1e-6)
    assert again.eyes is not None and drawn.eyes is not None
    np.testing.assert_allclose(again.eyes, drawn.eyes, atol=np.radians(0.5))
    one, other = parts_of(again)[EYES], parts_of(drawn)[EYES]
    np.testing.assert_allclose(one, other, atol=0.05)
    np.testing.assert_array_equal(
        again.weights[:, : len(SPEECH_SHAPES)], motion.weights[:, : len(SPEECH_SHAPES)]
    )


def test_amounts_act_on_told_life(speech: Samples, voice: Voice) -> None:
    motion = replace(speech_like(60), fps=FPS)
    drawn = live(motion, speech, LifeOptions(seed=3))
    told = motion_of({part: parts_of(drawn)[part] for part in (EYES, HEAD)}, FPS)
    still = live_by_model(
        motion, told, voice, LifeOptions(parts={"blinks": 0, "brows": 0, "head": 0})
    )
    eyes = parts_of(still)[EYES]
    blinks = [k for k, name in enumerate(EYE_SHAPES) if name.startswith(("eyeBlink", "brow"))]
    assert not eyes[:, blinks].any()
    assert still.head is not None and not still.head[:, 0].any()  # breathing lifts it alone
    asked = BakeOptions(life=1.0, seed=3)
    by_model = express(motion, speech, asked, told=told)
    assert by_model.breath is not None
    assert express(motion, speech, BakeOptions(), told=told) is motion


def _train(data: Path, output: Path, steps: int, stop: int = 0, width: int = 16) -> Path:
    """Train a tiny model; `stop` interrupts it after so many steps of all stages."""
    options = TrainingOptions(
        data=data,
        output=output,
        cache=data / "cache",
        steps=steps,
        seed=0,
        workers=1,
        report=stopping(stop),
        say=lambda _: None,
        mambatalk=MambaTalkOptions(prior_steps=steps, scan_width=width, prior_width=8),
        recipe="mambatalk",
    )
    return train(options)


@pytest.fixture(scope="module")
def motions(speech: Samples, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three sentences of the demo's voice with motions that live."""
    folder = tmp_path_factory.mktemp("motions")
    for index in range(3):
        part = speech[index * SAMPLE_RATE :][: round(1.2 * SAMPLE_RATE)]
        soundfile.write(folder / f"s{index}.wav", part, SAMPLE_RATE)
        motion: Motion = replace(speech_like(36), fps=FPS)
        live(motion, part, LifeOptions(seed=index)).save(folder / f"s{index}.npz")
    return folder


@pytest.fixture(scope="module")
def run(motions: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("mambatalk") / "run"
    assert _train(motions, output, STEPS) == output / "checkpoint"
    return output


def _terms(folder: Path, term: str) -> list[float]:
    with (folder / "log.csv").open(newline="", encoding="utf-8") as file:
        return [float(row[3]) for row in csv.reader(file) if row[1:3] == ["train", term]]


def test_all_stages_learn(run: Path) -> None:
    for stage, term in ((MOUTH, "channels"), (EYES, "channels"), (HEAD, "channels")):
        values = _terms(run / stage, term)
        assert len(values) == STEPS
        assert values[-1] < 0.97 * values[0]
    for term in ("codes", "masked codes"):
        values = _terms(run / "scans", term)
        assert np.mean(values[-4:]) < np.mean(values[:4])


def test_killed_and_resumed_equals_undisturbed(
    run: Path, motions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from model_core.training.mambatalk import recipe

    monkeypatch.setattr(recipe, "PRIOR_TRAINING", replace(recipe.PRIOR_TRAINING, save_every=5))
    monkeypatch.setattr(recipe, "SCAN_TRAINING", replace(recipe.SCAN_TRAINING, save_every=5))
    for stop in (STEPS + 8, STEPS - 5 + STEPS + 8):  # in the second part's prior, and in the scans
        with pytest.raises(KeyboardInterrupt):
            _train(motions, tmp_path / "cut", STEPS, stop)
    assert not (tmp_path / "cut" / "checkpoint").exists()
    _train(motions, tmp_path / "cut", STEPS)
    for stage in (*PARTS, "scans"):
        whole, cut = (
            torch.load(folder / stage / "last.pt", weights_only=True)
            for folder in (run, tmp_path / "cut")
        )
        assert all(torch.equal(whole[name], cut[name]) for name in whole)


def test_a_folder_of_other_data_is_not_gone_on_with(
    run: Path, motions: Path, tmp_path: Path
) -> None:
    data = shutil.copytree(motions, tmp_path / "data", ignore=shutil.ignore_patterns("cache"))
    with pytest.raises(UserError, match="other data"):
        _train(data, run, STEPS)
    with pytest.raises(UserError, match="other settings"):
        _train(motions, run, STEPS, width=32)


def test_a_width_that_cannot_be_is_refused_before_clips_are_made(
    motions: Path, tmp_path: Path
) -> None:
    data = shutil.copytree(motions, tmp_path / "data", ignore=shutil.ignore_patterns("cache"))
    with pytest.raises(UserError):
        _train(data, tmp_path / "run", STEPS, width=17)
    assert not (data / "cache").exists()


def test_who_is_in_validation_alone_is_heard_in_trained_styles(
    motions: Path, tmp_path: Path
) -> None:
    for index, subject in enumerate(("ann", "bob", "cy")):
        for suffix in (".wav", ".npz"):
            (tmp_path / subject).mkdir(exist_ok=True)
            shutil.copyfile(
                (motions / f"s{index}").with_suffix(suffix),
                (tmp_path / subject / "s").with_suffix(suffix),
            )
    dataset = MotionFolder(tmp_path)
    assert dataset.styles == ("ann",)
    assert [row.styles for row in motion_clips(dataset, "val", tmp_path / "cache").rows] == [(0,)]


def test_clips_that_are_too_short_are_left_out() -> None:
    def windows(*lengths: int) -> Windows:
        rows = [Clip(0, frames, (0,)) for frames in lengths]
        nothing = np.zeros((0, 0), np.float16)
        return Windows.of(Clips("", rows, nothing, nothing[None]), 64)

    assert windows(15, 300, 200).frames == 64
    assert [row.frames for row in windows(15, 300, 200).clips.rows] == [300, 200]
    assert windows(2, 40).frames == 30 and windows(36, 36, 300).frames == 36
    with pytest.raises(UserError, match="No clip is as long as 1 s"):
        windows(2, 15)


def test_codes_are_looked_up_where_the_books_are() -> None:
    nothing = Windows(Clips("", [], np.zeros((0, 0)), np.zeros((0, 0, 0))), 0)
    with FakeTensorMode():  # tensors of a GPU that need none
        model = MambaTalk(tiny())
        book = model.prior(MOUTH).quantiser.codebook
        book.weight = torch.nn.Parameter(torch.empty(book.weight.shape, device="cuda"))
        codes = torch.zeros((1, 6, 2), dtype=torch.long)
        latents = ScanTask(model, nothing, nothing, 0, 1)._decoded(MOUTH, codes)
        assert latents.device == codes.device and latents.shape == (1, 6, 2, 4)


def test_a_checkpoint_speaks_and_lives(run: Path, speech: Samples) -> None:
    predictor, speech = Predictor.load(run / "checkpoint"), speech[:SAMPLE_RATE]
    spoken = predictor.predict(speech)
    assert spoken.names == SPEECH_SHAPES and spoken.head is None
    first, again, other = (predictor.life(speech, seed) for seed in (1, 1, 2))
    assert first.frames == 30 and set(first.names) == set(EYE_SHAPES)
    assert first.head is not None and other.head is not None and again.head is not None
    np.testing.assert_array_equal(first.weights, again.weights)
    np.testing.assert_array_equal(first.head, again.head)
    assert np.abs(first.head - other.head).max() > 0
    config = MambaTalkConfig.of(load_checkpoint(run / "checkpoint").config["model"])
    assert config.scans.width == 16


def test_life_without_torch_is_the_same(speech: Samples, tmp_path: Path) -> None:
    folder, speech = _untrained(tmp_path / "life"), speech[:20000]
    with pytest.raises(UserError, match="run `python -m model_core export-onnx`"):
        Predictor.load(folder, "cpu", "onnxruntime")
    assert main(["export-onnx", "--checkpoint", str(folder)]) == 0
    by_torch, light = (Predictor.load(folder, "cpu", it) for it in ("torch", "onnxruntime"))
    expected, told = by_torch.life(speech, 1, 2), light.life(speech, 1, 2)
    assert expected.head is not None and told.head is not None
    np.testing.assert_allclose(told.weights, expected.weights, atol=1e-4)
    np.testing.assert_allclose(told.head, expected.head, atol=1e-4)
    spoken, again = by_torch.predict(speech), light.predict(speech)
    np.testing.assert_allclose(again.weights, spoken.weights, atol=1e-4)
    _predict_without_torch(folder, tmp_path)
    made = Motion.load(tmp_path / "made.npz")
    assert made.head is not None and np.ptp(made.head, axis=0).max() > 0


def _untrained(folder: Path) -> Path:
    """Save a model of few layers, whose graphs are soon made."""
    config = tiny(inputs=388)
    scans = replace(config.scans, speech="T", body="", joint="M", local="")
    torch.manual_seed(0)
    made = MambaTalk(replace(config, scans=scans))
    for part in PARTS:
        made.prior(part).quantiser.codebook.weight.data.normal_()
    settings = MambaTalkSettings(encoder=EncoderConfig(), model=made.config, styles=("a", "b"))
    return save(folder, made, settings, "# A model for tests\n")


def _predict_without_torch(folder: Path, place: Path) -> None:
    """Let a Python that cannot import torch speak, with the life of a model."""
    for name in ("torch", "safetensors"):
        (place / f"{name}.py").write_text("raise ImportError('not here')\n", encoding="utf-8")
    words = ["predict", str(DEMO_SPEECH), "--end", "1", "--life", "1", "--life-model", str(folder)]
    code = (
        f"import sys; sys.path[:0] = [{str(place)!r}, {str(ROOT)!r}]\n"
        "from model_core.__main__ import main\n"
        f"sys.exit(main({[*words, '-o', str(place / 'made.npz')]!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_model_without_life_says_so(speech: Samples) -> None:
    with pytest.raises(UserError, match="moves the mouth alone"):
        Predictor.load().life(speech)


def test_a_bake_and_a_command_ask_for_it(run: Path, speech: Samples, tmp_path: Path) -> None:
    sound, made = tmp_path / "line.wav", tmp_path / "told.npz"
    soundfile.write(sound, speech[:SAMPLE_RATE], SAMPLE_RATE)
    asked = {"life": 1.0, "seed": 4, "life_model": str(run / "checkpoint")}
    refused = {**asked, "life_model": str(DEFAULT_CHECKPOINT)}
    request = {"op": "predict", "audio": {"path": str(sound)}, "output": str(made)}
    lines = [json.dumps({**request, "id": 1, "options": asked})]
    lines.append(json.dumps({**request, "id": 2, "options": refused}))
    written = io.StringIO()
    channel = Channel(written)
    Worker(Inbox(io.BytesIO("\n".join(lines).encode() + b"\n"), channel), channel).run()
    told = [json.loads(line) for line in written.getvalue().splitlines()]
    last = [event for event in told if event["event"] in ("done", "error")]
    assert last[0]["event"] == "done", last
    assert last[1]["message"] == NO_LIFE
    by_bake = Motion.load(made)
    out = tmp_path / "command.npz"
    words = ["predict", str(sound), "-o", str(out), "--life", "1", "--seed", "4", "--life-model"]
    assert main([*words, str(run / "checkpoint")]) == 0
    by_command = Motion.load(out)
    assert by_command.head is not None and by_bake.head is not None
    np.testing.assert_allclose(by_command.head, by_bake.head, atol=1e-6)
    assert main([*words, str(DEFAULT_CHECKPOINT)]) == 2


@pytest.mark.skipif(shutil.which("flite") is None, reason="flite is not installed")
def test_the_teacher_performs_a_corpus(tmp_path: Path) -> None:
    from model_core.corpus.store import Utterance, read_store, write_store
    from model_core.corpus.synthesis import flite
    from model_core.corpus.synthesis.voices import Voice as Speaker
    from model_core.training.mambatalk.clips import CorpusRecipe, _perform, _read, _write

    speaker = Speaker("flite", "slt", "en")
    spoken = flite.speak_all(["We saw the moon above the blue boat."], speaker)
    store = [
        (Utterance(f"u{i}", "slt", "en", "flite", "", tuple(phones)), samples)
        for i, (samples, phones) in enumerate(spoken)
    ]
    write_store(tmp_path / "store", store)
    recipe = CorpusRecipe(tmp_path / "store", 1, 2, seed=0)
    performed = _perform((recipe, 0, read_store(tmp_path / "store")))
    assert performed.styles == (0, 1) and len(STYLES) > 1
    mouth = performed.parts[:, :, : len(SPEECH_SHAPES)].astype(np.float32)
    assert np.abs(mouth[0] - mouth[1]).max() > 0.05  # another manner, another style
    _write(tmp_path / "clips", iter([performed]))
    clips = _read(tmp_path / "clips")
    assert clips.part(HEAD).shape == (2, len(performed.features), 3)
    np.testing.assert_array_equal(clips.part(HEAD)[0], performed.parts[0, :, -3:])
    assert draw_life(hear_voice(store[0][1]), LifeOptions()).head is not None
