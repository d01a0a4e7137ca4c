#!/usr/bin/env bash
# Installs and starts a PostgreSQL and a Redis of the tests' own, on ports of their own:
#   scripts/services-for-tests.sh          starts what is not running; prints how to reach it
#   scripts/services-for-tests.sh stop     stops both
#   scripts/services-for-tests.sh restart-postgres | stop-postgres | start-postgres
#   scripts/services-for-tests.sh restart-redis | stop-redis | start-redis
#   scripts/services-for-tests.sh freeze-postgres | thaw-postgres | freeze-redis | thaw-redis
#       frozen, they take connections and never answer
# Their data lies in MYOGUIDE_SERVICES (default: myoguide-services in the temporary folder) and is
# worth nothing. Needs Debian's packages (installed if we are root) or postgres and redis-server
# on the path.
set -euo pipefail

FOLDER=${MYOGUIDE_SERVICES:-${TMPDIR:-/tmp}/myoguide-services}
PG_PORT=${MYOGUIDE_TEST_POSTGRES_PORT:-54329}
REDIS_PORT=${MYOGUIDE_TEST_REDIS_PORT:-63799}
PG_DATA=$FOLDER/postgres
REDIS_DATA=$FOLDER/redis

say() { printf 'services-for-tests: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

pg() {  # a program of PostgreSQL, wherever Debian keeps it
    local found
    found=$(command -v "$1" || ls -d /usr/lib/postgresql/*/bin/"$1" 2>/dev/null | tail -n 1)
    [ -n "$found" ] && printf '%s' "$found"
}

install() {
    local missing=()
    pg postgres >/dev/null || missing+=(postgresql)
    command -v redis-server >/dev/null || missing+=(redis-server)
    [ ${#missing[@]} = 0 ] && return
    [ "$(id -u)" = 0 ] || die "missing: ${missing[*]}; install them (Debian: apt-get install ${missing[*]})"
    say "installing ${missing[*]} ..."
    # Debian would start a server of its own on the usual port.
    printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null \
        || die "apt-get install ${missing[*]} failed"
}

as_owner() {  # PostgreSQL refuses to run as root
    if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi
}

signal_postgres() {  # to the server and all processes it has started
    local server
    server=$(head -n 1 "$PG_DATA/postmaster.pid" 2>/dev/null) || return 0
    # Each by itself: one that has just ended is no fault.
    for process in "$server" $(cat "/proc/$server/task/$server/children" 2>/dev/null); do
        kill -"$1" "$process" 2>/dev/null || true
    done
}

signal_redis() { kill -"$1" "$(cat "$REDIS_DATA/pid" 2>/dev/null)" 2>/dev/null || true; }

start_postgres() {
    signal_postgres CONT
    if [ ! -f "$PG_DATA/PG_VERSION" ]; then
        mkdir -p "$PG_DATA"
        if [ "$(id -u)" = 0 ]; then chmod 755 "$FOLDER"; chown -R postgres "$PG_DATA"; fi
        as_owner "$(pg initdb)" -D "$PG_DATA" -U myoguide --auth=trust -E UTF8 --no-sync >/dev/null
    fi
    as_owner "$(pg pg_ctl)" -D "$PG_DATA" status >/dev/null 2>&1 && return
    as_owner "$(pg pg_ctl)" -D "$PG_DATA" -s -w -t 60 -l "$PG_DATA/log" \
        -o "-p $PG_PORT -k $PG_DATA -c listen_addresses=127.0.0.1 -c fsync=off" start >&2
    as_owner "$(pg psql)" -h 127.0.0.1 -p "$PG_PORT" -U myoguide -d postgres -tAc \
        "SELECT 1 FROM pg_database WHERE datname = 'myoguide'" | grep -q 1 \
        || as_owner "$(pg createdb)" -h 127.0.0.1 -p "$PG_PORT" -U myoguide myoguide
}

stop_postgres() {
    signal_postgres CONT
    as_owner "$(pg pg_ctl)" -D "$PG_DATA" -s -m immediate -w stop >&2 2>/dev/null || true
}

start_redis() {
    signal_redis CONT
    mkdir -p "$REDIS_DATA"
    redis-cli -p "$REDIS_PORT" ping >/dev/null 2>&1 && return
    redis-server --port "$REDIS_PORT" --bind 127.0.0.1 --dir "$REDIS_DATA" --daemonize yes \
        --save '' --appendonly no --pidfile "$REDIS_DATA/pid" --logfile "$REDIS_DATA/log" >/dev/null
    for _ in $(seq 100); do
        redis-cli -p "$REDIS_PORT" ping >/dev/null 2>&1 && return
        sleep 0.1
    done
    die "Redis did not start (log: $REDIS_DATA/log)"
}

stop_redis() {
    signal_redis CONT
    redis-cli -p "$REDIS_PORT" shutdown nosave >/dev/null 2>&1 || true
}

case "${1:-start}" in
    start) install; mkdir -p "$FOLDER"; start_postgres; start_redis ;;
    stop) stop_postgres; stop_redis; exit ;;
    start-postgres) start_postgres ;;
    stop-postgres) stop_postgres ;;
    restart-postgres) stop_postgres; start_postgres ;;
    start-redis) start_redis ;;
    stop-redis) stop_redis ;;
    restart-redis) stop_redis; start_redis ;;
    freeze-postgres) signal_postgres STOP ;;
    thaw-postgres) signal_postgres CONT ;;
    freeze-redis) signal_redis STOP ;;
    thaw-redis) signal_redis CONT ;;
    *) die "unknown: $1 (see the head of this file)" ;;
esac
printf 'MYOGUIDE_TEST_DATABASE_URL=postgresql://myoguide@127.0.0.1:%s/myoguide\n' "$PG_PORT"
printf 'MYOGUIDE_TEST_REDIS_URL=redis://127.0.0.1:%s/0\n' "$REDIS_PORT"
