#!/usr/bin/env bash
# Checks deploy/ without a cluster or a Docker daemon: renders the chart and validates it against
# Kubernetes' own schemas, reads the compose file with docker-compose, the proxy's file with nginx,
# then asks of what came out what tests/deploy asks. On Debian it installs what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

OUT=var/deploy
TOOLS=$OUT/tools
VALIDATOR=kubernetes-validate==1.37.0

die() { printf 'deploy-tests: %s\n' "$*" >&2; exit 1; }

missing=()
command -v go >/dev/null || missing+=(golang-go)
[ -d /usr/share/gocode/src/github.com/Masterminds/sprig ] || missing+=(golang-github-masterminds-sprig-dev)
[ -d /usr/share/gocode/src/gopkg.in/yaml.v3 ] || missing+=(golang-gopkg-yaml.v3-dev)
command -v docker-compose >/dev/null || missing+=(docker-compose)
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || missing+=(nginx-light)
if [ ${#missing[@]} != 0 ]; then
    [ "$(id -u)" = 0 ] || die "missing: ${missing[*]}; install them (Debian: apt-get install ${missing[*]})"
    printf 'deploy-tests: installing %s ...\n' "${missing[*]}" >&2
    # Debian would start nginx on port 80.
    if [ ! -e /usr/sbin/policy-rc.d ]; then
        printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null \
        || die "apt-get install ${missing[*]} failed"
fi
mkdir -p $OUT
if [ ! -x $TOOLS/bin/kubernetes-validate ]; then
    .venv/bin/python -m venv $TOOLS
    $TOOLS/bin/python -m pip install -q --disable-pip-version-check $VALIDATOR
fi

render() { GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS='' $OUT/render deploy/chart "$@"; }
GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS='' go build -o $OUT/render tests/deploy/render.go
render > $OUT/chart.yaml
render tests/deploy/everything.yaml > $OUT/chart-everything.yaml
for version in 1.25 1.31 1.37; do
    for chart in chart chart-everything; do
        $TOOLS/bin/kubernetes-validate --strict -k $version $OUT/$chart.yaml >> $OUT/validate.log 2>&1 \
            || { tail -n 20 $OUT/validate.log >&2; die "$chart.yaml is not valid for Kubernetes $version"; }
    done
done

POSTGRES_PASSWORD=postgres-secret REDIS_PASSWORD=redis-secret MYOGUIDE_SECRET=$(printf 's%.0s' {1..40}) \
    MYOGUIDE_METRICS_TOKEN=metrics-secret docker-compose -f deploy/compose.yml config > $OUT/compose.yml || die "deploy/compose.yml is not valid"
! docker-compose -f deploy/compose.yml config -q 2>/dev/null || die "compose starts without secrets"

exec .venv/bin/python -m pytest tests/deploy "$@"
