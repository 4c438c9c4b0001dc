"""Scores a model beside its baseline."""
