#!/usr/bin/env bash
# Installs what the browser tests need and runs them against the trained assistant:
#   scripts/browser-tests.sh               every test, and the size of the widget
#   scripts/browser-tests.sh screenshots   takes the pictures in docs/screenshots/ anew; names after
#                                          it take only those
# Needs Node.js 18.19 or later with npm, and Chromium; on Debian and Ubuntu it installs what is
# missing. CHROMIUM names a browser elsewhere. The assistant has to be trained before (make train).
set -euo pipefail
cd "$(dirname "$0")/.."

die() { printf 'browser-tests: %s\n' "$*" >&2; exit 1; }

# Installs Debian packages: as root, or through a sudo that asks nothing.
install() {
    local root=()
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null || die "missing: $*. Install it (Debian: sudo apt-get install $*) and run this again"
        root=(sudo -n)
    fi
    command -v apt-get >/dev/null || die "missing: $*. Install it with your system's packages and run this again"
    printf 'browser-tests: installing %s ...\n' "$*" >&2
    "${root[@]}" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install -y -qq --no-install-recommends "$@" >/dev/null \
        || die "could not install $*"
}

find_chromium() { command -v chromium || command -v chromium-browser || command -v google-chrome || true; }

[ -f models/assistant.tar.gz ] || die "there is no trained model: make train"
missing=()
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
CHROMIUM=${CHROMIUM:-$(find_chromium)}
# Without a font a page has no letters to measure or to photograph.
[ -n "$CHROMIUM" ] || missing+=(chromium fonts-dejavu-core)
[ ${#missing[@]} = 0 ] || install "${missing[@]}"
export CHROMIUM=${CHROMIUM:-$(find_chromium)}
[ -x "$CHROMIUM" ] || die "there is no browser at '$CHROMIUM': name one in CHROMIUM"
node -e 'const [a, b] = process.versions.node.split(".").map(Number);
         process.exit(a > 18 || (a === 18 && b >= 19) ? 0 : 1)' \
    || die "Node.js $(node --version) is too old: 18.19 or later is needed"

# Each folder's packages, anew only when its lock file changed.
for folder in widget tests/browser; do
    stamp=$folder/node_modules/.installed
    want=$(sha256sum "$folder/package-lock.json" | cut -c1-64)
    [ "$(cat "$stamp" 2>/dev/null)" = "$want" ] && continue
    (cd "$folder" && npm ci --silent --no-audit --no-fund) || die "npm ci failed in $folder"
    printf '%s' "$want" > "$stamp"
done

if [ "${1:-}" = screenshots ]; then
    cd tests/browser && exec npm run --silent screenshots -- "${@:2}"
fi
(cd widget && npm run --silent check) || die "the widget's built files are stale or too large"
cd tests/browser && npm test --silent
