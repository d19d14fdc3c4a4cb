"""Does a model close the lips where the phones say: evaluate_model.py SPEECH.wav PHONES.txt [MODEL]

PHONES.txt has a line `symbol start end` for each phone (X-SAMPA, seconds, `_` for a pause).
"""

import sys

from model_core.evaluation.metrics.lips import LipAccumulator
from model_core.models.predictor import Predictor
from model_core.speech.audio import load_audio
from model_core.speech.phone_file import read_phones

FPS = 60.0


def main(speech: str, phones: str, model: str | None = None) -> None:
    """Predict a recording's motion and print what its lips do at the phones."""
    samples = load_audio(speech)
    motion = Predictor.load(model).predict(samples, fps=FPS)
    lips = LipAccumulator()
    lips.add(motion, read_phones(phones), samples)
    print(lips.finish().to_markdown())


if __name__ == "__main__":
    main(*sys.argv[1:])
