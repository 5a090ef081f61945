"""A page about the clusters that needs no other file, and the labels as a table."""

from __future__ import annotations

import base64
import csv
import html
import io
from collections.abc import Sequence

import numpy as np

from lrp.arrays import Array
from lrp.pictures import CurvePanel, Heatmap, Series, Style, draw_panels, figure_file
from lrp.spray.clusters import Analysis

REPRESENTATIVES = 5  # samples of a cluster that are shown: those nearest to its mean heatmap
STYLE = "body{font-family:sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}img{max-width:100%}"


def report_html(title: str, maps: Array, analysis: Analysis, names: Sequence[str], rows: Array) -> str:
    """The page.

    Parameters
    ----------
    title : str
    maps : Array
        (n, h, w) heatmaps.
    analysis : Analysis
        Of `rows`.
    names : sequence of str
        What the samples are called.
    rows : Array
        (n, d) what was clustered.
    """
    parts = [f"<h1>{html.escape(title)}</h1>", f"<p>{len(maps)} heatmaps, {analysis.count} clusters, "
             f"{analysis.neighbours} neighbours.</p>", _image(_eigenvalues(analysis))]  # fmt: skip
    for cluster in range(analysis.count):
        members = np.flatnonzero(analysis.labels == cluster)
        mean = rows[members].mean(axis=0)
        shown = members[np.argsort(((rows[members] - mean) ** 2).sum(axis=1), kind="stable")[:REPRESENTATIVES]]
        panels = [Heatmap("mean heatmap", maps[members].mean(axis=0))]
        panels += [Heatmap(names[i].rsplit("/", 1)[-1], maps[i]) for i in shown]
        parts.append(f"<h2>Cluster {cluster}: {len(members)} samples ({len(members) / len(maps):.0%})</h2>")
        parts.append(_image(figure_file([panels], kind="png", style=Style.parse("scale=panel"))))
    body = "\n".join(parts)
    return f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>' \
           f"<style>{STYLE}</style></head><body>\n{body}\n</body></html>\n"  # fmt: skip


def _eigenvalues(analysis: Analysis) -> bytes:
    """The spectrum as a picture: the gap behind the number of clusters is the largest."""
    places = list(range(1, len(analysis.eigenvalues) + 1))
    panel = CurvePanel("spectrum", "number", "eigenvalue", {"eigenvalues": Series(places, analysis.eigenvalues)})
    stream = io.BytesIO()
    draw_panels([panel], stream)
    return stream.getvalue()


def _image(png: bytes) -> str:
    return f'<p><img alt="" src="data:image/png;base64,{base64.b64encode(png).decode("ascii")}"></p>'


def labels_csv(analysis: Analysis, names: Sequence[str]) -> str:
    """name, cluster, and the two coordinates of the plane, one line per sample."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["name", "cluster", "u", "v"])
    for name, label, (u, v) in zip(names, analysis.labels, analysis.plane, strict=True):
        writer.writerow([name, int(label), f"{u:.6g}", f"{v:.6g}"])
    return text.getvalue()
