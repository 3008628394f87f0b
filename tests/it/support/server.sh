# Where the machine's own Postgres server is, and who may run it. Read before postgres.sh and pair.sh.

# Ctrl-C is for the tests; we still have to clean up after them.
trap '' INT TERM HUP PIPE
exec 2>&1
cd / || exit 1

has_server() { [ -x "$1/initdb" ] && [ -x "$1/pg_ctl" ] && [ -x "$1/postgres" ]; }

find_server() {
    in_path=$(command -v initdb) && has_server "${in_path%/initdb}" && { echo "${in_path%/initdb}"; return; }
    configured=$(pg_config --bindir 2>/dev/null) && has_server "$configured" && { echo "$configured"; return; }
    # Debian keeps the server out of the PATH, one directory per version; the newest first.
    ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV | while read -r found; do
        has_server "$found" && { echo "$found"; break; }
    done
}

bin=$(find_server)
[ -n "$bin" ] || { echo missing; exit 0; }

# The server refuses to run as root.
user=
if [ "$(id -u)" = 0 ]; then
    user=nobody
    id postgres >/dev/null 2>&1 && user=postgres
fi
as_user() {
    if [ -z "$user" ]; then
        "$@"
    elif command -v runuser >/dev/null; then
        runuser -u "$user" -- "$@"
    else
        setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups -- "$@"
    fi
}
