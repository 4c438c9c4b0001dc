"""Our local server: the handler behind an emulated API Gateway."""

from predict.app import lambda_handler

from local.gateway import Gateway
from local.site import page_with_api

app = page_with_api(Gateway(lambda_handler))
