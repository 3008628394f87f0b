# A private Postgres cluster that lives exactly as long as our standard input stays open.
#
# Run behind server.sh as `sh -c THIS sh PORT SETTING` by postgres.rs; SETTING is `name=value` or empty. Prints one line: `ready PASSWORD BINDIR LOG`, `missing`, or `failed` and the log.
# Standard input is a pipe from the test process. However that process ends, the pipe closes, and the cluster goes.

port=$1
setting=$2

dir=$(as_user mktemp -d "${TMPDIR:-/tmp}/liandan-postgres.XXXXXX") || { echo failed; exit 1; }
password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')

start_cluster() {
    printf %s "$password" | as_user sh -c 'cat >"$1"' sh "$dir/password" &&
        as_user "$bin/initdb" --pgdata="$dir/db" --no-sync --encoding=UTF8 --locale=C \
            --username=postgres --auth=scram-sha-256 --pwfile="$dir/password" &&
        # Durable by the program's own checks; everything else is small, since the databases are.
        as_user "$bin/pg_ctl" start -w -t 60 -D "$dir/db" -l "$dir/server.log" -o "\
            -c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories=$dir -c max_connections=200 \
            -c fsync=on -c synchronous_commit=on -c shared_buffers=32MB -c wal_level=minimal -c max_wal_senders=0 \
            -c checkpoint_timeout=1h -c max_wal_size=256MB -c autovacuum=off ${setting:+-c $setting}"
}

if start_cluster >"$dir/start.log" </dev/null; then
    echo "ready $password $bin $dir/server.log"
    cat >/dev/null
    as_user "$bin/pg_ctl" stop -w -m immediate -D "$dir/db" >/dev/null
else
    echo failed
    cat "$dir/start.log" "$dir/server.log"
fi
as_user rm -rf "$dir"
