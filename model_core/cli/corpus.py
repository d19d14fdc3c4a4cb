"""``python -m model_core corpus``: speech with exact phone times, to train and evaluate on.

`install` installs the Debian packages it is made of (or prints the command), `build` writes
FOLDER/train and FOLDER/eval (see model_core.corpus.store for the format), `summary` counts a store
and tells the digest of what it holds, to compare two builds.
"""

import argparse
import shlex
import sys
from collections import defaultdict
from pathlib import Path

DEFAULT_FOLDER = Path(".cache/corpus")


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command and its actions."""
    parser = subparsers.add_parser(
        "corpus",
        help="make the speech corpus",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    install = actions.add_parser("install", help="install the Debian packages needed")
    install.add_argument("--print", action="store_true", help="only print the command")
    install.set_defaults(func=run_install)
    build = actions.add_parser("build", help="synthesise, align and write the corpus")
    build.add_argument(
        "--folder", type=Path, default=DEFAULT_FOLDER, help=f"default {DEFAULT_FOLDER}"
    )
    build.add_argument("--scale", type=float, default=1.0, help="multiplies synthetic minutes")
    build.add_argument("--seed", type=int, default=0, help="of sentences, rates and pitches")
    build.set_defaults(func=run_build)
    summary = actions.add_parser("summary", help="minutes by source, language and speaker; digest")
    summary.add_argument("folder", type=Path, help="a store, such as .cache/corpus/train")
    summary.set_defaults(func=run_summary)


def run_install(args: argparse.Namespace) -> int:
    """Install the packages or print how."""
    from ..corpus.system import install, install_command

    if args.print:
        print(shlex.join(install_command()))
    else:
        install()
    return 0


def run_build(args: argparse.Namespace) -> int:
    """Build the corpus, telling progress on stderr."""
    from ..corpus.build import build_corpus

    def progress(message: str) -> None:
        print(message, file=sys.stderr)

    stores = build_corpus(args.folder, scale=args.scale, seed=args.seed, progress=progress)
    for name, utterances in stores.items():
        hours = sum(utterance.duration for utterance in utterances) / 3600.0
        print(f"{args.folder / name}: {len(utterances)} utterances, {hours:.2f} hours")
    return 0


def run_summary(args: argparse.Namespace) -> int:
    """Print the minutes of a store by source, language and speaker, and its digest."""
    from ..corpus.store import read_store, store_digest

    utterances = read_store(args.folder)
    for field in ("source", "language", "speaker"):
        minutes: dict[str, float] = defaultdict(float)
        for utterance in utterances:
            minutes[getattr(utterance, field)] += utterance.duration / 60.0
        ranked = sorted(minutes.items(), key=lambda item: -item[1])
        shares = ", ".join(f"{name} {count:.1f}" for name, count in ranked)
        print(f"minutes by {field}: {shares}")
    print(f"{len(utterances)} utterances, digest {store_digest(args.folder)}")
    return 0
