"""The formulas of docstrings, written in ASCII, as LaTeX: `z_ij^+ / sum_i z_ij^+ R_j` as z_{ij}^{+} / \\sum_i z_{ij}^{+} R_j."""

from __future__ import annotations

import re

NAMES = {
    "alpha",
    "beta",
    "gamma",
    "eps",
    "phi",
    "sigma",
    "mu",
    "lambda",
    "sum",
    "max",
    "min",
    "exp",
    "log",
    "sqrt",
    "pi",
}
SIGNS = {"<-": r"\leftarrow ", "->": r"\to ", ">=": r"\ge ", "<=": r"\le ", "*": r"\cdot ", "{": r"\{", "}": r"\}", "#": r"\#",
         "%": r"\%", "&": r"\&", "~": r"\sim ", "$": r"\$"}  # fmt: skip
TOKEN = re.compile(
    r"(?P<script>[_^](?:\{[^{}]*\}|\([^()]*\)|[A-Za-z0-9]+|[+\-*]))|(?P<word>[A-Za-z]+)|(?P<sign><-|->|>=|<=|[*{}#%&~$])|(?P<rest>.)"
)
FENCE = re.compile(r"^```text\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def latex(formula: str) -> str:
    """One line of ASCII mathematics as LaTeX. Words of more than one letter that are no symbol stay words."""
    return "".join(_token(match) for match in TOKEN.finditer(formula))


def _token(match: re.Match[str]) -> str:
    text = match[0]
    if match["script"]:
        inner = text[1:].removeprefix("{").removesuffix("}")
        return f"{text[0]}{{{latex(inner) if len(inner) > 1 and not inner.isalpha() else inner}}}"
    if match["word"]:
        if text in NAMES:
            return rf"\{'epsilon' if text == 'eps' else text} "
        return text if len(text) == 1 else rf"\text{{ {text} }}"
    return SIGNS.get(text, text) if match["sign"] else text


def with_formulas(page: str) -> str:
    """A reference page whose entries have their signature as code and their formulas typeset."""
    return FENCE.sub(lambda match: _entry(match[1], match[0]), page)


def _entry(text: str, whole: str) -> str:
    head, _, rest = text.partition("\n\n")
    if "\n" in head or not re.match(r"\w+\(.*\)$", head):
        return whole
    return "\n\n".join([f"```python\n{head}\n```", *(_paragraph(part) for part in rest.strip().split("\n\n") if part)])


def _paragraph(text: str) -> str:
    lines = text.splitlines()
    if all(re.search(r"[\w})|] (=|<-) ", line) for line in lines):
        return "\n\n".join(f"$$ {latex(line.strip())} $$" for line in lines)
    return f"```text\n{text}\n```"
