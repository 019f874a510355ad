"""The master keys: sealing what must be read again (secrets), and signing what must be provable later.

A value is sealed with AES-256-GCM (NIST SP 800-38D) under a key derived from the newest master key by
HKDF-SHA256 (RFC 5869); the nonce is 96 random bits. The *context* (``context("secret", "sealed", name)``) is
authenticated with it: a sealed value copied into another row does not open there. Signatures are Ed25519
(RFC 8032), so that an old key may be destroyed and what it signed can still be checked.

Several keys may be present: the newest seals, all of them open.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.errors import Unavailable

if TYPE_CHECKING:
    from auth.key_sources import KeySource
    from engine.settings import Settings
    from engine.store.database import Database

KEY_BYTES = 32
NONCE_BYTES = 12
FORMAT = "v1"


class KeyMissing(Unavailable):
    """A value was sealed (or signed) under a master key that is not here."""

    code = "key-missing"
    transient = False

    def __init__(self, key_id: str, what: str, source: str) -> None:
        self.key_id = key_id
        super().__init__(
            f"{what} needs the master key {key_id}, and the keys in force ({source}) are others: "
            "it is lost unless that key comes back. Put the key from your copy back in place (see the chapter "
            "“The master key” of the administrator guide); without a copy, "
            "“quarterdeck secrets give-up-key” lists what is lost and clears it so that it can be set again."
        )


class KeysLost(KeyMissing):
    """There is no master key at all, and the database needs one."""

    def __init__(self, wanted: set[str], source: str) -> None:
        names = ", ".join(sorted(wanted))
        self.key_id = names
        Unavailable.__init__(
            self,
            f"The master key is gone: {source} does not exist, and this database was sealed under the key {names}. "
            "Stored secrets, second factors and the mail server's password cannot be opened without it. Put the key "
            "back from your copy (see “The master key” in the administrator guide); without a copy, "
            "“quarterdeck secrets give-up-key” lists what is lost and makes a new key.",
        )


class Damaged(Unavailable):
    """A sealed value was changed, or belongs to something else."""

    code = "damaged"
    transient = False

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} cannot be opened: it was changed in the database or belongs to another entry. Set it again."
        )


def context(table: str, column: str, primary_key: str) -> str:
    """The context of a sealed column's value. Rotation relies on it: every sealed column is named this way."""
    return f"{table}.{column}:{primary_key}"


def key_id(key: bytes) -> str:
    """The short public name of a key, computed from it: a mistyped key has another one."""
    return hashlib.sha256(b"quarterdeck master key id\0" + key).hexdigest()[:8]


def to_text(data: bytes) -> str:
    """Bytes as URL-safe Base64 without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_text(text: str) -> bytes:
    """The bytes again. Raises ValueError."""
    try:
        return base64.b64decode(text.translate(_STANDARD) + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError("not Base64") from error


_STANDARD = str.maketrans("-_", "+/")


class KeyRing:
    """The keys in force, read again whenever their file changes (another process may rotate them)."""

    def __init__(self, source: KeySource) -> None:
        self.source = source
        self._lock = threading.Lock()
        self._stamp: object = None
        self._keys: dict[str, bytes] = {}  # oldest first
        self._public: dict[str, bytes] = {}  # of keys that were destroyed: their signatures still verify
        self._derived: dict[tuple[str, str], bytes] = {}
        self._read()

    @classmethod
    def from_settings(cls, settings: Settings, database: Database | None = None) -> KeyRing:
        """The ring of the configured source; a key file is made where there is none and none was needed before.

        Raises Unavailable when the file is not safe or not readable, KeysLost when it is gone.
        """
        from auth.key_sources import chosen, note_ids, noted_ids
        from auth.sealed import keys_in_use

        def needed() -> set[str]:
            return noted_ids(settings) | (keys_in_use(database) if database is not None else set())

        ring = cls(chosen(settings, needed))
        note_ids(settings, ring.ids)
        return ring

    @property
    def newest(self) -> str:
        """Id of the key that seals."""
        return list(self._current())[-1]

    @property
    def ids(self) -> list[str]:
        """Ids of all keys that can open, oldest first."""
        return list(self._current())

    def seal(self, value: bytes | str, context: str) -> str:
        """Encrypt a value for the place that ``context`` names: ``v1.KEY.DATA``, safe in any text column."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        newest = self.newest
        nonce = os.urandom(NONCE_BYTES)
        plain = value.encode() if isinstance(value, str) else value
        sealed = AESGCM(self._derive(newest, "seal")).encrypt(nonce, plain, context.encode())
        return f"{FORMAT}.{newest}.{to_text(nonce + sealed)}"

    def open(self, sealed: str, context: str) -> bytes:
        """Decrypt. Raises KeyMissing when its key is not here, Damaged when value or context is not what it was."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        what = f"The sealed value of “{context}”"
        try:
            form, used, text = sealed.split(".")
            data = from_text(text)
        except ValueError:
            raise Damaged(what) from None
        if form != FORMAT or len(data) <= NONCE_BYTES:
            raise Damaged(what)
        if used not in self._current():
            raise KeyMissing(used, what, self.source.title)
        try:
            key = AESGCM(self._derive(used, "seal"))
            return key.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], context.encode())
        except InvalidTag:
            raise Damaged(what) from None

    def open_text(self, sealed: str, context: str) -> str:
        """Decrypt what was text. Raises as ``open``."""
        return self.open(sealed, context).decode()

    def sign(self, data: bytes) -> str:
        """Sign with the newest key: ``v1.KEY.SIGNATURE``."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        newest = self.newest
        private = Ed25519PrivateKey.from_private_bytes(self._derive(newest, "sign"))
        return f"{FORMAT}.{newest}.{to_text(private.sign(data))}"

    def verify(self, data: bytes, signature: str) -> bool:
        """Was this signed by one of our keys, also one destroyed since? Raises KeyMissing for a key never seen."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            form, used, text = signature.split(".")
            given = from_text(text)
        except ValueError:
            return False
        if form != FORMAT:
            return False
        public = self.public_half(used)
        if public is None:
            raise KeyMissing(used, "Checking a signature", self.source.title)
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(given, data)
        except InvalidSignature:
            return False
        return True

    def derive(self, purpose: str) -> bytes:
        """32 bytes for one purpose (a keyed hash, for instance). They change when the key is rotated."""
        return self._derive(self.newest, f"derive {purpose}")

    def public_half(self, wanted: str) -> bytes | None:
        """The verifying half of a key; None for a key never seen."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        if wanted in self._current():
            private = Ed25519PrivateKey.from_private_bytes(self._derive(wanted, "sign"))
            return private.public_key().public_bytes_raw()
        return self._public.get(wanted)

    def _current(self) -> Mapping[str, bytes]:
        if self.source.stamp() != self._stamp:
            self._read()
        return self._keys

    def _read(self) -> None:
        with self._lock:
            stamp = self.source.stamp()
            kept = self.source.read()
            self._keys, self._public, self._stamp = kept.keys, kept.public, stamp
            self._derived = {}

    def _derive(self, used: str, purpose: str) -> bytes:
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        derived = self._derived
        if (used, purpose) not in derived:
            info = f"quarterdeck {FORMAT} {purpose}".encode()
            derived[used, purpose] = HKDF(SHA256(), KEY_BYTES, None, info).derive(self._keys[used])
        return derived[used, purpose]
