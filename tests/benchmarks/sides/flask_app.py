"""The tutorials' Flask application: unpickles at start, one route."""

import os
import pickle

import numpy as np
from flask import Flask, jsonify, request

app = Flask(__name__)
with open(os.environ["MODEL_FILE"], "rb") as file:
    model = pickle.load(file)


@app.route("/predict_api", methods=["POST"])
def predict_api():
    data = request.get_json(force=True)
    prediction = model.predict([np.array(list(data.values()))])
    return jsonify(prediction[0])
