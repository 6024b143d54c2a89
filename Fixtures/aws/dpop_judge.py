"""Judges a DPoP proof by the key in dpop-key.pem, and prints `good` or `bad`.

Needs the package `cryptography`, which moto brings.
"""
import base64
import json
import pathlib
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils


def decode(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def verdict(proof):
    signed, _, signature = proof.rpartition(".")
    pem = (pathlib.Path(__file__).parent / "dpop-key.pem").read_bytes()
    public = serialization.load_pem_private_key(pem, None).public_key()
    numbers = public.public_numbers()
    jwk = json.loads(decode(signed.split(".")[0]))["jwk"]
    if [int.from_bytes(decode(jwk[name]), "big") for name in "xy"] != [numbers.x, numbers.y]:
        return "bad"
    raw = decode(signature)
    pair = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    try:
        public.verify(pair, signed.encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return "bad"
    return "good"


print(verdict(sys.argv[1]))
