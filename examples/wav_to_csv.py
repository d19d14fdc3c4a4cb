"""Speech to a take as Live Link Face records it: wav_to_csv.py SPEECH.wav OUT.csv [FPS]"""

import sys

from model_core.formats.registry import write_motion
from model_core.models.predictor import Predictor
from model_core.speech.audio import load_audio


def main(speech: str, output: str, fps: str = "60") -> None:
    """Predict the motion of a sound file and write it with ARKit's 52 channels, head and eyes."""
    motion = Predictor.load().predict(load_audio(speech), fps=float(fps))
    notes = write_motion(motion, output, "livelink")
    print(f"{motion.frames} frames of {len(motion.names)} moving channels in {output}", *notes)


if __name__ == "__main__":
    main(*sys.argv[1:])
