"""Turns itself into a server that is never root and never outlives whoever started it.

A program of its own, run by path and with the standard library alone, so that it starts in a blink:
`python -I -S embedded_exec.py SIGNAL PARENT FOLDER COMMAND...`

SIGNAL reaches the server when the process PARENT dies (on Linux; elsewhere it is not sent). FOLDER is the
server's own: where root starts us, its owner is who the server runs as.
"""
# Importing pathlib would double the time that this takes.
# ruff: noqa: PTH116, PTH118, PTH123

import ctypes
import os
import sys

NOBODY = 65534
CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1


def main() -> None:
    end_signal, parent, folder, *command = sys.argv[1:]
    if os.getuid() == 0:
        step_down_from_root(folder)
    if sys.platform == "linux":
        die_with(int(parent), int(end_signal))
    os.execv(command[0], command)  # noqa: S606 - a shell is the last thing wanted here


def step_down_from_root(folder: str) -> None:
    """PostgreSQL refuses to run as root, so root becomes the folder's owner, or nobody."""
    owner = os.stat(folder).st_uid
    if owner == 0 and look_like_nobody():
        return
    if owner == 0:  # no user namespaces here, as in many containers
        owner = NOBODY
        give_away(folder, owner)
    os.setgroups([])
    os.setgid(owner)
    os.setuid(owner)


def look_like_nobody() -> bool:
    """Enters a user namespace: inside it we are nobody, while root's files, wherever they lie, stay ours."""
    if sys.platform != "linux" or ctypes.CDLL(None).unshare(CLONE_NEWUSER):
        return False
    for name, rule in (("setgroups", "deny"), ("uid_map", f"{NOBODY} 0 1"), ("gid_map", f"{NOBODY} 0 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(rule)
    return True


def give_away(folder: str, owner: int) -> None:
    for path, _, files in os.walk(folder):
        for name in (".", *files):
            os.chown(os.path.join(path, name), owner, owner, follow_symlinks=False)


def die_with(parent: int, end_signal: int) -> None:
    # Last before the exec: a change of user would clear it.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, end_signal, 0, 0, 0)
    if os.getppid() != parent:  # it died before we asked
        sys.exit(1)


if __name__ == "__main__":
    main()
