"""The usual FastAPI application: unpickles at start, checks features with pydantic."""

import os
import pickle

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
with open(os.environ["MODEL_FILE"], "rb") as file:
    model = pickle.load(file)


class House(BaseModel):
    avg_area_income: float
    avg_area_house_age: float
    avg_area_rooms: float
    avg_area_bedrooms: float
    area_population: float


@app.post("/predict")
async def predict(house: House) -> dict[str, float]:
    row = [
        house.avg_area_income,
        house.avg_area_house_age,
        house.avg_area_rooms,
        house.avg_area_bedrooms,
        house.area_population,
    ]
    return {"prediction": model.predict([row])[0]}
