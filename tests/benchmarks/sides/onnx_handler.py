"""A plain handler with ONNX Runtime instead of scikit-learn: the model was converted beforehand."""

import json
import os

import boto3
import numpy as np
import onnxruntime

s3 = boto3.client("s3", endpoint_url=os.environ["S3_ENDPOINT"])
stored = s3.get_object(Bucket=os.environ["MODELS_BUCKET"], Key=os.environ["ONNX_KEY"])


def session(model):
    """Return a session of one thread, as every other side has; more would wait for one another in a loop."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


model = session(stored["Body"].read())


def lambda_handler(event, context):
    instances = json.loads(event["body"])["instances"]
    rows = np.array([list(instance.values()) for instance in instances], np.float32)
    predictions = model.run(None, {"X": rows})[0]
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"predictions": predictions.ravel().tolist()}),
    }
