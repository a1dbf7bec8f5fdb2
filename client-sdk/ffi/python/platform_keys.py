"""Keys as an app's platform keeps them: the SDK sees their public half, and hands over what is to be signed or opened."""

import hmac
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

import musubi

# RFC 9180: suites of X25519 with HKDF-SHA256, and of that with ChaCha20-Poly1305.
KEM_SUITE = b"KEM\x00\x20"
HPKE_SUITE = b"HPKE\x00\x20\x00\x01\x00\x03"


class PlatformSigner(musubi.Signer):
    """An Ed25519 key that does not leave this object."""

    def __init__(self, seed):
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    def account(self):
        return "0x" + self._key.public_key().public_bytes_raw().hex()

    async def sign(self, payload):
        return self._key.sign(payload)


class PlatformRecordKey(musubi.RecordKey):
    """An X25519 key that does not leave this object and opens HPKE in base mode (RFC 9180, sections 4.1 and 5.1)."""

    def __init__(self):
        self._key = X25519PrivateKey.generate()

    def public_key(self):
        return "0x" + self._key.public_key().public_bytes_raw().hex()

    async def unwrap(self, wrapped):
        shared = self._key.exchange(X25519PublicKey.from_public_bytes(wrapped.encapsulated))
        context = wrapped.encapsulated + self._key.public_key().public_bytes_raw()
        secret = expand(KEM_SUITE, extract(KEM_SUITE, b"", b"eae_prk", shared), b"shared_secret", context, 32)
        schedule = b"\x00" + extract(HPKE_SUITE, b"", b"psk_id_hash", b"") + extract(HPKE_SUITE, b"", b"info_hash", wrapped.info)
        root = extract(HPKE_SUITE, secret, b"secret", b"")
        key, nonce = expand(HPKE_SUITE, root, b"key", schedule, 32), expand(HPKE_SUITE, root, b"base_nonce", schedule, 12)
        try:
            return ChaCha20Poly1305(key).decrypt(nonce, wrapped.ciphertext, wrapped.associated_data)
        except Exception as cause:
            raise musubi.KeyAccessError.Unavailable("the wrapped key does not open") from cause


def extract(suite, salt, label, material):
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + material, sha256)


def expand(suite, key, label, info, length):
    """One round is enough: nothing longer than a hash is asked for."""
    labelled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(key, labelled + b"\x01", sha256)[:length]
