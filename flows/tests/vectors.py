"""Test vectors of the Flow envelope (keys made for tests only), and the key they were made with."""

import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPrivateNumbers,
    RSAPublicNumbers,
    rsa_crt_dmp1,
    rsa_crt_dmq1,
    rsa_crt_iqmp,
)

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "whatsapp_flow_vectors.json").read_text(encoding="utf-8"))
CASES: dict[str, dict[str, Any]] = {case["name"]: case for case in VECTORS["cases"]}
ANSWERED = {name: case for name, case in CASES.items() if case["expect_http"] == 200}
APP_SECRET: str = VECTORS["app_secret"]


def vector_key() -> RSAPrivateKey:
    """The private key of the vectors, from its numbers: no key file lies in the repository."""
    numbers = {name: int(value, 16) for name, value in VECTORS["private_key_numbers_hex"].items()}
    p, q, d = numbers["p"], numbers["q"], numbers["d"]
    return RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=rsa_crt_dmp1(d, p),
        dmq1=rsa_crt_dmq1(d, q),
        iqmp=rsa_crt_iqmp(p, q),
        public_numbers=RSAPublicNumbers(numbers["e"], numbers["n"]),
    ).private_key()
