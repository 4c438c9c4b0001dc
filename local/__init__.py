"""The whole stack on a laptop."""
