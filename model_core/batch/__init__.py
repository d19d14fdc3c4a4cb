"""Tables of jobs, run by several processes, and what became of each."""
