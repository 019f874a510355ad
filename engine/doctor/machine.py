"""The machine below: sandbox, memory-backed storage, disk, clock, a browser for the tests."""

from __future__ import annotations

import ctypes
import os
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.doctor.finding import Finding, size
from engine.settings import ROOT, Settings

MEMORY = Path("/dev/shm")  # noqa: S108 - only looked at
ENOUGH_MEMORY_STORAGE = 1 << 30  # a 500 MB dataset and its result, with a reserve
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
UNSYNCHRONISED = 0x40  # STA_UNSYNC of adjtimex(2)
CLOCK_UNKNOWN = -1


def sandbox(settings: Settings) -> Finding:
    """Are models confined here? The same trial that the workers rely on."""
    from engine.doctor.storage import active_accounts
    from engine.runtimes.sandbox import Sandbox

    found = Sandbox(settings.sandbox)
    program = shutil.which("bwrap")
    if found.works:
        return Finding(True, f"bubblewrap ({program}) confines models", figures={"kind": "bubblewrap"})
    if settings.sandbox == "off":
        remedy = "Unset QUARTERDECK_SANDBOX."
    elif program is None:
        remedy = "sudo apt-get install -y --no-install-recommends bubblewrap"
    else:
        remedy = (
            "In a container, start it with --security-opt seccomp=unconfined (or --privileged); on Ubuntu 24.04 and "
            "newer add an AppArmor profile for bwrap, or sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0."
        )
    people = active_accounts(settings)
    figures = {"kind": "none", "allowed": settings.allow_unsandboxed, "accounts": people}
    value = f"models are not confined: {found.reason}"
    if settings.allow_unsandboxed:
        value += " The setting allow_unsandboxed permits that: each model can read all data of this server."
    elif people is not None and people > 1:
        value += f" {people} people can sign in, so the server does not start."
    else:
        remedy += " Until then no second person can be added."
    return Finding(False, value, remedy, figures)


def memory_storage(settings: Settings) -> Finding:
    """Is memory-backed storage large enough for tables on their way to models? Else scratch is on disk: slower."""
    if settings.scratch_folder is not None:
        return Finding(
            True, f"not used: scratch_folder is {settings.scratch_folder}", figures={"enough": False}
        )
    remedy = (
        "Nothing must be done (scratch is on disk, tables travel more slowly). In a container start it with "
        "--shm-size=4g; elsewhere: sudo mount -o remount,size=4G /dev/shm."
    )
    if not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK):
        return Finding(False, f"{MEMORY} is not there or not writable", remedy, {"enough": False})
    stat = os.statvfs(MEMORY)
    total, free = stat.f_blocks * stat.f_frsize, stat.f_bavail * stat.f_frsize
    enough = free >= ENOUGH_MEMORY_STORAGE
    figures = {"path": str(MEMORY), "total_bytes": total, "free_bytes": free, "enough": enough}
    return Finding(
        enough, f"{size(free)} of {size(total)} free in {MEMORY}", "" if enough else remedy, figures
    )


def free_space(settings: Settings) -> Finding:
    """Is there room on the disk of the data folder?"""
    folder = settings.data
    while not folder.exists():
        folder = folder.parent
    stat = os.statvfs(folder)
    free, floor = stat.f_bavail * stat.f_frsize, settings.free_space_floor_mb << 20
    figures = {"path": str(settings.data), "free_bytes": free, "floor_bytes": floor}
    if free < floor:
        remedy = (
            f"Free some space on the disk of {settings.data} (quarterdeck gc sweeps what nothing refers to), or move "
            "the data with QUARTERDECK_DATA_FOLDER. Below the floor new work is refused; nothing is lost."
        )
        return Finding(False, f"only {size(free)} free, the floor is {size(floor)}", remedy, figures)
    return Finding(True, f"{size(free)} free for {settings.data}", figures=figures)


def clock(settings: Settings) -> Finding:
    """Is the time plausible, the business time zone known, the clock kept by a time server?"""
    now = datetime.now(UTC)
    synchronised = _synchronised()
    figures = {
        "utc": now.isoformat(timespec="seconds"),
        "system_timezone": time.tzname[0],
        "business_timezone": settings.business_timezone,
        "synchronised": synchronised,
        "monotonic": time.get_clock_info("monotonic").monotonic,
    }
    value = f"{now:%Y-%m-%d %H:%M:%S} UTC, business time zone {settings.business_timezone}"
    try:
        ZoneInfo(settings.business_timezone)
    except (ZoneInfoNotFoundError, ValueError):
        remedy = "Set QUARTERDECK_BUSINESS_TIMEZONE to a name of the IANA list, such as Europe/Berlin."
        return Finding(False, f"“{settings.business_timezone}” is no known time zone", remedy, figures)
    newest = (ROOT / "engine" / "settings.py").stat().st_mtime
    if time.time() < newest - 86400:
        remedy = "Set the clock: sudo timedatectl set-ntp true (or sudo date -u --set …)."
        return Finding(False, f"{value}; that is before this program was installed", remedy, figures)
    if synchronised is False:
        value += "; not kept by a time server (in a container or virtual machine the host may do it)"
    return Finding(True, value, figures=figures)


def _synchronised() -> bool | None:
    """Does the kernel think that a time server keeps its clock? None where it does not tell."""

    class Timex(ctypes.Structure):
        """The first fields of ``struct timex``; the rest is room."""

        _fields_ = (
            ("modes", ctypes.c_uint),
            ("offset", ctypes.c_long),
            ("freq", ctypes.c_long),
            ("maxerror", ctypes.c_long),
            ("esterror", ctypes.c_long),
            ("status", ctypes.c_int),
            ("room", ctypes.c_byte * 256),
        )

    answer = Timex()
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(answer))
    except (OSError, AttributeError):
        return None
    return None if state == CLOCK_UNKNOWN else not answer.status & UNSYNCHRONISED


def browser() -> Finding:
    """Is there a Chromium for the browser tests? Only ``./quarterdeck test`` needs it."""
    for name in BROWSERS:
        path = shutil.which(name)
        if path:
            return Finding(True, path, figures={"path": path})
    remedy = "Only for tests; ./quarterdeck test installs it: sudo apt-get install -y --no-install-recommends chromium"
    return Finding(False, "not installed", remedy, {"path": ""})
