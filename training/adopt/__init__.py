"""Adopts a fitted model from a file: reads it, infers the signature, writes a bundle."""
