"""Inert predictors with learned coefficients, neighbors, centers or layers."""
