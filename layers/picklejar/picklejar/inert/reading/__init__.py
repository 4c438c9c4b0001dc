"""The guard: turns hostile bytes into checked records, arrays and state."""
