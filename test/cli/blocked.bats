#!/usr/bin/env bats
# What never comes back holds up nobody for ever: a program's file, a disk, a zombie.

load helper

setup() {
  setup_place
  cp "$stub/az" "$place/az"
  log=$place/log
  : >"$log"
}

teardown() {
  local pid
  for pid in ${holder:+"$holder"} ${pid:+"$pid"}; do
    kill -KILL "$pid" 2>/dev/null || true
  done
}

# start [OPTION...]: azfan in the background, its process id in `pid`. Every shell has SIGINT ignored
# in a background job; this one has not.
start() {
  STUB_AZ_LOG=$log perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' \
    "$azfan" run "$job" --az "${az:-$place/az}" --run-dir "$place/run" "$@" >"$place/out" 2>"$place/errors" 3>&- &
  pid=$!
}

# end: waits for what was started; its status is in `status`.
end() {
  status=0
  wait "$pid" 2>/dev/null || status=$?
  pid=
}

# logged COUNT: so many invokes have begun.
logged() { [ "$(wc -l <"$log")" -ge "$1" ]; }

# hold_az: from now on nobody gets az's file from its disk. A lease does that: who opens the file waits
# until its owner gives it back, and this one does not.
hold_az() {
  perl -e '$SIG{IO} = "IGNORE"; open my $file, "<", $ARGV[0] or die $!;
    until (fcntl $file, 1024, 1) { # F_SETLEASE, F_WRLCK: while nobody has the file open or runs it
      unless ($!{EAGAIN}) { open my $mark, ">", $ARGV[2]; exit }
      select undef, undef, undef, 0.0005 }
    open my $mark, ">", $ARGV[1]; sleep 40' "$place/az" "$place/held" "$place/no-leases" 3>&- &
  holder=$!
  wait_for eval '[ -e "$place/held" ] || [ -e "$place/no-leases" ]'
  [ -e "$place/held" ] || skip "no leases here"
}

# Somebody waits for the file that is held.
start_hangs() { grep -qE "LEASE +BREAKING .* $holder " /proc/locks; }

@test "az's file hangs in the middle: each start is given up in its time, and is known not to have run" {
  vms='vm-[001-200]' write_job 'timeout: 1s' 'script_timeout: 500ms' 'concurrency: 1' 'max_failures: 1'
  export STUB_AZ_MS=10
  start
  wait_for logged 2
  hold_az
  end
  [ "$status" = 6 ] || { cat "$place/errors"; return 1; }
  # Each of the two: its time, and a second in which it may still come. The rest is slack.
  [ "$(value '[.targets[] | select(.outcome == "error") | .duration_s | . >= 2 and . < 5] == [true, true]')" = true ]
  [ "$(value '[.targets[] | select(.reason == "start" and .script_started == "no")] | length')" = 2 ]
  # What is told to have been started was, and nothing else.
  [ "$(wc -l <"$log")" = "$(value .counts.ok)" ]
  [ "$(value '.counts.ok + .counts.skipped')" = 198 ]
  grep -qF "$place/az could not be loaded" "$place/out"
  nothing_is_left_of_it
}

# The holder of the lease is ours.
nothing_is_left_of_it() {
  kill -PIPE "$holder" # of which the shell says nothing
  wait "$holder" 2>/dev/null || true
  holder=
  nothing_is_left
}

@test "az's file hangs for long: Ctrl-C twice gives the start up at once" {
  vms='vm-[001-200]' write_job 'concurrency: 1'
  export STUB_AZ_MS=10
  start
  wait_for logged 2
  hold_az
  wait_for start_hangs # else the first Ctrl-C may find none, and then none is begun
  begun=$EPOCHREALTIME
  kill -INT "$pid"
  wait_for grep -qF 'no new starts' "$place/errors"
  kill -INT "$pid"
  end
  within 6 "$begun"
  [ "$status" = 130 ]
  [ "$(value '.counts.ok + .counts.error + .counts.skipped')" = 200 ]
  [ "$(value '[.targets[] | select(.reason == "start" and .script_started == "no")] | length')" = 1 ]
  [ "$(wc -l <"$log")" = "$(value .counts.ok)" ]
  nothing_is_left_of_it
}

# ---- a disk that does not answer -----------------------------------------------------------------

# make_disk_hang: a library that holds up every fdatasync() as long as the file $place/hang is there.
make_disk_hang() {
  [ "$(basename "$(dirname "$(readlink -f "$azfan")")")" != asan ] || skip "its runtime wants to come first"
  cat >"$place/hang.c" <<'C'
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
int fdatasync(int fd) {
    const char *hang = getenv("HANG");
    if (access(hang, F_OK) == 0) symlink("x", getenv("HANGS"));
    while (access(hang, F_OK) == 0) usleep(5000);
    return (int)syscall(SYS_fdatasync, fd);
}
C
  "${CC:-cc}" -shared -fPIC -o "$place/hang.so" "$place/hang.c" 2>/dev/null || skip "no compiler"
  export HANG=$place/disk-hangs HANGS=$place/held
}

# start_on_it: a run of which two targets hang, on a disk that does so when the next line is written.
start_on_it() {
  vms='vm-[1-8]' write_job 'timeout: 60s' 'concurrency: 2' 'kill_grace: 1s'
  az=$stub/az
  export STUB_AZ=hang:$1
  LD_PRELOAD=$place/hang.so start
  wait_for children "$pid" 2
  : >"$HANG"
  begun=$EPOCHREALTIME
  kill -INT "$pid"
  wait_for test -h "$HANGS"
}

none_naps() { [ "$(pgrep -P "$pid" -fc 'nap|stubborn')" = 0 ]; }

@test "the disk hangs: the second Ctrl-C stops what runs all the same, and all is told when it is back" {
  make_disk_hang
  start_on_it nap:30000
  kill -INT "$pid"
  wait_for none_naps
  rm "$HANG"
  end
  [ "$status" = 130 ]
  [ "$(value .counts.cancelled)" = 2 ]
  [ "$(value .counts.skipped)" = 6 ]
  nothing_is_left
}

@test "the disk hangs: the third Ctrl-C ends azfan and what it has started" {
  make_disk_hang
  start_on_it stubborn
  wait_for pending_none
  kill -INT "$pid"
  wait_for pending_none
  kill -INT "$pid"
  end
  within 8 "$begun"
  [ "$status" = 130 ]
  wait_for no_process_is_left
  # What is on disk says that two were started; nobody knows more, and the folder is nobody's now.
  [ "$(jq -rR 'fromjson? | .event' "$place/run/journal.jsonl" | grep -c start)" = 2 ]
  rm "$HANG"
  run "$azfan" report "$place/run"
  [ "$status" = 0 ]
  [[ $output == *"interrupted"* ]]
}

# A second SIGINT is another one only when the first has been read.
pending_none() { ! grep -qE '^ShdPnd:.*2$' "/proc/$pid/status"; }

no_process_is_left() {
  ! env -u XDG_RUNTIME_DIR grep -lzsF "XDG_RUNTIME_DIR=$place/" /proc/[0-9]*/environ
}
