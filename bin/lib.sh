# What bin/demo and bin/test share: say what happens, and install what is missing. Sourced, never run.

# The compiler that Cargo.toml demands (rust-version).
oldest_rustc=1.95

step() { printf '\n== %s\n' "$*"; }

give_up() {
    printf '\nCannot go on: %s\n' "$*" >&2
    exit 1
}

may_be_root() { [ "$(id -u)" = 0 ] || command -v sudo >/dev/null; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Once per run: a fresh machine knows no packages at all.
lists_are_fresh=
refresh_package_lists() {
    [ -z "$lists_are_fresh" ] || return 0
    step "Asking the package manager what there is: apt-get update"
    as_root apt-get update --quiet
    lists_are_fresh=yes
}

# install_packages PACKAGE…: through apt, if it is there and we may; otherwise say what to install.
install_packages() {
    command -v apt-get >/dev/null || give_up "please install what Debian calls: $*"
    may_be_root || give_up "please install: $* (as root: apt-get install $*)"
    refresh_package_lists
    step "Installing: $*"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes --no-install-recommends "$@"
}

# Whether apt could install a package; Debian 12 has no rustup, for one.
has_package() {
    command -v apt-get >/dev/null && may_be_root || return 1
    refresh_package_lists
    apt-cache policy "$1" | grep 'Candidate: [0-9]' >/dev/null
}

# SQLite is compiled along, so a C compiler is needed. The packages Debian calls gcc and libc6-dev are enough.
need_c_compiler() {
    command -v cc >/dev/null || install_packages gcc libc6-dev
}

# is_older A B: whether version A comes before version B.
is_older() {
    [ "$1" != "$2" ] && [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]
}

explain_rust() {
    give_up "$1
Rust $oldest_rustc or newer is needed, and Debian's own cargo package is older. Install it with rustup:
    Debian 13 or newer:  apt-get install rustup && rustup default stable
    elsewhere:           follow https://rustup.rs
then open a new shell and run this command again."
}

# cargo and rustc, new enough; through Debian's rustup package where there is one.
need_rust() {
    # A rustup that was installed in this very session is not in the PATH yet.
    if ! command -v cargo >/dev/null && [ -x "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" ]; then
        PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
    fi
    if ! command -v cargo >/dev/null; then
        if command -v rustup >/dev/null || has_package rustup; then
            command -v rustup >/dev/null || install_packages rustup ca-certificates
            step "Installing the Rust compiler with rustup"
            rustup default stable
        else
            explain_rust "cargo is missing."
        fi
    fi
    local found
    found=$(rustc --version 2>/dev/null | awk '{ print $2 }') || true
    [ -n "$found" ] || explain_rust "cargo is there, but rustc is not."
    if is_older "$found" "$oldest_rustc"; then
        explain_rust "rustc is $found."
    fi
}

# need_rust_component COMMAND COMPONENT: a part of the toolchain that a minimal installation leaves out.
need_rust_component() {
    cargo "$1" --version >/dev/null 2>&1 && return
    command -v rustup >/dev/null || give_up "please install \`cargo $1\` (the part of Rust called $2)"
    step "Installing $2 with rustup"
    rustup component add "$2"
}

has_postgres_server() {
    local found
    command -v initdb >/dev/null && return
    for found in /usr/lib/postgresql/*/bin/initdb "$(pg_config --bindir 2>/dev/null)/initdb"; do
        [ -x "$found" ] && return
    done
    return 1
}

# The programs of a Postgres server. The tests make a private cluster of their own and need none that runs.
need_postgres_server() {
    has_postgres_server && return
    local had_clusters
    had_clusters=$(pg_lsclusters --no-header 2>/dev/null) || true
    install_packages postgresql
    # Debian makes and starts a cluster `main` on installation. Nobody asked for it: take it away again, but only if this
    # installation made it.
    if [ -z "$had_clusters" ] && command -v pg_lsclusters >/dev/null; then
        pg_lsclusters --no-header | while read -r version name _; do
            step "Removing the empty cluster $version/$name that the package made"
            as_root pg_dropcluster --stop "$version" "$name"
        done
    fi
    has_postgres_server || give_up "the package postgresql is installed, but initdb is not to be found"
}

need_python() {
    command -v python3 >/dev/null || install_packages python3
}

# What tests/it/interop.rs drives: tools that this project did not write, at the versions that tests/interop pins.

# joserfc and cryptography.
need_interop_python() { need_python_packages target/interop-venv tests/interop; }

# schemathesis and a generator of clients, in an environment apart: what they need is no business of the checkers above.
need_contract_python() { need_python_packages target/contract-venv tests/contract; }

# need_python_packages VENV FOLDER: what requirements.txt in the folder names, in an environment of the project's own: Debian's Python takes
# no packages from elsewhere.
need_python_packages() {
    if ! [ -x "$1/bin/pip" ]; then
        python3 -c 'import ensurepip, venv' 2>/dev/null || install_packages python3-venv
        step "Making a Python environment in $1"
        python3 -m venv --clear "$1"
    fi
    # Asks nobody when all of it is there.
    "$1/bin/pip" install --quiet --disable-pip-version-check --require-hashes --requirement "$2/requirements.txt"
}

# What looks at the files of deploy/: hadolint, the schema of Compose files, the reference reader of OpenMetrics, Prometheus's own grammar, systemd's.
need_deploy_checks() {
    need_python_packages target/deploy-venv tests/deploy
    need_node_packages tests/deploy
    command -v systemd-analyze >/dev/null || install_packages systemd
}

# jose, and the provider that tests/it/oidc.rs runs, where Node finds them.
need_interop_node() { need_node_packages tests/interop && need_node_packages tests/it/oidc; }

# A generator of TypeScript clients.
need_contract_node() { need_node_packages tests/contract; }

# Playwright, axe and tsc.
need_ui_node() { need_node_packages tests/ui; }

# What the pages use of others: embedded when it is there before the program is built.
need_web_node() { need_node_packages src/web/npm; }

# The same where npm is at hand: without it the program is built all the same, and says what it lacks.
want_web_node() {
    command -v npm >/dev/null && need_web_node || step "No npm: no camera reads codes, and none is drawn without a network"
}

# need_node_packages FOLDER: what the lock file in it names.
need_node_packages() {
    command -v node >/dev/null && command -v npm >/dev/null || install_packages nodejs npm ca-certificates
    local locked=$1/package-lock.json installed=$1/node_modules/.package-lock.json
    if ! [ "$installed" -nt "$locked" ]; then
        step "Installing what $locked names"
        npm ci --prefix "$1" --no-audit --no-fund
    fi
}

need_openssl() {
    command -v openssl >/dev/null || install_packages openssl
}

# What docs/verify.md fetches the public log with; a test follows that page.
need_curl() {
    command -v curl >/dev/null || install_packages curl ca-certificates
}

# What tests/it/prints.rs looks at documents with, and the font that they are printed with.
need_documents() {
    command -v pdftotext >/dev/null && command -v pdftoppm >/dev/null || install_packages poppler-utils
    # A folder that is not there is no error.
    { find /usr/share/fonts /usr/local/share/fonts /Library/Fonts /System/Library/Fonts -type f \
        \( -iname '*cjk*' -o -iname '*sourcehan*' -o -iname 'wqy*' -o -iname 'pingfang*' \) 2>/dev/null || true; } |
        grep . >/dev/null || install_packages fonts-noto-cjk
}

# A browser for the page that checks bundles, and letters for its Chinese.
need_browser() {
    command -v chromium >/dev/null || install_packages chromium fonts-noto-cjk
}
