"""Speech to a table of ARKit-named weights: wav_to_csv.py SPEECH.wav OUT.csv [FPS]"""

import sys

from model_core.formats.registry import write_motion
from model_core.models.predictor import Predictor
from model_core.speech.audio import load_audio


def main(speech: str, output: str, fps: str = "60") -> None:
    """Predict the motion of a sound file and write its weights."""
    motion = Predictor.load().predict(load_audio(speech), fps=float(fps))
    write_motion(motion, output)
    print(f"{motion.frames} frames of {len(motion.names)} weights in {output}")


if __name__ == "__main__":
    main(*sys.argv[1:])
