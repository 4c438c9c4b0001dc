"""Proves that the inert model answers what scikit-learn answers."""
