"""The Flask application of the tutorials: unpickle at start, one route that takes the features as JSON."""

import os
import pickle

import numpy as np
from flask import Flask, jsonify, request

app = Flask(__name__)
with open(os.environ["MODEL_FILE"], "rb") as file:
    model = pickle.load(file)


@app.route("/predict_api", methods=["POST"])
def predict_api():
    """Predict from the values in the request's body."""
    data = request.get_json(force=True)
    prediction = model.predict([np.array(list(data.values()))])
    return jsonify(prediction[0])
