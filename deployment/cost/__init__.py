"""The costs of predictions: measured times and AWS's prices make a bill."""
