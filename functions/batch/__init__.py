"""The function of the batch: `app.lambda_handler` takes each step of it."""
