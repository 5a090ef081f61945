"""The Fisher vector: against scalar loops, VLFeat, scikit-image, the gradient of the log-likelihood; and its options."""

import math

import h5py
import numpy as np
import pytest

from lrp import fisher
from lrp import layers as L
from lrp.errors import ExactError, InputError, SettingError, ShapeError

K, D = 3, 2


@pytest.fixture
def mixture(rng):
    return np.array([0.5, 0.2, 0.3]), rng.normal(size=(K, D)), rng.uniform(0.5, 2, size=(K, D))


def vector_by_loop(x, priors, means, variances):
    """First all m_mu, then all m_sigma, averaged; straight from the formulas."""
    gammas = []
    for l in x:
        densities = [
            priors[k]
            * math.prod(
                math.exp(-((l[d] - means[k, d]) ** 2) / (2 * variances[k, d]))
                / math.sqrt(2 * math.pi * variances[k, d])
                for d in range(len(l))
            )
            for k in range(len(priors))
        ]
        gammas.append([density / sum(densities) for density in densities])
    by_mean, by_sigma = [], []
    for k in range(len(priors)):
        for d in range(x.shape[1]):
            z = [(l[d] - means[k, d]) / math.sqrt(variances[k, d]) for l in x]
            by_mean.append(sum(g[k] * z_l for g, z_l in zip(gammas, z)) / math.sqrt(priors[k]) / len(x))
            by_sigma.append(sum(g[k] * (z_l**2 - 1) for g, z_l in zip(gammas, z)) / math.sqrt(2 * priors[k]) / len(x))
    return np.array(by_mean + by_sigma), np.array(gammas)


def test_by_scalar_loop(mixture, rng):
    x = rng.normal(size=(7, D))
    vector, gammas = vector_by_loop(x, *mixture)
    assert L.FisherVector(*mixture).compute(x[None])[0] == pytest.approx(vector)
    assert L.Posteriors(*mixture).compute(x[None])[0] == pytest.approx(gammas)


def test_it_is_the_gradient_of_the_log_likelihood(mixture, rng):
    """FV_mu = sigma / sqrt(lambda) dLL/dmu and FV_sigma = sigma / sqrt(2 lambda) dLL/dsigma, LL the mean log-likelihood."""
    priors, means, variances = mixture
    x = rng.normal(size=(7, D))
    by_mean, by_sigma = L.FisherVector(*mixture).compute(x[None])[0].reshape(2, K, D)
    h = 1e-6

    def log_likelihood(means, sigma):
        return L.Posteriors(priors, means, sigma**2).log_likelihood(x).mean()

    sigma = np.sqrt(variances)
    for k, d in np.ndindex(K, D):
        step = np.zeros((K, D))
        step[k, d] = h
        slope_mean = (log_likelihood(means + step, sigma) - log_likelihood(means - step, sigma)) / (2 * h)
        slope_sigma = (log_likelihood(means, sigma + step) - log_likelihood(means, sigma - step)) / (2 * h)
        assert by_mean[k, d] == pytest.approx(slope_mean * sigma[k, d] / math.sqrt(priors[k]), abs=1e-7)
        assert by_sigma[k, d] == pytest.approx(slope_sigma * sigma[k, d] / math.sqrt(2 * priors[k]), abs=1e-7)


@pytest.mark.parametrize(
    "name, options, normalisation",
    [
        ("plain", {"threshold": 1e-6}, ()),
        ("square_root", {"threshold": 1e-6}, (L.SignedPower(),)),
        ("normalized", {"threshold": 1e-6}, (L.L2Normalize(),)),
        ("improved", {"threshold": 1e-6}, fisher.IMPROVED),
        ("fast", {"hard": True}, ()),
    ],
)
def test_vlfeat(shared, name, options, normalisation):
    with h5py.File(shared / "golden" / "vlfeat" / "roofs.h5") as file:
        stored = {key: value[:].astype(float) for key, value in file["fisher"].items()}
    vector = L.FisherVector(stored["priors"], stored["means"], stored["variances"], **options)
    y = vector.compute(stored["descriptors"][None])
    for layer in normalisation:
        y = layer.compute(y)
    expected = stored[f"encoding_{name}"]
    assert abs(y[0] - expected).max() <= 1e-4 * abs(expected).max()


def test_scikit_image(rng):
    feature = pytest.importorskip("skimage.feature")
    mixtures = pytest.importorskip("sklearn.mixture")
    x = rng.normal(size=(211, 5)) * [1, 2, 0.5, 1, 3] + rng.integers(0, 3, size=(211, 1))
    fitted = mixtures.GaussianMixture(3, covariance_type="diag", random_state=0).fit(x)
    vector = L.FisherVector(fitted.weights_, fitted.means_, fitted.covariances_)
    theirs, ours = feature.fisher_vector(x, fitted), vector.compute(x[None])[0]
    assert fisher.from_skimage(theirs, 3) == pytest.approx(ours, abs=1e-10)
    gamma = vector.posteriors.compute(x[None])[0]
    assert fisher.to_skimage(ours, gamma, fitted.weights_) == pytest.approx(theirs, abs=1e-10)
    improved = fisher.to_skimage(ours, gamma, fitted.weights_)[None]
    for layer in fisher.IMPROVED:
        improved = layer.compute(improved)
    assert improved[0] == pytest.approx(feature.fisher_vector(x, fitted, improved=True), abs=1e-10)


def test_the_weight_part_for_scikit_image_is_a_gradient_of_the_log_likelihood(mixture, rng):
    """With lambda = softmax(alpha): (1 / sqrt(lambda_k)) dLL/dalpha_k, by central differences; then our blocks behind it."""
    priors, means, variances = mixture
    x = rng.normal(size=(7, D))
    layer = L.FisherVector(priors, means, variances)
    ours, gamma = layer.compute(x[None])[0], layer.posteriors.compute(x[None])[0]
    theirs = fisher.to_skimage(ours, gamma, priors)
    h = 1e-6
    for k in range(K):
        values = []
        for step in (h, -h):
            weights = priors * np.exp(step * (np.arange(K) == k))
            values.append(L.Posteriors(weights / weights.sum(), means, variances).log_likelihood(x).mean())
        assert theirs[k] == pytest.approx((values[0] - values[1]) / (2 * h) / math.sqrt(priors[k]), abs=1e-7)
    assert theirs[K:].tolist() == [*ours[: K * D], *-ours[K * D :]] and len(theirs) == K + 2 * K * D
    assert fisher.from_skimage(theirs, K).tolist() == ours.tolist()


def test_from_skimage_refuses_other_lengths():
    for length in (3, 14):
        with pytest.raises(ShapeError, match=r"expected a length K \+ 2 K D with K = 3, got"):
            fisher.from_skimage(np.zeros(length), 3)


def test_posteriors_cut_off_and_hardened(mixture, rng):
    x = rng.normal(size=(1, 7, D))
    soft = L.Posteriors(*mixture).compute(x)
    cut = L.Posteriors(*mixture, threshold=0.3).compute(x)
    hard = L.Posteriors(*mixture, hard=True).compute(x)
    assert (cut == np.where(soft < 0.3, 0, soft)).all() and (cut == 0).any()
    assert (hard.argmax(axis=2) == soft.argmax(axis=2)).all() and (hard.sum(axis=2) == 1).all()
    assert set(np.unique(hard)) == {0.0, 1.0}


def test_posteriors_far_away_do_not_underflow(mixture):
    gamma = L.Posteriors(*mixture).compute(np.full((1, 1, D), 1e4))
    assert gamma.sum() == pytest.approx(1) and np.isfinite(L.Posteriors(*mixture).log_likelihood(np.full(D, 1e4)))


def test_a_component_without_prior_is_absent(mixture, rng):
    """VLFeat's rule: below 1e-6 a component gets no posterior, whatever its variance; its dimensions are zero."""
    priors, means, variances = mixture
    x = rng.normal(size=(1, 7, D))
    collapsed = L.FisherVector(
        np.append(priors, 1e-7), np.concatenate([means, x[0, :1]]), np.concatenate([variances, np.zeros((1, D))])
    )
    y = collapsed.compute(x).reshape(2, K + 1, D)
    assert (y[:, K] == 0).all()
    assert y[:, :K].ravel() == pytest.approx(L.FisherVector(*mixture).compute(x)[0])
    R = rng.normal(size=(1, 2 * (K + 1) * D))
    share = collapsed.distribute(R, L.FisherVector.default_rule, (x,), y.reshape(1, -1))
    assert share.parts[0].sum() + share.stabilizer[0] == pytest.approx(R.sum())


def test_refused_mixtures(mixture):
    priors, means, variances = mixture
    collapsed = variances.copy()
    collapsed[1, 0] = 0
    with pytest.raises(SettingError, match="got 0.0 for component 1 in dimension 0, a collapsed component; fit again"):
        L.FisherVector(priors, means, collapsed)
    with pytest.raises(SettingError, match="expected priors >= 0 that sum to 1"):
        L.Posteriors(-priors, means, variances)
    with pytest.raises(SettingError, match="expected priors >= 0 that sum to 1"):
        L.Posteriors(np.array([1.5, 0.5, -1]), means, variances)
    with pytest.raises(ShapeError, match=r"priors \(K,\), means \(K, D\) and diagonal variances \(K, D\), got"):
        L.Posteriors(priors, means, variances[0])
    with pytest.raises(ShapeError, match="means, variances and mean_scale of one shape"):
        L.FisherPooling(means, variances, means, priors[:2])


def test_refused_descriptors(mixture, rng):
    vector = L.FisherVector(*mixture)
    x = rng.normal(size=(1, 7, D))
    x[0, 2, 1] = np.inf
    with pytest.raises(InputError, match="Gaussian mixture: expected finite numbers, got .*inf"):
        vector.compute(x)
    with pytest.raises(InputError, match="Fisher vector: expected finite numbers, got .*inf"):
        vector.pooling.compute(x, np.ones((1, 7, K)))
    with pytest.raises(ExactError, match="fix them as an input of FisherPooling"):
        vector.astype("exact").compute(x)
    with pytest.raises(ShapeError, match=r"descriptors of shape \(L, 2\) per sample, as the mixture has, got \(7, 5\)"):
        vector.output_shape((7, 5))
    with pytest.raises(ShapeError, match="descriptors, posteriors and perhaps positions, got 1 inputs"):
        vector.pooling.output_shape((7, 2))
    with pytest.raises(ShapeError, match=r"expected inputs of shapes \(\(7, 2\), \(7, 3\)\) per sample, got"):
        vector.pooling.output_shape((7, 2), (7, 4))


def test_one_descriptor_and_none(mixture, rng):
    vector = L.FisherVector(*mixture, pyramid=((1, 1), (2, 1)))
    x, positions = rng.normal(size=(1, 1, D)), np.array([[[0.5, 0.9]]])
    y = vector.compute(x, positions).reshape(3, -1)
    assert y[0] == pytest.approx(vector_by_loop(x[0], *mixture)[0])
    assert (y[1] == 0).all() and (y[2] == y[0]).all()
    assert (vector.compute(x[:, :0], positions[:, :0]) == 0).all()


def test_statistics_add_up_to_the_vector(mixture, rng):
    vector = L.FisherVector(*mixture)
    x = rng.normal(size=(7, D))
    gamma = vector.posteriors.compute(x)
    m = vector.pooling.statistics(x, gamma)
    assert m.mean(axis=0) == pytest.approx(vector.compute(x[None])[0])
    assert m.shape == (7, 2 * K * D)


def test_float32_keeps_its_dtype_and_sums_in_float64(mixture, rng):
    x = (1000 + rng.normal(size=(1, 5000, D))).astype("float32")
    priors, means, variances = mixture
    vector = L.FisherVector(priors, means + 1000, variances)
    y = vector.astype("float32").compute(x)
    assert y.dtype == np.float32
    centred = L.FisherVector(priors, means.astype("float32"), variances)
    assert y[0] == pytest.approx(vector.compute(x.astype(float))[0], abs=1e-3)
    assert centred.compute(x.astype(float) - 1000)[0] == pytest.approx(vector.compute(x.astype(float))[0], abs=1e-6)
