# shellcheck shell=sh
# Sourced by scripts/check and scripts/test, in the root of the project: named steps whose output is shown only if they fail.

export CARGO_TERM_COLOR=never
logs=$PWD/target/test
mkdir -p "$logs"
passed=0
failed=
unchecked=

# step NAME COMMAND…: continues whatever happens, so that one run shows everything. A command that exits with 77 could not
# check: that is neither a success nor a fault of the current change, and the last line says so.
step() {
    name=$1 begun=$(date +%s)
    shift
    if "$@" >"$logs/$name.log" 2>&1 </dev/null; then
        passed=$((passed + 1)) outcome=ok
    elif [ $? = 77 ]; then
        unchecked="$unchecked $name" outcome='NOT CHECKED'
    else
        failed="$failed $name" outcome=FAILED
    fi
    printf '%-14s %-11s %5d s\n' "$name" "$outcome" "$(($(date +%s) - begun))"
    if [ "$outcome" != ok ]; then sed 's/^/    /' "$logs/$name.log"; fi
}

# Targets that `test = false` and `bench = false` keep out of `--all-targets` are named.
lint() {
    cargo clippy --quiet --locked --workspace --all-targets -- -D warnings &&
        cargo clippy --quiet --locked --test counterparts --bench commands -- -D warnings &&
        cargo clippy --quiet --locked --package jit-access --test deployed -- -D warnings &&
        cargo clippy --quiet --locked --package iam-evaluate --test simulate --bench evaluate -- -D warnings
}

# The tests that need only Rust and the system's shells: .config/nextest.toml says how they run.
tests() { cargo nextest run --locked --workspace "$@"; }

# Code that must not compile, and the examples in the documentation.
examples() { cargo test --quiet --locked --workspace --doc; }

# verdict WHERE: the last line, with the number of tests that passed, and the exit code.
verdict() {
    if [ -n "$failed" ]; then
        echo "${0##*/}: $passed steps passed, failed:$failed${unchecked:+, not checked:$unchecked}"
        exit 1
    fi
    count=$(cat "$logs/tests.log" "$logs/counterparts.log" 2>/dev/null |
        sed -n 's/^ *Summary .* \([0-9]*\) passed.*/\1/p' | awk '{ sum += $1 } END { print sum + 0 }')
    echo "${0##*/}: $passed steps passed, 0 failed${unchecked:+, NOT CHECKED:$unchecked}; $count tests $1"
}
