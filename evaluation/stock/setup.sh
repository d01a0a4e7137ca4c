#!/usr/bin/env bash
# Makes .venv-stock, the environment of the stock baseline (Rasa with TensorFlow, about 2.5 GB).
# Does nothing when it is already there and up to date.
set -euo pipefail
cd "$(dirname "$0")/../.."

VENV=.venv-stock
LIST=evaluation/stock/requirements.txt
STAMP=$VENV/requirements.sha
NEED_MB=4000

die() { printf 'evaluation: %s\n' "$*" >&2; exit 1; }

want=$(sha256sum $LIST evaluation/stock/setup.sh | sha256sum | cut -c1-64)
[ "$(cat $STAMP 2>/dev/null)" = "$want" ] && exit 0
[ -x .venv/bin/python ] || die "the project's own environment is missing: run 'make env' first"
free_mb=$(df -Pm . | awk 'NR==2 {print $4}')
[ "$free_mb" -ge "$NEED_MB" ] || die "only ${free_mb} MB free here; the stock environment needs ${NEED_MB} MB. Free some space and try again."

printf 'Making %s (once, some minutes) ...\n' "$VENV" >&2
rm -rf $VENV
.venv/bin/python -m venv $VENV
printf '*\n' > $VENV/.gitignore
# --ignore-requires-python: Rasa's metadata stops at 3.10; the list is tried on 3.11 too.
$VENV/bin/python -m pip install --quiet --disable-pip-version-check --no-input --no-deps \
    --ignore-requires-python --require-hashes --progress-bar off -r $LIST 2> $VENV/pip.log \
    || die "installing the packages failed: $(grep -m1 -E '^ERROR' $VENV/pip.log || echo "see $VENV/pip.log")"
printf '%s' "$want" > $STAMP
printf 'Stock environment ready.\n' >&2
