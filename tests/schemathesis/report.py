"""Says which operations were answered 2xx at least once, by the server's own counters, and fails below the share that we promise.

Usage: report.py DOCUMENT METRICS_BEFORE METRICS_AFTER. Streams are left out: nobody waits for their end.
"""

import json
import re
import sys

LEAST = 0.90
LEFT_OUT = {("get", "/api/v1/events")}
LINE = re.compile(r'^recado_http_request_duration_seconds_count\{class="(\d)xx",method="(\w+)",route="([^"]+)"\} (\d+)', re.M)


def counted(path, kind):
    text = open(path, encoding="utf-8").read()
    return {(method.lower(), route): int(count) for found, method, route, count in LINE.findall(text) if found == kind}


document, before, after = sys.argv[1:4]
paths = json.load(open(document, encoding="utf-8"))["paths"]
operations = {(method, path) for path, methods in paths.items() for method in methods} - LEFT_OUT
earlier, later = counted(before, "2"), counted(after, "2")
good = {operation for operation in operations if later.get(operation, 0) > earlier.get(operation, 0)}
broken = {operation: count for operation, count in counted(after, "5").items() if count > counted(before, "5").get(operation, 0)}
never = sorted(operations - good)
print(f"schemathesis: {len(good)} of {len(operations)} operations were answered 2xx ({len(good) / len(operations):.0%})")
for method, path in never:
    print(f"schemathesis: never 2xx: {method} {path}")
for (method, path), count in sorted(broken.items()):
    print(f"schemathesis: 5xx: {count} times {method} {path}")
sys.exit(0 if len(good) >= LEAST * len(operations) and not broken else 1)
