"""The exit codes, the same for every command and every format."""

from enum import IntEnum


class Exit(IntEnum):
    """What a process ends with."""

    DONE = 0  # done, passed, allowed, no difference
    NO = 1  # the answer is no
    INPUT = 2  # usage, settings or input
    UNDECIDED = 3
    BUG = 4  # an error of ours
