"""Where the samples lie in a sound file, whatever its header says, and how they become one channel.

libsndfile believes headers: their lengths, and that a file holds one sound. So each reader of a
container here finds where the sounds in it really begin and end, and shows libsndfile a view of
each that tells the truth.
"""
