"""The classifier as a network like any other: explain, ledger, save and load, exact twin, command line, real weights."""

from fractions import Fraction

import numpy as np
import pytest

import lrp
from lrp import fisher
from lrp import layers as L
from lrp.cli import main
from lrp.errors import ExactError, GraphError, InputError, LedgerError, ShapeError


def test_it_separates_the_textures(classifier, pictures):
    assert classifier.forward(pictures).output.argmax(axis=1).tolist() == [0] * 4 + [1] * 4


@pytest.mark.parametrize(
    "composite", ["epsilon", "epsilon-plus-flat", "fisher=zero", "fisher=epsilon:0.01", "fisher=epsilon:100"]
)
def test_the_ledger_has_a_line_for_each_step_and_closes(classifier, pictures, composite):
    explanation = classifier.explain(pictures, composite=composite)
    ledger = explanation.ledger
    ledger.check()
    names = [line.name for line in ledger.lines]
    assert names == ["svm", "normal2", "normal1", "fisher", "pca", "positions", "sift"]
    assert ledger["svm"].passed == pytest.approx(explanation.trace.output.max(axis=1))  # R3 with b/V: all of f
    for name in ("pca", "sift"):
        assert ledger[name].passed == pytest.approx(ledger["fisher"].passed)
    assert explanation.relevance.shape == pictures.shape
    total = explanation.relevance.sum(axis=(1, 2, 3)) + ledger["fisher"].stabilizer
    assert total == pytest.approx(explanation.trace.output.max(axis=1))


def test_a_broken_line_is_found(classifier, pictures, monkeypatch):
    """The check can fail: pixels that receive a little too much."""
    honest = L.DenseSIFT.distribute

    def generous(*arguments):
        share = honest(*arguments)
        return type(share)((share.parts[0] * 1.0001,), share.bias, share.stabilizer, share.dropped, share.gross)

    monkeypatch.setattr(L.DenseSIFT, "distribute", generous)
    with pytest.raises(LedgerError, match="sift: the ledger of sample 0 does not close"):
        classifier.explain(pictures).ledger.check()


def test_empty_pyramid_cells_are_on_the_ledger(classifier, rng):
    """Descriptors in the upper third alone: what the other cells received is shared by all, and nothing is lost."""
    nodes = [
        lrp.Node("descriptors", L.Input((None, 6))),
        lrp.Node("positions", L.Input((None, 2))),
        lrp.Node("fisher", classifier.nodes["fisher"].layer, ("descriptors", "positions")),
        *(lrp.Node(name, node.layer, node.inputs) for name, node in list(classifier.nodes.items())[-3:]),
    ]
    network = lrp.Network(nodes)
    x = rng.normal(size=(2, 11, 6))
    positions = rng.random((2, 11, 2)) * [1, 0.3]
    explanation = network.explain((x, positions), 1, "fisher=zero")
    explanation.ledger.check()
    empty = explanation.trace.values["fisher"].reshape(2, 8, -1) == 0
    assert empty.all(axis=2)[:, [2, 3, 6, 7]].all()
    descriptors, nothing = explanation.relevance
    assert descriptors.sum(axis=(1, 2)) == pytest.approx(explanation.trace.output[:, 1])
    assert (nothing == 0).all()
    one = network.explain((x[:, :1], positions[:, :1]))
    one.ledger.check()


def test_constant_and_half_constant_pictures(classifier):
    half = np.full((2, 30, 37, 1), 0.5)
    half[1, :, 20:] = np.random.default_rng(0).random((30, 17, 1))
    explanation = classifier.explain(half)
    explanation.ledger.check()
    assert np.isfinite(explanation.relevance).all()


def test_bad_pictures_are_one_sentence(classifier, pictures):
    with pytest.raises(InputError, match="at least 13x13 pixels for bin size 4, got 12x37"):
        classifier.explain(pictures[:, :12])
    broken = pictures.copy()
    broken[1, 2, 3] = np.nan
    with pytest.raises(InputError, match="input 'picture': expected finite numbers"):
        classifier.explain(broken)
    with pytest.raises(ShapeError, match="input 'picture': expected an array of shape"):
        classifier.explain(pictures[..., 0])


def test_float32(classifier, pictures):
    double, single = classifier.explain(pictures), classifier.astype("float32").explain(pictures)
    single.ledger.check()
    assert single.relevance.dtype == np.float32
    assert single.relevance == pytest.approx(double.relevance, abs=1e-4 * abs(double.relevance).max())


def test_save_and_load_are_equal_to_the_bit(classifier, pictures, tmp_path):
    lrp.save(classifier, tmp_path / "fisher.h5")
    loaded = lrp.load(tmp_path / "fisher.h5", trusted=True)
    assert loaded.metadata.classes == ("upright", "slanted")
    assert loaded.explain(pictures).relevance.tobytes() == classifier.explain(pictures).relevance.tobytes()


def test_command_line(classifier, pictures, tmp_path, capsys):
    model, picture = tmp_path / "fisher.h5", tmp_path / "picture.npy"
    lrp.save(classifier, model)
    np.save(picture, pictures[0])
    assert main(["info", "--trusted", str(model)]) == 0
    assert "FisherVector" in capsys.readouterr().out
    assert main(["explain", "--trusted", str(model), str(picture), "--save", str(tmp_path / "r.h5")]) == 0
    assert main(["audit", "--trusted", str(model), str(picture), "--target", "slanted"]) == 0
    assert "closes" in capsys.readouterr().out
    assert main(["audit", "--trusted", "--exact", str(model), str(picture)]) == 2
    assert "fixed_statistics" in capsys.readouterr().err
    np.save(picture, pictures[0, :9])
    assert main(["explain", "--trusted", str(model), str(picture)]) == 2
    assert "expected a picture of at least 10x10 pixels for bin size 3, got 9x37" in capsys.readouterr().err


def small(pictures, normalisation):
    """A classifier that exact arithmetic can manage: one bin size, 2 components of 2 dimensions, 4 cells."""
    rng = np.random.default_rng(1)
    sift = L.DenseSIFT(4, 9)
    descriptors = sift.compute(pictures)
    pca = fisher.fit_pca(descriptors.reshape(-1, 128), 2)
    m = fisher.fit_gmm(pca.compute(descriptors).reshape(-1, 2), 2, rng, restarts=1).mixture
    encode = L.FisherVector(m.priors, m.means, m.variances, pyramid=((1, 1), (3, 1)))
    vectors = fisher.encoder(sift, pca, encode, normalisation).forward(pictures).output
    svm = fisher.fit_svm(vectors, np.repeat(np.eye(2), 4, axis=0))
    return fisher.classifier(sift, pca, encode, svm, normalisation, input_shape=(30, 37, 1))


@pytest.mark.parametrize("composite", ["fisher=zero", "epsilon"])
def test_fixed_statistics_make_it_exact(pictures, composite):
    network = small(pictures, (L.L2Normalize(4), L.SignedPower(0.3), L.L2Normalize()))
    exact, inputs = fisher.fixed_statistics(network, pictures[:1])
    explanation = exact.explain(inputs, 0, composite)
    explanation.ledger.check()
    assert set(explanation.relevance) == {"pca", "fisher_posteriors", "positions"}
    R = explanation.relevance["pca"]
    assert isinstance(R.flat[0], Fraction)
    assert R.sum() + explanation.ledger["fisher"].stabilizer[0] == explanation.trace.output[0, 0]
    in_floats = network.explain(pictures[:1], 0, composite)
    assert explanation.trace.output.astype(float) == pytest.approx(in_floats.trace.output)
    assert R.astype(float) == pytest.approx(
        in_floats.relevances["pca"], abs=1e-8 * abs(in_floats.relevances["pca"]).max()
    )


def test_without_pca_and_normalisation(pictures):
    sift = L.DenseSIFT(4, 9, spatial_bins=1, orientations=3)
    rng = np.random.default_rng(1)
    m = fisher.fit_gmm(sift.compute(pictures).reshape(-1, 3), 2, rng, restarts=1).mixture
    encode = L.FisherVector(m.priors, m.means, m.variances)
    svm = L.LinearSVM(rng.normal(size=(12, 2)), rng.normal(size=2))
    network = fisher.classifier(sift, None, encode, svm, ())
    assert list(network.nodes) == ["picture", "sift", "positions", "fisher", "svm"]
    network.explain(pictures).ledger.check()
    exact, inputs = fisher.fixed_statistics(network, pictures[:1])
    exact.explain(inputs).ledger.check()


def test_fixed_statistics_refuse(classifier, pictures):
    with pytest.raises(InputError, match="fixed statistics: expected one picture, got a batch"):
        fisher.fixed_statistics(classifier, pictures)
    plain = lrp.Network.sequential([L.Dense(np.eye(2))], (2,))
    with pytest.raises(GraphError, match="expected a network with one FisherVector node, got 0"):
        fisher.fixed_statistics(plain, np.ones((1, 2)))
    with pytest.raises(ExactError, match="dense SIFT: expected floating-point pixels"):
        classifier.exact().explain(pictures[:1])


def test_gradient_is_the_slope_of_the_score(classifier, pictures, rng):
    x = pictures[:1]
    gradient = classifier.gradient(x, 0).gradient
    direction = rng.normal(size=x.shape)
    h = 1e-6
    slope = (classifier.forward(x + h * direction).output - classifier.forward(x - h * direction).output)[0, 0] / (
        2 * h
    )
    assert (gradient * direction).sum() == pytest.approx(slope, rel=1e-3)


def test_the_order_of_the_normalisations_matters(rng):
    x = rng.normal(size=(1, 6))
    power_first = L.L2Normalize().compute(L.SignedPower().compute(x))
    norm_first = L.SignedPower().compute(L.L2Normalize().compute(x))
    assert np.linalg.norm(power_first) == pytest.approx(1) and np.linalg.norm(norm_first) != pytest.approx(1)
    blocks = L.L2Normalize(3).compute(x).reshape(3, 2)
    assert np.linalg.norm(blocks, axis=1) == pytest.approx(np.ones(3))
    assert (L.L2Normalize().compute(np.zeros((1, 6))) == 0).all()


def test_a_real_machine_on_gradient_histograms(shared, rng):
    """A linear SVM for persons with 3,780 weights, on a histogram of its own size: R3 adds up to the score."""
    stored = np.load(shared / "data" / "sift" / "hog_people_svm.npz")["default_64x128"].astype(float)
    svm = L.LinearSVM(stored[:-1, None], stored[-1:])
    network = lrp.Network.sequential([L.L2Normalize(105), svm], (3780,))
    explanation = network.explain(rng.random((2, 3780)))
    explanation.ledger.check()
    assert explanation.relevance.sum(axis=1) == pytest.approx(explanation.trace.output[:, 0])
    exact = lrp.Network.sequential([svm], (3780,), dtype="exact").explain(rng.random((1, 3780)))
    assert exact.relevance.sum() == exact.trace.output[0, 0]


def test_real_descriptors(shared):
    """1,105 descriptors of a photograph: mixture, vector and the relevance of each descriptor."""
    file = np.load(shared / "data" / "sift" / "sift_astronaut.npz")
    x = fisher.fit_pca(file["descriptors"], 16).compute(file["descriptors"].astype(float))
    fit = fisher.fit_gmm(x, 8, np.random.default_rng(0), restarts=1, variance_floor=1e-2)
    assert fit.converged
    m = fit.mixture
    positions = file["keypoints"][:, :2] / 512
    layer = L.FisherVector(m.priors, m.means, m.variances, threshold=1e-6, pyramid=((1, 1), (2, 2)))
    svm = L.LinearSVM(np.random.default_rng(1).normal(size=(5 * 256, 2)), np.array([0.3, -0.2]))
    nodes = [
        lrp.Node("descriptors", L.Input((None, 16))), lrp.Node("positions", L.Input((None, 2))),
        lrp.Node("fisher", layer, ("descriptors", "positions")), lrp.Node("l2", L.L2Normalize(), ("fisher",)),
        lrp.Node("svm", svm, ("l2",)),
    ]  # fmt: skip
    explanation = lrp.Network(nodes).explain((x[None], positions[None].astype(float)))
    explanation.ledger.check()


def test_refused_layers():
    from lrp.errors import SettingError

    with pytest.raises(SettingError, match=r"SignedPower: expected an exponent in \(0, 1\], got 0"):
        L.SignedPower(0)
    with pytest.raises(SettingError, match="L2Normalize: expected at least 1 block, got 0"):
        L.L2Normalize(0)
    with pytest.raises(ShapeError, match=r"length is a multiple of 4 blocks, got \(6,\) per sample"):
        L.L2Normalize(4).output_shape((6,))
    with pytest.raises(ShapeError, match=r"FixedScale: *|expected vectors of shape \(3,\) per sample, got \(6,\)"):
        L.FixedScale(np.ones(3)).output_shape((6,))
    with pytest.raises(ExactError, match="SignedPower: expected floating-point numbers, got Fractions"):
        L.SignedPower().compute(np.full((1, 2), Fraction(1, 2), dtype=object))


def test_a_bag_of_words_from_the_picture_on(pictures, rng):
    """Dense SIFT, soft mapping, a pyramid of histograms and a chi-square machine in one network."""
    sift = L.DenseSIFT(4, 5)
    words = fisher.k_means(sift.compute(pictures).reshape(-1, 128), 5, rng)
    positions = L.SiftPositions(4, 5)
    bag = [
        lrp.Node("picture", L.Input((30, 37, 1))),
        lrp.Node("sift", sift, ("picture",)),
        lrp.Node("positions", positions, ("picture",)),
        lrp.Node("words", L.SoftMapping(words, 5), ("sift",)),
        lrp.Node("histogram", L.MeanHistogram(((1, 1), (2, 1), (5, 7))), ("words", "positions")),
    ]
    histograms = lrp.Network(bag).forward(pictures).output
    assert (histograms.reshape(8, -1, 5).sum(axis=2) == 0).any()  # cells without descriptors
    machine = L.ChiSquare(histograms, rng.normal(size=(8, 2)), np.array([0.3, -0.2]))
    network = lrp.Network([*bag, lrp.Node("svm", machine, ("histogram",))])
    explanation = network.explain(pictures)
    explanation.ledger.check()
    assert explanation.relevance.sum(axis=(1, 2, 3)) == pytest.approx(explanation.trace.output.max(axis=1))
    gradient, h = network.gradient(pictures[:1], 1).gradient, 1e-6
    direction = rng.normal(size=gradient.shape)
    slopes = [network.forward(pictures[:1] + s * h * direction).output[0, 1] for s in (1, -1)]
    assert (gradient * direction).sum() == pytest.approx((slopes[0] - slopes[1]) / (2 * h), rel=1e-3)
