"""Adopts a fitted model from a notebook's file: reads it, infers the signature, writes a bundle."""
