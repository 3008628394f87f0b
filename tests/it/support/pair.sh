
# Two private Postgres servers, 1 and 2, that live exactly as long as our standard input stays open.
#
# Run behind server.sh as `sh -c THIS sh PORT1 PORT2` by pair.rs. Prints `ready PASSWORD FOLDER` once server 1 runs, then does what each line of its
# standard input orders and answers `ok`, or `failed` and ends. Both listen on 127.0.0.1 and on sockets in the folder.

ports="$1 $2"
# Its folder may hold links to some of the programs only.
[ -x "$bin/pg_basebackup" ] || bin=$(dirname "$(readlink -f "$bin/initdb")")
dir=$(as_user mktemp -d "${TMPDIR:-/tmp}/liandan-pair.XXXXXX") || { echo failed; exit 1; }
password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')

port_of() { echo "$ports" | cut -d ' ' -f "$1"; }

make_first() {
    printf %s "$password" | as_user sh -c 'cat >"$1"' sh "$dir/password" &&
        as_user "$bin/initdb" --pgdata="$dir/1" --no-sync --encoding=UTF8 --locale=C \
            --username=postgres --auth=scram-sha-256 --pwfile="$dir/password"
}

start() {
    as_user "$bin/pg_ctl" start -w -t 60 -D "$dir/$1" -l "$dir/server-$1.log" -o "\
        -c listen_addresses=127.0.0.1 -c port=$(port_of "$1") -c unix_socket_directories=$dir -c max_connections=100 \
        -c fsync=on -c synchronous_commit=on -c shared_buffers=32MB -c wal_level=replica -c max_wal_senders=4 \
        -c max_replication_slots=4 -c hot_standby=on -c autovacuum=off -c checkpoint_timeout=1h -c cluster_name=server$1"
}

# Server 2 becomes a standby of server 1, which keeps for it what it has not fetched yet.
follow() {
    as_user "$bin/pg_basebackup" --pgdata="$dir/2" --no-sync --checkpoint=fast --wal-method=stream --write-recovery-conf \
        --create-slot --slot=server2 \
        --dbname="host=127.0.0.1 port=$(port_of 1) user=postgres password=$password application_name=server2" && start 2
}

# As a machine that loses its power: every process at once. The first is stopped before, so that it starts no other.
kill_all() {
    first=$(head -n 1 "$dir/$1/postmaster.pid") && kill -STOP "$first" || return 1
    # shellcheck disable=SC2046
    kill -KILL $(ps -A -o pid= -o ppid= | awk -v first="$first" '$2 == first { print $1 }') "$first"
    # One that nobody has buried yet is dead too.
    while ps -o stat= -p "$first" | grep -q '^[^Z]'; do sleep 0.02; done
    socket=$dir/.s.PGSQL.$(port_of "$1")
    rm -f "$dir/$1/postmaster.pid" "$socket" "$socket.lock"
}

obey() {
    case $1 in
    start) start "$2" ;;
    follow) follow ;;
    kill) kill_all "$2" ;;
    promote) as_user "$bin/pg_ctl" promote -w -t 60 -D "$dir/$2" ;;
    *) false ;;
    esac
}

if make_first >"$dir/pair.log" </dev/null && start 1 >>"$dir/pair.log" </dev/null; then
    echo "ready $password $dir"
    while read -r verb server; do
        if obey "$verb" "$server" >>"$dir/pair.log" </dev/null; then
            echo ok
        else
            echo failed
            cat "$dir"/*.log
            break
        fi
    done
    for server in 2 1; do
        [ -e "$dir/$server/postmaster.pid" ] && as_user "$bin/pg_ctl" stop -w -m immediate -D "$dir/$server" >/dev/null
    done
else
    echo failed
    cat "$dir"/*.log
fi
as_user rm -rf "$dir"
