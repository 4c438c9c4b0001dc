"""Data sets: reads files, infers column types and makes model inputs."""
