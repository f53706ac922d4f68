"""Errors of the data layer. Each message says what was expected, what was found, and what to do next."""

MAX_CHARACTERS = 1000
"""Longest message; a file can hold names as long as itself."""


def one_line(text: str) -> str:
    """The text without line ends and without characters that a terminal would obey, with a long middle left out."""
    shown = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    half = MAX_CHARACTERS // 2
    return shown if len(shown) <= MAX_CHARACTERS else f"{shown[:half]} ... {shown[-half:]}"


class DataError(Exception):
    """Root of every error that data_tools raises on purpose. Its message is one line, whatever a file says."""

    def __str__(self) -> str:
        return one_line(super().__str__())


class DemoShapeMismatch(DataError):
    """An array does not have the shape or type that its field promises."""


class VideoError(DataError):
    """A film cannot be used: unreadable, empty, too long, too large, or without a picture track."""


class DemoFileError(DataError):
    """A demo file is missing, cut short, of another version, or breaks the format."""


class GridPathError(DataError):
    """A path over a grid is empty, jumps, leaves the grid, or contradicts another one."""


class LimitReached(DataError):
    """Reading a file crashed its reader, or took more memory or time than a file of its size may."""


class ConversionError(DataError):
    """A data set of another format cannot be read or written, or did not come back as it was."""
