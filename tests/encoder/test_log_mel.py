"""The log-mel front end against the published one."""

import numpy as np
from numpy.typing import NDArray
from transformers import WhisperFeatureExtractor

from model_core.encoding.whisper import log_mel


def test_agrees_with_transformers(speech: NDArray[np.float32]) -> None:
    frames = len(speech) // log_mel.HOP
    expected = WhisperFeatureExtractor()(speech, sampling_rate=16000)["input_features"][0]
    energies = log_mel.log_energies(speech, 0, frames)
    ours = log_mel.normalise(energies, log_mel.peak_energy(speech, 0, frames))
    np.testing.assert_allclose(ours, expected[:, :frames], atol=1e-4)


def test_a_part_is_a_cut_of_the_whole(speech: NDArray[np.float32]) -> None:
    whole = log_mel.log_energies(speech, 0, 2000)
    part = log_mel.log_energies(speech, 700, 900)
    np.testing.assert_allclose(part, whole[:, 700:900], atol=1e-4)
    assert np.abs(part - whole[:, 701:901]).mean() > 1e-2  # a frame off would show
