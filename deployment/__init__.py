"""What a deployment puts into an account."""
