"""Deploys the stack with page and models, destroys it, and prices it."""
