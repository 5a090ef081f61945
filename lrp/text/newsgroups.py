"""The 20 Newsgroups posts, by-date split: a folder of folders, or the archive they are distributed as.

<folder>/20news-bydate-train/sci.med/58043     a post, Latin-1, the label is the folder's name
<folder>/20news-bydate.tar.gz                  the same, packed; it is read in place, nothing is unpacked
"""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lrp.errors import LoadError

ARCHIVE = "20news-bydate.tar.gz"
SPLITS = ("train", "test")


@dataclass(frozen=True)
class Post:
    """One post: its text as it is in the file, the newsgroup it was posted to, and its file's name."""

    text: str
    group: str
    name: str


def read(folder: str | Path, split: str) -> list[Post]:
    """The posts of one split, by group and number. Header, quotations and signature are all still in the text.

    folder   holds the archive, or the two folders of the split
    split    "train" or "test"
    """
    if split not in SPLITS:
        raise LoadError(f"20 Newsgroups: split must be train or test, got {split!r}.")
    folder = Path(folder)
    archive, plain = folder / ARCHIVE, folder / f"20news-bydate-{split}"
    if plain.is_dir():
        files = _from_folder(plain)
    elif archive.is_file():
        files = _from_archive(archive, f"20news-bydate-{split}")
    else:
        raise LoadError(f"{folder}: neither {ARCHIVE} nor a folder 20news-bydate-{split} is there.")
    posts = [Post(raw.decode("latin-1"), group, f"{group}/{name}") for group, name, raw in files]
    if not posts:
        raise LoadError(f"{folder}: no post of the {split} split was found.")
    return sorted(posts, key=lambda post: (post.group, len(post.name), post.name))


def _from_folder(folder: Path) -> Iterator[tuple[str, str, bytes]]:
    for path in folder.glob("*/*"):
        yield path.parent.name, path.name, path.read_bytes()


def _from_archive(archive: Path, split: str) -> Iterator[tuple[str, str, bytes]]:
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                parts = member.name.removeprefix("./").split("/")
                content = tar.extractfile(member) if len(parts) == 3 and parts[0] == split else None
                if content is not None:  # None: a folder, or another split
                    yield parts[1], parts[2], content.read()
    except (tarfile.TarError, OSError, EOFError) as error:
        raise LoadError(f"{archive}: the archive is damaged: {error}.") from error
