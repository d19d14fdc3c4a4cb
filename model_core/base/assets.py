"""Where everything that ships lies: nobody else spells a path inside ``assets/``."""

from pathlib import Path

ASSETS = Path(__file__).resolve().parents[1] / "assets"
FACE_RIG = ASSETS / "face_rig.npz"
DEMO_HEAD = ASSETS / "demo_head.npz"
MOUTH = ASSETS / "mouth.npz"
DEMO_SPEECH = ASSETS / "demo_speech.flac"
DEFAULT_CHECKPOINT = ASSETS / "default"
STREAMING_CHECKPOINT = ASSETS / "streaming"
STUDY_PAGE = ASSETS / "study"
ENCODER_FILE = "encoder.safetensors"
"""The bundled encoder's weights, in the checkpoint that ships and in those made with it."""
ENCODER_GRAPH = "encoder.onnx"
BUNDLED_ENCODER = DEFAULT_CHECKPOINT / ENCODER_FILE
