"""The AWS account, the deployed stack and its API keys."""
