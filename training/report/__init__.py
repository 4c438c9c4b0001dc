"""The card and pictures of a version."""
