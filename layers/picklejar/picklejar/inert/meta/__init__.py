"""Estimators made of other estimators: ensembles, pipelines, searches and wrappers."""
