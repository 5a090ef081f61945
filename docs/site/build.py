"""Builds the site: python docs/site/build.py FOLDER (extra `docs`). A warning of Sphinx or a broken link is an error.

The sources are the pages of docs/, the lessons (executed, exercises left open), and pages that are written from docstrings.
Beside them stand the pages that run Python in the browser (browser.py).
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

SITE = Path(__file__).resolve().parent
ROOT = SITE.parents[1]


def collect(source: Path) -> None:
    """Everything that Sphinx reads, in one folder."""
    sys.path.insert(0, str(SITE))
    import api  # of this folder
    import formulas

    for file in [*ROOT.glob("docs/*.md"), *ROOT.glob("docs/*.png")]:
        shutil.copy(file, source / file.name)
    shutil.copytree(ROOT / "docs" / "figures", source / "figures")
    shutil.copytree(ROOT / "docs" / "reference", source / "reference")
    for page in (source / "reference").glob("*.md"):
        page.write_text(formulas.with_formulas(page.read_text(encoding="utf-8")), encoding="utf-8")
    shutil.copytree(ROOT / "lessons", source / "lessons", ignore=shutil.ignore_patterns("solutions", ".*"))
    shutil.copy(ROOT / "benchmarks" / "README.md", source / "speed.md")
    (source / "_static").mkdir()
    shutil.copy(SITE / "site.css", source / "_static" / "site.css")
    for name in ("conf.py", "index.md", "start.md", "browser.md"):
        shutil.copy(SITE / name, source / name)
    api.write(source / "api")
    for page in source.rglob("*.md"):
        text = page.read_text(encoding="utf-8").replace("```mermaid", "```text")
        if page.parent.name == "lessons" and page.name[0].isdigit():
            text = with_notebook_link(text, page.stem)
        page.write_text(repository_links(text), encoding="utf-8")


def with_notebook_link(text: str, lesson: str) -> str:
    """A lesson with a link below its title that opens it as a notebook."""
    link = f'<a href="../lite/lab/index.html?path={lesson}.ipynb">Open as a notebook in the browser</a>'
    return re.sub(r"^(# .*)$", rf"\1\n\n{link}", text, count=1, flags=re.MULTILINE)


def repository_links(text: str) -> str:
    """Links into the repository that no page of the site is the target of become plain text."""
    return re.sub(r"(?<!!)\[([^\]]+)\]\((?:\.\./)+(?!lessons)[^)#]*\)|(?<!!)\[([^\]]+)\]\(solutions\)", r"\1\2", text)


def main(target: str, *options: str) -> int:
    """Build into the folder; options go to Sphinx, whose exit code is returned."""
    from sphinx.cmd.build import main as sphinx

    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))

    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source"
        source.mkdir()
        collect(source)
        code = sphinx(
            ["-W", "--keep-going", "-q", "-b", "html", "-d", f"{folder}/doctrees", *options, str(source), target]
        )
        if code:
            return code
        import browser
        import links

        work = Path(folder) / "browser"
        work.mkdir()
        browser.build(Path(target), work)
    found = links.broken(Path(target))
    print(*found, sep="\n", file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("docs/site/build.py: expected the folder to build into, such as build/site")
    sys.exit(main(*sys.argv[1:]))
