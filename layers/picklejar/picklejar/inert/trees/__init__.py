"""Inert decision trees, forests and boosting on one tree engine."""
