"""The recipe of MambaTalk's face: a prior for each part, then the scans."""
