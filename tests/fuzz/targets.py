"""What is fuzzed: readers of files and lines that come from outside.

A target takes bytes and returns quietly or raises `UserError`; anything else is a finding. Each has
a corpus of valid inputs, made here so that none is kept in the repository.
"""

import io
import json
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import soundfile
import torch

from model_core.base.errors import UserError
from model_core.batch.jobs_file import parse_job, read_rows
from model_core.encoding.registry import EncoderConfig
from model_core.formats.registry import MOTION_FORMATS, reading_of, write_motion
from model_core.models.checkpoint import (
    CONFIG_FILE,
    MANIFEST_FILE,
    WEIGHTS_FILE,
    load_checkpoint,
    write_manifest,
)
from model_core.models.jambatalk.config import JambaTalkConfig
from model_core.models.jambatalk.face import JambaTalkSettings, save
from model_core.models.jambatalk.network import JambaTalk
from model_core.models.jambatalk.torch_decoder import load_jambatalk
from model_core.models.release.importer import read_release
from model_core.motion.motion import Motion
from model_core.motion.reduction import Reduction
from model_core.rig.geometry import Geometry
from model_core.rig.rig import load_face_rig
from model_core.rig.shapes import SPEECH_SHAPES
from model_core.speech.audio import load_audio
from model_core.targets.named_shapes import NamedShapes
from model_core.targets.registry import OWN_KEYS, find_target
from model_core.targets.shape_map import Link, ShapeMap, read_map, write_map
from model_core.targets.target_file import read_target, write_geometry, write_target
from model_core.worker.channel import Channel
from model_core.worker.inbox import Inbox
from model_core.worker.main import Worker
from tests.speech_like import speech_like

Target = Callable[[bytes], None]


@cache
def scratch() -> Path:
    """Return this process's folder for inputs."""
    return Path(tempfile.mkdtemp(prefix="jambatalk-fuzz-"))


def audio(data: bytes) -> None:
    """Read a sound file."""
    path = scratch() / "sound"
    path.write_bytes(data)
    samples = load_audio(path)
    assert samples.ndim == 1 and len(samples) and np.isfinite(samples).all()


def checkpoint(data: bytes) -> None:
    """Open a checkpoint, one of whose files is the input: byte 0 says which."""
    names = (MANIFEST_FILE, CONFIG_FILE, WEIGHTS_FILE)
    name = names[data[0] % 3] if data else MANIFEST_FILE
    folder = scratch() / "checkpoint"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(_checkpoint(), folder)
    (folder / name).write_bytes(data[1:])
    if name != MANIFEST_FILE:
        write_manifest(folder)  # as one who means harm would
    found = load_checkpoint(folder)
    load_jambatalk(found, JambaTalkSettings.from_config(found.config).decoder)


def jobs(data: bytes) -> None:
    """Read a table of jobs."""
    path = scratch() / "jobs.csv"
    path.write_bytes(data)
    for row in read_rows(path, note=lambda _: None):
        with suppress(UserError):  # one bad row does not stop the others
            parse_job(row, scratch())


def worker(data: bytes) -> None:
    """Send lines to a worker; every answer must be one line of JSON, no error an internal one."""
    out = io.StringIO()
    channel = Channel(out)
    Worker(Inbox(io.BytesIO(data), channel), channel).run()
    for line in out.getvalue().splitlines():
        event = json.loads(line)
        assert event.get("kind") != "internal", event


def release(data: bytes) -> None:
    """Import a released checkpoint."""
    path = scratch() / "release.pth"
    path.write_bytes(data)
    read_release(path, "vocaset")


def motion_table(data: bytes) -> None:
    """Read a table of motion, of whatever kind its header says."""
    _read_motion("motion.csv", data)


def motion_json(data: bytes) -> None:
    """Read an export of Audio2Face."""
    _read_motion("motion.json", data)


def _read_motion(name: str, data: bytes) -> None:
    path = scratch() / name
    path.write_bytes(data)
    motion, notes = reading_of(path)
    assert motion.frames and np.isfinite(motion.weights).all()
    assert all("\n" not in note for note in notes)


def shape_map(data: bytes) -> None:
    """Read a map of shape keys, and ask a mesh whether it fits."""
    path = scratch() / "map.json"
    path.write_bytes(data)
    geometry = small_mesh()
    target = find_target(geometry, "Head", OWN_KEYS, read_map(path))
    if target.problem() is None:
        target.place(_speech())


def mesh(data: bytes) -> None:
    """Read the file of a mesh with keys, and speak with it if it can."""
    path = scratch() / "mesh.npz"
    path.write_bytes(data)
    target = read_target(path)
    if target.problem() is None:
        target.reduce(_speech(), Reduction(1.0))


@cache
def small_mesh() -> Geometry:
    """Return a thousand vertices of a head with some keys."""
    rig, keys = load_face_rig(), ("jawOpen", "mouthClose", "mouthSmileLeft")
    few = np.arange(1500, 4000, 2)
    offsets = {name: key[few] for name, key in zip(keys, rig.select(keys), strict=True)}
    nothing = np.empty(0, np.int32)
    return Geometry(rig.neutral[few], nothing, nothing, offsets)


def _speech() -> Motion:
    return speech_like(4)


def corpus(name: str) -> list[bytes]:
    """Return valid inputs of a target."""
    return CORPORA[name]()


@cache
def _checkpoint() -> Path:
    config = JambaTalkConfig(
        inputs=8, outputs=21, d_model=8, hidden=8, heads=1, kv_heads=1, experts=2
    )
    settings = JambaTalkSettings(
        encoder=EncoderConfig(), decoder=config, styles=("neutral",), names=SPEECH_SHAPES
    )
    folder = scratch() / "valid"
    return save(folder, JambaTalk(config), settings, "# Fuzz\n", encoder_weights=None)


def _sounds() -> list[bytes]:
    tone = np.sin(np.arange(2400) / 7).astype(np.float32)
    kinds = [("WAV", "PCM_16"), ("WAV", "FLOAT"), ("WAV", "MS_ADPCM"), ("FLAC", "PCM_16")]
    kinds += [("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III"), ("AIFF", "PCM_24")]
    sounds = []
    for container, subtype in kinds:
        file = io.BytesIO()
        soundfile.write(file, np.stack([tone, -tone], 1), 24000, subtype, format=container)
        sounds.append(file.getvalue())
    return sounds


def _checkpoint_files() -> list[bytes]:
    names = (MANIFEST_FILE, CONFIG_FILE, WEIGHTS_FILE)
    return [bytes([at]) + (_checkpoint() / name).read_bytes() for at, name in enumerate(names)]


def _tables() -> list[bytes]:
    return [
        b"audio,scene,mesh,start,output\na.wav,a.blend,Head,1,b.blend\n",
        '\ufeffaudio,scene,mesh,start,output\r\n"ä,b",c,d,,e\r\n'.encode(),
        b"output,start,mesh,scene,audio,more\n1,2,3,4,5,6,7\n\n",
    ]


def _motions(suffix: str) -> list[bytes]:
    names = ("jawOpen", "mouthLeft", "browInnerUpLeft", "browInnerUpRight")
    waves = 0.2 + 0.2 * np.sin(np.arange(20)[:, None] * [1.0, 2.0, 3.0, 3.0])
    turns = np.full((20, 3), 0.1, np.float32)
    motion = Motion(30.0, names, load_face_rig().select(names), waves.astype(np.float32))
    found = []
    for name, each in MOTION_FORMATS.items():
        if each.suffix == suffix:
            path = scratch() / f"valid{suffix}"
            write_motion(replace(motion, head=turns), path, name)
            found.append(path.read_bytes())
    return found


def _lines() -> list[bytes]:
    predict = {"op": "predict", "id": 1, "audio": {"path": "gone.wav", "start": 0, "end": None}}
    predict |= {"fps": 30, "style": "neutral", "seed": 0, "output": "/nowhere/m.npz"}
    requests = [{"op": "hello"}, predict, {"op": "cancel", "id": 1}, {"op": "quit"}]
    for request in requests:
        request["checkpoint"] = "/nowhere"
    return ["".join(json.dumps(r) + "\n" for r in requests).encode(), b"[]\n{}\nnull\n"]


def _releases() -> list[bytes]:
    files = []
    tensors = {"vertice_map_r.weight": torch.zeros(4, 3), "module.mamba.D": torch.ones(2)}
    for zipped in (True, False):
        file = io.BytesIO()
        torch.save(tensors, file, _use_new_zipfile_serialization=zipped)
        files.append(file.getvalue())
    return files


def _maps() -> list[bytes]:
    links = (Link("jawOpen", "jawOpen", 1.2), Link("oculus/PP", "mouthClose", 1.0, 0.1))
    write_map(ShapeMap(links, "mine"), scratch() / "valid.json")
    return [(scratch() / "valid.json").read_bytes(), b'{"jambatalk_map": 1, "links": []}']


def _meshes() -> list[bytes]:
    found = []
    for number in range(2):
        path = scratch() / f"valid{number}.npz"
        if number:
            write_geometry(small_mesh(), "Head", path)
        else:
            own = find_target(small_mesh(), "Head", OWN_KEYS)
            assert isinstance(own, NamedShapes)
            write_target(own, path)
        found.append(path.read_bytes())
    return found


TARGETS: dict[str, Target] = {
    "shape_map": shape_map,
    "mesh": mesh,
    "audio": audio,
    "checkpoint": checkpoint,
    "jobs": jobs,
    "motion_json": motion_json,
    "motion_table": motion_table,
    "worker": worker,
    "release": release,
}
CORPORA = {
    "shape_map": _maps,
    "mesh": _meshes,
    "audio": _sounds,
    "checkpoint": _checkpoint_files,
    "jobs": _tables,
    "motion_json": partial(_motions, ".json"),
    "motion_table": partial(_motions, ".csv"),
    "worker": _lines,
    "release": _releases,
}
