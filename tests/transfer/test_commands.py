"""The command and the worker's request; both on files of other programs."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from model_core.__main__ import main
from model_core.base.errors import UserError
from model_core.rig.mesh_file import read_geometry
from model_core.rig.rig import load_face_rig
from model_core.rig.transfer.result import TransferredShapes

RIG = load_face_rig()


def write_obj(path: Path) -> None:
    lines = ["# a head", "o head"]
    lines += [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in RIG.neutral]
    lines += [f"f {a}/{a}/{a} {b}//{b} {c}" for a, b, c in (RIG.faces[:5000] + 1).tolist()]
    lines += [f"f {a} {b} {c}" for a, b, c in (RIG.faces[5000:] - 5023).tolist()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_ply(path: Path, layout: str) -> None:
    order = {"ascii": "=", "binary_little_endian": "<", "binary_big_endian": ">"}[layout]
    head = (
        f"ply\nformat {layout} 1.0\ncomment made by hand\nelement vertex 5023\n"
        "property float x\nproperty float y\nproperty float z\nproperty uchar red\n"
        f"element face {len(RIG.faces)}\nproperty list uchar int vertex_indices\nend_header\n"
    )
    if layout == "ascii":
        rows = [f"{x} {y} {z} 200" for x, y, z in RIG.neutral.tolist()]
        rows += [f"3 {a} {b} {c}" for a, b, c in RIG.faces.tolist()]
        path.write_text(head + "\n".join(rows) + "\n", encoding="ascii")
        return
    vertex = np.dtype([("place", order + "f4", 3), ("red", "u1")])
    face = np.dtype([("count", "u1"), ("corners", order + "i4", 3)])
    vertices, faces = np.zeros(5023, vertex), np.zeros(len(RIG.faces), face)
    vertices["place"], faces["count"], faces["corners"] = RIG.neutral, 3, RIG.faces
    path.write_bytes(head.encode() + vertices.tobytes() + faces.tobytes())


@pytest.mark.parametrize("kind", ["obj", "ascii", "binary_little_endian", "binary_big_endian"])
def test_meshes_of_other_programs_are_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / ("head.obj" if kind == "obj" else "head.PLY")
    if kind == "obj":
        write_obj(path)
    else:
        write_ply(path, kind)
    mesh = read_geometry(path)
    assert np.allclose(mesh.points, RIG.neutral, atol=1e-6)
    assert np.array_equal(mesh.corners.reshape(-1, 3), RIG.faces)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.obj", b"v 1 2\nf 1 2 x\n"),
        ("a.obj", b""),
        ("a.ply", b"no ply"),
        ("a.ply", b"ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nend_header\n1\n"),
        ("a.npz", b"PK"),
        ("a.stl", b"solid"),
    ],
)
def test_damaged_meshes_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match="a\\."):
        read_geometry(tmp_path / name)


def test_the_command_writes_shapes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_obj(tmp_path / "head.obj")
    output = tmp_path / "shapes.npz"
    assert main(["transfer", str(tmp_path / "head.obj"), "-o", str(output)]) == 0
    assert "45 shapes on 5023 vertices" in capsys.readouterr().out
    assert TransferredShapes.load(output).quality.way == "exact"


@pytest.mark.parametrize("fault", ["mesh", "landmarks", "json"])
def test_the_command_refuses_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], fault: str
) -> None:
    mesh, marks, output = tmp_path / "head.obj", tmp_path / "marks.json", tmp_path / "out.npz"
    if fault != "mesh":
        write_obj(mesh)
    if fault == "json":
        marks.write_text("{", encoding="utf-8")
    given = [] if fault == "mesh" else ["--landmarks", str(marks)]
    assert main(["transfer", str(mesh), *given, "-o", str(output)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not output.exists()


def test_the_worker_transfers_and_cancels(tmp_path: Path) -> None:
    write_obj(tmp_path / "head.obj")
    request = {"op": "transfer", "id": 1, "mesh": str(tmp_path / "head.obj")}
    lines = [
        request | {"output": str(tmp_path / "one.npz")},
        request | {"id": 2, "output": str(tmp_path / "two.npz")},
        {"op": "cancel", "id": 2},
        request | {"id": 3, "mesh": str(tmp_path / "none.obj"), "output": "x.npz"},
        request | {"id": 4, "landmarks": [1], "output": "x.npz"},
    ]
    done = subprocess.run(
        [sys.executable, "-m", "model_core.worker"],
        input="".join(json.dumps(line) + "\n" for line in lines),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    events = [json.loads(line) for line in done.stdout.splitlines()]
    last = {event["id"]: event for event in events}
    assert last[1]["event"] == "done"
    assert last[1]["quality"]["way"] == "exact"
    assert len(last[1]["names"]) == 45
    assert last[2]["event"] == "cancelled"
    assert "none.obj" in last[3]["message"]
    assert "landmarks" in last[4]["message"]
    assert sorted(path.name for path in tmp_path.glob("*.npz")) == ["one.npz"]


def test_it_needs_numpy_alone() -> None:
    code = (
        "import sys\n"
        "import model_core.rig.transfer.run, model_core.rig.mesh_file\n"
        "assert not {'scipy', 'torch', 'onnxruntime'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
