# SPDX-License-Identifier: MIT
#
# What every test of the program from outside needs. AZFAN is the program, else build/azfan.

setup_place() {
  top=$BATS_TEST_DIRNAME/../..
  azfan=${AZFAN:-$top/build/azfan}
  stub=$top/build/stub
  place=$BATS_TEST_TMPDIR
  # Everything that azfan makes goes here, and can be looked for here afterwards.
  export XDG_STATE_HOME=$place/state XDG_RUNTIME_DIR=$place/runtime HOME=$place/home
  mkdir -p "$HOME"
  mkdir -p -m 700 "$XDG_RUNTIME_DIR" # with a umask of 002 azfan would not take it
  unset AZFAN_AZ AZFAN_CLIENT NO_COLOR STUB_AZ STUB_AZ_FOR STUB_AZ_ELSE STUB_AZ_LOG STUB_AZ_MS STUB_AZ_COUNT STUB_AZ_TOKEN
  job=$place/job.yaml
  report=$place/run/report.json
}

# job [LINE...]: a job file for vm-[1-3] with more lines at its top level.
write_job() {
  {
    cat <<EOF
version: 1
name: test
script:
  inline: echo hello
targets:
  resource_group: rg
  vms: ["${vms:-vm-[1-3]}"]
EOF
    printf '%s\n' "$@"
  } >"$job"
}

run_job() { run "$azfan" run "$job" --az "$stub/az" --run-dir "$place/run" "$@"; }

# value FILTER: from the report.
value() { jq -r "$1" "$report"; }

outcome_of() { value ".targets[] | select(.name == \"$1\") | .outcome + \" \" + .reason"; }

# No process that azfan started, and no temporary folder, may outlive it. What it started has our
# folder in its environment, whatever it calls itself.
nothing_is_left() {
  local left
  left=$(find "$XDG_RUNTIME_DIR" -mindepth 1)
  [ -z "$left" ] || { echo "left behind: $left"; return 1; }
  left=$(env -u XDG_RUNTIME_DIR grep -lzsF "XDG_RUNTIME_DIR=$place/" /proc/[0-9]*/environ || true)
  [ -z "$left" ] || { echo "still running: $left"; return 1; }
}

# children PID COUNT: PID has at least COUNT children that hang.
children() { [ "$(pgrep -P "$1" -fc 'nap|stubborn')" -ge "$2" ]; }

# within SECONDS START: no more than that have passed since START ($EPOCHREALTIME), and ten more for a machine with
# other things to do: what hangs in these tests hangs longer.
within() { awk -v limit="$1" -v start="$2" -v now="$EPOCHREALTIME" 'BEGIN { exit !(now - start <= limit + 10) }'; }

# wait_for COMMAND...: until it succeeds; at most a minute.
wait_for() {
  local until=$((SECONDS + 60))
  while [ "$SECONDS" -lt "$until" ]; do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.05
  done
  echo "waited in vain for: $*"
  return 1
}
