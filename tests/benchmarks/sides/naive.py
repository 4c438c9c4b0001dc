"""The handler everyone writes: boto3, joblib, pandas and scikit-learn imported at the top."""

import io
import json
import os

import boto3
import joblib
import pandas as pd
import sklearn  # noqa: F401

s3 = boto3.client("s3", endpoint_url=os.environ["S3_ENDPOINT"])
stored = s3.get_object(Bucket=os.environ["MODELS_BUCKET"], Key=os.environ["MODEL_KEY"])
model = joblib.load(io.BytesIO(stored["Body"].read()))


def lambda_handler(event, context):
    frame = pd.DataFrame(json.loads(event["body"])["instances"])
    predictions = model.predict(frame)
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"predictions": predictions.tolist()}),
    }
