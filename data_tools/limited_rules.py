"""What a limited child may do, held by the kernel: memory, processor time, no network, no files but those it was given.

Linux only. Each rule takes something away for good, so that nothing which a file provokes later can bring it back.
Landlock (files) is missing in kernels before 5.13 and in some containers; `restrict_files` then says so.
"""

import ctypes
import os
import platform
import resource
import signal
import struct
from collections.abc import Iterable
from pathlib import Path

CODE_BYTES = 1 << 27
"""Memory that programs and libraries themselves occupy; what remains of the limit is for data."""
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 1, 38, 22, 2  # linux/prctl.h
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same numbers on every architecture
_RULE_PATH_BENEATH, _VERSION_FLAG = 1, 1  # linux/landlock.h
_RIGHTS_BY_ABI = (0, 13, 14, 15, 15, 16)  # how many rights over files an ABI of Landlock knows
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_FORBIDDEN = {
    "x86_64": (0xC000003E, (41, 53, 59, 101, 160, 302, 322, 425)),
    "aarch64": (0xC00000B7, (198, 199, 221, 117, 164, 261, 281, 425)),
}
"""Machine -> its mark in linux/audit.h, and its numbers of socket, socketpair, execve, ptrace, setrlimit, prlimit64 (by
which root could take its limits back), execveat and io_uring_setup."""
_OTHER_CALLS = 0x40000000  # from here on the numbers are those of another way to call the same kernel (x32)


def restrict_resources(memory_bytes: int, time_s: float) -> None:
    """Take away memory, processor time, writing to files, and outliving the parent.

    RLIMIT_DATA rather than RLIMIT_AS: mapping a large film for reading costs no memory.
    """
    data_bytes = max(memory_bytes - CODE_BYTES, CODE_BYTES)
    resource.setrlimit(resource.RLIMIT_DATA, (data_bytes, data_bytes))
    used_s = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    cpu_s = int(used_s + time_s * (os.cpu_count() or 1)) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def restrict_calls() -> bool:
    """Forbid sockets, other programs, other processes and new limits; False on a machine that is not known here."""
    if platform.machine() not in _FORBIDDEN:
        return False
    mark, numbers = _FORBIDDEN[platform.machine()]
    # A program of the kernel's packet filter (linux/bpf_common.h): load, compare, jump forward, answer.
    load, equals, at_least, answer = 0x20, 0x15, 0x35, 0x06
    allow, refuse = 0x7FFF0000, 0x00050000 | 1  # SECCOMP_RET_ALLOW; SECCOMP_RET_ERRNO with EPERM
    tests = [(at_least, _OTHER_CALLS), *((equals, number) for number in numbers)]
    steps = [(load, 0, 0, 4), (equals, 0, len(tests) + 2, mark), (load, 0, 0, 0)]
    steps += [(test, len(tests) - place, 0, number) for place, (test, number) in enumerate(tests)]
    steps += [(answer, 0, 0, allow), (answer, 0, 0, refuse)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code))
    return _without_privileges() and _libc().prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, program, 0, 0) == 0


def restrict_files(readable: Iterable[Path]) -> bool:
    """Leave reading of these files and folders, and nothing else; False where the kernel has no Landlock."""
    libc = _libc()
    abi = libc.syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG)
    if abi < 1:
        return False
    handled = struct.pack("Q", (1 << _RIGHTS_BY_ABI[min(abi, len(_RIGHTS_BY_ABI) - 1)]) - 1)
    rules = libc.syscall(_CREATE_RULESET, handled, len(handled), 0)
    for path in readable:
        if path.exists():
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            rights = _READ_FILE | (_READ_DIR if path.is_dir() else 0)
            libc.syscall(_ADD_RULE, rules, _RULE_PATH_BENEATH, struct.pack("=Qi", rights, place), 0)
            os.close(place)
    is_held = _without_privileges() and libc.syscall(_RESTRICT_SELF, rules, 0) == 0
    os.close(rules)
    return is_held


def _without_privileges() -> bool:
    """Nothing that is started from here gains rights; both kinds of rules ask for it."""
    return _libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
