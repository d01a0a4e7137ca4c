#!/usr/bin/env bash
# Pins the hashes of requirements.in (needs uv).
set -euo pipefail
cd "$(dirname "$0")"
"${UV:-uv}" pip compile requirements.in --no-deps --generate-hashes --no-annotate --no-header \
    --python-version 3.10 --universal -q -o requirements.txt
