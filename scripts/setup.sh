#!/usr/bin/env bash
# Makes .venv from requirements.lock. Does nothing when it is already there and up to date.
# Each thing that can be missing is said in one line with its remedy.
set -euo pipefail
cd "$(dirname "$0")/.."

VENV=.venv
STAMP=$VENV/requirements.sha
NEED_MB=2500

say() { printf '%s\n' "$*" >&2; }
die() { say "myoguide: $*"; exit 1; }

suits() { "$1" -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 10)))' 2>/dev/null; }

find_python() {
    local candidate
    for candidate in "${MYOGUIDE_PYTHON:-}" python3.11 python3.10 python3 \
        "$HOME"/.pyenv/versions/3.11.*/bin/python "$HOME"/.pyenv/versions/3.10.*/bin/python; do
        if [ -n "$candidate" ] && suits "$candidate"; then printf '%s' "$candidate"; return; fi
    done
    if command -v uv >/dev/null; then
        for candidate in 3.11 3.10; do
            uv python install -q "$candidate" >/dev/null 2>&1 || true
            uv python find --no-project "$candidate" 2>/dev/null && return
        done
    fi
    return 1
}

want=$(sha256sum requirements.lock scripts/setup.sh | sha256sum | cut -c1-64)
[ "$(cat $STAMP 2>/dev/null)" = "$want" ] && exit 0

python=$(find_python) || die "no Python 3.11 or 3.10 found (Rasa 3.6 runs on no newer one). Get one with \
'uv python install 3.11', 'pyenv install 3.11' or your system's packages, or name it in MYOGUIDE_PYTHON."
free_mb=$(df -Pm . | awk 'NR==2 {print $4}')
[ "$free_mb" -ge "$NEED_MB" ] || die "only ${free_mb} MB free here; the environment needs ${NEED_MB} MB. Free some space and try again."

say "Making the environment in $VENV with $("$python" --version) (once, one to three minutes) ..."
rm -rf "$VENV"
"$python" -m venv "$VENV" || die "$python cannot make a virtual environment: install its venv module (Debian: apt install python3-venv)."
# --ignore-requires-python: Rasa's metadata stops at 3.10; the locked list is tried on 3.11 too.
if ! "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --no-deps \
    --ignore-requires-python --require-hashes --use-pep517 --progress-bar off -r requirements.lock 2> "$VENV/pip.log"; then
    grep -E '^ERROR' "$VENV/pip.log" | head -n 3 >&2 || true
    die "installing the packages failed (see $VENV/pip.log). Without a network they cannot be fetched: connect, then run the same command again."
fi
site=$("$VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
printf '%s\nimport myoguide.environment\n' "$PWD" > "$site/myoguide.pth"
printf '%s' "$want" > "$STAMP"
say "Environment ready."
