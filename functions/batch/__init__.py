"""The batch function: `app.lambda_handler` takes each step."""
