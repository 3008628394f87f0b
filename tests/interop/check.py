#!/usr/bin/env python3
"""An exported log checked with joserfc, with cryptography and in plain Python, from docs/formats.md alone.

check.py log FOLDER      prints `no WHAT` for everything that does not hold, then `checked …`
check.py vectors FILE…   prints `TOOL SECTION NUMBER accepted|refused` for every vector that a tool can judge
check.py hostile FILE    the same for tests/vectors/hostile.json
"""

import base64
import hashlib
import json
import re
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from joserfc import jws
from joserfc.jwk import OKPKey

ALGORITHMS = ["EdDSA", "Ed25519"]
TILE_WIDTH = 256
LABEL = b"liandan/leaf/v1\0"
# Version and kind, then what the kind has; the commitment stands last in every kind.
LEAF_BYTES = {1: 34, 2: 139}


class Wrong(Exception):
    """What is checked does not hold."""


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def b64url(text):
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode() != text:
        raise Wrong(f"not strict base64url: {text[:50]}")
    return data


def b64(text):
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise Wrong("not strict base64")
    return data


def ed25519(public, message, signature):
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        return True
    except (InvalidSignature, ValueError):
        return False


def by_joserfc(compact, jwk):
    """Whether joserfc accepts a compact JWS. Our `typ` is private to us, so its registry is told nothing else."""
    try:
        jws.deserialize_compact(compact, OKPKey.import_key(jwk), algorithms=ALGORITHMS)
        return True
    except Exception:  # noqa: BLE001  the library raises many kinds; each means no
        return False


def by_cryptography(compact, jwk):
    try:
        signed, _, signature = compact.rpartition(".")
        return ed25519(b64url(jwk["x"]), signed.encode(), b64url(signature))
    except (Wrong, ValueError):
        return False


# Trees: RFC 6962 §2.1 for hashing, RFC 9162 §2.1.3.2 and §2.1.4.2 for checking proofs.


def leaf_hash(leaf):
    return sha256(b"\0", leaf)


def node_hash(left, right):
    return sha256(b"\1", left, right)


def root_of(hashes):
    if not hashes:
        return sha256()
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << ((len(hashes) - 1).bit_length() - 1)
    return node_hash(root_of(hashes[:split]), root_of(hashes[split:]))


def check_inclusion(index, size, leaf, proof, root):
    if not 0 <= index < size < 1 << 63:
        raise Wrong("index or size")
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            raise Wrong("too long")
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    if sn or r != root:
        raise Wrong("another root")


def check_consistency(first, first_root, second, second_root, proof):
    if not 0 < first <= second < 1 << 63:
        raise Wrong("sizes")
    if first == second:
        if proof or first_root != second_root:
            raise Wrong("equal sizes")
        return
    path = list(proof)
    if first & (first - 1) == 0:
        path.insert(0, first_root)
    if not path:
        raise Wrong("too short")
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            raise Wrong("too long")
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    if sn or fr != first_root or sr != second_root:
        raise Wrong("another root")


# Notes: C2SP signed-note, tlog-checkpoint.


def open_checkpoint(note, vkey):
    """Origin, size and root of a checkpoint signed by the key; no other line is judged."""
    name, key_id, key = vkey.split("+", 2)
    key = b64(key)
    if sha256(name.encode(), b"\n", key)[:4].hex() != key_id or key[:1] != b"\1":
        raise Wrong("verifier key")
    if re.search(r"[\x00-\x09\x0b-\x1f]", note) or not note.endswith("\n"):
        raise Wrong("characters")
    text, _, lines = note[:-1].rpartition("\n\n")
    text += "\n"
    signed = 0
    for line in lines.split("\n"):
        match = re.fullmatch("\u2014 ([^ +]+) ([^ ]+)", line)
        if not match:
            raise Wrong("signature line")
        blob = b64(match[2])
        if len(blob) < 5:
            raise Wrong("signature line")
        if match[1] != name or blob[:4].hex() != key_id:
            continue
        if not ed25519(key[1:], text.encode(), blob[4:]):
            raise Wrong("signature")
        signed += 1
    if signed != 1:
        raise Wrong("not signed once")
    origin, size, root, *extensions = text[:-1].split("\n")
    if not re.fullmatch("0|[1-9][0-9]*", size) or origin != name or "" in extensions or len(b64(root)) != 32:
        raise Wrong("lines")
    if int(size) == 0 and b64(root) != sha256():
        raise Wrong("empty tree")
    return origin, int(size), b64(root)


# Leaves: docs/formats.md, Log.


def commitment(event):
    compact = event["event"].encode()
    numbers = [event["recorded_at_ms"].to_bytes(8, "big", signed=True), event["skew_ms"].to_bytes(8, "big", signed=True)]
    return sha256(LABEL, b64url(event["salt"]), *numbers, len(compact).to_bytes(4, "big"), compact)


def tile_path(level, index, width):
    groups = [f"{index % 1000:03}"]
    while index >= 1000:
        index //= 1000
        groups.insert(0, f"x{index % 1000:03}")
    return f"tile/{level}/{'/'.join(groups)}" + ("" if width == TILE_WIDTH else f".p/{width}")


def widths(count):
    """Number and width of every tile over so many hashes."""
    return [(n, min(TILE_WIDTH, count - n * TILE_WIDTH)) for n in range(-(-count // TILE_WIDTH))]


def read_entries(folder, size):
    entries = []
    for number, width in widths(size):
        data = (folder / tile_path("entries", number, width)).read_bytes()
        while data:
            length = int.from_bytes(data[:2], "big")
            entries.append(data[2 : 2 + length])
            data = data[2 + length :]
    return entries


class Log:
    """An exported log and what does not hold in it."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.faults = []
        self.counts = {"events": 0, "tiles": 0, "inclusion": 0, "consistency": 0}

    def no(self, what):
        self.faults.append(f"no {what}")

    def check(self):
        try:
            note, vkey = (self.folder / "checkpoint").read_text(), (self.folder / "vkey").read_text().strip()
            _, self.size, self.root = open_checkpoint(note, vkey)
        except (Wrong, ValueError):
            # Nothing below it can be believed.
            return self.no("checkpoint")
        entries = read_entries(self.folder, self.size)
        if len(entries) != self.size:
            self.no(f"entry {len(entries)}")
        self.hashes = [leaf_hash(entry) for entry in entries]
        self.check_events(entries)
        self.check_tiles()
        if root_of(self.hashes) != self.root:
            self.no("root")
        self.check_proofs()
        return None

    def check_events(self, entries):
        keys = {}
        for jwk in json.loads((self.folder / "keys.json").read_text())["keys"]:
            members = json.dumps({m: jwk[m] for m in ("crv", "kty", "x")}, separators=(",", ":"))
            if b64url(jwk["kid"]) != sha256(members.encode()):
                self.no(f"key {jwk['kid']}")
            keys[jwk["kid"]] = jwk
        events = [json.loads(line) for line in (self.folder / "events.ndjson").read_text().splitlines()]
        if len(events) != self.size:
            self.no(f"event {len(events)}")
        for index, (event, leaf) in enumerate(zip(events, entries, strict=True)):
            header = json.loads(b64url(event["event"].split(".")[0]))
            jwk = keys[header["kid"]]
            verdicts = {by_joserfc(event["event"], jwk), by_cryptography(event["event"], jwk)}
            if verdicts != {True}:
                self.no(f"signature {index}" if verdicts == {False} else f"agreement {index}")
            if leaf[0] != 1 or len(leaf) != LEAF_BYTES.get(leaf[1], len(leaf)) or leaf[-32:] != commitment(event):
                self.no(f"leaf {index}")
            self.counts["events"] += 1

    def check_tiles(self):
        level, below = 0, self.hashes
        while below:
            stored = b""
            for number, width in widths(self.size >> (8 * level)):
                stored += (self.folder / tile_path(level, number, width)).read_bytes()
                self.counts["tiles"] += 1
            stored = [stored[at : at + 32] for at in range(0, len(stored), 32)]
            if len(stored) != self.size >> (8 * level):
                self.no(f"tile {level} {len(stored)}")
            for at, (found, computed) in enumerate(zip(stored, below)):
                if found != computed:
                    self.no(f"tile {level} {at}")
            full = len(below) // TILE_WIDTH
            below = [root_of(below[n * TILE_WIDTH : (n + 1) * TILE_WIDTH]) for n in range(full)]
            level += 1

    def check_proofs(self):
        proofs = json.loads((self.folder / "proofs.json").read_text())
        for proof in proofs["inclusion"]:
            index = proof["index"]
            if index < len(self.hashes):
                hashes = [b64url(text) for text in proof["hashes"]]
                self.expect(f"inclusion {index}", check_inclusion, index, self.size, self.hashes[index], hashes, self.root)
                self.counts["inclusion"] += 1
        for proof in proofs["consistency"]:
            hashes = [b64url(text) for text in proof["hashes"]]
            old = (proof["size"], b64url(proof["root"]))
            self.expect(f"consistency {proof['size']}", check_consistency, *old, self.size, self.root, hashes)
            self.counts["consistency"] += 1

    def expect(self, what, check, *arguments):
        try:
            check(*arguments)
        except Wrong:
            self.no(what)


# Vectors: the same examples that the program is held to.


def judged(check, *arguments):
    try:
        return check(*arguments) is not False
    except (Wrong, ValueError, KeyError, UnicodeError):
        return False


def envelope_verdicts(vector):
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": vector["public"]}
    return {"joserfc": by_joserfc(vector.get("compact", vector["text"]), jwk)}


def signature_verdicts(vector):
    arguments = bytes.fromhex(vector["public_hex"]), vector["message"].encode(), b64url(vector["signature"])
    return {"cryptography": ed25519(*arguments)}


def jwk_of(key):
    return {"kty": "OKP", "crv": "Ed25519", "x": base64.urlsafe_b64encode(key).rstrip(b"=").decode()}


def hostile_key_verdicts(vector):
    """Whether a key is taken at all."""
    key = bytes.fromhex(vector["public_hex"])
    return {
        "cryptography": judged(Ed25519PublicKey.from_public_bytes, key),
        # joserfc makes the key of a JWK when it is first used.
        "joserfc": judged(lambda: OKPKey.import_key(jwk_of(key)).public_key),
    }


def hostile_signature_verdicts(vector):
    """The raw signature; by joserfc too where what is signed is the head and the payload of a JWS."""
    verdicts = signature_verdicts(vector)
    if "." in vector["message"]:
        compact = f"{vector['message']}.{vector['signature']}"
        verdicts["joserfc"] = by_joserfc(compact, jwk_of(bytes.fromhex(vector["public_hex"])))
    return verdicts


def checkpoint_verdicts(vector, vkey):
    return {"python": judged(open_checkpoint, vector["note"], vkey)}


def inclusion_verdicts(vector):
    proof = [b64url(text) for text in vector["proof"]]
    leaf, root = b64url(vector["leaf_hash"]), b64url(vector["root"])
    return {"python": judged(check_inclusion, vector["index"], vector["size"], leaf, proof, root)}


def consistency_verdicts(vector):
    proof = [b64url(text) for text in vector["proof"]]
    old, new = (vector["old_size"], b64url(vector["old_root"])), (vector["new_size"], b64url(vector["new_root"]))
    return {"python": judged(check_consistency, *old, *new, proof)}


def tree_vectors(trees):
    """The proofs of the good trees, each with the size and root of its tree."""
    inclusion, consistency = [], []
    for tree in trees["good"]:
        inclusion += [dict(proof, size=tree["size"], root=tree["root"]) for proof in tree["inclusion"]]
        consistency += [dict(proof, new_size=tree["size"], new_root=tree["root"]) for proof in tree["consistency"]]
    return inclusion, consistency


def vectors(path):
    sections = json.loads(Path(path).read_text())
    inclusion, consistency = tree_vectors(sections["trees"])
    vkey = sections["checkpoints"]["vkey"]
    table = [
        ("signatures", sections["signatures"], signature_verdicts),
        ("envelopes.good", sections["envelopes"]["good"], envelope_verdicts),
        ("envelopes.refused", sections["envelopes"]["refused"], envelope_verdicts),
        ("checkpoints.good", sections["checkpoints"]["good"], lambda v: checkpoint_verdicts(v, vkey)),
        ("checkpoints.refused", sections["checkpoints"]["refused"], lambda v: checkpoint_verdicts(v, vkey)),
        ("trees.inclusion", inclusion, inclusion_verdicts),
        ("trees.consistency", consistency, consistency_verdicts),
        ("trees.refused_inclusion", sections["trees"]["refused_inclusion"], inclusion_verdicts),
        ("trees.refused_consistency", sections["trees"]["refused_consistency"], consistency_verdicts),
    ]
    say_verdicts(table)


def hostile(path):
    sections = json.loads(Path(path).read_text())
    say_verdicts([
        ("hostile.keys", sections["keys"], hostile_key_verdicts),
        ("hostile.signatures", sections["signatures"], hostile_signature_verdicts),
    ])


def say_verdicts(table):
    for section, listed, verdicts in table:
        for number, vector in enumerate(listed):
            for tool, accepted in verdicts(vector).items():
                print(tool, section, number, "accepted" if accepted else "refused")


def main(what, *paths):
    if what == "vectors":
        for path in paths:
            vectors(path)
        return
    if what == "hostile":
        hostile(*paths)
        return
    log = Log(*paths)
    log.check()
    print("\n".join([*log.faults, "checked " + " ".join(f"{name}={count}" for name, count in log.counts.items())]))


main(*sys.argv[1:])
