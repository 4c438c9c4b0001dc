"""What older releases of scikit-learn call otherwise, by the names of today; imported for their files alone.

Where a release also computes otherwise, the family's own module does so, by `State.before`.
"""

from __future__ import annotations

import math
from typing import Any

RENAMED: dict[str, dict[str, str]] = {
    "sklearn.compose._column_transformer.ColumnTransformer": {
        "n_features_in_": "_n_features",  # until 0.22
        "feature_names_in_": "_feature_names_in",  # until 0.24
    },
    "sklearn.calibration._CalibratedClassifier": {
        "estimator": "base_estimator",  # until 1.1
        "calibrators": "calibrators_",  # until 0.23
    },
    "sklearn.isotonic.IsotonicRegression": {  # until 0.23
        "X_thresholds_": "_necessary_X_",
        "y_thresholds_": "_necessary_y_",
    },
    "sklearn.dummy.DummyClassifier": {"_strategy": "strategy"},  # until 0.21
    "sklearn.naive_bayes.GaussianNB": {"var_": "sigma_"},  # until 0.24
    "sklearn.preprocessing._encoders.OneHotEncoder": {
        "sparse_output": "sparse",  # until 1.1
        "_drop_idx_after_grouping": "drop_idx_",  # until 1.1, of grouped categories since that
    },
    "sklearn.ensemble._gb.GradientBoostingClassifier": {"_loss": "loss_"},  # until 1.0
    "sklearn.ensemble._gb.GradientBoostingRegressor": {"_loss": "loss_"},
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingClassifier": {"_loss": "loss_"},
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingRegressor": {"_loss": "loss_"},
    # until 0.22, and n_support_ until 0.21
    "sklearn.svm._classes.NuSVC": {"_probA": "probA_", "_probB": "probB_", "_n_support": "n_support_"},
    "sklearn.svm._classes.SVC": {"_probA": "probA_", "_probB": "probB_", "_n_support": "n_support_"},
}
# Parameters that came later, with what was done before.
ADDED: dict[str, dict[str, Any]] = {
    "sklearn.impute._base.SimpleImputer": {"add_indicator": False},
    "sklearn.svm._classes.NuSVC": {"break_ties": False},
    "sklearn.svm._classes.SVC": {"break_ties": False},
    "sklearn.feature_selection._from_model.SelectFromModel": {"importance_getter": "auto"},
    "sklearn.feature_selection._rfe.RFE": {"importance_getter": "auto"},
    "sklearn.feature_selection._rfe.RFECV": {"importance_getter": "auto"},
    "sklearn.preprocessing._encoders.OrdinalEncoder": {
        "handle_unknown": "error",
        "unknown_value": None,
        "encoded_missing_value": math.nan,
    },
    "sklearn.preprocessing._polynomial.SplineTransformer": {"sparse_output": False},
}

# The attributes that tell how many features there are, as a number (None), or by an axis of an array.
WIDTHS: dict[str, int | str | None] = {
    "n_features_": None,
    "_n_features": None,
    "n_features": None,
    "n_input_features_": None,
    "x_rotations_": 0,
    "coef_": -1,
    "mean_": 0,
    "scale_": 0,
    "center_": 0,
    "theta_": 1,
    "feature_log_prob_": 1,
    "feature_count_": 1,
    "components_": 1,
    "cluster_centers_": 1,
    "centroids_": 1,
    "means_": 1,
    "_fit_X": 1,
    "X_fit_": 1,
    "X_train_": 1,
    "support_vectors_": 1,
    "lambdas_": 0,
    "quantiles_": 1,
    "n_bins_": 0,
    "statistics_": 0,
    "categories_": 0,
    "scores_": 0,
    "variances_": 0,
    "support_": 0,
    "coefs_": "first",  # of the layers of a network
    "estimators_": "part",
}


def of_today(name: str, attributes: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes of an object of a class by their names of today."""
    result = ADDED.get(name, {}) | attributes
    for today, before in RENAMED.get(name, {}).items():
        if today not in result and before in result:
            result[today] = result[before]
    return result
