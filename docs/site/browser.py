"""What of the site runs Python in the reader's browser: the digit page, and the lessons under JupyterLite.

Both load Pyodide from its usual address, and lrp from a wheel on the site. The wheel carries the models.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INSTALL = "# Into this page; nothing is installed on your computer.\n%pip install -q lrp[views]"
KERNEL = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}


def build(target: Path, work: Path) -> None:
    """Write play/ and lite/ into the built site; `work` is an empty folder for intermediate files."""
    for name in ("play", "lite"):  # of an earlier build
        shutil.rmtree(target / name, ignore_errors=True)
    wheel = build_wheel(work / "wheel")
    digit_page(target / "play", wheel)
    lessons(target / "lite", work, wheel)


def build_wheel(folder: Path) -> Path:
    """The package of this checkout as a wheel."""
    subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(ROOT)], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def digit_page(folder: Path, wheel: Path) -> None:
    """The page of `lrp play` with a Python of its own."""
    shutil.copytree(ROOT / "lrp" / "play", folder, ignore=shutil.ignore_patterns("*.py", "__pycache__", "page.html"))
    shutil.copy(ROOT / "docs" / "site" / "pyodide.js", folder)
    shutil.copy(wheel, folder)
    page = (ROOT / "lrp" / "play" / "page.html").read_text(encoding="utf-8")
    script = '<script src="page.js" defer></script>'
    if page.count(script) != 1:
        raise ValueError(f"page.html: expected {script} once")
    own = f'<meta name="wheel" content="{wheel.name}">\n<script src="pyodide.js" defer></script>\n{script}'
    (folder / "index.html").write_text(page.replace(script, own), encoding="utf-8")


def lessons(folder: Path, work: Path, wheel: Path) -> None:
    """JupyterLite with the lessons as notebooks, whose first cell installs lrp from the site's wheel."""
    import jupytext
    from nbformat.v4 import new_code_cell

    contents = work / "contents"
    contents.mkdir()
    for lesson in sorted((ROOT / "lessons").glob("[0-9]*.md")):
        notebook = jupytext.read(lesson)
        notebook.cells.insert(0, new_code_cell(INSTALL))
        notebook.metadata["kernelspec"] = KERNEL
        jupytext.write(notebook, contents / f"{lesson.stem}.ipynb")
    command = [sys.executable, "-m", "jupyterlite_core.app", "build", "--lite-dir", str(work / "lite")]
    (work / "lite").mkdir()
    command += ["--contents", str(contents), "--output-dir", str(folder), "--piplite-wheels", str(wheel)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"JupyterLite could not be built: {done.stderr or done.stdout}")
