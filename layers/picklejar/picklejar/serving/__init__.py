"""What a Lambda container holds of the registry: the jar, its watches and its memory."""
