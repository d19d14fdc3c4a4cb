"""Slurm: an array, submitted with ``sbatch``."""

import math
import shlex

from .farm import Farm

_SIGNAL_SECONDS = 60  # before the time is over: what is under way is given up whole


def slurm(farm: Farm) -> str:
    """Return a script for ``sbatch``."""
    words = map(shlex.quote, farm.command("$SLURM_ARRAY_TASK_ID"))
    number = f"$SLURM_ARRAY_TASK_ID/{farm.parts}"
    command = " ".join(words).replace(shlex.quote(number), f'"{number}"', 1)
    return f"""#!/bin/bash
#SBATCH --job-name={farm.name}
#SBATCH --array=1-{farm.parts}
#SBATCH --cpus-per-task={farm.cores}
#SBATCH --mem={farm.memory}M
#SBATCH --time={math.ceil(farm.seconds / 60)}
#SBATCH --signal=B:TERM@{_SIGNAL_SECONDS}
#SBATCH --requeue
# Submit: sbatch THIS. What was not done, and nothing else, is done when it is submitted again.
export OMP_NUM_THREADS={farm.cores}
trap 'kill -TERM "$batch"; wait "$batch"; exit 130' TERM
{command} &
batch=$!
wait "$batch"
"""
