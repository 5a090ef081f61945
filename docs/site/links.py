"""Every link inside a built site leads to a file, and to an element of it. Links to other sites are not followed.

python docs/site/links.py FOLDER    prints the broken ones; ends with code 1 if there is one
"""

from __future__ import annotations

import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

NOT_OURS = "lite"  # JupyterLite's own pages


class Page(HTMLParser):
    """The links and the ids of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if value and name in ("href", "src"):
                self.links.append(value)
            elif value and name in ("id", "name"):
                self.ids.add(value)


@cache
def read(path: Path) -> Page:
    """The parsed page."""
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def broken(folder: Path) -> list[str]:
    """ "page: link" for each link of the site's pages that leads nowhere."""
    result = []
    for path in sorted(folder.rglob("*.html")):
        if path.relative_to(folder).parts[0] == NOT_OURS:
            continue
        for link in read(path).links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            fragment = unquote(parts.fragment)
            if not target.is_file() or fragment and target.suffix == ".html" and fragment not in read(target).ids:
                result.append(f"{path.relative_to(folder)}: {link}")
    return result


if __name__ == "__main__":
    found = broken(Path(sys.argv[1]))
    print(*found, sep="\n" if found else "")
    sys.exit(bool(found))
