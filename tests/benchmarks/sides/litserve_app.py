"""The usual LitServe server: unpickles at setup, one row a request, its own processes for HTTP and for the model."""

import os
import pickle
import sys

import litserve


class Houses(litserve.LitAPI):
    def setup(self, _device):
        with open(os.environ["MODEL_FILE"], "rb") as file:
            self.model = pickle.load(file)

    def decode_request(self, request):
        return list(request.values())

    def predict(self, row):
        return self.model.predict([row])[0]

    def encode_response(self, prediction):
        return {"prediction": prediction}


# The model's process imports this file anew.
if __name__ == "__main__":
    server = litserve.LitServer(Houses(), accelerator="cpu")
    server.run(host="127.0.0.1", port=sys.argv[1], generate_client_file=False, access_log=False)
