"""Readers of what makes numbers of texts: sklearn/feature_extraction/text.py."""
