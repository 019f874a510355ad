"""What a worker may see: bubblewrap's arguments, and whether it works on this machine.

Inside there is a read-only system (``/usr`` and the few files of ``/etc`` that programs need), the folders
that the runtime asks for (its interpreter), the worker's own folder — ``ro`` read-only, ``rw`` writable —
and nothing else: no home, no data folder, no other model, no environment variables but ours, no processes
but its own, and no network unless the manifest allows it. Paths are the same inside and outside.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from pathlib import Path

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt/R")
ETC = (
    "R",
    "alternatives",
    "ca-certificates",
    "fonts",
    "ImageMagick-6",
    "ImageMagick-7",
    "java-17-openjdk",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "mime.types",
    "openmpi",
    "papersize",
    "pki",
    "ssl",
    "timezone",
)
NETWORK_ETC = ("gai.conf", "hosts", "nsswitch.conf", "resolv.conf", "services")
ACCOUNTS = "model:x:1000:1000:model:/tmp:/bin/sh\n"
GROUPS = "model:x:1000:\n"
SHARED_MEMORY_BYTES = 1 << 30
PROBE_SECONDS = 10


class Sandbox:
    """Bubblewrap, if it works here. ``mode`` is the setting: auto or off."""

    def __init__(self, mode: str = "auto") -> None:
        self.mode = mode

    @property
    def works(self) -> bool:
        """Are workers confined? Probed once a process."""
        return self.mode != "off" and not probe()

    @property
    def reason(self) -> str:
        """Why not, in words; empty when it works."""
        return "The setting sandbox is off." if self.mode == "off" else probe()

    def wrap(
        self, argv: list[str], folder: Path, readable: list[Path], *, network: bool = False
    ) -> list[str]:
        """``argv`` inside the sandbox; ``folder`` holds ``ro``, ``rw``, ``rw/tmp``, ``passwd`` and ``group``.

        Unchanged where the sandbox does not work.
        """
        if not self.works:
            return argv
        tool = shutil.which("bwrap") or "bwrap"
        return [tool, *_arguments(folder, readable, network), "--", *argv]


def _arguments(folder: Path, readable: list[Path], network: bool) -> list[str]:
    arguments = ["--unshare-all", "--die-with-parent", "--new-session", "--hostname", "model"]
    if network:
        arguments.append("--share-net")
    if os.getuid() == 0:
        # root of this machine is nobody special inside; files stay ours through the mapping
        arguments += ["--unshare-user", "--uid", "1000", "--gid", "1000"]
    for path in SYSTEM:
        if os.path.islink(path):
            arguments += ["--symlink", os.readlink(path), path]
        elif os.path.isdir(path):
            arguments += ["--ro-bind", path, path]
    for name in (*ETC, *(NETWORK_ETC if network else ())):
        arguments += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    arguments += ["--proc", "/proc", "--dev", "/dev"]
    arguments += ["--size", str(SHARED_MEMORY_BYTES), "--tmpfs", "/dev/shm"]  # noqa: S108
    arguments += ["--bind", f"{folder}/rw/tmp", "/tmp"]  # noqa: S108
    arguments += [
        "--ro-bind",
        f"{folder}/passwd",
        "/etc/passwd",
        "--ro-bind",
        f"{folder}/group",
        "/etc/group",
    ]
    for shown in map(str, readable):
        if not f"{shown}/".startswith("/usr/"):
            arguments += ["--ro-bind-try", shown, shown]
    arguments += ["--ro-bind", f"{folder}/ro", f"{folder}/ro", "--bind", f"{folder}/rw", f"{folder}/rw"]
    return arguments


@functools.cache
def probe() -> str:
    """Why bubblewrap does not work here, in one sentence; empty when it does."""
    tool = shutil.which("bwrap")
    if tool is None:
        return "bubblewrap is not installed: install the package bubblewrap."
    command = [tool, "--unshare-all", "--die-with-parent", "--size", "4096", "--tmpfs", "/tmp"]  # noqa: S108
    for path in SYSTEM:
        if os.path.exists(path):
            command += ["--ro-bind", path, path]
    try:
        done = subprocess.run(
            [*command, "--proc", "/proc", "--dev", "/dev", "/bin/true"],
            capture_output=True,
            timeout=PROBE_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap does not start ({error}): allow user namespaces on this machine or container."
    if done.returncode == 0:
        return ""
    said = done.stderr.decode(errors="replace").strip().splitlines()
    return (
        f"bubblewrap does not work here ({said[-1] if said else done.returncode}): "
        "allow user namespaces (kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0, "
        "or the container's security profile)."
    )
