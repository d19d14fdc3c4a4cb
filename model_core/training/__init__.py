"""Training: a resumable loop, and the tasks (data and loss) it can run."""
