"""``python -m model_core study``: let people compare the faces of several systems.

Give a folder for each system: motions NAME.npz (of FLAME's topology, as `predict` writes them) and
beside them, in one of the folders, the sounds NAME.wav (or flac, ogg, mp3). A web page is made that
any browser opens from disk: blind pairs in random order and on random sides, asked for lips and
for realism, with catch trials in which one face does not move. Participants get study.html alone;
key.json tells which system hides behind which code. What they save is counted by --analyse.
"""

import argparse
from pathlib import Path

from ..base.errors import UserError


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "study",
        help="a page on which people compare systems, and what they said",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("systems", nargs="*", type=Path, help="folders, one a system")
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("study"), help="the study's folder"
    )
    parser.add_argument("--sounds", type=Path, help="folder of the sounds, if not beside motions")
    parser.add_argument("--trials", type=int, default=20, help="pairs a participant judges (20)")
    parser.add_argument("--catches", type=int, default=4, help="catch trials besides (4)")
    parser.add_argument("--seed", type=int, default=0, help="of the systems' codes (0)")
    counting = parser.add_argument_group("counting")
    counting.add_argument(
        "--analyse",
        nargs="+",
        type=Path,
        metavar="RESULTS",
        help="saved answers, or folders of them",
    )
    counting.add_argument("--key", type=Path, help="the study's key (default: key.json in OUTPUT)")
    counting.add_argument("--json", type=Path, help="also write the figures to this file")
    counting.add_argument("--table", type=Path, help="also write every answer to this CSV file")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Make a page, or count. Raises `UserError` for folders or files that do not go together."""
    if bool(args.systems) == bool(args.analyse):
        raise UserError("Give either folders of systems, or --analyse and saved answers.")
    return _analyse(args) if args.analyse else _make(args)


def _make(args: argparse.Namespace) -> int:
    from ..study.page import StudyOptions, write_study
    from ..study.systems import read_clips

    options = StudyOptions(trials=args.trials, catches=args.catches, seed=args.seed)
    clips = read_clips(args.systems, args.sounds)
    page, key = write_study(args.output, clips, options)
    systems = sorted({name for clip in clips for name in clip.motions})
    print(f"{len(clips)} clips of {', '.join(systems)}")
    print(f"{page}  {page.stat().st_size / 1e6:.1f} MB, for participants")
    print(f"{key}  for you alone")
    return 0


def _analyse(args: argparse.Namespace) -> int:
    from ..base.files import atomic_path
    from ..study.answers import read_answers, read_key, table
    from ..study.preferences import preferences

    key = read_key(args.key or args.output / "key.json")
    answers = read_answers(args.analyse, key)
    found = preferences(answers)
    print(found.to_markdown())
    for path, text in ((args.json, found.to_json()), (args.table, table(answers))):
        if path:
            with atomic_path(path) as temporary:
                temporary.write_text(text, encoding="utf-8")
    return 0
