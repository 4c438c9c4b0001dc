"""Files of many rows: planned as chunks, predicted chunk by chunk, joined; on Lambda and on a laptop.

A file of any size is read once to find its rows, then by chunks of whole rows. What a step writes depends only on the
file and the model's version, and is created once: a step that is run again finds it.
"""
