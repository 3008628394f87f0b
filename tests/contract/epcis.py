"""What a JSON Schema validator that is not ours says of documents: a list of documents comes in, a list of true and false goes out.

usage: epcis.py SCHEMA < documents.json
"""
import json, sys

import jsonschema_rs

with open(sys.argv[1], encoding="utf-8") as file:
    validator = jsonschema_rs.Draft7Validator(json.load(file), validate_formats=True)
print(json.dumps([validator.is_valid(document) for document in json.load(sys.stdin)]))
