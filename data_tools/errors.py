"""Errors of the data layer. Each message says what was expected, what was found, and what to do next."""


class DataError(Exception):
    """Root of every error that data_tools raises on purpose."""


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
