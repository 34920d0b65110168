"""Says which operations were answered 2xx at least once, by the server's own counters, and fails below the share that we promise.

Usage: report.py DOCUMENT METRICS_BEFORE METRICS_AFTER BASE CONFIGURATION... Streams are left out: nobody waits for their end. A run whose
own access did not last until now has asked as a stranger, and counts for nothing: that fails too.
"""

import json
import re
import sys
import urllib.error
import urllib.request

LEAST = 0.90
LEFT_OUT = {("get", "/api/v1/events")}
LINE = re.compile(r'^recado_http_request_duration_seconds_count\{class="(\d)xx",method="(\w+)",route="([^"]+)"\} (\d+)', re.M)


def counted(path, kind):
    text = open(path, encoding="utf-8").read()
    return {(method.lower(), route): int(count) for found, method, route, count in LINE.findall(text) if found == kind}


def lasted(base, configuration):
    """Tells whether the token of a run is still good."""
    token = re.match(r'headers = \{ Authorization = "([^"]+)" \}', open(configuration, encoding="utf-8").readline()).group(1)
    request = urllib.request.Request(base + "/api/v1/me", headers={"authorization": token})
    try:
        return urllib.request.urlopen(request, timeout=10).status == 200
    except urllib.error.HTTPError:
        return False


document, before, after, base = sys.argv[1:5]
shut_out = [configuration for configuration in sys.argv[5:] if not lasted(base, configuration)]
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
for configuration in shut_out:
    print(f"schemathesis: the access of {configuration} ended before its run did")
sys.exit(0 if len(good) >= LEAST * len(operations) and not broken and not shut_out else 1)
