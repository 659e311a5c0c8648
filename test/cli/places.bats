#!/usr/bin/env bats
# Where azfan's own files lie: nobody else gets at them, and what happens when they go.

load helper

setup() {
  setup_place
  export TMPDIR=$place/tmp
  mkdir -m 700 "$TMPDIR"
  paths=$place/paths # of the scripts that az was given; "gone" where there was none
  cat >"$place/az" <<EOF
#!/bin/bash
for word; do
  case \$word in @*) [ -s "\${word#@}" ] && echo "\${word#@}" || echo gone ;; esac
done >>"$paths"
exec "$stub/az" "\$@"
EOF
  chmod +x "$place/az"
}

be_root() { [ "$(id -u)" = 0 ] || skip "only root can give a folder away, or mount one"; }

run_here() { run "$azfan" run "$job" --az "$place/az" --run-dir "$place/run" "$@"; }

# ---- where they lie ------------------------------------------------------------------------------

# scripts_were_in FOLDER: of all three VMs.
scripts_were_in() {
  [ "$(grep -c "^$1/azfan-" "$paths")" = 3 ] || { echo "not in $1: $(cat "$paths")"; return 1; }
}

@test "scripts lie in XDG_RUNTIME_DIR, if nobody else can write there; else in TMPDIR" {
  write_job
  run_here
  [ "$status" = 0 ]
  scripts_were_in "$XDG_RUNTIME_DIR"
  mkdir "$place/open"
  mkdir -m 700 "$place/open/own"
  chmod 777 "$place/open"
  chmod 770 "$XDG_RUNTIME_DIR"
  for bad in "$XDG_RUNTIME_DIR" "$place/open" "$place/open/own" "$place/none" relative; do
    rm -rf "$place/run" "$paths"
    XDG_RUNTIME_DIR=$bad run_here
    [ "$status" = 0 ] || { echo "$bad: $output"; return 1; }
    scripts_were_in "$TMPDIR"
  done
  nothing_is_left
}

@test "root's scripts do not lie where another user could exchange them" {
  be_root
  write_job
  theirs=$place/theirs
  mkdir -p "$theirs/in" "$theirs/sticky" "$place/own"
  ln -s "$place/own" "$place/link"
  chmod 700 "$theirs" "$theirs/in" "$place/own"
  chmod 1777 "$theirs/sticky"
  chown -h 12345:12345 "$theirs" "$place/link"
  for bad in "$theirs" "$theirs/in" "$theirs/sticky" "$place/link"; do
    rm -rf "$place/run" "$paths"
    XDG_RUNTIME_DIR=$bad run_here
    [ "$status" = 0 ] || { echo "$bad: $output"; return 1; }
    scripts_were_in "$TMPDIR"
  done
}

@test "no place for scripts: exit 1, and what to do" {
  be_root
  unshare -m true || skip "no file system can be mounted here"
  mkdir "$place/kit" # which is to be found where /tmp is another one
  cp "$azfan" "$place/kit/azfan"
  cp "$top/jobs/demo.yaml" "$place/kit"
  run unshare -m sh -c 'mount --bind "$1" /mnt && mount -t tmpfs -o mode=777 none /tmp && cd / && exec env TMPDIR=/nowhere XDG_RUNTIME_DIR=relative /mnt/azfan rehearse /mnt/demo.yaml' sh "$place/kit"
  [ "$status" = 1 ]
  [ "${#lines[@]}" = 1 ]
  [[ $output == *"name one in TMPDIR"*"/nowhere"*"others can write to /tmp (mode 0777)"* ]]
}

@test "a run folder that others could exchange is refused, wherever on its way, and nothing is started" {
  write_job
  mkdir "$place/open" "$place/group" "$place/sticky"
  chmod 777 "$place/open"
  chmod 775 "$place/group"
  chmod 1777 "$place/sticky"
  refused=("$place/open" "$place/open/a/b")
  if [ "$(id -u)" = 0 ]; then
    chgrp 12345 "$place/group"
    mkdir "$place/theirs" "$place/mine"
    ln -s mine "$place/link"
    chown -h 12345 "$place/theirs" "$place/link"
    refused+=("$place/group" "$place/theirs" "$place/link")
  fi
  for folder in "${refused[@]}"; do
    run "$azfan" run "$job" --az "$place/az" --run-dir "$folder/run"
    [ "$status" = 1 ] || { echo "$folder: $output"; return 1; }
    [ "${#lines[@]}" = 1 ]
    [[ $output == *"cannot use $folder/run: "* ]] || { echo "$output"; return 1; }
    XDG_STATE_HOME=$folder run "$azfan" run "$job" --az "$place/az"
    [ "$status" = 1 ] || { echo "$folder: $output"; return 1; }
  done
  cd "$place/open"
  run "$azfan" run "$job" --az "$place/az" --run-dir run
  [ "$status" = 1 ]
  [ ! -e "$paths" ]
  [ -z "$(find "$place/open" "$place/group" -mindepth 1)" ]
  run "$azfan" run "$job" --az "$place/az" --run-dir "$place/sticky/a/run"
  [ "$status" = 0 ] || { echo "$output"; return 1; }
  nothing_is_left
}

# ---- when they go --------------------------------------------------------------------------------

# start_at_gate: 20 VMs, five at once, each of which has read its script and waits for `open_gate`.
start_at_gate() {
  export STUB_AZ_COUNT=$place/count
  mkdir -p "$STUB_AZ_COUNT"
  rm -rf "$paths" "$STUB_AZ_COUNT/go" "$place/run"
  vms='vm-[01-20]' write_job "concurrency: 5"
  STUB_AZ=gate "$azfan" run "$job" --az "$place/az" --run-dir "$place/run" >"$place/out" 2>&1 3>&- &
  pid=$!
  wait_for read_by 5
}

read_by() { [ "$(wc -l <"$paths")" -ge "$1" ]; }
open_gate() { : >"$STUB_AZ_COUNT/go"; }
end() {
  status=0
  wait "$pid" 2>/dev/null || status=$?
}

# all_had_their_script: not one az got the name of a file that is not there, which it would send.
all_had_their_script() {
  [ "$status" = 0 ] || { echo "$status"; cat "$place/out"; return 1; }
  [ "$(value .counts.ok)" = 20 ]
  [ "$(grep -c /azfan- "$paths")" = 20 ]
  ! grep -q gone "$paths"
}

@test "the folder of scripts is removed, or renamed, in the middle: it is made anew" {
  start_at_gate
  rm -rf "$XDG_RUNTIME_DIR"/azfan-*
  open_gate
  end
  all_had_their_script
  start_at_gate
  for folder in "$XDG_RUNTIME_DIR"/azfan-*; do mv "$folder" "$folder-old"; done
  open_gate
  end
  all_had_their_script
  [ -z "$(ls -A "$XDG_RUNTIME_DIR"/azfan-*-old)" ] # no script is left in it
}

@test "the file system of the scripts is unmounted in the middle: the folder is made anew" {
  be_root
  mount -t tmpfs -o mode=700 none "$XDG_RUNTIME_DIR" 2>/dev/null || skip "no file system can be mounted here"
  start_at_gate
  umount -l "$XDG_RUNTIME_DIR"
  open_gate
  end
  all_had_their_script
  nothing_is_left
}

# ---- what is left --------------------------------------------------------------------------------

# leave_one: what an azfan left that was killed; no az of it is left.
leave_one() {
  start_at_gate
  kill -KILL "$pid"
  end
  open_gate
  wait_for idle
}

idle() { [ -z "$(env -u XDG_RUNTIME_DIR grep -lzsF "XDG_RUNTIME_DIR=$place/" /proc/[0-9]*/environ)" ]; }

@test "what a killed azfan left goes, however much else goes on beside it" {
  leave_one
  write_job
  run "$azfan" run "$job" --az "$place/az" -q
  [ -n "$(ls "$XDG_RUNTIME_DIR")" ] # an az might still be reading
  touch -d '11 minutes ago' "$XDG_RUNTIME_DIR"/azfan-*/*
  : >"$XDG_RUNTIME_DIR/other"
  run "$azfan" run "$job" --az "$place/az" -q
  [ "$status" = 0 ]
  [ "$(ls "$XDG_RUNTIME_DIR")" = other ]
}

@test "what a run has that goes on stays, however old it is" {
  start_at_gate
  touch -d '3 days ago' "$XDG_RUNTIME_DIR"/azfan-*/* "$XDG_RUNTIME_DIR"/azfan-* "$XDG_RUNTIME_DIR"
  run env -u STUB_AZ_COUNT "$azfan" run "$job" --limit vm-01 --az "$stub/az" -q --overlap
  [ "$status" = 0 ]
  open_gate
  end
  all_had_their_script
  nothing_is_left
}

@test "no core is left, whatever signal ends azfan: a secret would be in it" {
  cat >"$place/end-by.py" <<'EOF'
import os, signal, sys, time
number = signal.Signals["SIG" + sys.argv[1]]
pid = os.posix_spawn(sys.argv[3], sys.argv[3:], os.environ, setsigdef=[signal.SIGQUIT])
for _ in range(1000):
    if os.path.exists(sys.argv[2]) and len(open(sys.argv[2]).readlines()) >= 3: break
    time.sleep(0.01)
os.kill(pid, number)
status = os.waitpid(pid, 0)[1]
if os.WTERMSIG(status) != number or os.WCOREDUMP(status): sys.exit("it ended with %#x" % status)
EOF
  cd "$place"
  ulimit -c unlimited 2>/dev/null || skip "no core can be left here"
  (python3 -c 'import os; os.abort()') || true
  rm core* 2>/dev/null || skip "no core is left here"
  export STUB_AZ_COUNT=$place/count
  mkdir "$STUB_AZ_COUNT"
  write_job "kill_grace: 100ms"
  # A sanitizer would end it in its own way.
  export ASAN_OPTIONS=${ASAN_OPTIONS:-}:handle_segv=0 TSAN_OPTIONS=${TSAN_OPTIONS:-}:handle_segv=0
  for signal in QUIT ABRT SEGV; do
    rm -rf "$paths" run
    STUB_AZ=gate python3 end-by.py "$signal" "$paths" "$azfan" run "$job" --az "$place/az" --run-dir run >out 2>&1 3>&- ||
      { cat out; return 1; }
  done
  [ -z "$(find . -name 'core*')" ]
  open_gate
  wait_for idle
}

# ---- what else ends ------------------------------------------------------------------------------

hanging() { [ "$(pgrep -P "$pid" -fc simulated-az)" -ge 3 ]; }
gone() { ! kill -0 "$@" 2>/dev/null; }

@test "what a killed rehearsal has started ends with it" {
  write_job
  "$azfan" rehearse "$job" --inject 'vm-[1-2]=hang' --inject vm-3=stubborn --run-dir "$place/run" >"$place/out" 2>&1 3>&- &
  pid=$!
  wait_for hanging
  mapfile -t left < <(pgrep -P "$pid" -f simulated-az)
  kill -KILL "$pid"
  end
  for one in "${left[@]}"; do
    wait_for gone "$one" || { kill -KILL "${left[@]}"; return 1; }
  done
}

@test "no memory: one line says so, exit 1" {
  vms='a-[00001-50000]", "b-[00001-49999]' write_job
  run bash -c "ulimit -v 8000000; exec '$azfan' targets '$job' >/dev/null"
  [ "$status" = 0 ] || skip "memory cannot be limited here"
  for limit in 65000 60000 55000 50000 45000 40000; do
    run bash -c "ulimit -v $limit; exec '$azfan' targets '$job' 2>&1 >/dev/null"
    [ "$status" = 0 ] || break
  done
  [ "$status" = 1 ]
  [ "${#lines[@]}" = 1 ]
  [[ $output == "azfan: out of memory"* ]]
}
