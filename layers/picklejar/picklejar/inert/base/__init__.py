"""What every family of inert estimators builds on."""
