#!/bin/sh
# Starts the whole example: a cluster by `imq dev`, configured to ask this application, and the
# application on PHP's own web server. Ends both at its own end (Ctrl-C).
#
#   sh sdk/php/example/run.sh
#
# EXAMPLE_PORT (8080) and IMQ_PORT_BASE (7400) are where they listen; IMQ_BIN is a built `imq`,
# else it is built.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
port=${EXAMPLE_PORT:-8080}
base=${IMQ_PORT_BASE:-7400}
unset IMQ_PORT_BASE

php -r 'exit(PHP_VERSION_ID >= 80100 ? 0 : 1);' 2>/dev/null || {
    echo 'example: PHP 8.1 or later is missing: sudo apt-get install -y php-cli' >&2
    exit 1
}
command -v npm >/dev/null || {
    echo 'example: node and npm are missing: sudo apt-get install -y nodejs npm' >&2
    exit 1
}
if [ -z "${IMQ_BIN:-}" ]; then
    (cd "$root" && cargo build --release -p imq)
    IMQ_BIN=${CARGO_TARGET_DIR:-$root/target}/release/imq
fi

# The page's library: sdk/js/README.md.
(cd "$root/sdk/js" && { [ -d node_modules ] || npm ci; } && npm run build) >&2

work=$(mktemp -d)
imq_pid=
php_pid=
finish() {
    trap - EXIT INT TERM
    for pid in $php_pid $imq_pid; do kill "$pid" 2>/dev/null || true; done
    wait
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Signs what the gateways ask the application: both have it in their environment.
IMQ_CALLOUT_SECRET=$(php -r 'echo "whsec_", base64_encode(random_bytes(32));')
export IMQ_CALLOUT_SECRET

# A loop that takes long says what it waits for.
tries=0
wait_for() {
    tries=$((tries + 1))
    [ $((tries % 50)) != 0 ] || echo "example: still waiting for $1" >&2
    sleep 0.1
}

"$IMQ_BIN" dev --port-base "$base" >"$work/imq.out" 2>"$work/imq.err" &
imq_pid=$!
until grep -q '^imq: ready' "$work/imq.out"; do
    kill -0 "$imq_pid" 2>/dev/null || {
        cat "$work/imq.err" >&2
        echo 'example: imq dev has ended; the lines above say why' >&2
        exit 1
    }
    wait_for 'imq dev to be ready'
done
admin_key=$(sed -n 's/^admin key: //p' "$work/imq.out")

IMQ_RPC="http://127.0.0.1:$((base + 90)) http://127.0.0.1:$((base + 91))"
IMQ_RPC_KEY=$(sed -n 's/^rpc key: //p' "$work/imq.out")
IMQ_GATEWAY="ws://127.0.0.1:$((base + 80))/imq/v1/ws"
IMQ_TOKEN_SECRET=$(php -r 'echo bin2hex(random_bytes(32));')
EXAMPLE_DATA=$work/data.json
export IMQ_RPC IMQ_RPC_KEY IMQ_GATEWAY IMQ_TOKEN_SECRET EXAMPLE_DATA

sed "s|@URL@|http://127.0.0.1:$port/imq|" "$here/cluster.toml" >"$work/cluster.toml"
IMQ_ADMIN_KEY=$admin_key php "$here/configure.php" "http://127.0.0.1:$((base + 100))" "$work/cluster.toml"

# One process is enough, and the only one that ends with a plain kill: imq waits for an answer, but
# nothing that the application asks of imq waits for the application.
php -S "127.0.0.1:$port" -t "$here/public" "$here/public/index.php" 2>"$work/php.err" &
php_pid=$!
# Asking the port would do as well for somebody else who has it.
until grep -q 'Development Server .* started' "$work/php.err"; do
    kill -0 "$php_pid" 2>/dev/null || {
        cat "$work/php.err" >&2
        echo "example: PHP's web server has ended; EXAMPLE_PORT can be another than $port" >&2
        exit 1
    }
    wait_for "PHP's web server"
done

echo "example: page http://127.0.0.1:$port/"
echo 'example: ready'
wait "$php_pid"
