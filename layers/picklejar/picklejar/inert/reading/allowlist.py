"""The allowlist: every global that a file may name, and what reads it.

Over 250 lines, because a reviewer must find every name in one place.
"""

from __future__ import annotations

# The classes of scikit-learn that are read, by the module and class of this package that reads them. A module is
# imported when a file first needs it.
READERS = {
    "models.linear:LinearRegressor": """
        sklearn.linear_model._base.LinearRegression
        sklearn.linear_model._bayes.ARDRegression sklearn.linear_model._bayes.BayesianRidge
        sklearn.linear_model._coordinate_descent.ElasticNet sklearn.linear_model._coordinate_descent.ElasticNetCV
        sklearn.linear_model._coordinate_descent.Lasso sklearn.linear_model._coordinate_descent.LassoCV
        sklearn.linear_model._coordinate_descent.MultiTaskElasticNet
        sklearn.linear_model._coordinate_descent.MultiTaskElasticNetCV
        sklearn.linear_model._coordinate_descent.MultiTaskLasso
        sklearn.linear_model._coordinate_descent.MultiTaskLassoCV
        sklearn.linear_model._huber.HuberRegressor
        sklearn.linear_model._least_angle.Lars sklearn.linear_model._least_angle.LarsCV
        sklearn.linear_model._least_angle.LassoLars sklearn.linear_model._least_angle.LassoLarsCV
        sklearn.linear_model._least_angle.LassoLarsIC
        sklearn.linear_model._omp.OrthogonalMatchingPursuit sklearn.linear_model._omp.OrthogonalMatchingPursuitCV
        sklearn.linear_model._passive_aggressive.PassiveAggressiveRegressor
        sklearn.linear_model._quantile.QuantileRegressor
        sklearn.linear_model._ridge.Ridge sklearn.linear_model._ridge.RidgeCV
        sklearn.linear_model._stochastic_gradient.SGDRegressor
        sklearn.linear_model._theil_sen.TheilSenRegressor
        sklearn.svm._classes.LinearSVR
        """,
    "models.linear:LogLinkRegressor": """
        sklearn.linear_model._glm.glm.GammaRegressor sklearn.linear_model._glm.glm.PoissonRegressor
        """,
    "models.linear:tweedie_regressor": "sklearn.linear_model._glm.glm.TweedieRegressor",
    "models.linear:LinearClassifier": """
        sklearn.linear_model._passive_aggressive.PassiveAggressiveClassifier
        sklearn.linear_model._perceptron.Perceptron
        sklearn.svm._classes.LinearSVC
        """,
    "models.linear:logistic_classifier": """
        sklearn.linear_model._logistic.LogisticRegression sklearn.linear_model._logistic.LogisticRegressionCV
        """,
    "models.linear:sgd_classifier": "sklearn.linear_model._stochastic_gradient.SGDClassifier",
    "models.linear:ridge_classifier": """
        sklearn.linear_model._ridge.RidgeClassifier sklearn.linear_model._ridge.RidgeClassifierCV
        """,
    "meta.calibration:CalibratedClassifier": "sklearn.calibration.CalibratedClassifierCV",
    "meta.wrappers:FixedThresholdClassifier": (
        "sklearn.model_selection._classification_threshold.FixedThresholdClassifier"
    ),
    "meta.wrappers:RansacRegressor": "sklearn.linear_model._ransac.RANSACRegressor",
    "meta.wrappers:TunedThresholdClassifier": (
        "sklearn.model_selection._classification_threshold.TunedThresholdClassifierCV"
    ),
    "meta.wrappers:best_estimator": """
        sklearn.model_selection._search.GridSearchCV sklearn.model_selection._search.RandomizedSearchCV
        sklearn.model_selection._search_successive_halving.HalvingGridSearchCV
        sklearn.model_selection._search_successive_halving.HalvingRandomSearchCV
        """,
    "meta.wrappers:frozen_estimator": "sklearn.frozen._frozen.FrozenEstimator",
    "models.dummy:DummyClassifier": "sklearn.dummy.DummyClassifier",
    "models.dummy:DummyRegressor": "sklearn.dummy.DummyRegressor",
    "meta.adaboost:AdaBoostClassifier": "sklearn.ensemble._weight_boosting.AdaBoostClassifier",
    "meta.adaboost:AdaBoostRegressor": "sklearn.ensemble._weight_boosting.AdaBoostRegressor",
    "meta.bagging:BaggingClassifier": "sklearn.ensemble._bagging.BaggingClassifier",
    "meta.bagging:BaggingRegressor": "sklearn.ensemble._bagging.BaggingRegressor",
    "meta.stacking:StackingClassifier": "sklearn.ensemble._stacking.StackingClassifier",
    "meta.stacking:StackingRegressor": "sklearn.ensemble._stacking.StackingRegressor",
    "meta.voting:VotingClassifier": "sklearn.ensemble._voting.VotingClassifier",
    "meta.voting:VotingRegressor": "sklearn.ensemble._voting.VotingRegressor",
    "models.cluster:KMeans": "sklearn.cluster._kmeans.KMeans sklearn.cluster._kmeans.MiniBatchKMeans",
    "models.cluster:NearestCentroid": "sklearn.neighbors._nearest_centroid.NearestCentroid",
    "models.discriminant:LinearDiscriminantAnalysis": "sklearn.discriminant_analysis.LinearDiscriminantAnalysis",
    "models.discriminant:QuadraticDiscriminantAnalysis": "sklearn.discriminant_analysis.QuadraticDiscriminantAnalysis",
    "models.gaussian_process:GaussianProcessClassifier": ("sklearn.gaussian_process._gpc.GaussianProcessClassifier"),
    "models.gaussian_process:GaussianProcessRegressor": "sklearn.gaussian_process._gpr.GaussianProcessRegressor",
    "models.gaussian_process:LaplaceClassifier": (
        "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace"
    ),
    "models.kernel_ridge:KernelRidge": "sklearn.kernel_ridge.KernelRidge",
    "models.partial_least_squares:PartialLeastSquares": "sklearn.cross_decomposition._pls.PLSRegression",
    "models.naive_bayes:BernoulliNB": "sklearn.naive_bayes.BernoulliNB",
    "models.naive_bayes:CategoricalNB": "sklearn.naive_bayes.CategoricalNB",
    "models.naive_bayes:ComplementNB": "sklearn.naive_bayes.ComplementNB",
    "models.naive_bayes:GaussianNB": "sklearn.naive_bayes.GaussianNB",
    "models.naive_bayes:MultinomialNB": "sklearn.naive_bayes.MultinomialNB",
    "models.neighbors:KNeighborsClassifier": "sklearn.neighbors._classification.KNeighborsClassifier",
    "models.neighbors:KNeighborsRegressor": "sklearn.neighbors._regression.KNeighborsRegressor",
    "models.outlier_factor:LocalOutlierFactor": "sklearn.neighbors._lof.LocalOutlierFactor",
    "models.radius_neighbors:RadiusNeighborsClassifier": "sklearn.neighbors._classification.RadiusNeighborsClassifier",
    "models.radius_neighbors:RadiusNeighborsRegressor": "sklearn.neighbors._regression.RadiusNeighborsRegressor",
    "models.neural_network:MLPClassifier": "sklearn.neural_network._multilayer_perceptron.MLPClassifier",
    "models.neural_network:MLPRegressor": "sklearn.neural_network._multilayer_perceptron.MLPRegressor",
    "models.svm:OneClassMachine": "sklearn.svm._classes.OneClassSVM",
    "models.svm:SupportVectorClassifier": "sklearn.svm._classes.NuSVC sklearn.svm._classes.SVC",
    "models.svm:SupportVectorRegressor": "sklearn.svm._classes.NuSVR sklearn.svm._classes.SVR",
    "models.isotonic:IsotonicRegression": "sklearn.isotonic.IsotonicRegression",
    "meta.multiclass:ClassifierChain": "sklearn.multioutput.ClassifierChain",
    "meta.multiclass:ConstantPredictor": "sklearn.multiclass._ConstantPredictor",
    "meta.multiclass:MultiOutputClassifier": "sklearn.multioutput.MultiOutputClassifier",
    "meta.multiclass:MultiOutputRegressor": "sklearn.multioutput.MultiOutputRegressor",
    "meta.multiclass:OneVersusOneClassifier": "sklearn.multiclass.OneVsOneClassifier",
    "meta.multiclass:RegressorChain": "sklearn.multioutput.RegressorChain",
    "meta.multiclass:one_versus_rest": "sklearn.multiclass.OneVsRestClassifier",
    "models.linear:OutlierClassifier": "sklearn.linear_model._stochastic_gradient.SGDOneClassSVM",
    "text.hashing:HashedCounts": "sklearn.feature_extraction.text.HashingVectorizer",
    "text.vectorizers:Counts": "sklearn.feature_extraction.text.CountVectorizer",
    "text.vectorizers:WeighedCounts": "sklearn.feature_extraction.text.TfidfVectorizer",
    "text.weights:TfidfTransformer": "sklearn.feature_extraction.text.TfidfTransformer",
    "trees.decision:TreeRegressor": """
        sklearn.tree._classes.DecisionTreeRegressor sklearn.tree._classes.ExtraTreeRegressor
        sklearn.ensemble._forest.ExtraTreesRegressor sklearn.ensemble._forest.RandomForestRegressor
        """,
    "trees.decision:TreeClassifier": """
        sklearn.tree._classes.DecisionTreeClassifier sklearn.tree._classes.ExtraTreeClassifier
        sklearn.ensemble._forest.ExtraTreesClassifier sklearn.ensemble._forest.RandomForestClassifier
        """,
    "trees.isolation:IsolationForest": "sklearn.ensemble._iforest.IsolationForest",
    "trees.boosting:BoostedRegressor": "sklearn.ensemble._gb.GradientBoostingRegressor",
    "trees.boosting:BoostedClassifier": "sklearn.ensemble._gb.GradientBoostingClassifier",
    "trees.histogram:HistogramRegressor": """
        sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingRegressor
        """,
    "trees.histogram:HistogramClassifier": """
        sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingClassifier
        """,
    "boosters.lightgbm:Booster": "lightgbm.basic.Booster",
    "boosters.lightgbm:BoostedRegressor": """
        lightgbm.sklearn.LGBMModel lightgbm.sklearn.LGBMRanker lightgbm.sklearn.LGBMRegressor
        """,
    "boosters.lightgbm:BoostedClassifier": "lightgbm.sklearn.LGBMClassifier",
    "boosters.xgboost:XgboostBooster": "xgboost.core.Booster",
    "boosters.xgboost:XgboostRegressor": """
        xgboost.sklearn.XGBRanker xgboost.sklearn.XGBRegressor xgboost.sklearn.XGBRFRegressor
        """,
    "boosters.xgboost:XgboostClassifier": "xgboost.sklearn.XGBClassifier xgboost.sklearn.XGBRFClassifier",
    "meta.compose:Chain": "sklearn.pipeline.Pipeline",
    "meta.compose:AllColumns": "sklearn.pipeline.FeatureUnion",
    "meta.compose:ByColumns": "sklearn.compose._column_transformer.ColumnTransformer",
    "meta.compose:TransformedTarget": "sklearn.compose._target.TransformedTargetRegressor",
    "transforms.elementwise:Elementwise": "sklearn.preprocessing._function_transformer.FunctionTransformer",
    "transforms.nearest_imputation:NearestImputer": "sklearn.impute._knn.KNNImputer",
    "transforms.imputation:Imputer": "sklearn.impute._base.SimpleImputer",
    "transforms.imputation:Indicator": "sklearn.impute._base.MissingIndicator",
    "transforms.scaling:Standard": "sklearn.preprocessing._data.StandardScaler",
    "transforms.scaling:Robust": "sklearn.preprocessing._data.RobustScaler",
    "transforms.scaling:MinMax": "sklearn.preprocessing._data.MinMaxScaler",
    "transforms.scaling:MaxAbs": "sklearn.preprocessing._data.MaxAbsScaler",
    "transforms.scaling:RowNormalizer": "sklearn.preprocessing._data.Normalizer",
    "transforms.scaling:Threshold": "sklearn.preprocessing._data.Binarizer",
    "transforms.scaling:Power": "sklearn.preprocessing._data.PowerTransformer",
    "transforms.scaling:Quantile": "sklearn.preprocessing._data.QuantileTransformer",
    "transforms.encoding:OneHot": "sklearn.preprocessing._encoders.OneHotEncoder",
    "transforms.encoding:Ordinal": "sklearn.preprocessing._encoders.OrdinalEncoder",
    "transforms.encoding:ByTarget": "sklearn.preprocessing._target_encoder.TargetEncoder",
    "transforms.binning:Bins": "sklearn.preprocessing._discretization.KBinsDiscretizer",
    "transforms.polynomials:Products": "sklearn.preprocessing._polynomial.PolynomialFeatures",
    "transforms.splines:Splines": "sklearn.preprocessing._polynomial.SplineTransformer",
    "transforms.selection:ByVariance": "sklearn.feature_selection._variance_threshold.VarianceThreshold",
    "transforms.selection:ByImportance": "sklearn.feature_selection._from_model.SelectFromModel",
    "transforms.selection:Stepwise": "sklearn.feature_selection._sequential.SequentialFeatureSelector",
    "transforms.selection:ByElimination": """
        sklearn.feature_selection._rfe.RFE sklearn.feature_selection._rfe.RFECV
        """,
    "transforms.selection:ByScore": """
        sklearn.feature_selection._univariate_selection.SelectKBest
        sklearn.feature_selection._univariate_selection.SelectPercentile
        sklearn.feature_selection._univariate_selection.SelectFpr
        sklearn.feature_selection._univariate_selection.SelectFdr
        sklearn.feature_selection._univariate_selection.SelectFwe
        sklearn.feature_selection._univariate_selection.GenericUnivariateSelect
        """,
    "transforms.decomposition:PrincipalComponents": """
        sklearn.decomposition._pca.PCA sklearn.decomposition._incremental_pca.IncrementalPCA
        """,
    "transforms.decomposition:Projection": "sklearn.decomposition._truncated_svd.TruncatedSVD",
    "transforms.decomposition:Factors": "sklearn.decomposition._factor_analysis.FactorAnalysis",
}

# The functions of numpy that an estimator may apply to each number, and no others are ever called.
FUNCTIONS = frozenset(
    """
    numpy.absolute numpy.arccosh numpy.arcsinh numpy.arctan numpy.arctanh numpy.cbrt numpy.ceil numpy.cos numpy.cosh
    numpy.deg2rad numpy.exp numpy.exp2 numpy.expm1 numpy.fabs numpy.floor numpy.log numpy.log10 numpy.log1p numpy.log2
    numpy.negative numpy.positive numpy.rad2deg numpy.reciprocal numpy.rint numpy.sign numpy.sin numpy.sinh
    numpy.sqrt numpy.square numpy.tan numpy.tanh numpy.trunc
    """.split()
)

# What a file may hold beside estimators. Some of it is read as a part of an estimator; the rest, like the state
# of a random generator, is noted and never looked at.
RECORDED = FUNCTIONS | frozenset(
    """
    _codecs.encode _loss.CyAbsoluteError _loss.CyExponentialLoss _loss.CyHalfBinomialLoss _loss.CyHalfGammaLoss
    _loss.CyHalfMultinomialLoss _loss.CyHalfPoissonLoss _loss.CyHalfSquaredError _loss.CyHalfTweedieLoss
    _loss.CyHalfTweedieLossIdentity _loss.CyHuberLoss _loss.CyPinballLoss _loss.__pyx_unpickle_CyAbsoluteError
    _loss.__pyx_unpickle_CyExponentialLoss _loss.__pyx_unpickle_CyHalfBinomialLoss
    _loss.__pyx_unpickle_CyHalfGammaLoss _loss.__pyx_unpickle_CyHalfMultinomialLoss
    _loss.__pyx_unpickle_CyHalfPoissonLoss _loss.__pyx_unpickle_CyHalfSquaredError
    _loss.__pyx_unpickle_CyHalfTweedieLoss _loss.__pyx_unpickle_CyHalfTweedieLossIdentity
    _loss.__pyx_unpickle_CyHuberLoss _loss.__pyx_unpickle_CyPinballLoss builtins.DeprecationWarning
    builtins.FutureWarning builtins.bool builtins.bytearray builtins.bytes builtins.complex builtins.dict
    builtins.float builtins.frozenset builtins.int builtins.list builtins.object builtins.range builtins.set
    builtins.slice builtins.str builtins.unicode builtins.xrange collections.OrderedDict collections.defaultdict
    functools.partial lightgbm.basic._InnerPredictor numpy._core._ufunc_reconstruct
    numpy._core.multiarray._reconstruct numpy._core.multiarray.scalar numpy._core.numeric._frombuffer numpy.bool
    numpy.bool_ numpy.dtype numpy.float16 numpy.float32 numpy.float64 numpy.floating numpy.generic numpy.inexact
    numpy.int16 numpy.int32 numpy.int64 numpy.int8 numpy.integer numpy.lib._function_base_impl.vectorize
    numpy.lib.function_base.vectorize numpy.ma.MaskedArray numpy.ma.core.MaskedArray numpy.ma.core._mareconstruct
    numpy.ndarray numpy.number numpy.object_ numpy.random.__RandomState_ctor numpy.random._mt19937.MT19937
    numpy.random._pcg64.PCG64 numpy.random._pickle.__bit_generator_ctor numpy.random._pickle.__generator_ctor
    numpy.random._pickle.__randomstate_ctor numpy.random.bit_generator.SeedSequence
    numpy.random.bit_generator.__pyx_unpickle_SeedSequence numpy.str_ numpy.uint16 numpy.uint32 numpy.uint64
    numpy.uint8 numpy.vectorize pandas.CategoricalDtype pandas.Index pandas.RangeIndex pandas.StringDtype
    pandas._libs.arrays.__pyx_unpickle_NDArrayBacked pandas.arrays.ArrowStringArray pandas.arrays.StringArray
    pandas.core.arrays.string_.StringArray pandas.core.arrays.string_.StringDtype
    pandas.core.arrays.string_arrow.ArrowStringArray pandas.core.dtypes.dtypes.CategoricalDtype
    pandas.core.indexes.base.Index pandas.core.indexes.base._new_Index pandas.core.indexes.range.RangeIndex
    scipy._lib.array_api_compat.numpy._aliases.asarray scipy.interpolate._bsplines.BSpline
    scipy.interpolate._bsplines._BSpline scipy.sparse._csr.csr_array scipy.sparse._csr.csr_matrix
    scipy.sparse._dia.dia_array scipy.sparse._dia.dia_matrix scipy.sparse.csr.csr_matrix scipy.sparse.dia.dia_matrix
    scipy.stats._continuous_distns.beta_gen scipy.stats._continuous_distns.chi2_gen
    scipy.stats._continuous_distns.expon_gen scipy.stats._continuous_distns.gamma_gen
    scipy.stats._continuous_distns.halfnorm_gen scipy.stats._continuous_distns.lognorm_gen
    scipy.stats._continuous_distns.loguniform_gen scipy.stats._continuous_distns.norm_gen
    scipy.stats._continuous_distns.reciprocal_gen scipy.stats._continuous_distns.triang_gen
    scipy.stats._continuous_distns.truncnorm_gen scipy.stats._continuous_distns.uniform_gen
    scipy.stats._discrete_distns.binom_gen scipy.stats._discrete_distns.geom_gen
    scipy.stats._discrete_distns.poisson_gen scipy.stats._discrete_distns.randint_gen
    scipy.stats._distn_infrastructure.rv_continuous_frozen scipy.stats._distn_infrastructure.rv_discrete_frozen
    scipy.stats._distn_infrastructure.rv_frozen sklearn._loss._loss.CyAbsoluteError
    sklearn._loss._loss.CyExponentialLoss sklearn._loss._loss.CyHalfBinomialLoss sklearn._loss._loss.CyHalfGammaLoss
    sklearn._loss._loss.CyHalfMultinomialLoss sklearn._loss._loss.CyHalfPoissonLoss
    sklearn._loss._loss.CyHalfSquaredError sklearn._loss._loss.CyHalfTweedieLoss
    sklearn._loss._loss.CyHalfTweedieLossIdentity sklearn._loss._loss.CyHuberLoss sklearn._loss._loss.CyPinballLoss
    sklearn._loss._loss.__pyx_unpickle_CyAbsoluteError sklearn._loss._loss.__pyx_unpickle_CyExponentialLoss
    sklearn._loss._loss.__pyx_unpickle_CyHalfBinomialLoss sklearn._loss._loss.__pyx_unpickle_CyHalfGammaLoss
    sklearn._loss._loss.__pyx_unpickle_CyHalfMultinomialLoss sklearn._loss._loss.__pyx_unpickle_CyHalfPoissonLoss
    sklearn._loss._loss.__pyx_unpickle_CyHalfSquaredError sklearn._loss._loss.__pyx_unpickle_CyHalfTweedieLoss
    sklearn._loss._loss.__pyx_unpickle_CyHalfTweedieLossIdentity sklearn._loss._loss.__pyx_unpickle_CyHuberLoss
    sklearn._loss._loss.__pyx_unpickle_CyPinballLoss sklearn._loss.glm_distribution.DistributionBoundary
    sklearn._loss.glm_distribution.GammaDistribution sklearn._loss.glm_distribution.NormalDistribution
    sklearn._loss.glm_distribution.PoissonDistribution sklearn._loss.glm_distribution.TweedieDistribution
    sklearn._loss.link.HalfLogitLink sklearn._loss.link.IdentityLink sklearn._loss.link.Interval
    sklearn._loss.link.LogLink sklearn._loss.link.LogitLink sklearn._loss.link.MultinomialLogit
    sklearn._loss.loss.AbsoluteError sklearn._loss.loss.ExponentialLoss sklearn._loss.loss.HalfBinomialLoss
    sklearn._loss.loss.HalfGammaLoss sklearn._loss.loss.HalfMultinomialLoss sklearn._loss.loss.HalfPoissonLoss
    sklearn._loss.loss.HalfSquaredError sklearn._loss.loss.HalfTweedieLoss
    sklearn._loss.loss.HalfTweedieLossIdentity sklearn._loss.loss.HuberLoss sklearn._loss.loss.PinballLoss
    sklearn.calibration._CalibratedClassifier sklearn.calibration._SigmoidCalibration
    sklearn.calibration._TemperatureScaling sklearn.compose._column_transformer._RemainderColsList
    sklearn.compose._column_transformer.make_column_selector sklearn.ensemble._gb.LogOddsEstimator
    sklearn.ensemble._gb.MeanEstimator sklearn.ensemble._gb.PriorProbabilityEstimator
    sklearn.ensemble._gb.QuantileEstimator sklearn.ensemble._gb.ScaledLogOddsEstimator
    sklearn.ensemble._gb.ZeroEstimator sklearn.ensemble._gb_losses.BinomialDeviance
    sklearn.ensemble._gb_losses.ExponentialLoss sklearn.ensemble._gb_losses.HuberLossFunction
    sklearn.ensemble._gb_losses.LeastAbsoluteError sklearn.ensemble._gb_losses.LeastSquaresError
    sklearn.ensemble._gb_losses.MultinomialDeviance sklearn.ensemble._gb_losses.QuantileLossFunction
    sklearn.ensemble._hist_gradient_boosting.binning._BinMapper
    sklearn.ensemble._hist_gradient_boosting.loss.BinaryCrossEntropy
    sklearn.ensemble._hist_gradient_boosting.loss.CategoricalCrossEntropy
    sklearn.ensemble._hist_gradient_boosting.loss.LeastAbsoluteDeviation
    sklearn.ensemble._hist_gradient_boosting.loss.LeastSquares sklearn.ensemble._hist_gradient_boosting.loss.Poisson
    sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor
    sklearn.feature_selection._mutual_info.mutual_info_classif
    sklearn.feature_selection._mutual_info.mutual_info_regression
    sklearn.feature_selection._univariate_selection.chi2 sklearn.feature_selection._univariate_selection.f_classif
    sklearn.feature_selection._univariate_selection.f_oneway
    sklearn.feature_selection._univariate_selection.f_regression
    sklearn.feature_selection._univariate_selection.r_regression
    sklearn.gaussian_process.kernels.CompoundKernel sklearn.gaussian_process.kernels.ConstantKernel
    sklearn.gaussian_process.kernels.DotProduct sklearn.gaussian_process.kernels.ExpSineSquared
    sklearn.gaussian_process.kernels.Exponentiation sklearn.gaussian_process.kernels.Matern
    sklearn.gaussian_process.kernels.PairwiseKernel sklearn.gaussian_process.kernels.Product
    sklearn.gaussian_process.kernels.RBF sklearn.gaussian_process.kernels.RationalQuadratic
    sklearn.gaussian_process.kernels.Sum sklearn.gaussian_process.kernels.WhiteKernel
    sklearn.linear_model._glm.link.IdentityLink
    sklearn.linear_model._glm.link.LogLink sklearn.linear_model._sgd_fast.EpsilonInsensitive
    sklearn.linear_model._sgd_fast.Hinge sklearn.linear_model._sgd_fast.Huber sklearn.linear_model._sgd_fast.Log
    sklearn.linear_model._sgd_fast.ModifiedHuber sklearn.linear_model._sgd_fast.SquaredEpsilonInsensitive
    sklearn.linear_model._sgd_fast.SquaredHinge sklearn.linear_model._sgd_fast.SquaredLoss
    sklearn.metrics._classification.accuracy_score sklearn.metrics._classification.balanced_accuracy_score
    sklearn.metrics._classification.brier_score_loss sklearn.metrics._classification.cohen_kappa_score
    sklearn.metrics._classification.d2_brier_score sklearn.metrics._classification.d2_log_loss_score
    sklearn.metrics._classification.f1_score sklearn.metrics._classification.fbeta_score
    sklearn.metrics._classification.hamming_loss sklearn.metrics._classification.jaccard_score
    sklearn.metrics._classification.log_loss sklearn.metrics._classification.matthews_corrcoef
    sklearn.metrics._classification.precision_score sklearn.metrics._classification.recall_score
    sklearn.metrics._classification.zero_one_loss sklearn.metrics._dist_metrics.ChebyshevDistance
    sklearn.metrics._dist_metrics.ChebyshevDistance64 sklearn.metrics._dist_metrics.EuclideanDistance
    sklearn.metrics._dist_metrics.EuclideanDistance64 sklearn.metrics._dist_metrics.ManhattanDistance
    sklearn.metrics._dist_metrics.ManhattanDistance64 sklearn.metrics._dist_metrics.MinkowskiDistance
    sklearn.metrics._dist_metrics.MinkowskiDistance64 sklearn.metrics._dist_metrics.newObj
    sklearn.metrics._ranking.average_precision_score sklearn.metrics._ranking.roc_auc_score
    sklearn.metrics._ranking.top_k_accuracy_score sklearn.metrics._regression.d2_absolute_error_score
    sklearn.metrics._regression.d2_pinball_score sklearn.metrics._regression.d2_tweedie_score
    sklearn.metrics._regression.explained_variance_score sklearn.metrics._regression.max_error
    sklearn.metrics._regression.mean_absolute_error sklearn.metrics._regression.mean_absolute_percentage_error
    sklearn.metrics._regression.mean_gamma_deviance sklearn.metrics._regression.mean_pinball_loss
    sklearn.metrics._regression.mean_poisson_deviance sklearn.metrics._regression.mean_squared_error
    sklearn.metrics._regression.mean_squared_log_error sklearn.metrics._regression.mean_tweedie_deviance
    sklearn.metrics._regression.median_absolute_error sklearn.metrics._regression.r2_score
    sklearn.metrics._regression.root_mean_squared_error sklearn.metrics._regression.root_mean_squared_log_error
    sklearn.metrics._scorer._CurveScorer sklearn.metrics._scorer._MultimetricScorer
    sklearn.metrics._scorer._PassthroughScorer sklearn.metrics._scorer._PredictScorer
    sklearn.metrics._scorer._ProbaScorer sklearn.metrics._scorer._Scorer sklearn.metrics._scorer._ThresholdScorer
    sklearn.metrics._scorer._passthrough_scorer sklearn.metrics._scorer.negative_likelihood_ratio
    sklearn.metrics._scorer.positive_likelihood_ratio sklearn.metrics.cluster._supervised.adjusted_mutual_info_score
    sklearn.metrics.cluster._supervised.adjusted_rand_score sklearn.metrics.cluster._supervised.completeness_score
    sklearn.metrics.cluster._supervised.fowlkes_mallows_score sklearn.metrics.cluster._supervised.homogeneity_score
    sklearn.metrics.cluster._supervised.mutual_info_score
    sklearn.metrics.cluster._supervised.normalized_mutual_info_score sklearn.metrics.cluster._supervised.rand_score
    sklearn.metrics.cluster._supervised.v_measure_score
    sklearn.model_selection._classification_threshold._CurveScorer
    sklearn.model_selection._search_successive_halving._SubsampleMetaSplitter
    sklearn.model_selection._search_successive_halving._refit_callable sklearn.model_selection._split.GroupKFold
    sklearn.model_selection._split.GroupShuffleSplit sklearn.model_selection._split.KFold
    sklearn.model_selection._split.LeaveOneGroupOut sklearn.model_selection._split.LeaveOneOut
    sklearn.model_selection._split.LeavePGroupsOut sklearn.model_selection._split.LeavePOut
    sklearn.model_selection._split.PredefinedSplit sklearn.model_selection._split.RepeatedKFold
    sklearn.model_selection._split.RepeatedStratifiedKFold sklearn.model_selection._split.ShuffleSplit
    sklearn.model_selection._split.StratifiedGroupKFold sklearn.model_selection._split.StratifiedKFold
    sklearn.model_selection._split.StratifiedShuffleSplit sklearn.model_selection._split.TimeSeriesSplit
    sklearn.model_selection._split._CVIterableWrapper sklearn.neighbors._ball_tree.BallTree
    sklearn.neighbors._ball_tree.newObj sklearn.neighbors._kd_tree.KDTree sklearn.neighbors._kd_tree.newObj
    sklearn.neural_network._stochastic_optimizers.AdamOptimizer
    sklearn.neural_network._stochastic_optimizers.SGDOptimizer sklearn.preprocessing._label.LabelBinarizer
    sklearn.preprocessing._label.LabelEncoder sklearn.tree._tree.Tree sklearn.utils._bunch.Bunch
    sklearn.utils._metadata_requests.MetadataRequest sklearn.utils._metadata_requests.MethodMetadataRequest
    sklearn.utils.deprecation.DeprecationDict sklearn.utils.validation.check_array
    xgboost.callback.EarlyStopping xgboost.callback.EvaluationMonitor xgboost.callback.TrainingCheckPoint
    """.split()
)

READ = {name: reader for reader, names in READERS.items() for name in names.split()}
