"""Builds the site: python docs/site/build.py FOLDER (extra `docs`). Every warning of Sphinx is an error.

The sources are the pages of docs/, the lessons (executed, exercises left open), and pages that are written from docstrings.
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
    import api

    for file in [*ROOT.glob("docs/*.md"), *ROOT.glob("docs/*.png")]:
        shutil.copy(file, source / file.name)
    shutil.copytree(ROOT / "docs" / "figures", source / "figures")
    shutil.copytree(ROOT / "lessons", source / "lessons", ignore=shutil.ignore_patterns("solutions", ".*"))
    shutil.copy(ROOT / "benchmarks" / "README.md", source / "speed.md")
    (source / "_static").mkdir()
    shutil.copy(SITE / "site.css", source / "_static" / "site.css")
    for name in ("conf.py", "index.md", "start.md"):
        shutil.copy(SITE / name, source / name)
    api.write(source / "api")
    for page in source.rglob("*.md"):
        page.write_text(repository_links(page.read_text(encoding="utf-8")), encoding="utf-8")


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
        return sphinx(
            ["-W", "--keep-going", "-q", "-b", "html", "-d", f"{folder}/doctrees", *options, str(source), target]
        )


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("docs/site/build.py: expected the folder to build into, such as build/site")
    sys.exit(main(*sys.argv[1:]))
