"""Fit estimators with the scikit-learn that is here, and write each with its answers: run in an environment apart."""

import pickle
import sys
import warnings
from pathlib import Path

import numpy as np
from sklearn import (
    calibration,
    cluster,
    discriminant_analysis,
    dummy,
    ensemble,
    linear_model,
    multiclass,
    multioutput,
    naive_bayes,
    neighbors,
    neural_network,
    svm,
    tree,
)  # fmt: skip
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

METHODS = ("predict", "predict_proba", "decision_function", "transform")
rng = np.random.default_rng(0)
X = np.abs(rng.normal(size=(120, 4)))
numbers = X @ [1.0, -2.0, 3.0, 0.5] + 0.1 * rng.normal(size=120)
targets = np.stack([numbers, -numbers], axis=1)
binary = (numbers > np.median(numbers)).astype(int)
classes = np.array(["ash", "birch", "cedar"])[np.digitize(numbers, np.quantile(numbers, [0.3, 0.6]))]
rows = np.abs(rng.normal(size=(300, 4)))

FITS = [
    (linear_model.LinearRegression(), numbers),
    (linear_model.LinearRegression(), targets),
    (linear_model.Ridge(), targets),
    (linear_model.LassoCV(cv=3), numbers),
    (linear_model.BayesianRidge(), numbers),
    (linear_model.PoissonRegressor(), np.abs(numbers)),
    (linear_model.TweedieRegressor(power=1.5), np.abs(numbers)),
    (linear_model.LogisticRegression(), binary),
    (linear_model.LogisticRegression(), classes),
    (linear_model.LogisticRegression(solver="liblinear"), binary),
    (linear_model.SGDClassifier(loss="log_loss"), classes),
    (linear_model.SGDClassifier(loss="modified_huber"), binary),
    (linear_model.RidgeClassifier(), classes),
    (linear_model.Perceptron(), classes),
    (svm.LinearSVC(), classes),
    (svm.SVC(), classes),
    (svm.SVC(kernel="linear"), binary),
    (svm.SVR(), numbers),
    (tree.DecisionTreeClassifier(max_depth=5), classes),
    (tree.DecisionTreeRegressor(max_depth=5), targets),
    (tree.ExtraTreeRegressor(max_depth=5), numbers),
    (ensemble.RandomForestClassifier(5), classes),
    (ensemble.RandomForestRegressor(5), targets),
    (ensemble.ExtraTreesClassifier(5), binary),
    (ensemble.GradientBoostingClassifier(n_estimators=5), classes),
    (ensemble.GradientBoostingRegressor(n_estimators=5), numbers),
    (ensemble.HistGradientBoostingClassifier(max_iter=5), classes),
    (ensemble.HistGradientBoostingRegressor(max_iter=5), numbers),
    (ensemble.BaggingRegressor(n_estimators=3), numbers),
    (ensemble.AdaBoostRegressor(n_estimators=3), numbers),
    (ensemble.VotingRegressor([("a", linear_model.Ridge()), ("b", tree.DecisionTreeRegressor(max_depth=3))]), numbers),
    (ensemble.StackingClassifier([("a", tree.DecisionTreeClassifier(max_depth=3))], cv=3), classes),
    (calibration.CalibratedClassifierCV(linear_model.RidgeClassifier(), cv=3), binary),
    (multiclass.OneVsRestClassifier(linear_model.LogisticRegression()), classes),
    (multioutput.MultiOutputRegressor(linear_model.Ridge()), targets),
    (naive_bayes.GaussianNB(), classes),
    (neighbors.KNeighborsClassifier(), classes),
    (neighbors.KNeighborsRegressor(weights="distance"), numbers),
    (neural_network.MLPClassifier(hidden_layer_sizes=(5,), max_iter=20), classes),
    (neural_network.MLPRegressor(hidden_layer_sizes=(5,), max_iter=20), numbers),
    (discriminant_analysis.LinearDiscriminantAnalysis(), classes),
    (discriminant_analysis.QuadraticDiscriminantAnalysis(), binary),
    (cluster.KMeans(3, n_init=2), None),
    (dummy.DummyClassifier(), classes),
    (StandardScaler(), None),
    (make_pipeline(StandardScaler(), linear_model.LogisticRegression()), classes),
]  # fmt: skip


def main(folder: Path) -> None:
    """Write the rows, and for each estimator its pickle and what its methods answer to them."""
    np.save(folder / "rows.npy", rows)
    for number, (estimator, y) in enumerate(FITS):
        if "random_state" in estimator.get_params():
            estimator.set_params(random_state=0)
        estimator.fit(X, y)
        (folder / f"{number:02} {type(estimator).__name__}.pickle").write_bytes(pickle.dumps(estimator))
        answers = {name: getattr(estimator, name)(rows) for name in METHODS if hasattr(estimator, name)}
        np.savez(folder / f"{number:02} {type(estimator).__name__}.npz", **answers)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(Path(sys.argv[1]))
