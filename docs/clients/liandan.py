"""Sign an event, upload it, and read its receipt. Python 3.9 or newer with the package `cryptography`.

LIANDAN_URL=http://127.0.0.1:8371 LIANDAN_LOG=liandan.example/demo-linyi LIANDAN_KEY=acme.pem python3 liandan.py < event.json
"""
import base64, hashlib, json, os, sys, time, urllib.error, urllib.request, uuid
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

with open(os.environ["LIANDAN_KEY"], "rb") as file:
    KEY = load_pem_private_key(file.read(), None)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


X = b64(KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
KID = b64(hashlib.sha256(f'{{"crv":"Ed25519","kty":"OKP","x":"{X}"}}'.encode()).digest())


def sign(typ: str, payload: bytes) -> str:
    header = json.dumps({"alg": "EdDSA", "kid": KID, "typ": typ}).encode()
    signed = f"{b64(header)}.{b64(payload)}"
    return f"{signed}.{b64(KEY.sign(signed.encode()))}"


def call(path: str, body: bytes = None, headers: dict = {}) -> dict:
    try:
        return json.load(urllib.request.urlopen(urllib.request.Request(os.environ["LIANDAN_URL"] + path, body, headers)))
    except urllib.error.HTTPError as error:
        sys.exit(error.read().decode())  # A problem: errors with pointer, zh and en.


receipt = call("/api/v1/events", sign("waste-event+jws", sys.stdin.buffer.read()).encode())
now = int(time.time())
claims = {"aud": os.environ["LIANDAN_LOG"], "iat": now, "exp": now + 60, "jti": str(uuid.uuid4())}
token = sign("waste-token+jws", json.dumps(claims).encode())
again = call(f"/api/v1/events/{receipt['event_id']}/receipt", headers={"Authorization": f"Bearer {token}"})
print(f"{again['event_id']} is entry {again['index']}")
