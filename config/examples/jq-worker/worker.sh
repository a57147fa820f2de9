#!/bin/sh
# Worker processes in shell and jq: one jq filter for every event.
#
#     echo '{"name": "Ada", "born": 1815}' | millrace run --config config/examples/jq-worker/config.json
#
# .payload is the event's text. What the filter answers is a result (payload), `filtered`, `rejected` or `failed`;
# here people become a line each, those without a name are left out, and what is no JSON is rejected.
exec jq --unbuffered --compact-output '
  {id} + (
    try (.payload | fromjson | if .name then {payload: "\(.name), \(.born // "?")"} else {filtered: true} end)
    catch {rejected: .}
  )'
