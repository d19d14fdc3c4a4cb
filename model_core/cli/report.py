"""``python -m model_core report``: a page to look through what a batch made."""

import argparse
from pathlib import Path


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "report",
        help="make a page to look through what a batch made",
        description="Write a page of HTML, opened from disk, with a line for each job: its sound "
        "and the mouth over it, what may be wrong, sorted by how much.",
    )
    parser.add_argument("jobs", type=Path, help="table of jobs, or its .results.jsonl")
    parser.add_argument(
        "-o", "--output", type=Path, help="the page (default: beside it, with .report.html)"
    )
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Write the page. Raises `UserError` where there are no results."""
    from ..batch.report.page import page_of, write_page

    print(write_page(args.jobs, args.output or page_of(args.jobs)))
    return 0
