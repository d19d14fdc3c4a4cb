"""The default model's data and task, on real synthesised speech with its phone times."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from model_core.articulation.styles import STYLES
from model_core.corpus.store import Utterance, load_samples, read_store, write_store
from model_core.corpus.synthesis import flite
from model_core.corpus.synthesis.voices import Voice
from model_core.encoding.feature_variation import FeatureVariation
from model_core.encoding.features import BANDS
from model_core.models.jambatalk.network import JambaTalk, JambaTalkConfig
from model_core.rig.lip_geometry import lip_curves
from model_core.rig.rig import load_face_rig
from model_core.rig.shapes import CLOSED_MM, SPEECH_SHAPES
from model_core.training.bundled.clips import (
    CLIP_SECONDS,
    ClipRecipe,
    cache_clips,
    group_utterances,
    read_clips,
)
from model_core.training.bundled.losses import SpeechLoss, SpeechLossWeights
from model_core.training.bundled.speech import CachedClips, Sampling, SpeechTask, feature_statistics
from model_core.training.loop import Trainer, TrainingConfig, TrainingProgress

pytestmark = pytest.mark.skipif(shutil.which("flite") is None, reason="flite is not installed")
SENTENCES = [
    "Bob may buy a pepper pot, and Pam taped two maps.",
    "We saw the moon above the blue boat.",
    "Peter brought a book of poems to the market.",
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store")
    voices = [Voice("flite", name, "en") for name in ("slt", "rms")]
    write_store(
        folder,
        [
            (Utterance(f"{v.name}-{i}", v.name, "en", "flite", text, tuple(phones)), samples)
            for v in voices
            for i, text in enumerate(SENTENCES)
            for samples, phones in flite.speak_all([text], v)
        ],
    )
    return folder


@pytest.fixture(scope="module")
def clips(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    recipe = ClipRecipe(store, 60.0, augment=True, seed=1)
    return cache_clips(recipe, tmp_path_factory.mktemp("clips"), workers=2)


def test_groups_are_of_one_speaker_and_lose_nothing(store: Path) -> None:
    utterances = read_store(store)
    groups = list(group_utterances(utterances, np.random.default_rng(0)))
    assert all(len({one.speaker for one in group}) == 1 for group in groups)
    grouped = {one.id for group in groups for one in group}
    assert grouped == {one.id for one in utterances}
    assert all(sum(one.duration for one in group) > CLIP_SECONDS for group in groups)


def test_clips_do_not_depend_on_the_number_of_workers(
    store: Path, clips: Path, tmp_path: Path
) -> None:
    recipe = ClipRecipe(store, 60.0, augment=True, seed=1)
    again = cache_clips(recipe, tmp_path, workers=1)
    ours, theirs = CachedClips(clips), CachedClips(again)
    assert ours.clips == theirs.clips
    # Processes with other numbers of threads add in other orders: a step of float16 apart at most.
    np.testing.assert_allclose(_wide(ours.features), _wide(theirs.features), rtol=2e-3, atol=1e-3)
    np.testing.assert_allclose(_wide(ours.targets), _wide(theirs.targets), rtol=2e-3, atol=1e-3)


def _wide(halves: NDArray[np.float16]) -> NDArray[np.float32]:
    return halves.astype(np.float32)


def test_another_corpus_makes_other_clips(store: Path, clips: Path) -> None:
    recipe = ClipRecipe(store, 60.0, augment=True, seed=1)
    assert cache_clips(recipe, clips.parent, workers=1) == clips
    fewer = clips.parent / "fewer"
    write_store(fewer, [(u, load_samples(store, u)) for u in read_store(store)[:2]])
    other = cache_clips(replace(recipe, store=fewer), clips.parent, workers=1)
    assert other != clips
    assert len(read_clips(other)) < len(read_clips(clips))


def test_targets_close_the_lips_where_the_phones_say(clips: Path) -> None:
    cached, basis = CachedClips(clips), load_face_rig().select(SPEECH_SHAPES)
    for clip in cached.clips:
        weights = cached.targets[0, clip.first : clip.first + clip.frames].astype(np.float32)
        opening = lip_curves(weights, basis).opening
        for phone in clip.phones:
            if phone.symbol in "pbm":
                part = opening[int(phone.start * 60) : int(phone.end * 60) + 2]
                assert part.min() < CLOSED_MM


def small_task(clips: Path) -> tuple[JambaTalk, SpeechTask]:
    cached = CachedClips(clips)
    config = JambaTalkConfig.default(cached.features.shape[1], len(SPEECH_SHAPES), len(STYLES))
    torch.manual_seed(0)
    model = JambaTalk(replace(config, d_model=32, hidden=32, heads=2, kv_heads=1, experts=2))
    loss = SpeechLoss(load_face_rig(), SPEECH_SHAPES, SpeechLossWeights())
    sampling = Sampling(crops=4, frames=120)
    task = SpeechTask(cached, cached, loss, sampling, FeatureVariation(), seed=0)
    model.standardise.fit(*map(torch.from_numpy, task.statistics))
    return model, task


def test_statistics_are_the_features_own(clips: Path) -> None:
    cached = CachedClips(clips)
    mean, deviation = feature_statistics(cached)
    features = cached.features.astype(np.float64)
    np.testing.assert_allclose(mean, features.mean(axis=0), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(deviation, features.std(axis=0), rtol=1e-3, atol=1e-4)


def test_a_batch_is_a_function_of_seed_step_and_part(clips: Path) -> None:
    _, first = small_task(clips)
    _, second = small_task(clips)
    torch.testing.assert_close(first.batch(3, 1), second.batch(3, 1), rtol=0, atol=0)
    assert not torch.equal(first.batch(3, 1)["features"], first.batch(3, 0)["features"])
    assert first.batch(0, 0)["targets"].shape == (4, 120, len(SPEECH_SHAPES))


def test_each_crop_is_another_voice_and_says_the_same(clips: Path) -> None:
    _, varied = small_task(clips)
    _, plain = small_task(clips)
    plain.variation = FeatureVariation(drop=0, gain=0, offset=0, noise=0)
    heard, recorded = varied.batch(0, 0), plain.batch(0, 0)
    assert torch.equal(heard["targets"], recorded["targets"])
    deviation = torch.from_numpy(plain.statistics[1])
    moved = ((heard["features"] - recorded["features"]) / deviation).mean(dim=1)  # (B, C)
    assert not moved[:, -BANDS:].any()  # the clip's own energies are no matter of the voice
    moved = moved[:, :-BANDS]
    assert 0.2 < float(moved.std()) < 1.0
    across = torch.corrcoef(moved)
    assert float((across - torch.eye(len(across))).abs().max()) < 0.3


def test_training_learns_the_sentences(clips: Path, tmp_path: Path) -> None:
    model, task = small_task(clips)
    before = task.validate(model.eval())["loss"]
    config = TrainingConfig(steps=40, learning_rate=3e-3, validate_every=40, save_every=40)
    seen: list[TrainingProgress] = []
    Trainer(model, task, config, tmp_path).run(seen.append)
    after = task.validate(model.eval())["loss"]
    assert after < 0.3 * before
    assert [progress.step for progress in seen] == list(range(1, 41))
