"""Data sets: reads files, infers column types, makes model inputs."""
