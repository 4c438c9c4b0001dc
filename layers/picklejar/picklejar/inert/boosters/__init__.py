"""Inert models of the libraries of boosted trees beside scikit-learn, on the tree engine of `trees`."""
