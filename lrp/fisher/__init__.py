"""Fisher vectors and bags of words: training the parts of a classifier on local descriptors, and joining them.

`classifier.py` joins the layers to a Network; `principal.py`, `gmm.py`, `kmeans.py` and `svm.py` fit them. The layers
themselves, with their relevance rules, are in `lrp.layers`. docs/fisher.md has a walk-through.
"""

from lrp.fisher.classifier import IMPROVED, classifier, encoder, fixed_statistics
from lrp.fisher.conventions import from_skimage, to_skimage
from lrp.fisher.gmm import GmmFit, fit_gmm
from lrp.fisher.kmeans import k_means
from lrp.fisher.kmeans import nearest as nearest_centres
from lrp.fisher.measures import average_precision, context_ratio
from lrp.fisher.principal import fit_pca
from lrp.fisher.svm import fit_svm
from lrp.formats import load_mixture, load_pca, load_svm

__all__ = [
    "IMPROVED",
    "GmmFit",
    "average_precision",
    "classifier",
    "context_ratio",
    "encoder",
    "fit_gmm",
    "fit_pca",
    "fit_svm",
    "fixed_statistics",
    "from_skimage",
    "k_means",
    "load_mixture",
    "load_pca",
    "nearest_centres",
    "load_svm",
    "to_skimage",
]
