"""Are the data encrypted at rest? Looks at the kernel's tables only: no root, no lsblk, no cryptsetup.

The data folder's device is followed down (``/sys/dev/block/MAJOR:MINOR``, then ``slaves``): LVM over LUKS, RAID over
LUKS and partitions are seen through. A device-mapper device whose ``dm/uuid`` begins with ``CRYPT-`` is dm-crypt
(LUKS1, LUKS2, plain). Overlays, network and pooled file systems don't tell: then it is not known.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.doctor.finding import Finding
from engine.settings import Settings

SYS = Path("/sys")
MOUNTS = Path("/proc/self/mountinfo")
ENCRYPTED_KINDS = frozenset({"ecryptfs", "fuse.gocryptfs", "fuse.encfs", "fuse.cryfs", "fuse.securefs"})
MEMORY_KINDS = frozenset({"tmpfs", "ramfs"})
S3_SECONDS = 5
LUKS = (
    "Put the data folder on a LUKS volume: at installation choose an encrypted LVM, or later cryptsetup luksFormat "
    "a new disk, move the folder there and set QUARTERDECK_DATA_FOLDER."
)
ASK = "Ask whoever runs the host or the storage whether the volume is encrypted at rest."


@dataclass(frozen=True)
class Place:
    """What is known of one place: ``encrypted`` None where the system does not tell."""

    encrypted: bool | None
    said: str
    remedy: str = ""


def encryption(settings: Settings) -> Finding:
    """The data folder, the store of contents and the database, each where it lies."""
    places = {"data folder": folder(settings.data)}
    if settings.blob_url and "://" in settings.blob_url and not settings.blob_url.startswith("file:"):
        places["stored contents"] = contents(settings.blob_url)
    elif settings.blob_url:
        places["stored contents"] = folder(Path(settings.blob_url.removeprefix("file://")))
    if not settings.database_address.startswith("sqlite"):
        told = "on a database server, which does not tell"
        places["database"] = Place(
            None, told, "Ask whoever runs the database server about encryption at rest."
        )
    known = [place.encrypted for place in places.values()]
    ok = False if False in known else None if None in known else True
    value = "; ".join(f"{name}: {place.said}" for name, place in places.items())
    remedies = dict.fromkeys(place.remedy for place in places.values() if place.remedy)
    figures: dict[str, Any] = {"places": {name: place.encrypted for name, place in places.items()}}
    return Finding(ok, value, " ".join(remedies), figures)


def folder(path: Path, sys: Path = SYS, mounts: Path = MOUNTS) -> Place:
    """Is the disk below a folder encrypted?"""
    while not path.exists():
        path = path.parent
    kind, source = _mount(path, mounts)
    if kind in ENCRYPTED_KINDS:
        return Place(True, f"encrypted ({kind})")
    if kind in MEMORY_KINDS:
        return Place(None, "in memory, gone when the machine stops", "This is no place to keep data.")
    device = os.stat(path).st_dev
    found = _device(os.major(device), os.minor(device), source, sys)
    if found is None:
        return Place(None, f"not known (file system {kind or 'unknown'})", ASK)
    return device_place(found)


def device_place(device: Path) -> Place:
    """Is a block device (a folder of ``/sys``) encrypted, itself or everywhere below?"""
    state = _encrypted(device, set())
    if state is None:
        return Place(None, f"not known (device {device.name})", ASK)
    return Place(True, f"encrypted (dm-crypt below {device.name})") if state else _open(device)


def _open(device: Path) -> Place:
    if re.match(r"(vd|xvd|sd|nvme)", device.name) and _virtual(device):
        said = f"not encrypted in this machine (device {device.name}); the host may encrypt its disks"
        return Place(False, said, f"{ASK} Else: {LUKS}")
    return Place(False, f"not encrypted (device {device.name})", LUKS)


def _virtual(device: Path) -> bool:
    return "virtio" in str(device) or device.name.startswith(("vd", "xvd"))


def _encrypted(device: Path, seen: set[str]) -> bool | None:
    """True where every way down passes dm-crypt; None where a way ends in something that does not tell."""
    if device.name in seen or len(seen) > 64:
        return None
    seen = seen | {device.name}
    uuid = _read(device / "dm" / "uuid")
    if uuid.startswith("CRYPT-"):
        return True
    below = sorted((device / "slaves").iterdir()) if (device / "slaves").is_dir() else []
    if below:
        states = [_encrypted(part.resolve(), seen) for part in below]
        return False if False in states else None if None in states else True
    if (device / "partition").exists() and (device.parent / "dev").exists():
        whole = device.parent
        return _encrypted(whole, seen) if (whole / "slaves").is_dir() or (whole / "dm").is_dir() else False
    return None if device.name.startswith(("loop", "nbd", "rbd", "zd")) else False


def _device(major: int, minor: int, source: str, sys: Path) -> Path | None:
    """The device's folder in ``/sys``. btrfs has numbers of its own: there the mount's source is asked."""
    found = sys / "dev" / "block" / f"{major}:{minor}"
    if found.exists():
        return found.resolve()
    if source.startswith("/dev/"):
        name = os.path.basename(os.path.realpath(source))
        there = sys / "class" / "block" / name
        return there.resolve() if there.exists() else None
    return None


def _mount(path: Path, mounts: Path) -> tuple[str, str]:
    """File system and source of the mount that holds a path (proc(5), mountinfo)."""
    real, best = os.path.realpath(path), ("", "", "")
    for line in _read(mounts).splitlines():
        head, _, tail = line.partition(" - ")
        fields, about = head.split(), tail.split()
        if len(fields) < 5 or len(about) < 2:
            continue
        point = fields[4].encode().decode("unicode_escape")
        inside = point == "/" or real == point or real.startswith(point + "/")
        if inside and len(point) >= len(best[0]):
            best = (point, about[0], about[1])
    return best[1], best[2]


def contents(address: str) -> Place:
    """Does the bucket encrypt what is put into it by default (SSE-S3, SSE-KMS)?"""
    protocol, _, rest = address.partition("://")
    if protocol not in ("s3", "s3a"):
        return Place(None, f"not known ({protocol} store)", ASK)
    bucket = rest.partition("/")[0]
    import fsspec

    limits = {"connect_timeout": S3_SECONDS, "read_timeout": S3_SECONDS, "retries": {"max_attempts": 1}}
    try:
        files = fsspec.filesystem("s3", config_kwargs=limits)
    except ImportError:
        return Place(None, f"not known (s3fs is not installed, so bucket {bucket} cannot be asked)", ASK)
    try:
        rules = files.call_s3("get_bucket_encryption", Bucket=bucket)
    except Exception as error:  # whatever the store answers: it is not known, and that is the finding
        if "ServerSideEncryptionConfigurationNotFound" in str(error):
            remedy = f"Switch on default encryption of the bucket {bucket} (SSE-S3 or SSE-KMS)."
            return Place(False, f"bucket {bucket} has no encryption of its own", remedy)
        return Place(None, f"not known (bucket {bucket} does not tell: {type(error).__name__})", ASK)
    return s3_rules(bucket, rules)


def s3_rules(bucket: str, answer: Any) -> Place:
    """What S3's GetBucketEncryption answers, in words."""
    listed = answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    kinds = [r.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm", "") for r in listed]
    kinds = [kind for kind in kinds if kind]
    if not kinds:
        remedy = f"Switch on default encryption of the bucket {bucket} (SSE-S3 or SSE-KMS)."
        return Place(False, f"bucket {bucket} has no encryption of its own", remedy)
    return Place(True, f"bucket {bucket} encrypts by default ({', '.join(kinds)})")


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""
