"""The estimators that a new model may begin with, as source: a linear one, gradient boosting, and one of words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from picklejar.signature import Feature, Target

TEXTS = 'TEXTS = [feature.name for feature in SIGNATURE.features if feature.type == "string"]\n'
NUMBERS = 'NUMBERS = [feature.name for feature in SIGNATURE.features if feature.type != "string"]\n'
# So many texts of a column are told apart, and the rarer ones taken for one; boosting takes at most 255.
MOST_TEXTS = 100
ONE_HOT = f'OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories={MOST_TEXTS}, sparse_output=False)'
ORDINAL = f'OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=float("nan"), max_categories={MOST_TEXTS})'
COUNTED = "TfidfVectorizer(min_df=2, sublinear_tf=True)"
WORDS = "WORDS = [feature.name for feature in SIGNATURE.features if feature.is_prose]\n"
OTHER_TEXTS = (
    'TEXTS = [feature.name for feature in SIGNATURE.features if feature.type == "string" and not feature.is_prose]\n'
)
FILLED = 'SimpleImputer(strategy="median"), StandardScaler()'
# All rows of a fit are fitted: a rare label has none to spare for stopping early.
BOOSTED = "early_stopping=False, random_state=0"

RIDGE = "ridge regression", "Ridge", "Ridge()"
LOGISTIC = "logistic regression", "LogisticRegression", "LogisticRegression(max_iter=1_000)"


@dataclass(frozen=True)
class Recipe:
    """The source of a function that returns an estimator.

    `imports` are modules and names; `constants` stand before the function; `returns` is its type; `does` says what
    becomes of the `features`. It `fills` a missing number with the median, or leaves it.
    """

    title: str
    imports: dict[str, str]
    constants: str
    returns: str
    does: str
    body: tuple[str, ...]
    fills: bool
    features: tuple[Feature, ...] = ()

    @property
    def counts_words(self) -> bool:
        return any(feature.is_prose for feature in self.features)


def recipes(features: Sequence[Feature], prose: Sequence[Feature], target: Target) -> tuple[Recipe, ...]:
    """Return the recipes for these features and this target, of which one counts the words of `prose`, if there is."""
    linear = LOGISTIC if target.labels else RIDGE
    match = _of_columns(features, linear, "Classifier" if target.labels else "Regressor") if features else []
    if prose:
        everything = (*prose, *features)
        match.append(replace(_linear_of_words(everything, *linear), features=everything))
    return tuple(match)


def _of_columns(features: Sequence[Feature], linear: tuple[str, str, str], kind: str) -> list[Recipe]:
    is_text = [feature.type == "string" for feature in features]
    of_linear = _linear_of_texts if all(is_text) else _linear_of_both if any(is_text) else _linear_of_numbers
    boosting = _boosting_with_texts if any(is_text) else _boosting_of_numbers
    return [replace(recipe, features=tuple(features)) for recipe in (of_linear(*linear), boosting(kind))]


def _linear_of_words(features: Sequence[Feature], title: str, name: str, call: str) -> Recipe:
    """Return the recipe that counts words, beside what becomes of other texts and of numbers."""
    has_texts = any(feature.type == "string" and not feature.is_prose for feature in features)
    has_numbers = any(feature.type != "string" for feature in features)
    imports = {"sklearn.feature_extraction.text": "TfidfVectorizer", "sklearn.linear_model": name}
    imports["sklearn.pipeline"] = "Pipeline, make_pipeline"
    does = "Each word becomes a column, by how rare it is"
    if len(features) == 1:
        body: tuple[str, ...] = (f"return make_pipeline({COUNTED}, {call})",)
        return Recipe(f"{title} on words", imports, "", "Pipeline", f"{does}.", body, fills=False)
    imports["sklearn.compose"] = "make_column_transformer"
    imports["sklearn.preprocessing"] = ", ".join(
        [*(["OneHotEncoder"] if has_texts else []), *(["StandardScaler"] if has_numbers else [])]
    )
    body = (f"words = [({COUNTED}, name) for name in WORDS]",)
    constants, columns = WORDS, "*words"
    if has_texts:
        constants += OTHER_TEXTS
        columns += ", (texts, TEXTS)"
        does += ", and so does each of the other texts"
        body += (f"texts = {ONE_HOT}",)
    if has_numbers:
        imports["sklearn.impute"] = "SimpleImputer"
        constants += NUMBERS
        columns += ", (numbers, NUMBERS)"
        does += "; the median stands for a number that is missing, and all are scaled alike"
        body += (f"numbers = make_pipeline({FILLED})",)
    body += (f"columns = make_column_transformer({columns})", f"return make_pipeline(columns, {call})")
    imports = {module: names for module, names in sorted(imports.items()) if names}
    return Recipe(f"{title} on words and columns", imports, constants, "Pipeline", f"{does}.", body, fills=has_numbers)


def _linear_of_numbers(title: str, name: str, call: str) -> Recipe:
    return Recipe(
        title,
        {
            "sklearn.impute": "SimpleImputer",
            "sklearn.linear_model": name,
            "sklearn.pipeline": "Pipeline, make_pipeline",
            "sklearn.preprocessing": "StandardScaler",
        },
        "",
        "Pipeline",
        "The median stands for a number that is missing, and all are scaled alike.",
        (f"return make_pipeline({FILLED}, {call})",),
        fills=True,
    )


def _linear_of_texts(title: str, name: str, call: str) -> Recipe:
    return Recipe(
        title,
        {
            "sklearn.linear_model": name,
            "sklearn.pipeline": "Pipeline, make_pipeline",
            "sklearn.preprocessing": "OneHotEncoder",
        },
        "",
        "Pipeline",
        "Each text becomes a column, and so does a missing one.",
        (f"texts = {ONE_HOT}", f"return make_pipeline(texts, {call})"),
        fills=False,
    )


def _linear_of_both(title: str, name: str, call: str) -> Recipe:
    return Recipe(
        title,
        {
            "sklearn.compose": "make_column_transformer",
            "sklearn.impute": "SimpleImputer",
            "sklearn.linear_model": name,
            "sklearn.pipeline": "Pipeline, make_pipeline",
            "sklearn.preprocessing": "OneHotEncoder, StandardScaler",
        },
        TEXTS + NUMBERS,
        "Pipeline",
        "Each text becomes a column; the median stands for a number that is missing, and all are scaled alike.",
        (
            f"texts = {ONE_HOT}",
            f"numbers = make_pipeline({FILLED})",
            "columns = make_column_transformer((texts, TEXTS), (numbers, NUMBERS))",
            f"return make_pipeline(columns, {call})",
        ),
        fills=True,
    )


def _boosting_of_numbers(kind: str) -> Recipe:
    name = f"HistGradientBoosting{kind}"
    return Recipe(
        "gradient boosting",
        {"sklearn.ensemble": name},
        "",
        name,
        "A missing value is taken for what it is.",
        (f"return {name}({BOOSTED})",),
        fills=False,
    )


def _boosting_with_texts(kind: str) -> Recipe:
    name = f"HistGradientBoosting{kind}"
    return Recipe(
        "gradient boosting",
        {
            "sklearn.compose": "make_column_transformer",
            "sklearn.ensemble": name,
            "sklearn.pipeline": "Pipeline, make_pipeline",
            "sklearn.preprocessing": "OrdinalEncoder",
        },
        TEXTS,
        "Pipeline",
        "Each text is a category; a missing value is taken for what it is.",
        (
            f"texts = {ORDINAL}",
            'columns = make_column_transformer((texts, TEXTS), remainder="passthrough")',
            "categories = list(range(len(TEXTS)))",
            f"boosting = {name}(categorical_features=categories, {BOOSTED})",
            "return make_pipeline(columns, boosting)",
        ),
        fills=False,
    )
