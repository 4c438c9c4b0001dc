"""Versions and aliases in S3, written by the command."""
