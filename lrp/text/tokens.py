"""From a raw text to its words, each with its place in that text.

A word is a run of letters and digits, with apostrophes inside it ("don't"); punctuation, blanks and underscores
separate words. The raw text is never changed: a token is a pair of offsets into it, so that a highlighted
document is the document. Lower case and Unicode compatibility forms are made for the look-up only.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lrp.errors import InputError, SettingError
from lrp.formats.container import read_bytes

# combining marks belong to their letter: "e" + U+0301 is one character of a word
WORD = re.compile("(?:[^\\W_]|[\u0300-\u036f])+(?:['\u2019](?:[^\\W_]|[\u0300-\u036f])+)*")
FIELD = re.compile(r"[!-9;-~]+:")  # printable, neither a blank nor a colon: "Article-I.D.:"
SUBJECT = re.compile(r"^Subject:(.*)$", re.MULTILINE | re.IGNORECASE)
TEXT_BYTES = 8 << 20  # of one document
HEADERS = ("drop", "subject", "keep")


@dataclass(frozen=True)
class Document:
    """A raw text and its words.

    text    the text as it was read, character for character
    spans   (start, end) of each word, in order, offsets in characters of `text`
    name    what an error message calls it, a file name as a rule
    """

    text: str
    spans: tuple[tuple[int, int], ...]
    name: str = "the document"

    def __post_init__(self) -> None:
        position = 0
        for start, end in self.spans:
            if not position <= start < end <= len(self.text):
                raise InputError(
                    f"{self.name}: words must follow one another inside the text of {len(self.text)} characters, "
                    f"got one at ({start}, {end})."
                )
            position = end

    def __len__(self) -> int:
        """The number of words."""
        return len(self.spans)

    @property
    def tokens(self) -> tuple[str, ...]:
        """The words as they are in the text."""
        return tuple(self.text[start:end] for start, end in self.spans)

    @property
    def words(self) -> tuple[str, ...]:
        """The words as a vocabulary spells them: NFKC, lower case, a straight apostrophe."""
        return tuple(normal_form(token) for token in self.tokens)


def normal_form(token: str) -> str:
    """The spelling under which a vocabulary knows a token.

    >>> normal_form("Don\u2019t")
    "don't"
    """
    if token.isascii():
        return token.lower()
    return unicodedata.normalize("NFKC", token).lower().replace("\u2019", "'")


def body_start(text: str) -> int:
    """Where the body of a mail or news article starts; 0 for a text without a header.

    A header is a first block of lines `Name: value` (continuation lines start with a blank) that has a From or a
    Subject field and ends with an empty line. A letter that begins "Dear doctor: ..." has none.
    """
    position = 0
    names: set[str] = set()
    while position < len(text):
        end = text.find("\n", position)
        if end < 0:
            return 0  # the text ends before an empty line came
        line = text[position:end].rstrip("\r")
        field = FIELD.match(line)
        if not line.strip():
            return end + 1 if names & {"from:", "subject:"} else 0
        if field:
            names.add(field.group().lower())
        elif line[0] not in " \t":
            return 0
        position = end + 1
    return 0


@dataclass(frozen=True)
class Tokenizer:
    """How a text becomes words; stored with a model, so that it reads a letter as it read its training texts.

    header   "drop": no word is taken from a mail header; "subject": from its Subject line only; "keep": from all
    limit    a model reads the first `limit` words (0: all); the others stay in the document, without relevance
    Quotations and signatures are read like any other text.
    """

    header: str = "drop"
    limit: int = 400

    def __post_init__(self) -> None:
        if self.header not in HEADERS:
            raise SettingError(f"Tokenizer: header must be one of {', '.join(HEADERS)}, got {self.header!r}.")
        if isinstance(self.limit, bool) or not isinstance(self.limit, int) or self.limit < 0:
            raise SettingError(f"Tokenizer: limit must be a whole number, 0 or more, got {self.limit!r}.")

    def read(self, text: str, name: str = "the document") -> Document:
        """The document of a raw text. It may hold no word at all; callers that need one check it."""
        if not isinstance(text, str):
            raise InputError(f"{name}: expected a text (str), got {type(text).__name__}; decode the bytes first.")
        start = 0 if self.header == "keep" else body_start(text)
        spans: list[tuple[int, int]] = []
        if self.header == "subject" and start:
            subject = SUBJECT.search(text, 0, start)
            if subject:
                spans += [match.span() for match in WORD.finditer(text, *subject.span(1))]
        spans += [match.span() for match in WORD.finditer(text, start)]
        return Document(text, tuple(spans), name)

    def to_dict(self) -> dict[str, Any]:
        """The settings as plain values, for a file."""
        return asdict(self)

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any]) -> "Tokenizer":
        """The inverse of `to_dict`; an unknown setting is an error, since the model meant something by it."""
        unknown = sorted(set(settings) - {"header", "limit"})
        if unknown:
            raise SettingError(f"Tokenizer: unknown setting {', '.join(unknown)}; known are header and limit.")
        return cls(**settings)


def read_text(path: str | Path, encoding: str = "utf-8") -> str:
    """The text of a file, line ends untouched; a byte-order mark at its start is not part of the text.

    Parameters
    ----------
    path : str or Path
        The file.
    encoding : str
        Its encoding.

    Returns
    -------
    str

    Raises
    ------
    LoadError
        For a file that cannot be read.
    InputError
        For an unknown encoding, or bytes that are not of the encoding.
    """
    path = Path(path)
    raw = read_bytes(path, TEXT_BYTES, f"{path}:")
    try:
        return raw.decode(encoding).removeprefix("\ufeff")
    except LookupError as error:
        raise InputError(f"{path}: {encoding!r} is not an encoding; utf-8 or latin-1, for instance, is.") from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: not {encoding} text: byte 0x{raw[error.start]:02x} at offset {error.start} has no meaning "
            "there; convert the file, or say which encoding it has (latin-1, for instance)."
        ) from error
