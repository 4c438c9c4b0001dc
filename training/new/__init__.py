"""Writes a model definition from a CSV file."""
