"""SpRAy: each step against a plain loop or another library, and planted clusters that are found."""

import numpy as np
import pytest

from lrp.arrays import Array
from lrp.cli import main
from lrp.errors import SettingError, ShapeError
from lrp.spray import analyse, comparable, eigengap, labels_csv, neighbour_graph, normalised_laplacian, report_html
from lrp.spray import graph as spectral
from lrp.spray import smallest_eigenpairs as eigenpairs


@pytest.fixture
def two(rng) -> Array:
    """60 heatmaps around the middle of the picture, then 20 with relevance in a corner too; norms differ."""
    maps = 0.05 * rng.normal(size=(80, 1, 24, 30))
    maps[:, 0, 8:16, 10:20] += 1
    maps[60:, 0, 20:24, :6] += 3
    return maps * rng.uniform(0.5, 2, size=(80, 1, 1, 1))


def test_heatmaps_become_rows_of_norm_1(rng):
    R = rng.normal(size=(3, 2, 7, 5))
    rows = comparable(R, 3)
    summed = R.sum(axis=1)
    for n in range(3):
        cells = np.zeros((3, 3))
        for a, b in np.ndindex(3, 3):
            inside = [
                summed[n, i, j]
                for i in range(7)
                for j in range(5)
                if int((i + 0.5) * 3 / 7) == a and int((j + 0.5) * 3 / 5) == b
            ]
            cells[a, b] = np.mean(inside)
        np.testing.assert_allclose(rows[n].reshape(3, 3), cells / np.linalg.norm(cells))
    assert comparable(R[:, 0], 9).shape == (3, 35) and not comparable(np.zeros((2, 4, 4))).any()
    with pytest.raises(ShapeError, match="expected heatmaps"):
        comparable(np.zeros((2, 3)))


def test_the_neighbour_graph_is_that_of_a_loop(rng):
    x = rng.normal(size=(12, 3))
    C = np.zeros((12, 12))
    for i in range(12):
        distances = [(np.sum((x[i] - x[j]) ** 2), j) for j in range(12) if j != i]
        for _, j in sorted(distances)[:4]:
            C[i, j] = 1
    np.testing.assert_array_equal(neighbour_graph(x, 4).toarray(), (C + C.T) / 2)
    with pytest.raises(SettingError, match="expected from 1 to 11 neighbours"):
        neighbour_graph(x, 12)


def test_the_neighbour_graph_of_samples_in_one_place():
    A = neighbour_graph(np.zeros((5, 2)), 2).toarray()
    assert (A.sum() == 10) and not A.diagonal().any()


def test_the_laplacian_and_its_spectrum(rng, monkeypatch):
    A = neighbour_graph(rng.normal(size=(30, 3)), 4)
    L = normalised_laplacian(A).toarray()
    D = np.diag(1 / np.sqrt(A.toarray().sum(axis=1)))
    np.testing.assert_allclose(L, np.eye(30) - D @ A.toarray() @ D)
    expected = np.linalg.eigvalsh(L)
    for dense in (400, 0):
        monkeypatch.setattr(spectral, "DENSE", dense)
        values, vectors = eigenpairs(normalised_laplacian(A), 6)
        np.testing.assert_allclose(values, expected[:6], atol=1e-9)
        np.testing.assert_allclose(L @ vectors, vectors * values, atol=1e-7)


def test_zero_is_an_eigenvalue_for_each_component(rng):
    x = np.concatenate([rng.normal(size=(10, 2)), 100 + rng.normal(size=(9, 2)), -100 + rng.normal(size=(8, 2))])
    values, _ = eigenpairs(normalised_laplacian(neighbour_graph(x, 3)), 5)
    assert (abs(values[:3]) < 1e-9).all() and values[3] > 1e-3 and eigengap(values) == 3


@pytest.mark.parametrize("groups", [1, 4, 6, 10, 13])
@pytest.mark.parametrize("dense", [400, 20])
def test_every_zero_of_many_components_is_found(rng, monkeypatch, groups, dense):
    """More samples than the dense solver takes: equal eigenvalues, of which an iterative solver finds only some."""
    monkeypatch.setattr(spectral, "DENSE", dense)
    x = np.concatenate([rng.normal(size=(520 // groups, 3)) + 100 * g for g in range(groups)])
    L = normalised_laplacian(neighbour_graph(x, 10))
    values, vectors = eigenpairs(L, 14)
    np.testing.assert_allclose(values, np.linalg.eigvalsh(L.toarray())[:14], atol=1e-8)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(14), atol=1e-7)
    np.testing.assert_allclose(L @ vectors, vectors * values, atol=1e-7)
    if groups > 1:
        found = analyse(x)
        truth = np.repeat(np.arange(groups), 520 // groups)
        assert found.count == groups and len({*zip(found.labels, truth)}) == groups
        assert analyse(x, clusters=2).count == 2


def test_planted_clusters_are_found(two):
    found = analyse(comparable(two))
    assert found.count == 2 and (found.labels == np.repeat([0, 1], [60, 20])).all()
    assert analyse(comparable(two), clusters=3).count == 3 and found.plane.shape == (80, 2)
    again = analyse(comparable(two))
    assert (again.labels == found.labels).all() and (again.eigenvalues == found.eigenvalues).all()


def test_the_clusters_are_those_of_scikit_learn(rng):
    cluster = pytest.importorskip("sklearn.cluster", reason="needs scikit-learn")
    x = np.concatenate([rng.normal(size=(25, 4)) + 4 * center for center in np.eye(4)[:3]])
    A = neighbour_graph(x, 8)
    theirs = cluster.SpectralClustering(3, affinity="precomputed", random_state=0, assign_labels="kmeans").fit_predict(
        A
    )
    ours = analyse(x, clusters=3, neighbours=8).labels
    agreement = np.array([[((ours == a) & (theirs == b)).sum() for b in range(3)] for a in range(3)])
    assert agreement.max(axis=1).sum() >= 73  # of 75, whatever the clusters are called


def test_what_cannot_be_clustered(two):
    with pytest.raises(SettingError, match="expected at least 4 samples"):
        analyse(np.zeros((3, 2)))
    with pytest.raises(SettingError, match="expected from 2 to 80 clusters"):
        analyse(comparable(two), clusters=1)


def test_the_page_and_the_table(two):
    rows = comparable(two)
    found, names = analyse(rows), [f"horse/{i}.png" for i in range(80)]
    page = report_html("Horses & tags", two[:, 0], found, names, rows)
    assert "Horses &amp; tags" in page and page.count("<h2>") == 2 and page.count("data:image/png") == 3
    assert "60 samples (75%)" in page and "http" not in page
    lines = labels_csv(found, names).splitlines()
    assert lines[0] == "name,cluster,u,v" and lines[80].startswith("horse/79.png,1,") and len(lines) == 81


def test_the_command(tmp_path, rng, capsys, monkeypatch):
    import lrp
    from lrp.datasets import ArraySource, explain_dataset
    from lrp.layers import Dense, Flatten

    monkeypatch.chdir(tmp_path)
    x = 0.05 * rng.random((40, 8, 8, 1))
    x[:, 2:6, 2:6] += 1
    x[28:, 6:, :2] += 4  # the tag
    network = lrp.Network.sequential(
        [Flatten(), Dense(np.ones((64, 2)))], (8, 8, 1), metadata=lrp.Metadata(("cat", "horse"))
    )
    labels = np.repeat([0, 1], [28, 12])
    explain_dataset(network, ArraySource("x", x, labels), "r.h5", target="horse", composite="*=zero")
    assert (
        main(["spray", "r.h5", "--target", "horse", "--out", "page.html", "--labels", "l.csv", "--clusters", "2"]) == 0
    )
    out = capsys.readouterr().out
    assert "cat 28" in out and "horse 12" in out and (tmp_path / "page.html").stat().st_size > 10_000
    table = np.genfromtxt(tmp_path / "l.csv", delimiter=",", names=True, dtype=None, encoding="utf-8")
    assert (table["cluster"] == labels).all()
    for options, sentence in (
        (["--target", "cow"], "expected a class that samples were explained for (horse), got 'cow'"),
        (["--out", "page.html"], "expected a new name"),
        (["--clusters", "99"], "expected from 2 to 40 clusters"),
        (["--side", "0"], "--side and --neighbours: expected numbers of at least 1"),
    ):
        assert main(["spray", "r.h5", *options]) == 2
        assert sentence in capsys.readouterr().err
