"""How long dense SIFT, the Fisher vector and its relevance take for one picture of 500x333.

    python -m benchmarks.time_fisher [--pyramid] [--dtype float32]

Step 4, four bin sizes, 256 components in 80 dimensions; the best of several runs, in seconds of processor
time, which does not depend on what else the machine does. Next to them, where they
are installed: scikit-image's fisher_vector (on the same descriptors) and SIFT (sparse, so on far fewer), and the C
library of VLFeat (libvl, through ctypes; single precision). Set OPENBLAS_NUM_THREADS=1 to compare like with like.
"""

from __future__ import annotations

import argparse
import ctypes
import ctypes.util
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

from lrp import fisher, layers

HEIGHT, WIDTH, COMPONENTS, DIMENSIONS, CLASSES = 333, 500, 256, 80, 20
SIZES, STEP = (4, 6, 8, 10), 4
PYRAMID = ((1, 1), (3, 1), (2, 2))


def best(function: Callable[[], Any], runs: int) -> tuple[float, Any]:
    """The shortest of several runs in seconds of processor time, and the result."""
    times, result = [], None
    for _ in range(runs):
        start = time.process_time()
        result = function()
        times.append(time.process_time() - start)
    return min(times), result


def picture(rng: np.random.Generator) -> np.ndarray:
    """Noise on several scales, which looks like a photograph to SIFT; (h, w) in [0, 1]."""
    noise = sum(s * gaussian_filter(rng.normal(size=(HEIGHT, WIDTH)), s) for s in (1, 2, 4, 8, 16))
    return (noise - noise.min()) / (noise.max() - noise.min())


def row(name: str, seconds: float | None, ours: float | None = None) -> None:
    """One line of the table; the ratio is theirs / ours."""
    ratio = f"{seconds / ours:8.2f} x ours" if seconds is not None and ours is not None else ""
    print(f"{name:62s} {'not installed' if seconds is None else f'{seconds:10.3f} s'} {ratio}")


def vlfeat() -> ctypes.CDLL | None:
    """VLFeat's library, or None."""
    name = ctypes.util.find_library("vl")
    return None if name is None else ctypes.CDLL(name)


def vlfeat_sift(library: ctypes.CDLL, image: np.ndarray) -> None:
    """Dense SIFT of all bin sizes with the Gaussian window."""
    pixels = image.astype(np.float32)
    library.vl_dsift_new_basic.restype = ctypes.c_void_p
    for size in SIZES:
        found = ctypes.c_void_p(library.vl_dsift_new_basic(WIDTH, HEIGHT, STEP, size))
        library.vl_dsift_process(found, pixels.ctypes.data_as(ctypes.c_void_p))
        library.vl_dsift_delete(found)


def vlfeat_encode(library: ctypes.CDLL, x: np.ndarray, mixture: layers.Posteriors) -> np.ndarray:
    """The Fisher vector in single precision."""
    priors, means, variances, x = (a.astype(np.float32) for a in (mixture.priors, mixture.means, mixture.variances, x))
    encoding = np.empty(2 * means.size, dtype=np.float32)
    address = [a.ctypes.data_as(ctypes.c_void_p) for a in (encoding, means, variances, priors, x)]
    library.vl_fisher_encode.restype = ctypes.c_size_t
    library.vl_fisher_encode(
        address[0], 1, address[1], ctypes.c_size_t(x.shape[1]), ctypes.c_size_t(len(means)), address[2], address[3],
        address[4], ctypes.c_size_t(len(x)), 0,
    )  # fmt: skip
    return encoding


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pyramid", action="store_true", help="8 cells instead of the whole picture")
    parser.add_argument("--dtype", choices=("float64", "float32"), default="float64")
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    image = picture(rng)
    sift = layers.DenseSIFT(SIZES, STEP)
    descriptors = sift.describe(image).descriptors
    pca = fisher.fit_pca(descriptors, DIMENSIONS)
    x = pca.compute(descriptors)
    mixture = fisher.fit_gmm(x[::4], COMPONENTS, rng, restarts=1, max_iterations=5).mixture
    pyramid = PYRAMID if arguments.pyramid else ((1, 1),)
    encode = layers.FisherVector(mixture.priors, mixture.means, mixture.variances, threshold=1e-6, pyramid=pyramid)
    width = 2 * COMPONENTS * DIMENSIONS * (8 if arguments.pyramid else 1)
    svm = layers.LinearSVM(rng.normal(size=(width, CLASSES)), rng.normal(size=CLASSES))
    network = fisher.classifier(sift, pca, encode, svm).astype(arguments.dtype)
    batch = image[None, ..., None]
    print(f"{len(x)} descriptors, Fisher vector of {width}, {arguments.dtype}, best of {arguments.runs}")

    runs = arguments.runs
    sift_time, _ = best(lambda: sift.describe(image), runs)
    encoder = encode.astype(arguments.dtype)
    inputs = (x[None].astype(arguments.dtype), layers.SiftPositions(SIZES, STEP).compute(batch))
    encode_time, vector = best(lambda: encoder.compute(*inputs), runs)
    forward_time, trace = best(lambda: network.forward(batch), runs)
    explain_time, explanation = best(lambda: network.explain_trace(trace, 0), runs)
    explanation.ledger.check()
    row("dense SIFT", sift_time)
    row("encoding", encode_time)
    row("picture -> scores (all of it)", forward_time)
    row("relevance, score -> pixels", explain_time)

    library = vlfeat()
    row("VLFeat dense SIFT (C, float32)", library and best(lambda: vlfeat_sift(library, image), runs)[0], sift_time)
    whole = layers.FisherVector(mixture.priors, mixture.means, mixture.variances, threshold=1e-6)
    alone, ours = best(lambda: whole.compute(x[None]), runs)
    row("our encoding of the whole picture, float64", alone)
    if library is not None:
        seconds, theirs = best(lambda: vlfeat_encode(library, x, mixture), runs)
        row("VLFeat vl_fisher_encode (C, float32)", seconds, alone)
        print(f"    largest difference / largest entry: {np.abs(theirs - ours[0]).max() / np.abs(ours).max():.1e}")
    try:
        from skimage import feature
        from sklearn.mixture import GaussianMixture
    except ImportError:
        row("scikit-image fisher_vector", None)
        return
    theirs_mixture = GaussianMixture(COMPONENTS, covariance_type="diag")
    theirs_mixture.weights_, theirs_mixture.means_ = mixture.priors, mixture.means
    theirs_mixture.covariances_, theirs_mixture.precisions_cholesky_ = mixture.variances, mixture.variances**-0.5
    row("scikit-image fisher_vector", best(lambda: feature.fisher_vector(x, theirs_mixture), runs)[0], alone)
    sparse = feature.SIFT()
    seconds, _ = best(lambda: sparse.detect_and_extract(image), 1)
    row(f"scikit-image SIFT (sparse: {len(sparse.descriptors)} descriptors)", seconds, sift_time)


if __name__ == "__main__":
    main()
