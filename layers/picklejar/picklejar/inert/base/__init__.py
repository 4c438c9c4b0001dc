"""What every family of inert estimators builds on: the estimator contract and shared numerics."""
