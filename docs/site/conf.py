"""Sphinx's settings for the site; docs/site/build.py collects the sources and calls Sphinx."""

from typing import Any

from latex2mathml.converter import convert

project = "lrp"
copyright = "the lrp developers, BSD-3-Clause"
extensions = ["myst_nb"]
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
nb_execution_mode = "cache"
nb_execution_raise_on_error = True
nb_execution_timeout = 180
nb_merge_streams = True
nb_ipywidgets_js = {}  # nothing is loaded from elsewhere
html_theme = "furo"
html_title = "lrp"
html_static_path = ["_static"]
html_css_files = ["site.css"]
suppress_warnings = ["myst.header"]  # pages of the repository may begin below the first level
exclude_patterns = ["solutions"]


def setup(app: Any) -> None:
    """Formulas become MathML, which browsers draw themselves: the site loads nothing from elsewhere."""
    app.add_html_math_renderer("mathml", inline_renderers=(_inline, None), block_renderers=(_block, None))


def _inline(translator: Any, node: Any) -> None:
    translator.body.append(convert(node.astext()))
    _skip()


def _block(translator: Any, node: Any) -> None:
    formula = convert(node.astext(), display="block")
    translator.body.append(f'<div class="formula">{formula}</div>')
    _skip()


def _skip() -> None:
    from docutils.nodes import SkipNode

    raise SkipNode


html_math_renderer = "mathml"
