# SPDX-License-Identifier: MIT
#
# What every test with the real az needs: a simulated Azure of the file's own, to which az is logged in.

SUBSCRIPTION=00000000-0000-0000-0000-000000000001

# Not in setup_file, where this bats takes a skip for a failure.
missing_program() {
  local program
  for program in az openssl; do
    command -v "$program" >/dev/null || { echo "$program is not installed: .ci/deps azure"; return 0; }
  done
  return 1
}

setup_file() {
  ! missing_program >/dev/null || return 0
  # What the person at this machine has set for az must not decide about these tests.
  [ -z "${!AZURE_*}" ] || unset "${!AZURE_@}"
  eval "$("$BATS_TEST_DIRNAME/start" $$)"
}

teardown_file() {
  [ -z "${ARM_HOME:-}" ] || "$BATS_TEST_DIRNAME/stop"
}

setup() {
  local reason
  ! reason=$(missing_program) || skip "$reason"
  T=$BATS_TEST_TMPDIR
  AZFAN=${AZFAN:-$BATS_TEST_DIRNAME/../../build/azfan}
}

# What a failed test has left running; in-session passes the signal on.
teardown() {
  jobs -p | xargs -r kill 2>/dev/null || :
}

control() {
  "$BATS_TEST_DIRNAME/control" "$@"
}

in_session() {
  "$BATS_TEST_DIRNAME/in-session" "$@" 3>&-
}

# alive PID...: whether one of them is a process, and not just one that nobody has waited for
alive() {
  local pid state
  for pid; do
    state=$(sed 's/.*) //; s/ .*//' "/proc/$pid/stat" 2>/dev/null) || continue
    [ "$state" = Z ] || return 0
  done
  return 1
}

# wait_for COMMAND...: until it succeeds; at most 60 s
wait_for() {
  local count
  for ((count = 0; count < 600; count++)); do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.1
  done
  echo "waited in vain for: $*"
  return 1
}
