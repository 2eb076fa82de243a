# SPDX-License-Identifier: EUPL-1.2
"""Become another program that ends when its launcher ends, even if the launcher is killed hard.

Run as `python -I -S guard.py LAUNCHER_PID SIGNAL USER COMMAND…`; USER is a system user's name or `-`.
It imports next to nothing, because it runs before every child; the kernel keeps the arrangement across exec.
"""

import ctypes
import os
import sys

SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG in <linux/prctl.h>


def main() -> None:
    launcher, signal, user, *command = sys.argv[1:]
    if user != "-":
        import pwd

        entry = pwd.getpwnam(user)
        os.setgroups([])
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)
    if sys.platform == "linux":
        # After the change of user, which would clear it.
        ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, int(signal), 0, 0, 0)
        if os.getppid() != int(launcher):
            sys.exit(0)
    os.execvp(command[0], command)  # noqa: S606 — becoming it is the purpose


if __name__ == "__main__":
    main()
