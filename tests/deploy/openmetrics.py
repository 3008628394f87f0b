#!/usr/bin/env python3
"""openmetrics.py FILE: reads metrics with the reference reader of OpenMetrics and prints the type of each family as JSON."""

import json
import sys
from pathlib import Path

from prometheus_client.openmetrics.parser import text_string_to_metric_families

text = Path(sys.argv[1]).read_text(encoding="utf-8")
print(json.dumps({family.name: family.type for family in text_string_to_metric_families(text)}))
