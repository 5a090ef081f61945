"""Reading the 20 Newsgroups posts, as a folder and as the archive."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from lrp.errors import LoadError
from lrp.text import newsgroups

POSTS = {"20news-bydate-train/sci.med/10": "b\u00fc".encode("latin-1"), "20news-bydate-train/sci.med/9": b"a",
         "20news-bydate-train/alt.atheism/3": b"c", "20news-bydate-test/sci.med/11": b"d"}  # fmt: skip


def make(folder: Path, packed: bool) -> Path:
    folder.mkdir(exist_ok=True)
    if packed:
        with tarfile.open(folder / newsgroups.ARCHIVE, "w:gz") as tar:
            for name, content in POSTS.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
            directory = tarfile.TarInfo("20news-bydate-train/sci.med/empty")
            directory.type = tarfile.DIRTYPE
            tar.addfile(directory)
    else:
        for name, content in POSTS.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("packed", [True, False])
def test_posts_come_by_group_and_number(tmp_path: Path, packed: bool) -> None:
    posts = newsgroups.read(make(tmp_path, packed), "train")
    assert [(post.name, post.group, post.text) for post in posts] == [
        ("alt.atheism/3", "alt.atheism", "c"),
        ("sci.med/9", "sci.med", "a"),
        ("sci.med/10", "sci.med", "b\u00fc"),
    ]
    assert [post.text for post in newsgroups.read(tmp_path, "test")] == ["d"]


def test_what_is_missing_or_damaged_is_said(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="split must be train or test, got 'dev'"):
        newsgroups.read(tmp_path, "dev")
    with pytest.raises(LoadError, match="neither 20news-bydate.tar.gz nor a folder 20news-bydate-train is there"):
        newsgroups.read(tmp_path, "train")
    (tmp_path / "20news-bydate-train").mkdir()
    with pytest.raises(LoadError, match="no post of the train split was found"):
        newsgroups.read(tmp_path, "train")
    (tmp_path / newsgroups.ARCHIVE).write_bytes(b"\x1f\x8b nonsense")
    with pytest.raises(LoadError, match="the archive is damaged"):
        newsgroups.read(tmp_path, "test")


def test_the_real_archive(shared: Path) -> None:
    posts = newsgroups.read(shared / "data" / "20newsgroups", "test")
    assert len(posts) == 7532
    assert len({post.group for post in posts}) == 20
