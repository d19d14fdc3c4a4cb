"""``python -m model_core stream``: speech to face motion while it is spoken.

Give a sound file, which is heard as if it were live, or --microphone. Frames go to a file (-o),
over UDP to a host (--udp), or are only counted. It sends and never listens, and only to the host
named. A file is heard as fast as can be, but at the pace of speech where its frames are sent.
Ctrl-C ends a microphone; what was heard until then, or until it was unplugged, is written.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import UserError
from ..base.units import MS_PER_S
from ..formats.registry import motion_suffixes, motion_writer, write_motion
from .model_arguments import add_device, add_engine

if TYPE_CHECKING:
    from ..base.arrays import Array
    from ..live.model import LiveModel
    from ..live.stream import FrameStream
    from ..speech.audio import Samples

    Sending = Callable[[Array], None]

LIVE_LINK, JSON = "live-link", "json"
_LONGEST_CHUNK_MS = 10_000.0


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "stream",
        help="turn speech into face motion while it is spoken",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("audio", nargs="?", type=Path, help="a sound file, heard as if live")
    parser.add_argument("--microphone", action="store_true", help="the system's default one")
    parser.add_argument(
        "--lookahead-ms",
        type=float,
        default=200.0,
        help="sound after a frame that is waited for, at most (default 200; from 66: sooner is "
        "less sure)",
    )
    parser.add_argument(
        "--chunk-ms", type=float, default=50.0, help="sound that comes at once (default 50)"
    )
    parser.add_argument("--fps", type=float, help="frames per second (default: the model's, 60)")
    parser.add_argument("--style", help="speaking style (default: the model's first, neutral)")
    parser.add_argument("-o", "--output", type=Path, help=f"file to write: {motion_suffixes()}")
    parser.add_argument("--udp", metavar="HOST:PORT", help="where to send frames to")
    parser.add_argument(
        "--packets",
        choices=(LIVE_LINK, JSON),
        default=LIVE_LINK,
        help="what is sent: Live Link Face's packets (Unreal's port is 11111), or JSON",
    )
    parser.add_argument("--subject", default="JambaTalk", help="name of the face (live-link)")
    parser.add_argument("--checkpoint", type=Path, help="model folder (default: the one included)")
    add_device(parser)
    add_engine(parser, auto="onnxruntime where it is installed, as it is quicker a frame")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Stream until the sound ends, or an interrupt. Raises `UserError` for bad input."""
    _check(args)
    from ..live.model import LiveModel
    from ..live.stream import FrameStream

    model = LiveModel.load(args.checkpoint, args.device, args.engine)
    stream = FrameStream(model, args.style, args.lookahead_ms / MS_PER_S, args.fps)
    kept: list[Array] = []
    with ExitStack() as stack:
        chunks = _chunks(args, stack)
        send = _sending(args, model, stream, stack)

        def take(frames: "Array") -> None:
            send(frames)
            if args.output and len(frames):
                kept.append(frames)

        lost = _heard(stream, chunks, take)
    if kept or lost is None:
        _write(args, model, stream, kept)
    if lost is not None:
        raise lost
    print(_told(model, stream))
    return 0


def _heard(
    stream: "FrameStream", chunks: "Iterable[Samples]", take: "Callable[[Array], None]"
) -> UserError | None:
    """Give away the frames of a sound until it ends; return what ended it before, if anything."""
    lost: list[UserError] = []
    try:
        for frames in stream.frames(_until_the_end(chunks, lost)):
            take(frames)
    except KeyboardInterrupt:  # amid a frame, after which nothing can be told
        print("stopped", file=sys.stderr)
    except UserError as error:  # nothing was heard
        lost.append(error)
    return lost[0] if lost else None


def _until_the_end(chunks: "Iterable[Samples]", lost: list[UserError]) -> "Iterator[Samples]":
    """Yield chunks until the artist stops or a microphone is gone, which `lost` then has."""
    try:
        yield from chunks
    except KeyboardInterrupt:  # how a microphone is ended
        print("stopped", file=sys.stderr)
    except UserError as error:
        lost.append(error)


def _check(args: argparse.Namespace) -> None:
    """Raise `UserError` for arguments that do not go together, before anything is loaded."""
    if bool(args.audio) == args.microphone:
        raise UserError("Give a sound file or --microphone, one of them.")
    if not 0 < args.chunk_ms <= _LONGEST_CHUNK_MS:
        raise UserError(
            f"--chunk-ms must lie above 0 and up to {_LONGEST_CHUNK_MS:g}, not {args.chunk_ms:g}."
        )
    if args.udp:
        from ..live.sender import host_and_port

        host_and_port(args.udp)
    if args.output:
        motion_writer(args.output, None, dense=False)


def _chunks(args: argparse.Namespace, stack: ExitStack) -> "Iterable[Samples]":
    """Return the sound as it comes."""
    from ..live.sources import chunks_of, microphone
    from ..speech.audio import read_sound

    seconds = args.chunk_ms / MS_PER_S
    if args.microphone:
        return stack.enter_context(microphone(seconds))[1]
    sound = read_sound(args.audio)
    for note in sound.notes:
        print(f"note: {note}", file=sys.stderr)
    return chunks_of(sound.samples, seconds, paced=bool(args.udp))


def _sending(
    args: argparse.Namespace, model: "LiveModel", stream: "FrameStream", stack: ExitStack
) -> "Sending":
    """Return what sends frames, nowhere unless asked to."""
    if not args.udp:
        return lambda _: None
    from ..formats.live_link_packet import JsonPackets, LiveLinkPackets
    from ..live.sender import UdpSender

    names, sender = model.face.settings.names, stack.enter_context(UdpSender(args.udp))
    packets = (
        JsonPackets(names, stream.fps)
        if args.packets == JSON
        else LiveLinkPackets(names, stream.fps, args.subject, _frames_today(stream.fps))
    )

    def send(frames: "Array") -> None:
        for weights in frames.tolist():
            sender.send(packets.packet(weights))

    return send


def _frames_today(fps: float) -> int:
    """Return how many frames have passed since midnight, as the app counts them."""
    now = datetime.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return int((now - midnight).total_seconds() * fps)


def _write(
    args: argparse.Namespace, model: "LiveModel", stream: "FrameStream", kept: "list[Array]"
) -> None:
    """Write the frames as a motion, if a file was named."""
    if not args.output:
        return
    from dataclasses import replace

    import numpy as np

    if not kept:
        raise UserError("No frame came of the sound, so nothing was written.")
    motion = replace(model.face.motion(np.concatenate(kept)), fps=stream.fps)
    for note in write_motion(motion, args.output, None, dense=False):
        print(f"note: {note}", file=sys.stderr)


def _told(model: "LiveModel", stream: "FrameStream") -> str:
    """Return what to say of a stream."""
    timings = stream.timings
    rate = timings.frames / timings.seconds if timings.seconds else 0.0
    return (
        f"{timings.frames} frames at {stream.fps:g} fps, look-ahead "
        f"{stream.lookahead * MS_PER_S:.0f} ms; computing {rate:.0f} frames/s, a frame "
        f"{timings.milliseconds(50):.2f} ms (median), {timings.milliseconds(99):.2f} ms (p99) "
        f"({model.runtime.describe()})"
    )
