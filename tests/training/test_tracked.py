"""The recipe that learns from tracked lips: its targets, losses, batches and a short run."""

import argparse
import shutil
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from model_core.articulation.upper_lip import upper_lip_map
from model_core.base.assets import DEFAULT_CHECKPOINT, DEMO_SPEECH
from model_core.base.errors import UserError
from model_core.cli.dataclass_arguments import add_fields, settings_of
from model_core.corpus.store import Utterance, write_store
from model_core.datasets.tracked import TrackedClip
from model_core.encoding.features import BANDS
from model_core.encoding.registry import EncoderConfig
from model_core.layers.regime_head import Regimes
from model_core.models.checkpoint import WEIGHTS_FILE, write_manifest
from model_core.models.jambatalk.config import JambaTalkConfig
from model_core.models.jambatalk.face import JambaTalkSettings, save
from model_core.models.jambatalk.network import JambaTalk
from model_core.models.predictor import Predictor
from model_core.rig.rig import load_face_rig
from model_core.rig.shapes import CLOSED_MM, SPEECH_SHAPES
from model_core.speech.audio import SAMPLE_RATE, load_audio
from model_core.speech.phones import Phone
from model_core.training.blending import blended
from model_core.training.loop import on_device
from model_core.training.options import TrainingOptions
from model_core.training.tracked.data import FPS, Heard, Teacher, anchor_sources, hear_all
from model_core.training.tracked.labels import marks
from model_core.training.tracked.loss import TrackedLoss, TrackedLossWeights
from model_core.training.tracked.options import TrackedOptions
from model_core.training.tracked.recipe import (
    _student,
    finished,
    train,
    used_to,
    with_new_layers,
)
from model_core.training.tracked.targets import follow
from model_core.training.tracked.task import TrackedMaterial, TrackedSampling, TrackedTask
from tests.quiet_training import quiet_options

AS_TEACHER = (1.0, 1.0, 1.0)  # spread of each measure
VIDEO_FPS, FRAMES, CHANNELS = 25.0, 240, 8
JAW = SPEECH_SHAPES.index("jawOpen")
PUCKER = SPEECH_SHAPES.index("mouthPucker")


@pytest.fixture(scope="module")
def loss() -> TrackedLoss:
    return TrackedLoss(load_face_rig(), SPEECH_SHAPES, TrackedLossWeights())


def voice(seconds: float, seed: int) -> NDArray[np.float32]:
    """Noise that comes and goes as syllables do."""
    count = round(seconds * SAMPLE_RATE)
    envelope = np.clip(np.sin(np.arange(count) / SAMPLE_RATE * 2 * np.pi * 3), 0, 1)
    noise = np.random.default_rng(seed).standard_normal(count)
    return (0.1 * envelope * noise).astype(np.float32)


def opened(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """A jaw's weight at times in seconds."""
    weight: NDArray[np.float64] = 0.1 + 0.1 * np.sin(2 * np.pi * times / 0.6 + times**2)
    return weight


def heard(speed: float = 1.0, frames: int = FRAMES, gate: float = 0.0) -> Heard:
    """A sound to which the teacher opens the jaw and purses the lips."""
    times = np.arange(round(frames / speed)) * speed / FPS
    motion = np.zeros((1, len(times), len(SPEECH_SHAPES)))
    motion[0, :, JAW] = opened(times)
    motion[0, :, PUCKER] = 0.2 * opened(1.3 * times)
    half = np.float16
    care, rounded = marks([], len(times), FPS)
    features = np.random.default_rng(0).standard_normal((len(times), CHANNELS))
    level, gates = np.zeros(len(times), half), np.full((1, len(times)), gate, half)
    said = care.astype(half), rounded.astype(half)
    return Heard(features.astype(half), level, motion.astype(half), gates, *said, speed)


def tracked(loss: TrackedLoss, late: float, size: float, rest: float) -> TrackedClip:
    """The same lips as a camera that is late sees them, of another size and at another rest."""
    times = np.arange(round(FRAMES / FPS * VIDEO_FPS)) / VIDEO_FPS - late
    weights = np.zeros((len(times), len(SPEECH_SHAPES)))
    weights[:, JAW], weights[:, PUCKER] = opened(times), 0.2 * opened(1.3 * times)
    lips = size * (weights @ loss.lips.double().numpy()) + rest
    return TrackedClip("ann", "a", Path("none.flac"), VIDEO_FPS, lips)


def test_tracks_are_brought_to_our_time_scale_and_rest(loss: TrackedLoss) -> None:
    clip = tracked(loss, late=0.04, size=2.5, rest=17.0)
    measures = loss.lips.double().numpy()
    ((plain, faster),) = follow([clip], [(heard(), heard(speed=1.25))], measures, AS_TEACHER)
    for version in (plain, faster):
        ours = version.heard.motion[0].astype(np.float64) @ measures
        seen = version.seen[:, 0]
        assert seen.mean() > 0.9
        assert np.abs(version.lips - ours)[seen].max() < 0.3


def test_an_amplitude_grows_from_closed_lips(loss: TrackedLoss) -> None:
    clip = tracked(loss, late=0.0, size=1.0, rest=0.0)
    measures = loss.lips.double().numpy()
    (one,) = follow([clip], [(heard(), heard())], measures, AS_TEACHER)
    (two,) = follow([clip], [(heard(), heard())], measures, (1.5, 1.0, 1.5))
    low, high = (np.percentile(v[0].lips[v[0].seen[:, 0]], [10, 90], axis=0) for v in (one, two))
    assert high[0] == pytest.approx(low[0], abs=0.1)  # opening, width and height where they rest
    assert (high[1] - high[0])[0] == pytest.approx(1.5 * (low[1] - low[0])[0], rel=0.02)
    assert (high[1] - high[0])[1] == pytest.approx((low[1] - low[0])[1], rel=0.02)  # the width


def test_closures_pauses_and_what_was_not_seen_do_not_count(loss: TrackedLoss) -> None:
    clip = tracked(loss, 0.0, 1.0, 0.0)
    measures = loss.lips.double().numpy()
    closed = heard(gate=0.9)
    quiet = replace(heard(), level=np.full(FRAMES, -60, np.float16))
    for sound in (closed, quiet):
        own, other = follow(
            [clip, clip], [(sound, sound), (heard(), heard())], measures, AS_TEACHER
        )
        assert not own[0].seen.any()
        assert other[0].seen.any()
    lips = clip.lips.copy()
    lips[50:, 1] = np.nan
    ((version, _),) = follow([replace(clip, lips=lips)], [(heard(), heard())], measures, AS_TEACHER)
    assert version.seen[140:200, 0].all()
    assert not version.seen[140:200, 1].any()


def regimes_of(weights: torch.Tensor, together: float) -> Regimes:
    gate = torch.full((*weights.shape[:2], 1), 9.0 if together else -9.0)
    return Regimes(weights, weights, gate)


def test_an_error_along_the_jaw_counts_less(loss: TrackedLoss) -> None:
    target = torch.full((1, 30, len(SPEECH_SHAPES)), 0.1)

    def skin(shape: int) -> float:
        moved = target.clone()
        moved[..., shape] += 0.1
        regimes, apart = regimes_of(moved, 0.0), torch.zeros(1, 30)
        plain = loss.speech(moved, target, regimes, apart[..., None])["skin"]
        freed = loss.teacher(moved, target, regimes, apart)["skin"]
        return float(freed / plain)

    assert skin(JAW) == pytest.approx(0.25, rel=1e-3)
    assert 0.25 < skin(PUCKER) <= 1.0
    assert skin(PUCKER) > 0.8


def test_lips_are_pulled_where_they_are_seen_and_nowhere_else(loss: TrackedLoss) -> None:
    weights = torch.full((1, 40, len(SPEECH_SHAPES)), 0.05, requires_grad=True)
    seen = torch.zeros(1, 40, 3)
    seen[:, 10:20, 0] = 1.0
    batch = {
        "lips": torch.full((1, 40, 3), 9.0),
        "seen": seen,
        "targets": weights.detach(),
        "together": torch.zeros(1, 40),
        "speaks": torch.ones(1, 40),
    }
    terms = loss.tracked(weights, regimes_of(weights, 0.0), batch)
    terms["tracked"].backward()
    assert weights.grad is not None
    pulled = weights.grad[0, :, JAW]
    assert (pulled[10:20] < 0).all()  # opens further
    assert not pulled[:10].any()
    assert not pulled[20:].any()


def test_open_lips_in_the_teachers_closures_are_punished(loss: TrackedLoss) -> None:
    open_lips = torch.zeros(1, 20, len(SPEECH_SHAPES))
    open_lips[..., JAW] = 0.2
    nothing = torch.zeros(1, 20, 3)
    batch = {"lips": nothing, "seen": nothing, "targets": torch.zeros_like(open_lips)}
    batch |= {"together": torch.ones(1, 20), "speaks": torch.ones(1, 20)}
    apart = loss.tracked(open_lips, regimes_of(open_lips, 0.0), batch)
    assert float(apart["tracked_closure"]) > 1.0
    assert float(apart["tracked_gate"]) > 1.0
    rest = torch.zeros_like(open_lips)
    closed = loss.tracked(rest, regimes_of(rest, 1.0), batch)
    assert float(closed["tracked_closure"]) == float(closed["rest"]) == 0.0
    assert float(closed["tracked_gate"]) < 0.01


def anchor(weights: torch.Tensor, **given: torch.Tensor) -> dict[str, torch.Tensor]:
    """A batch of anchors whose teacher rests, apart from what is given."""
    frames = weights.shape[:2]
    batch = {"targets": torch.zeros_like(weights), "together": torch.zeros(frames)}
    return {**batch, "care": torch.ones(frames), "rounded": torch.zeros(frames), **given}


def test_rounded_phones_are_told_from_spread_ones(loss: TrackedLoss) -> None:
    flat = torch.zeros(1, 10, len(SPEECH_SHAPES))
    pursed = flat.clone()
    pursed[..., PUCKER] = 0.9
    terms = [
        [
            float(loss.anchors(lips, regimes_of(lips, 0.0), batch)["rounding"])
            for lips in (pursed, flat)
        ]
        for batch in (anchor(flat, rounded=sign * torch.ones(1, 10)) for sign in (1.0, -1.0))
    ]
    (round_pursed, round_flat), (spread_pursed, spread_flat) = terms
    assert round_pursed < 0.1 * round_flat
    assert spread_flat < 0.1 * spread_pursed
    unknown = loss.anchors(pursed, regimes_of(pursed, 0.0), anchor(flat))
    assert float(unknown["rounding"]) == 0.0


def test_lips_that_hang_open_where_they_are_shut_cost_their_opening(loss: TrackedLoss) -> None:
    hanging = torch.zeros(1, 10, len(SPEECH_SHAPES))
    hanging[..., JAW] = 0.1
    shut = loss.anchors(
        hanging, regimes_of(hanging, 0.0), anchor(hanging, together=torch.ones(1, 10))
    )
    opening = float((hanging @ loss.lips)[0, 0, 0])
    assert float(shut["shut"]) == pytest.approx(loss.weights.shut * opening, rel=1e-4)
    assert opening > 1.0
    spoken = loss.anchors(hanging, regimes_of(hanging, 0.0), anchor(hanging))
    assert float(spoken["shut"]) == 0.0


def test_what_is_marked_counts_more_to_the_gate(loss: TrackedLoss) -> None:
    lips = torch.zeros(1, 10, len(SPEECH_SHAPES))
    missed, together = regimes_of(lips, 0.0), torch.ones(1, 10)
    plain, cared = (
        loss.anchors(lips, missed, anchor(lips, together=together, care=times * together))["gate"]
        for times in (1.0, 3.0)
    )
    assert float(cared) == pytest.approx(3.0 * float(plain))


def test_the_gate_is_taught_the_teachers_closures_whole(loss: TrackedLoss) -> None:
    """Labels made of the teacher's motion would leave out the frames at either end."""
    target = torch.full((1, 40, len(SPEECH_SHAPES)), 0.05)
    together = torch.zeros(1, 40)
    target[:, 17:23], together[:, 17:23] = 0.0, 1.0
    sure = Regimes(target, torch.zeros_like(target), 18.0 * together[..., None] - 9.0)
    motion = sure.mixed(sure.gate.sigmoid())
    terms = loss.teacher(motion, target, sure, together)
    assert float(terms["gate"]) < 0.01
    assert float(terms["skin"]) < 1e-4
    shorter = sure._replace(gate=sure.gate.roll(2, 1).minimum(sure.gate.roll(-2, 1)))
    assert float(loss.teacher(motion, target, shorter, together)["gate"]) > 1.0


def test_what_was_heard_is_kept_for_the_same_model_whatever_its_card_says(
    folder: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(DEFAULT_CHECKPOINT, copy)
    sources = anchor_sources(folder / "anchors", 0.1)

    def files(teacher: Path) -> set[str]:
        hear_all(
            sources, (1.0, 1.1), 1, teacher=Teacher(teacher), cache=tmp_path, seed=0, workers=1
        )
        return {path.name for path in tmp_path.glob("heard-*.npz")}

    kept = files(DEFAULT_CHECKPOINT)
    (copy / "README.md").write_text("another card")
    write_manifest(copy)
    assert files(copy) == kept
    weights = load_file(copy / WEIGHTS_FILE)
    weights["norm.weight"] = weights["norm.weight"] * 2
    save_file(weights, copy / WEIGHTS_FILE)
    write_manifest(copy)
    assert len(files(copy)) == 2


def material(loss: TrackedLoss) -> TrackedMaterial:
    clip = tracked(loss, 0.0, 1.0, 0.0)
    pairs = follow([clip], [(heard(), heard(1.2))], loss.lips.double().numpy(), AS_TEACHER)
    anchor = (heard(frames=400), heard(1.3, frames=400))
    return TrackedMaterial({"ann": pairs}, [anchor], [heard(frames=100)], [pairs[0][0]])


def test_batches_are_the_same_for_a_seed_and_a_step(loss: TrackedLoss) -> None:
    sampling = TrackedSampling(tracked=3, anchors=5, quiet=0.5, anchor_frames=120)
    tasks = [TrackedTask(material(loss), loss, sampling, seed) for seed in (1, 1, 2)]
    one, same, other = (task.batch(4, 0) for task in tasks)
    assert one["tracked_features"].shape == (3, sampling.tracked_frames, CHANNELS)
    assert one["anchor_targets"].shape == (5, 120, len(SPEECH_SHAPES))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["anchor_features"], other["anchor_features"])
    assert not torch.equal(one["anchor_features"], tasks[0].batch(5, 0)["anchor_features"])


def test_errors_are_counted_where_the_model_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a graphics card, which "meta" is like but for mixed precision."""
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: nullcontext())
    loss = TrackedLoss(load_face_rig(), SPEECH_SHAPES, TrackedLossWeights())
    sampling = TrackedSampling(tracked=1, anchors=1, quiet=0.0, anchor_frames=60)
    task = TrackedTask(material(loss), loss, sampling, 0)
    sizes = {"d_model": 16, "hidden": 16, "heads": 2, "kv_heads": 1, "window": 30}
    config = JambaTalkConfig(
        inputs=CHANNELS, outputs=len(SPEECH_SHAPES), head="gated", arrangement="all-T", **sizes
    )
    place = torch.device("meta")
    _, terms = task.loss(JambaTalk(config).to(place), on_device(task.batch(0, 0), place))
    assert {value.device for value in terms.values()} == {place}


def test_what_lies_beyond_a_short_clip_is_not_seen(loss: TrackedLoss) -> None:
    sampling = TrackedSampling(tracked=2, tracked_frames=FRAMES + 60, anchors=1)
    batch = TrackedTask(material(loss), loss, sampling, 0).batch(0, 0)
    assert batch["tracked_seen"][:, :150].any()
    assert not batch["tracked_seen"][:, FRAMES:].any()
    assert not batch["tracked_speaks"][:, FRAMES:].any()


def test_anchors_are_a_corpus_or_any_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no sounds"):
        anchor_sources(tmp_path, 1.0)
    folder = tmp_path / "sounds" / "deep"
    folder.mkdir(parents=True)
    for name, seconds in (("a", 50), ("b", 3), ("c", 3)):
        soundfile.write(folder / f"{name}.wav", np.zeros(seconds * SAMPLE_RATE), SAMPLE_RATE)
    (folder / "notes.txt").write_text("no sound")
    sources = anchor_sources(tmp_path / "sounds", 10.0)
    lengths = [len(source.samples()) / SAMPLE_RATE for source in sources]
    assert sum(lengths) == pytest.approx(56.0)
    assert len(anchor_sources(tmp_path / "sounds", 0.4)) == 1
    phones = (Phone("a", 0.0, 3.0),)
    store = [Utterance(f"u{i}", "eve", "en", "made", "ah", phones) for i in range(10)]
    write_store(tmp_path / "corpus", [(u, np.zeros(3 * SAMPLE_RATE, np.float32)) for u in store])
    (strung,) = anchor_sources(tmp_path / "corpus", 0.3)
    assert len(strung.parts) == 8  # 22 s of one speaker


def options_for(folder: Path, output: str, **tracked_options: object) -> TrainingOptions:
    chosen = TrackedOptions(anchors=(folder / "anchors",), minutes=0.1, **tracked_options)  # type: ignore[arg-type]
    places = folder / "tracked", folder / output, folder / "cache"
    return quiet_options(*places, steps=2, seed=3, tracked=chosen)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two speakers of two seconds each, with lips that do as they like, and an anchor."""
    root, speech = tmp_path_factory.mktemp("recipe"), load_audio(DEMO_SPEECH)
    for number, speaker in enumerate(("ann", "bob")):
        audio = root / "tracked" / speaker / "audio"
        audio.mkdir(parents=True)
        for index in range(2):
            samples = speech[8000 * (number + index + 1) :][: 2 * SAMPLE_RATE]
            soundfile.write(audio / f"{index}.flac", samples, SAMPLE_RATE)
        lips = np.random.default_rng(number).uniform(0, 9, (2, 50, 1)).cumsum(1) % 9
        names, clip = np.array(["inner_open/mm"]), np.array(["0", "1"])
        np.savez(audio.parent / "tracks.npz", fps=25.0, clip=clip, lips=lips, lips_names=names)
    (root / "anchors").mkdir()
    soundfile.write(root / "anchors" / "a.flac", voice(6.0, seed=99), SAMPLE_RATE)
    return root


def test_a_run_tunes_the_teacher_and_repeats_itself(folder: Path) -> None:
    checkpoints = [train(options_for(folder, name, hold_out=("bob",))) for name in ("one", "two")]
    samples = voice(2.0, seed=5)
    once, again = (Predictor.load(path).predict(samples, fps=60.0) for path in checkpoints)
    before = Predictor.load().predict(samples, fps=60.0)
    np.testing.assert_allclose(once.weights, again.weights, atol=1e-6)
    assert np.abs(once.weights - before.weights).max() > 1e-5  # it learnt,
    assert np.abs(once.weights - before.weights).max() < 0.2  # in two small steps
    assert once.names == before.names
    with pytest.raises(UserError, match="made from other data"):
        train(options_for(folder, "one", hold_out=("bob",), amplitude=1.2))
    with pytest.raises(UserError, match="--blend 0 gives back the teacher"):
        train(options_for(folder, "none", blend=0.0))


@pytest.fixture(scope="module")
def one_layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small gated model that hears the last layer alone."""
    torch.manual_seed(0)
    sizes = {"d_model": 24, "hidden": 32, "heads": 2, "kv_heads": 1, "window": 30}
    config = JambaTalkConfig(inputs=384 + BANDS, outputs=len(SPEECH_SHAPES), **sizes)
    model = JambaTalk(config)
    for parameter in model.head.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    settings = JambaTalkSettings(
        encoder=EncoderConfig(), decoder=config, styles=("neutral",), names=SPEECH_SHAPES
    )
    return save(tmp_path_factory.mktemp("one"), model, settings, "# For tests\n", None)


def test_layers_that_are_new_to_a_teacher_change_nothing_of_what_he_does(one_layer: Path) -> None:
    plain, samples = Teacher(one_layer), voice(1.0, seed=1)
    before = plain.motion(plain.features(samples), 1)
    for layers in (2, 3):
        teacher = Teacher(one_layer, layers)
        heard = teacher.features(samples)
        assert heard.shape[1] == teacher.settings().decoder.inputs == layers * 384 + BANDS
        for ours, his in zip(teacher.motion(heard, 1), before, strict=True):
            np.testing.assert_array_equal(ours, his)
    assert before[0].max() > 0.01


def test_a_model_that_hears_other_layers_is_refused(one_layer: Path, tmp_path: Path) -> None:
    settings = Teacher(one_layer, 3).settings()
    save(tmp_path, Teacher(one_layer, 3).model(), settings, "# For tests\n", None)
    assert Teacher(tmp_path).settings() == settings
    with pytest.raises(UserError, match="hears 3 layers of whisper cannot be tuned to hear 2"):
        Teacher(tmp_path, 2).settings()


def test_layers_heard_anew_are_standardised_by_what_is_heard(one_layer: Path) -> None:
    teacher = Teacher(one_layer, 2)
    model = teacher.model()
    assert model.lower is not None
    mean, deviation = np.arange(772, dtype=np.float32), np.full(772, 3.0, np.float32)
    used = used_to(model, (mean, deviation)).lower
    assert used is not None
    torch.testing.assert_close(used.standardise.mean, torch.arange(384.0, 768.0))
    with torch.no_grad():
        used.mix.weight.add_(1.0)
    assert used_to(model, (0 * mean, deviation)).lower is used
    assert float(used.standardise.mean[0]) == 384.0  # what it learnt by stays


def test_a_blend_lies_between_the_teacher_and_what_was_tuned() -> None:
    teacher, tuned, half = (Teacher(DEFAULT_CHECKPOINT).model() for _ in range(3))
    with torch.no_grad():
        for own in (tuned, half):
            own.embed.weight.add_(1.0)
    mixed = blended(teacher, half, 0.25)
    torch.testing.assert_close(mixed.embed.weight, teacher.embed.weight + 0.25)
    torch.testing.assert_close(mixed.norm.state_dict(), teacher.norm.state_dict())
    whole = blended(teacher, tuned, 1.0)
    torch.testing.assert_close(whole.embed.weight, teacher.embed.weight + 1.0)


def test_new_layers_learn_alone_and_are_not_blended_away(one_layer: Path) -> None:
    teacher = Teacher(one_layer, 2)
    student = _student(teacher, only_lower=True)
    learning = [name for name, each in student.named_parameters() if each.requires_grad]
    assert learning == ["lower.mix.weight"]
    tuned = _student(teacher, only_lower=False)
    assert all(each.requires_grad for each in tuned.parameters())
    with torch.no_grad():
        for each in tuned.parameters():
            each.add_(0.5)
    learnt = {name: value.clone() for name, value in tuned.state_dict().items()}
    known = with_new_layers(teacher.model(), tuned)
    mixed, before = blended(known, tuned, 0.0).state_dict(), teacher.model().state_dict()
    for name, value in mixed.items():
        expected = learnt if name.startswith("lower.") else before
        torch.testing.assert_close(value, expected[name])
    with pytest.raises(UserError, match="give --ears 2 or more"):
        TrackedOptions(only_lower=True, ears=1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("blend", -0.1),
        ("ears", 0),
        ("blend", 1.5),
        ("amplitude", 0.0),
        ("width_spread", 0.0),
        ("sharpness", 0.0),
        ("sharpness", float("nan")),
        ("minutes", -1.0),
        ("lean", 11.0),
        ("lean", float("nan")),
        ("upper_lip", -0.1),
        ("upper_lip", 0.9),
    ],
)
def test_choices_out_of_range_are_refused(name: str, value: float) -> None:
    with pytest.raises(UserError):
        TrackedOptions(**{name: value})  # type: ignore[arg-type]


def test_a_result_leans_to_closed_lips_and_lets_the_upper_one_open() -> None:
    teacher = Teacher(DEFAULT_CHECKPOINT)
    settings, plain = teacher.settings(), teacher.model()
    heard = torch.randn(1, 41, settings.decoder.inputs, generator=torch.manual_seed(0))
    style = torch.zeros(1, dtype=torch.long)
    before = plain.forward_with_aux(heard, style).regimes
    made = finished(plain, settings, TrackedOptions(sharpness=2.0, lean=1.5, upper_lip=0.3))
    after = made.forward_with_aux(heard, style).regimes
    assert before is not None
    assert after is not None
    torch.testing.assert_close(after.gate, 2.0 * before.gate + 1.5)
    moved = torch.from_numpy(upper_lip_map(settings.shapes, 0.3)).float()
    for old, new in zip(before[:2], after[:2], strict=True):
        torch.testing.assert_close(new, old @ moved, atol=1e-5, rtol=1e-4)


def test_what_cannot_be_tuned_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No clips of eve; there are"):
        train(options_for(folder, "none", hold_out=("eve",)))
    with pytest.raises(UserError, match="learn from and to keep aside"):
        train(options_for(folder, "none"))  # two clips each: every tenth is kept aside
    with pytest.raises(UserError, match="no model in"):
        train(options_for(folder, "none", teacher=tmp_path))
    unseen = Path(shutil.copytree(folder, tmp_path / "unseen"))
    tracks = unseen / "tracked" / "bob" / "tracks.npz"
    with np.load(tracks) as stored:
        known = {**stored}
    known["lips"][:, 1:] = np.nan
    np.savez(tracks, **known)
    with pytest.raises(UserError, match="to keep aside, with lips that were tracked in speech"):
        train(options_for(unseen, "none", hold_out=("bob",)))
    assert not (folder / "none" / "checkpoint").exists()


def test_the_teacher_is_the_model_as_it_predicts() -> None:
    teacher = Teacher(DEFAULT_CHECKPOINT)
    features = np.zeros((40, teacher.settings().decoder.inputs), np.float32)
    motion, gate = teacher.motion(features, 2)
    assert motion.shape == (2, 40, len(SPEECH_SHAPES))
    assert gate.shape == (2, 40)
    assert (motion >= 0).all()
    opening = (
        motion[0]
        @ TrackedLoss(load_face_rig(), SPEECH_SHAPES, TrackedLossWeights()).lips[:, 0].numpy()
    )
    assert (opening[gate[0] > 0.99] < CLOSED_MM).all()


def test_the_command_line_gives_every_choice() -> None:
    parser = argparse.ArgumentParser()
    add_fields(parser.add_argument_group("tracked"), TrackedOptions)
    assert settings_of(TrackedOptions, parser.parse_args([])) == TrackedOptions()
    given = (
        "--anchors a b --minutes 5 --teacher t --start s --hold-out ann bob --amplitude 1.3 "
        "--width-spread 1.4 --ears 2 --only-lower --blend 0.5 --sharpness 1.5 --lean 1.5 "
        "--upper-lip 0.2"
    )
    assert settings_of(TrackedOptions, parser.parse_args(given.split())) == TrackedOptions(
        anchors=(Path("a"), Path("b")),
        minutes=5.0,
        teacher=Path("t"),
        start=Path("s"),
        hold_out=("ann", "bob"),
        amplitude=1.3,
        width_spread=1.4,
        ears=2,
        only_lower=True,
        sharpness=1.5,
        blend=0.5,
        lean=1.5,
        upper_lip=0.2,
    )
