"""Inert transformers: scaling, encoding, imputation, decomposition and selection."""
