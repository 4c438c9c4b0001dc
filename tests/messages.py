"""A model of messages, as `picklejar new` begins it from the example: texts beside a number, and a label."""

from __future__ import annotations

from pathlib import Path

from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from picklejar.cells.dialect import LEARNED
from picklejar.signature import Feature, Signature, Target
from training.definition import Definition
from training.table import read_table

EXAMPLE = Path(__file__).parents[1] / "docs" / "example" / "messages.csv"
SIGNATURE = Signature(
    features=(
        Feature(
            name="message",
            title="Message",
            description="What the customer wrote.",
            type="string",
            format="text",
            example="Where is my parcel?\nIt was to come on Monday.",
        ),
        Feature(name="orders", title="Orders", description="So far.", type="integer", minimum=0, example=2),
    ),
    target=Target(
        name="team", title="Team", description="Who is to answer.", classes=("account", "billing", "delivery")
    ),
    dialect=LEARNED.replaced(delimiter=",", decimal="."),
)


def _estimator() -> Pipeline:
    columns = make_column_transformer(
        (TfidfVectorizer(min_df=2, sublinear_tf=True), "message"), (StandardScaler(), ["orders"])
    )
    return make_pipeline(columns, LogisticRegression())


MESSAGES = Definition(
    name="messages",
    title="Messages",
    description="The team that answers a customer's message.",
    signature=SIGNATURE,
    data=EXAMPLE,
    read=lambda path: read_table(path, SIGNATURE),
    estimator=_estimator,
)
