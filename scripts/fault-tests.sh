#!/usr/bin/env bash
# Breaks servers, database, lock, disk and model under load, and sends every entry what strangers
# might: tests/faults, with a real PostgreSQL, Redis and nginx. Writes docs/reliability.md.
# Needs the trained model (make train). With arguments it runs those tests and writes no
# report:
#   scripts/fault-tests.sh tests/faults/test_services.py -k redis
set -euo pipefail
cd "$(dirname "$0")/.."

die() { printf 'fault-tests: %s\n' "$*" >&2; exit 1; }

[ -f models/assistant.tar.gz ] || die "there is no trained model: make train"
if ! command -v nginx >/dev/null && [ ! -x /usr/sbin/nginx ]; then
    [ "$(id -u)" = 0 ] || die "missing: nginx; install it (Debian: apt-get install nginx-light)"
    # Debian would start it on port 80.
    printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nginx-light \
        >/dev/null || die "apt-get install nginx-light failed"
    rm -f /usr/sbin/policy-rc.d
fi
addresses=$(scripts/services-for-tests.sh)
trap 'scripts/services-for-tests.sh stop' EXIT
set -a; eval "$addresses"; set +a
if [ $# != 0 ]; then .venv/bin/python -m pytest "$@"; exit; fi
# Figures of an earlier run must not stand in the report.
rm -rf var/reliability
.venv/bin/python -m pytest tests/faults
# What `make test` shows on SQLite, here on PostgreSQL and Redis too; each has a conftest.py.
for tests in tests/unit/storage tests/unit/insights tests/channels/test_inbox.py; do
    .venv/bin/python -m pytest "$tests"
done
.venv/bin/python scripts/reliability.py
