"""Training: PCA, k-means, Gaussian mixture and SVM, against scikit-learn where it is installed, and by their optimality."""

import numpy as np
import pytest

from lrp import fisher
from lrp.errors import InputError, SettingError, ShapeError
from lrp.fisher.kmeans import nearest, plus_plus, square_distances
from lrp.layers import Posteriors


@pytest.fixture
def clouds(rng):
    """(330, 3): three elongated clouds of unequal size, away from the origin."""
    centres = np.array([[40.0, 0, 1], [44, 3, 0], [37, 5, -4]])
    spread = np.array([[1.0, 0.3, 0.5], [0.2, 1.5, 0.4], [0.7, 0.7, 0.1]])
    which = np.repeat([0, 1, 2], [200, 100, 30])
    return centres[which] + spread[which] * rng.normal(size=(330, 3))


class TestPCA:
    def test_components_diagonalise_the_covariance(self, rng):
        x = rng.normal(size=(50, 5)) @ rng.normal(size=(5, 5)) + 3
        pca = fisher.fit_pca(x, 3)
        y = pca.compute(x)
        covariance = np.cov(y.T)
        assert covariance == pytest.approx(np.diag(np.diag(covariance)), abs=1e-10)
        assert (np.diff(np.diag(covariance)) < 0).all() and y.mean(axis=0) == pytest.approx(np.zeros(3), abs=1e-12)
        assert pca.components.T @ pca.components == pytest.approx(np.eye(3), abs=1e-12)
        largest = np.abs(pca.components).argmax(axis=0)
        assert (pca.components[largest, range(3)] > 0).all()

    def test_scikit_learn(self, rng):
        decomposition = pytest.importorskip("sklearn.decomposition")
        x = rng.normal(size=(50, 5)) @ rng.normal(size=(5, 5)) + 3
        for whiten in (False, True):
            theirs = decomposition.PCA(3, whiten=whiten, svd_solver="full").fit_transform(x)
            ours = fisher.fit_pca(x, 3, whiten).compute(x)
            assert np.abs(ours) == pytest.approx(np.abs(theirs))

    def test_whitened_components_vary_by_one(self, rng):
        x = rng.normal(size=(50, 5)) * [1, 2, 3, 4, 5]
        assert np.cov(fisher.fit_pca(x, 5, whiten=True).compute(x).T) == pytest.approx(np.eye(5), abs=1e-10)

    def test_refused(self, rng):
        flat = np.outer(rng.normal(size=9), [1.0, 2.0, 0.0])
        with pytest.raises(SettingError, match="PCA: expected positive scales, got 0.0 for component 1"):
            fisher.fit_pca(flat, 3, whiten=True)
        with pytest.raises(SettingError, match="PCA: expected 1 to 3 dimensions, as the descriptors have, got 4"):
            fisher.fit_pca(flat, 4)
        with pytest.raises(InputError, match="PCA: expected at least 2 different descriptors, got 1; give more"):
            fisher.fit_pca(np.ones((1, 3)), 1)
        with pytest.raises(InputError, match="PCA: expected at least 2 different descriptors, got 1; give more"):
            fisher.fit_pca(np.ones((2, 3)), 1)  # as many as are needed, but all the same
        with pytest.raises(ShapeError, match=r"PCA: expected an array of descriptors \(L, D\), got shape \(3,\)"):
            fisher.fit_pca(np.ones(3), 1)
        from lrp.layers import PCA

        with pytest.raises(ShapeError, match=r"PCA: expected a mean \(in,\), components \(in, out\) and a scale"):
            PCA(np.ones(3), np.ones((2, 2)))


class TestKMeans:
    def test_distances_by_loop(self, rng):
        x, centres = rng.normal(size=(7, 2)), rng.normal(size=(3, 2))
        squares = [[sum((x[l] - centres[k]) ** 2) for k in range(3)] for l in range(7)]
        assert square_distances(x, centres) == pytest.approx(np.array(squares))
        index, distance = nearest(x, centres)
        assert index.tolist() == np.argmin(squares, axis=1).tolist()
        assert distance == pytest.approx(np.min(squares, axis=1))

    def test_centres_are_the_means_of_their_own(self, clouds, rng):
        centres = fisher.k_means(clouds, 3, rng)
        index, _ = nearest(clouds, centres)
        for k in range(3):
            assert centres[k] == pytest.approx(clouds[index == k].mean(axis=0))
        assert sorted(np.bincount(index)) == [30, 100, 200]

    def test_the_start_never_takes_a_descriptor_twice(self, rng):
        x = np.repeat(rng.normal(size=(4, 2)), 5, axis=0)
        assert len(np.unique(plus_plus(x, 4, rng), axis=0)) == 4

    def test_an_empty_centre_moves_to_the_farthest_descriptor(self, monkeypatch):
        """A start with a centre that nothing is near; the cluster far to the right gets it."""
        x = np.array([[0.0], [0.1], [5.0], [9.0]])
        monkeypatch.setattr("lrp.fisher.kmeans.plus_plus", lambda *_: np.array([[0.0], [6.5], [-70.0]]))
        centres = fisher.k_means(x, 3, np.random.default_rng(0))
        assert sorted(centres[:, 0]) == pytest.approx([0.05, 5, 9])

    def test_ends_after_the_iterations(self, clouds, rng):
        assert fisher.k_means(clouds, 3, rng, iterations=1).shape == (3, 3)

    def test_refused(self, rng):
        with pytest.raises(InputError, match="k-means: expected at least 3 different descriptors, got 2"):
            fisher.k_means(np.repeat([[0.0], [1.0]], 20, axis=0), 3, rng)
        with pytest.raises(InputError, match="k-means: expected finite numbers, got .*nan"):
            fisher.k_means(np.full((9, 2), np.nan), 3, rng)


class TestMixture:
    def test_likelihood_of_scikit_learn_from_the_same_start(self, clouds):
        mixtures = pytest.importorskip("sklearn.mixture")
        start = Posteriors(np.array([0.3, 0.3, 0.4]), clouds[[0, 210, 320]], np.full((3, 3), 2.0))
        fit = fisher.fit_gmm(clouds, 3, np.random.default_rng(0), tolerance=1e-12, variance_floor=1e-9, start=start)
        theirs = mixtures.GaussianMixture(
            3, covariance_type="diag", tol=1e-12, reg_covar=0, max_iter=500, weights_init=start.priors,
            means_init=start.means, precisions_init=1 / start.variances,
        ).fit(clouds)  # fmt: skip
        assert fit.converged and fit.log_likelihood == pytest.approx(theirs.score(clouds), abs=1e-9)
        assert fit.mixture.means == pytest.approx(theirs.means_, abs=1e-4)
        assert fit.mixture.variances == pytest.approx(theirs.covariances_, abs=1e-4)
        assert fit.mixture.priors == pytest.approx(theirs.weights_, abs=1e-5)
        assert fit.mixture.log_likelihood(clouds) == pytest.approx(theirs.score_samples(clouds), abs=1e-4)

    def test_likelihood_of_scikit_learn_from_own_starts(self, clouds, rng):
        mixtures = pytest.importorskip("sklearn.mixture")
        fit = fisher.fit_gmm(clouds, 3, rng)
        theirs = mixtures.GaussianMixture(3, covariance_type="diag", n_init=5, tol=1e-6, random_state=0).fit(clouds)
        assert fit.log_likelihood == pytest.approx(theirs.score(clouds), abs=1e-4)
        assert len(fit.restarts) == 3 and max(fit.restarts) == fit.log_likelihood
        assert str(fit).startswith(f"3 components, converged after {fit.iterations} iterations, mean log-likelihood")

    def test_likelihood_never_falls(self, clouds):
        start = Posteriors(np.array([0.3, 0.3, 0.4]), clouds[[0, 1, 2]], np.full((3, 3), 2.0))
        values = [
            fisher.fit_gmm(
                clouds, 3, np.random.default_rng(0), max_iterations=n, tolerance=-1, start=start
            ).log_likelihood
            for n in range(1, 12)
        ]
        assert (np.diff(values) >= -1e-12).all()

    def test_not_converged_is_said(self, clouds, rng):
        fit = fisher.fit_gmm(clouds, 3, rng, restarts=1, max_iterations=1, tolerance=1e-12)
        assert not fit.converged and fit.iterations == 1 and "NOT converged" in str(fit)
        assert fit.log_likelihood == pytest.approx(fit.mixture.log_likelihood(clouds).mean())

    def test_the_variance_floor_keeps_components_from_collapsing(self, rng):
        x = np.repeat(rng.normal(size=(4, 2)), [30, 1, 20, 5], axis=0)
        fit = fisher.fit_gmm(x, 4, rng, variance_floor=0.01)
        assert fit.mixture.variances == pytest.approx(np.full((4, 2), 0.01))
        assert fit.mixture.priors.sum() == pytest.approx(1)

    def test_a_component_that_loses_everything_is_absent(self, clouds):
        start = Posteriors(np.array([0.5, 0.5]), np.array([clouds[0], clouds[0] + 1e4]), np.ones((2, 3)))
        fit = fisher.fit_gmm(clouds, 2, np.random.default_rng(0), start=start)
        assert fit.mixture.present.tolist() == [True, False]
        assert fit.mixture.means[0] == pytest.approx(clouds.mean(axis=0))

    def test_refused(self, rng):
        with pytest.raises(
            InputError, match="mixture of 2 components: expected at least 2 different descriptors, got 1"
        ):
            fisher.fit_gmm(np.ones((9, 2)), 2, rng)
        for wrong in ({"restarts": 0}, {"max_iterations": 0}, {"variance_floor": 0.0}, {"components": 0}):
            with pytest.raises(
                SettingError, match="at least 1 component, restart and iteration and a positive variance"
            ):
                fisher.fit_gmm(**{"descriptors": np.ones((9, 2)), "components": 2, "rng": rng, **wrong})


class TestSVM:
    @pytest.mark.parametrize("size", [5, 60])
    def test_scikit_learn(self, size, rng):
        """LIBLINEAR penalises the bias; with a large intercept_scaling hardly any."""
        svm = pytest.importorskip("sklearn.svm")
        x = rng.normal(size=(30, size)) + 1
        y = (x[:, 0] + 0.5 * rng.normal(size=30) > 1).astype(int)
        for balanced in (False, True):
            ours = fisher.fit_svm(x, np.stack([y, 1 - y], axis=1), cost=0.3, balanced=balanced)
            theirs = svm.LinearSVC(
                C=0.3, dual=False, tol=1e-10, intercept_scaling=1e3, class_weight="balanced" if balanced else None
            ).fit(x, y)
            assert ours.weight[:, 0] == pytest.approx(theirs.coef_[0], abs=2e-4)
            assert ours.bias[0] == pytest.approx(theirs.intercept_[0], abs=2e-4)
            assert ours.weight[:, 1] == pytest.approx(-ours.weight[:, 0], abs=1e-5)

    @pytest.mark.parametrize("size", [3, 40])
    def test_balanced_costs_by_loop(self, size, rng):
        """4 of 22 samples show the class: each side weighs n / (2 n_side); the gradient vanishes with these costs alone."""
        x, mark = rng.normal(size=(22, size)), np.arange(22) < 4
        svm = fisher.fit_svm(x, mark[:, None], cost=0.7, balanced=True)
        w, b = svm.weight[:, 0], svm.bias[0]
        by_w, by_b = w.copy(), 0.0
        for row, positive in zip(x, mark):
            y, cost = (1, 0.7 * 22 / (2 * 4)) if positive else (-1, 0.7 * 22 / (2 * 18))
            slack = max(0.0, 1 - y * (sum(row * w) + b))
            by_w -= 2 * cost * slack * y * row
            by_b -= 2 * cost * slack * y
        assert by_w == pytest.approx(np.zeros(size), abs=1e-5) and by_b == pytest.approx(0, abs=1e-5)
        plain = fisher.fit_svm(x, mark[:, None], cost=0.7)
        assert abs(plain.bias[0] - b) > 0.01 or abs(plain.weight[:, 0] - w).max() > 0.01

    def test_the_gradient_vanishes_at_the_minimum(self, rng):
        x, labels = rng.normal(size=(20, 50)), rng.random((20, 3)) < 0.4
        svm = fisher.fit_svm(x, labels, cost=2)
        y = np.where(labels, 1, -1)
        slack = np.maximum(0, 1 - y * svm.compute(x))
        assert svm.weight - 2 * 2 * x.T @ (slack * y) == pytest.approx(np.zeros((50, 3)), abs=1e-5)
        assert (slack * y).sum(axis=0) == pytest.approx(np.zeros(3), abs=1e-6)

    def test_refused(self, rng):
        x, labels = rng.normal(size=(6, 2)), np.eye(6)[:, :2]
        with pytest.raises(ShapeError, match=r"SVM: expected vectors \(n, V\) and labels \(n, classes\)"):
            fisher.fit_svm(x, labels[1:])
        with pytest.raises(SettingError, match="SVM: expected a positive cost, got 0"):
            fisher.fit_svm(x, labels, cost=0)
        for wrong in (0 * labels, 0 * labels + 1):
            with pytest.raises(
                InputError, match="samples with and without every class, got none of one kind for class 0"
            ):
                fisher.fit_svm(x, wrong)
        with pytest.raises(InputError, match="SVM: expected finite numbers"):
            fisher.fit_svm(x * np.inf, labels)


def test_average_precision_by_loop(rng):
    scores, labels = rng.integers(0, 6, size=20) / 2, rng.random(20) < 0.4
    each = []
    for i in range(20):
        if labels[i]:
            above = [j for j in range(20) if scores[j] >= scores[i]]
            each.append(sum(labels[j] for j in above) / len(above))
    assert fisher.average_precision(scores, labels) == pytest.approx(np.mean(each))
    metrics = pytest.importorskip("sklearn.metrics")
    assert fisher.average_precision(scores, labels) == pytest.approx(metrics.average_precision_score(labels, scores))


def test_measures_refuse():
    with pytest.raises(ShapeError, match=r"scores \(n,\) and labels \(n,\) with a positive one"):
        fisher.average_precision(np.ones(3), np.zeros(3))
    with pytest.raises(InputError, match="average precision: expected finite numbers"):
        fisher.average_precision(np.array([np.nan, 1]), np.ones(2))
    with pytest.raises(ShapeError, match="relevance and mask of one shape"):
        fisher.context_ratio(np.ones((2, 3)), np.ones((3, 2)))
    with pytest.raises(InputError, match="context ratio: expected finite relevance"):
        fisher.context_ratio(np.full((2, 3), np.nan), np.ones((2, 3)))
