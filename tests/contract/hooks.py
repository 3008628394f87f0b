"""What schemathesis lacks to call a ledger: a fresh token for every call, and ids that are there.

LIANDAN_URL  where the ledger is served
LIANDAN_LOG  its origin
LIANDAN_KEY  the PEM of the key to call with; absent: without a token
LIANDAN_TOLD where to write how often each operation answered with what, as JSON
"""
import atexit, base64, collections, hashlib, itertools, json, os, threading, time, urllib.error, urllib.request, uuid, zlib

import schemathesis
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

URL, LOG, KEY_FILE = os.environ["LIANDAN_URL"], os.environ["LIANDAN_LOG"], os.environ.get("LIANDAN_KEY")
# Of four calls, so many name something that is there.
KNOWN_OF_FOUR = 3

# Where ids are listed, and the member that holds them.
LISTS = {
    "cases": ("cases", "case"),
    "findings": ("findings", "id"),
    "keys": ("keys", "kid"),
    "lots": ("lots", "id"),
    "mandates": ("mandates", "mandate"),
    "manifests": ("manifests", "id"),
    "notices": ("notices", "id"),
    "parties": ("parties", "party"),
    "permits": ("permits", "permit"),
    "rules": ("rules", "id"),
    "sites": ("sites", "site"),
    "wastes": ("catalogue/wastes", "code"),
}
# Parameters of queries that say something of the demonstration's week.
QUERY = {
    "below": ["370000", "371300"],
    "code": ["900-041-49", "336-064-17"],
    "columns": [None],
    "days": [7, 60],
    "division": ["371300", "371302"],
    "edition": ["2025", None],
    "facility": [None],
    "from": ["2026-06-01", "2026-04-01"],
    "index": [3, 200],
    "mass_g": ["1"],
    "month": ["2026-03", "2026-06"],
    "number": ["0001", None],
    "on": ["2026-06-05"],
    "size": [200],
    "status": ["received", "in-transit"],
    "system": [None, "cn-national"],
    "to": ["2026-06-30", "2026-06-20"],
}
MONTHS = {"from": ["2026-05", "2026-06"], "to": ["2026-06", "2026-07"]}
SIZES = {"from": [1, 100], "to": [200, 201]}
CHECKS = [{"plate": "鲁Q12345"}, {"number": "1"}, {"label": "x"}, {"container": "01890a5d-ac96-774b-bcce-b302099a8057"}]
# An SSCC as GS1 prints it.
LABELS = ["(00)106141411234567897"]
LEASE, TODAY = "01890a5d-ac96-774b-bcce-b302099a8057", time.strftime("%Y-%m-%d", time.gmtime(time.time() + 8 * 3600))
LOT = {"lot": "new:drums", "code": "900-041-49", "quantity": {"mass_g": 1000, "basis": "measured"}}
SHEET = "联单编号,数量(吨)\n20263713000001,1.2\n"
REGISTERS = ["generation", "inbound", "outbound", "own-treatment", "outside-treatment"]


def b64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


class Signer:
    """Signs tokens with one key; each is good once."""

    def __init__(self, path: str):
        with open(path, "rb") as file:
            self.key = load_pem_private_key(file.read(), None)
        x = b64(self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
        self.kid = b64(hashlib.sha256(f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'.encode()).digest())

    def token(self) -> str:
        header = json.dumps({"alg": "EdDSA", "kid": self.kid, "typ": "waste-token+jws"}).encode()
        now = int(time.time())
        claims = {"aud": LOG, "iat": now, "exp": now + 60, "jti": str(uuid.uuid4())}
        signed = f"{b64(header)}.{b64(json.dumps(claims).encode())}"
        return f"{signed}.{b64(self.key.sign(signed.encode()))}"


SIGNER = Signer(KEY_FILE) if KEY_FILE else None


def headers() -> dict:
    return {"Authorization": f"Bearer {SIGNER.token()}"} if SIGNER else {}


def read(path: str, body: bytes = None) -> dict:
    """What this caller is answered; nothing where it may not ask."""
    try:
        request = urllib.request.Request(f"{URL}/api/v1/{path}", body, headers())
        return json.load(urllib.request.urlopen(request))
    except urllib.error.HTTPError:
        return {}


def listed(path: str, member: str) -> list:
    return [item[member] for item in read(path).get("items", []) if item.get(member)]


@schemathesis.serializer("application/jose", "application/x-ndjson", "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                          "image/jpeg", "image/png", "image/webp", "application/pdf")
def plain(context, value):
    return value if isinstance(value, bytes) else str(value).encode()


KNOWN = {name: listed(*where) for name, where in LISTS.items()}
KNOWN["events"] = [event["id"] for event in listed("events", "event")]


EVENTS = [event["compact"] for event in map(lambda id: read(f"events/{id}"), KNOWN["events"][:9]) if event.get("compact")]


def new_webhook() -> list:
    made = read("webhooks", b'{"url": "https://receiver.example/"}')
    return [made["webhook"]] if made else []


KNOWN["webhooks"] = new_webhook()
# A file is told by its first bytes.
PNG, FILES = b"\x89PNG\r\n\x1a\n", itertools.count()


def new_attachment() -> list:
    made = read("attachments", PNG + str(next(FILES)).encode())
    return [made["sha256"]] if made else []


KNOWN["attachments"] = new_attachment()


def name_own_key() -> None:
    """So that there is a name to forget."""
    if SIGNER:
        body, address = b'{"name": "\\u738b"}', f"{URL}/api/v1/keys/{SIGNER.kid}/holder"
        urllib.request.urlopen(urllib.request.Request(address, body, headers(), method="PUT"))


def own_id() -> str:
    """A UUID of version 7, as a client makes it."""
    octets = bytearray(int(time.time() * 1000).to_bytes(6) + os.urandom(10))
    octets[6], octets[8] = octets[6] & 0x0F | 0x70, octets[8] & 0x3F | 0x80
    return str(uuid.UUID(bytes=bytes(octets)))


DRAFT = {"title": "周一", "wish": {"kind": "waste.generated"}}


def new_draft() -> list:
    if not SIGNER:
        return []
    id = own_id()
    address = f"{URL}/api/v1/drafts/{id}"
    urllib.request.urlopen(urllib.request.Request(address, json.dumps(DRAFT).encode(), headers(), method="PUT"))
    return [id]


def known_in_path(method: str, path: str, name: str) -> list:
    """Values of a parameter in a path that are there."""
    if path.startswith("/api/v1/drafts/"):
        return [own_id()] if method == "put" else new_draft()
    if path.endswith("/holder"):
        name_own_key()
        return [SIGNER.kid] if SIGNER else []
    if name == "way":
        return ["email", "phone"]
    if method == "delete":
        return new_attachment() if name == "digest" else new_webhook()
    resource = path.removeprefix("/api/v1/").removeprefix("catalogue/").split("/")[0]
    if resource == "labels":
        return LABELS
    known = {"register": REGISTERS, "level": [0], "index": ["000.p/200", "000.p/64"], "kind": ["contract"]}
    return known.get(name, KNOWN.get(resource, []))


def known_in_query(path: str, name: str) -> list:
    """Values of a parameter of a query that are good; none: any."""
    if name in ("after", "as_of", "event"):
        return [None]
    if name == "party":
        return KNOWN["parties"]
    if name in ("from", "to") and "/statistics" in path:
        return MONTHS[name]
    if name in ("from", "to") and "/log/" in path:
        return SIZES[name]
    return QUERY.get(name, [])


def exchange() -> dict:
    """An assertion, good once, as OAuth wants it."""
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    return {"grant_type": "client_credentials", "client_assertion_type": kind, "client_assertion": SIGNER.token()}


def known_bodies(path: str) -> list:
    """What can be sent again and again: recorded events get the receipt they got, a lease its block."""
    bodies = {
        "/api/v1/events": EVENTS,
        "/api/v1/events/batch": ["\n".join(EVENTS)],
        "/api/v1/attachments": [PNG],
        "/api/v1/external-numbers/reconcile": [SHEET],
        "/api/v1/events/prepare": [{"kind": "waste.generated", "data": {"site": site, "lots": [LOT]}} for site in KNOWN["sites"][:1]],
        "/api/v1/sealed-reads": [{"party": party, "reason": "why", "days": 3} for party in KNOWN["parties"][:6]],
        "/api/v1/keys/{kid}/holder": [{"name": "王建国"}],
        "/api/v1/drafts/{id}": [DRAFT],
        "/oauth/token": [exchange()] if SIGNER else [],
        "/api/v1/sites/{id}/heartbeats": [{"heartbeats": [{"device": "scale-1", "kind": "scale", "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}]}],
        "/api/v1/label-blocks": [{"lease": LEASE, "code": "900-041-49", "on": TODAY, "count": 3}],
        "/api/v1/duty-roster": [{"division": "371302", "from": TODAY, "to": TODAY, "officers": [SIGNER.kid] if SIGNER else []}],
    }
    return bodies.get(path, [])


def pick(values: list, generated, place: str):
    """One of the values, or what was generated; the same one whenever the same was generated."""
    chance = zlib.crc32(f"{place} {generated!r}".encode())
    return values[chance // 4 % len(values)] if values and chance % 4 < KNOWN_OF_FOUR else generated


@schemathesis.hook
def before_call(context, case, kwargs):
    path = case.operation.path
    for name, generated in list((case.path_parameters or {}).items()):
        case.path_parameters[name] = pick(known_in_path(case.operation.method, path, name), generated, f"{path} {name}")
    for name, generated in list((case.query or {}).items()):
        value = pick(known_in_query(path, name), generated, f"{path}?{name}")
        case.query.pop(name) if value is None else case.query.update({name: value})
    if path.endswith("/check"):
        case.query = pick(CHECKS, case.query, path)
    case.body = pick(known_bodies(path), case.body, path)
    if SIGNER and case.operation.definition.raw.get("security"):
        case.headers.update(headers())


TOLD, TOLD_LOCK = collections.defaultdict(collections.Counter), threading.Lock()


@schemathesis.hook
def after_call(context, case, response):
    with TOLD_LOCK:
        TOLD[f"{case.operation.method.upper()} {case.operation.path}"][response.status_code] += 1


@atexit.register
def tell():
    if "LIANDAN_TOLD" in os.environ:
        with open(os.environ["LIANDAN_TOLD"], "w") as file:
            json.dump(TOLD, file, indent=1, sort_keys=True)
