#!/usr/bin/env python3
"""Totals of a file of US waste lines, computed apart from the program: counts and exact sums per unit, as JSON.

Usage: us_totals.py seeds/us/waste-lines.csv.gz

Only the standard library and nothing of the program's tables: the factors below are written down a second time, so that a slip in
`seeds/catalogue/units.csv` shows. `amount` is the sum of the lines, each rounded half up to whole grams or millilitres (what the
ledger's SQL sums); `amount_of_total` is the total converted once.
"""

import csv
import gzip
import io
import json
import re
import sys
from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal, localcontext

# International yard and pound agreement of 1959 (NIST Handbook 44, appendix C): grams or millilitres of one unit.
FACTORS = {
    "P": ("g", Decimal("453.59237")),
    "T": ("g", Decimal("907184.74")),
    "K": ("g", Decimal(1000)),
    "M": ("g", Decimal(1000000)),
    "G": ("mL", Decimal("3785.411784")),
    "L": ("mL", Decimal(1000)),
    "Y": ("mL", Decimal("764554.857984")),
    "N": ("mL", Decimal(1000000)),
}
CONTAINERS = set("BA CF CM CW CY DF DM DT DW TC TP TT".split())
DECIMAL = re.compile(r"[0-9]+(\.[0-9]+)?")
WHOLE = re.compile(r"[0-9]+")


def whole(amount):
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def faults_of(row, numbers_before):
    """Names of the line's faults, the same names the program uses."""
    if not WHOLE.fullmatch(row["line"]) or not 0 < int(row["line"]) < 65536:
        yield "line-number"
    elif int(row["line"]) in numbers_before:
        yield "line-twice"
    if not WHOLE.fullmatch(row["container_count"]) or not 0 < int(row["container_count"]) < 65536:
        yield "container-count"
    if row["container_type"] not in CONTAINERS:
        yield "container-type"
    if not DECIMAL.fullmatch(row["quantity"]) or Decimal(row["quantity"]) == 0:
        yield "quantity"
    if row["unit"] not in FACTORS:
        yield "unit-unknown"
    elif FACTORS[row["unit"]][0] == "mL":
        yield "mass-not-comparable"
    if not any(row[f"waste_code_{n}"] for n in range(1, 7)):
        yield "waste-code-missing"
    if not row["management_method"]:
        yield "method-missing"
    elif not re.fullmatch(r"H[0-9]{3}", row["management_method"]):
        yield "method-irregular"
    if re.fullmatch(r"[0-9]{9}[A-Z]{4,5}", row["mtn"]):
        yield "number-suffixed"
    elif not re.fullmatch(r"[0-9]{9}[A-Z]{3}", row["mtn"]):
        yield "number-irregular"


def main(path):
    with open(path, "rb") as file:
        raw = file.read()
    if raw[:2] == b"\x1f\x8b":
        raw = gzip.decompress(raw)
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))

    numbers_before = defaultdict(set)
    fault_lines, fault_manifests = Counter(), defaultdict(set)
    totals = defaultdict(lambda: {"lines": 0, "quantity": Decimal(0), "amount": 0})
    flagged_lines, flagged_manifests = 0, set()
    for row in rows:
        faults = list(faults_of(row, numbers_before[row["mtn"]]))
        if WHOLE.fullmatch(row["line"]):
            numbers_before[row["mtn"]].add(int(row["line"]))
        for fault in faults:
            fault_lines[fault] += 1
            fault_manifests[fault].add(row["mtn"])
        # A fault of the number is one of the manifest, not of its lines.
        flagged_lines += any(f != "mass-not-comparable" and not f.startswith("number-") for f in faults)
        if any(fault != "mass-not-comparable" for fault in faults):
            flagged_manifests.add(row["mtn"])
        total = totals[row["unit"]]
        total["lines"] += 1
        if DECIMAL.fullmatch(row["quantity"]):
            total["quantity"] += Decimal(row["quantity"])
            total["amount"] += whole(Decimal(row["quantity"]) * FACTORS.get(row["unit"], ("", Decimal(0)))[1])

    units = {}
    for unit, total in sorted(totals.items()):
        sign, factor = FACTORS.get(unit, (None, Decimal(0)))
        units[unit] = {
            "lines": total["lines"],
            "quantity": format(total["quantity"], "f"),
            "quantity_milli": int(total["quantity"] * 1000),
            "measured_in": sign,
            "amount": total["amount"] if sign else None,
            "amount_of_total": whole(total["quantity"] * factor) if sign else None,
        }
    report = {
        "lines": len(rows),
        "lines_flagged": flagged_lines,
        "manifests": len(numbers_before),
        "manifests_flagged": len(flagged_manifests),
        "flags": {f: {"lines": n, "manifests": len(fault_manifests[f])} for f, n in sorted(fault_lines.items())},
        "units": units,
    }
    json.dump(report, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with localcontext() as context:
        context.prec = 60
        main(sys.argv[1])
