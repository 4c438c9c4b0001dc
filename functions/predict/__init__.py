"""The function behind the API: `app.lambda_handler`."""
