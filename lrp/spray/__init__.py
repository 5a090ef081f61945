"""Spectral relevance analysis (SpRAy): clusters of heatmaps, which show what a model relies on.

heatmaps     heatmaps of different sizes made comparable: pooled and normalised
graph        the nearest-neighbour graph, its normalised Laplacian and the smallest eigenvalues
clusters     the number of clusters by the eigengap, clusters, and a plane to look at
report       a page with the clusters, their mean heatmaps and the eigenvalues

Source: Lapuschkin et al. 2019, spectral relevance analysis
"""

from lrp.spray.clusters import Analysis, analyse, eigengap
from lrp.spray.graph import neighbour_graph, normalised_laplacian, smallest_eigenpairs
from lrp.spray.heatmaps import comparable
from lrp.spray.report import labels_csv, report_html

__all__ = [
    "Analysis",
    "analyse",
    "comparable",
    "eigengap",
    "labels_csv",
    "neighbour_graph",
    "normalised_laplacian",
    "report_html",
    "smallest_eigenpairs",
]
