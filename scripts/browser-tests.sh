#!/usr/bin/env bash
# Installs what the browser tests need and runs them against the trained assistant:
#   scripts/browser-tests.sh               every test, and the size of the widget
#   scripts/browser-tests.sh screenshots   takes the pictures in docs/screenshots/ anew
# The assistant has to be trained before (make train).
set -euo pipefail
cd "$(dirname "$0")/.."

die() { printf 'browser-tests: %s\n' "$*" >&2; exit 1; }

command -v npm >/dev/null || die "npm is missing: install Node.js 20 or later (Debian: apt-get install nodejs npm)"
CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || true)}
if [ -z "$CHROMIUM" ]; then
    [ "$(id -u)" = 0 ] || die "Chromium is missing: apt-get install chromium, or name it in CHROMIUM"
    apt-get update -qq && apt-get install -y -qq chromium >/dev/null || die "chromium could not be installed"
    CHROMIUM=$(command -v chromium)
fi
export CHROMIUM
[ -f models/assistant.tar.gz ] || die "there is no trained model: make train"

for folder in widget tests/browser; do
    (cd "$folder" && npm ci --silent --no-audit --no-fund) || die "npm ci failed in $folder"
done

if [ "${1:-}" = screenshots ]; then
    cd tests/browser && exec npm run --silent screenshots
fi
(cd widget && npm run --silent check) || die "the widget's built files are stale or too large"
cd tests/browser && npm test --silent
