"""What is done to an account: deploying the stack with page and models, destroying it, and what it costs."""
