"""Files of many rows: planned as chunks, each chunk predicted by itself, their parts joined; on Lambda and on a laptop.

A file is never changed and may have any size, so it is read once from its beginning to find where rows end, and then
by chunks that begin and end with a row. What a step writes depends on nothing but the file and the version of the
model, and is created once: a step that is run again, by a retry or after the process was killed, finds what is there.
"""
