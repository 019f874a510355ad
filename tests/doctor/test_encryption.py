"""Encryption at rest is read from the kernel's tables: LUKS below LVM, RAID and partitions; unknown stays unknown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine import doctor
from engine.doctor.encryption import device_place, encryption, folder, s3_rules
from engine.settings import Settings


class Machine:
    """A made-up ``/sys`` with block devices."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def device(self, name: str, *, uuid: str = "", over: tuple[str, ...] = (), of: str = "") -> Path:
        base = self.root / "devices" / (f"{of}/{name}" if of else name)
        (base / "slaves").mkdir(parents=True)
        (base / "dev").write_text("1:1")
        if uuid:
            (base / "dm").mkdir()
            (base / "dm" / "uuid").write_text(uuid + "\n")
        if of:
            (base / "partition").write_text("1")
        for below in over:
            found = next(p for p in (self.root / "devices").rglob(below) if (p / "dev").exists())
            (base / "slaves" / below).symlink_to(found)
        return base


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "sys")


def test_luks_on_a_partition(machine: Machine) -> None:
    machine.device("sda")
    machine.device("sda2", of="sda")
    assert device_place(machine.device("dm-0", uuid="CRYPT-LUKS2-abc-root", over=("sda2",))).encrypted is True


def test_lvm_over_luks_and_luks_over_lvm(machine: Machine) -> None:
    machine.device("nvme0n1")
    machine.device("dm-0", uuid="CRYPT-LUKS1-abc-pv", over=("nvme0n1",))
    assert device_place(machine.device("dm-1", uuid="LVM-xyz", over=("dm-0",))).encrypted is True
    machine.device("dm-2", uuid="LVM-xyz2", over=("nvme0n1",))
    assert device_place(machine.device("dm-3", uuid="CRYPT-PLAIN-home", over=("dm-2",))).encrypted is True


def test_one_open_disk_below_makes_all_open(machine: Machine) -> None:
    machine.device("sda")
    machine.device("sdb")
    machine.device("dm-0", uuid="CRYPT-LUKS2-abc", over=("sda",))
    place = device_place(machine.device("md0", over=("dm-0", "sdb")))
    assert place.encrypted is False
    assert "LUKS" in place.remedy


def test_a_plain_disk_and_lvm_without_luks_are_open(machine: Machine) -> None:
    machine.device("sda")
    assert device_place(machine.device("sda1", of="sda")).encrypted is False
    assert device_place(machine.device("dm-0", uuid="LVM-xyz", over=("sda",))).encrypted is False


def test_a_virtual_disk_says_that_the_host_may_encrypt(machine: Machine) -> None:
    place = device_place(machine.device("vda"))
    assert place.encrypted is False
    assert "the host may encrypt" in place.said


def test_a_loop_device_does_not_tell(machine: Machine) -> None:
    assert device_place(machine.device("loop7")).encrypted is None


def test_the_folder_s_device_is_found_by_its_number(machine: Machine, tmp_path: Path) -> None:
    number = os.stat(tmp_path).st_dev
    blocks = machine.root / "dev" / "block"
    blocks.mkdir(parents=True)
    crypt = machine.device("dm-5", uuid="CRYPT-LUKS2-x")
    (blocks / f"{os.major(number)}:{os.minor(number)}").symlink_to(crypt)
    mounts = tmp_path / "mounts"
    mounts.write_text("1 1 0:1 / / rw - ext4 /dev/dm-5 rw\n")
    assert folder(tmp_path / "not" / "there" / "yet", machine.root, mounts).encrypted is True


@pytest.mark.parametrize(
    ("kind", "source", "state", "said"),
    [
        ("overlay", "overlay", None, "not known (file system overlay)"),
        ("nfs4", "host:/export", None, "not known (file system nfs4)"),
        ("zfs", "pool/data", None, "not known"),
        ("tmpfs", "tmpfs", None, "in memory"),
        ("fuse.gocryptfs", "/x", True, "encrypted (fuse.gocryptfs)"),
        ("btrfs", "/dev/crypted", None, "not known"),
    ],
)
def test_file_systems_without_a_device(
    tmp_path: Path, kind: str, source: str, state: bool | None, said: str
) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        f"1 1 0:1 / / rw - ext4 /dev/sda rw\n2 1 0:2 / {tmp_path} rw shared:1 - {kind} {source} rw\n"
    )
    place = folder(tmp_path, tmp_path / "no-sys", mounts)
    assert place.encrypted is state
    assert said in place.said


def test_btrfs_is_asked_by_its_source(machine: Machine, tmp_path: Path) -> None:
    classes = machine.root / "class" / "block"
    classes.mkdir(parents=True)
    (classes / "dm-0").symlink_to(machine.device("dm-0", uuid="CRYPT-LUKS2-x"))
    mounts = tmp_path / "mounts"
    mounts.write_text("1 1 0:44 / / rw - btrfs /dev/dm-0 rw\n")
    assert folder(tmp_path, machine.root, mounts).encrypted is True


def test_buckets_by_their_rules() -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    assert s3_rules("b", {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}).encrypted is True
    assert s3_rules("b", {"ServerSideEncryptionConfiguration": {"Rules": []}}).encrypted is False


def test_a_bucket_that_cannot_be_asked_is_not_known(tmp_path: Path) -> None:
    found = encryption(Settings(data_folder=tmp_path, blob_url="s3://nobody/x"))
    assert found.figures["places"]["stored contents"] is None


def test_several_places_are_as_good_as_the_worst(tmp_path: Path) -> None:
    settings = Settings(
        data_folder=tmp_path, blob_url="memory://x", database_url="postgresql+psycopg://u:hidden@host/db"
    )
    found = encryption(settings)
    assert set(found.figures["places"]) == {"data folder", "stored contents", "database"}
    assert found.ok is not True
    assert "hidden" not in found.value + found.remedy


def test_it_is_in_the_report_and_in_the_text(tmp_path: Path) -> None:
    report = doctor.report(Settings(data_folder=tmp_path))
    assert report["encryption"]["value"].startswith("data folder: ")
    assert "Encryption at rest" in doctor.as_text(report)
