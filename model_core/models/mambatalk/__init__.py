"""MambaTalk's face (arXiv 2403.09471): a prior of codes a part, scans of each and of all."""
