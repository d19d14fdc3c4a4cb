"""A made-up VOCASET for the research tests; speech is noise bursts, since faces matter here."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2ForCTC, Wav2Vec2Model

from model_core.corpus.store import Utterance, write_store
from model_core.datasets.synthetic import Recipe, make_vocaset
from model_core.speech.phones import Phone


@pytest.fixture(scope="session")
def small_vocaset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """VOCASET's four files: 12 subjects with one sentence of 0.6 s each."""
    folder = tmp_path_factory.mktemp("vocaset")
    make_vocaset(folder, Recipe(sentences=1, store=_store(folder / "store")))
    return folder


def _store(folder: Path) -> Path:
    rng = np.random.default_rng(0)
    phones = (
        Phone("_", 0.0, 0.1),
        Phone("m", 0.1, 0.2),
        Phone("A:", 0.2, 0.4),
        Phone("p", 0.4, 0.5),
        Phone("u:", 0.5, 0.6),
    )
    level = np.repeat([0.0, 0.2, 0.6, 0.05, 0.4, 0.3], 1600)
    write_store(
        folder,
        (
            (
                Utterance(f"u{index}", f"voice{index:02d}", "en", "noise", "", phones),
                (0.3 * level * rng.standard_normal(9600)).astype(np.float32),
            )
            for index in range(12)
        ),
    )
    return folder


@pytest.fixture(scope="session")
def tiny_wav2vec2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wav2vec 2.0 of random weights, as a folder that transformers loads."""
    folder = tmp_path_factory.mktemp("wav2vec2")
    torch.manual_seed(0)
    Wav2Vec2Model(Wav2Vec2Config(**_TINY)).save_pretrained(folder)
    Wav2Vec2FeatureExtractor().save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_recogniser(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CTC recogniser of random weights over 33 letters, as the release's has."""
    folder = tmp_path_factory.mktemp("recogniser")
    torch.manual_seed(1)
    Wav2Vec2ForCTC(Wav2Vec2Config(**_TINY, vocab_size=33, pad_token_id=0)).save_pretrained(folder)
    return folder


_TINY: dict[str, Any] = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "conv_dim": (8,) * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
}
