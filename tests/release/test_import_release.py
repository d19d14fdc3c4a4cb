"""Released ``.pth`` files: read safely, and run as the release runs them."""

import os
import pickle
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import Wav2Vec2FeatureExtractor, Wav2Vec2Model

from model_core.base.errors import UserError
from model_core.cli.import_release import run
from model_core.models.predictor import Predictor
from model_core.models.release import encoder as release_encoder
from model_core.models.release.fixture import load_fixture
from model_core.models.release.importer import read_release
from model_core.models.release.model import Dataset, ReleaseModel

from .release_files import HIDDEN, VERTICES, released_tensors, wav2vec2_config, write_pth


def noise(seconds: float) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return 0.1 * torch.randn(round(seconds * 16000), generator=generator)


def load(path: Path, dataset: Dataset) -> ReleaseModel:
    config, weights = read_release(path, dataset)
    model = ReleaseModel(config).eval()
    model.load_state_dict(weights)
    return model


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("old", [True, False])
@pytest.mark.parametrize("dataset", ["vocaset", "biwi"])
def test_every_spelling_gives_the_same_weights(
    tmp_path: Path, dataset: Dataset, old: bool, zipped: bool
) -> None:
    plain = released_tensors(dataset)
    _, weights = read_release(
        write_pth(tmp_path / "r.pth", released_tensors(dataset, old), zipped), dataset
    )
    for name, value in weights.items():
        released = name.removeprefix("decoder.").replace("encoder.wav2vec2", "audio_encoder")
        assert torch.equal(value, plain[released])
    dropped = {"text_encoder", "lip_map", "transformer", "lm_head"}
    assert not any(name.split(".")[1] in dropped for name in weights)


@torch.inference_mode()
def test_vocaset_pipeline_is_the_releases(tmp_path: Path) -> None:
    tensors, samples = released_tensors("vocaset"), noise(2.0)
    model = load(write_pth(tmp_path / "voca.pth", tensors), "vocaset")
    wav2vec2 = Wav2Vec2Model(wav2vec2_config()).eval()
    prefix = "audio_encoder."
    wav2vec2.load_state_dict(
        {n.removeprefix(prefix): v for n, v in tensors.items() if n.startswith(prefix)}
    )
    processed = Wav2Vec2FeatureExtractor(do_normalize=True)(
        samples.numpy(), sampling_rate=16000, return_tensors="pt"
    ).input_values
    heard = wav2vec2.feature_extractor(processed)  # (1, channels, 99)
    heard = F.interpolate(heard, int(99 / 50 * 30), mode="linear", align_corners=True)
    hidden = wav2vec2.feature_projection(heard.transpose(1, 2))[0]
    features = wav2vec2.encoder(hidden).last_hidden_state
    torch.testing.assert_close(model.encoder(samples)[None], features, rtol=1e-4, atol=1e-5)
    motion = model(samples)
    assert motion.shape == (59, VERTICES, 3)
    torch.testing.assert_close(motion.flatten(1), model.decoder(features)[0], rtol=1e-4, atol=1e-5)
    assert torch.equal(model(samples), motion)


@torch.inference_mode()
def test_biwi_joins_frames_in_pairs(tmp_path: Path) -> None:
    model = load(write_pth(tmp_path / "biwi.pth", released_tensors("biwi")), "biwi")
    assert (model.config.fps, model.config.topology) == (25, "biwi3895")
    samples = noise(1.0)
    processed = (samples - samples.mean()) / samples.std()
    states = model.encoder.wav2vec2(processed[None]).last_hidden_state  # (1, 49, hidden)
    pairs = states[0, :48].reshape(24, 2 * HIDDEN)
    torch.testing.assert_close(model.encoder(samples), pairs, rtol=1e-3, atol=1e-4)
    assert model(samples).shape == (24, VERTICES, 3)


@torch.inference_mode()
def test_long_clips_are_heard_in_blocks_without_a_seam(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load(write_pth(tmp_path / "voca.pth", released_tensors("vocaset")), "vocaset")
    samples = noise(6.0)
    whole_heard, whole = model.encoder._listen(samples), model.encoder(samples)
    monkeypatch.setattr(release_encoder, "_BLOCK", 37)
    torch.testing.assert_close(model.encoder._listen(samples), whole_heard, rtol=1e-5, atol=1e-5)
    monkeypatch.setattr(release_encoder, "_WINDOW", 100)
    monkeypatch.setattr(release_encoder, "_OVERLAP", 20)
    in_windows = model.encoder(samples)
    assert in_windows.shape == whole.shape
    steps = (in_windows[1:] - in_windows[:-1]).norm(dim=1)
    assert steps.max() < 1.5 * (whole[1:] - whole[:-1]).norm(dim=1).max()


@pytest.mark.parametrize("length", [1, 5, 400, 719, 720])
def test_the_shortest_clips_give_a_frame(tmp_path: Path, length: int) -> None:
    for dataset in ("vocaset", "biwi"):
        model = load(write_pth(tmp_path / "r.pth", released_tensors(dataset)), dataset)
        with torch.inference_mode():
            motion = model(torch.zeros(length))
        assert motion.shape == (1, VERTICES, 3)
        assert motion.isfinite().all()


class _Harmful:
    """Unpickled without care, it makes a folder."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.target),)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_malicious_file_runs_nothing(tmp_path: Path, zipped: bool) -> None:
    harm = tmp_path / "harm"
    path = write_pth(tmp_path / "r.pth", {"mamba.D": _Harmful(harm)}, zipped)
    with pytest.raises(UserError, match=r"r\.pth"):
        read_release(path, "vocaset")
    (tmp_path / "plain.pth").write_bytes(pickle.dumps(_Harmful(harm)))
    with pytest.raises(UserError, match=r"plain\.pth"):
        read_release(tmp_path / "plain.pth", "vocaset")
    assert not harm.exists()


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
@pytest.mark.parametrize("zipped", [True, False])
def test_a_truncated_file_is_named(tmp_path: Path, share: float, zipped: bool) -> None:
    path = write_pth(tmp_path / "cut.pth", released_tensors("vocaset"), zipped)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(UserError, match=r"cut\.pth"):
        read_release(path, "vocaset")


@pytest.mark.parametrize("content", [[1, 2], {"a": 1}, torch.zeros(3), {}])
def test_files_with_something_else_are_refused(tmp_path: Path, content: object) -> None:
    with pytest.raises(UserError):
        read_release(write_pth(tmp_path / "r.pth", content), "vocaset")
    with pytest.raises(UserError, match="no file"):
        read_release(tmp_path / "absent.pth", "vocaset")


def test_an_odd_pickle_is_refused_in_one_sentence_alone(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    path = tmp_path / "release.pth"
    path.write_bytes(b"\x80\xb6" + pickle.dumps({"a": 1})[2:])  # of a protocol that is not one
    with pytest.raises(UserError):
        read_release(path, "vocaset")
    assert [str(warning.message) for warning in recwarn] == []


@pytest.mark.parametrize(
    "name",
    ["vertice_map_r.bias", "mamba.A_log", "audio_encoder.encoder.layers.1.layer_norm.weight"],
)
def test_a_missing_or_misshapen_weight_is_named(tmp_path: Path, name: str) -> None:
    tensors = released_tensors("vocaset")
    for wrong in (None, torch.zeros(7, 5, 3)):
        changed = {n: v for n, v in tensors.items() if n != name}
        if wrong is not None:
            changed[name] = wrong
        with pytest.raises(UserError):
            read_release(write_pth(tmp_path / "r.pth", changed), "vocaset")


def test_the_wrong_dataset_is_noticed(tmp_path: Path) -> None:
    path = write_pth(tmp_path / "biwi.pth", released_tensors("biwi"))
    with pytest.raises(UserError, match="vocaset"):
        read_release(path, "vocaset")


@pytest.mark.parametrize("dataset", ["vocaset", "biwi"])
def test_the_command_makes_a_checkpoint_that_predicts(tmp_path: Path, dataset: Dataset) -> None:
    path = write_pth(tmp_path / "released.pth", released_tensors(dataset, old_weight_norm=True))
    folder = tmp_path / "model"
    assert run(Namespace(file=path, dataset=dataset, output=folder)) == 0
    assert {"model.safetensors", "config.json", "manifest.json"} <= {
        file.name for file in folder.iterdir()
    }
    predictor, samples = Predictor.load(folder, device="cpu"), noise(1.0).numpy()
    motion = predictor.predict(samples, fps=load(path, dataset).config.fps)
    with torch.inference_mode():
        offsets = load(path, dataset)(torch.from_numpy(samples)).numpy()
    assert len(motion.weights) == round(motion.fps)  # of one second
    np.testing.assert_allclose(motion.offsets()[: len(offsets)], offsets, atol=6e-5)
    np.testing.assert_allclose(motion.offsets()[-1], offsets[-1], atol=6e-5)
    again = predictor.predict(samples, fps=motion.fps)
    np.testing.assert_allclose(again.weights, motion.weights, rtol=1e-5, atol=1e-6)


def test_a_failed_import_leaves_nothing(tmp_path: Path) -> None:
    path = write_pth(tmp_path / "released.pth", {"mamba.D": torch.zeros(3)})
    with pytest.raises(UserError):
        run(Namespace(file=path, dataset="vocaset", output=tmp_path / "model"))
    assert not (tmp_path / "model").exists()


@torch.inference_mode()
def test_an_imported_decoder_still_agrees_with_the_fixture(
    tmp_path: Path, shared_dir: Path
) -> None:
    fixture = load_fixture(shared_dir / "fixtures" / "release_vocaset_d64.npz")
    tensors = released_tensors("vocaset", old_weight_norm=True, hidden=96) | fixture.weights
    config, weights = read_release(write_pth(tmp_path / "r.pth", tensors), "vocaset")
    model = ReleaseModel(config).eval()
    model.load_state_dict(weights)
    expected = fixture.stages["output"]
    error = (model.decoder(fixture.features) - expected).abs().max() / expected.abs().max()
    assert error < 1e-5
