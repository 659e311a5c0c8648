#!/usr/bin/env bats
# "Go on?" on a terminal: who is asked, what counts as yes, and that all else leaves nothing.

load terminal

setup() {
  setup_place
  export STUB_AZ_LOG=$place/log
  write_job
}

teardown() { close_terminal; }

# open_small: a terminal whose shell knows where invokes are logged.
open_small() {
  open_terminal 100 30
  type "export STUB_AZ_LOG='$STUB_AZ_LOG'; clear"
  until_screen '^ready\$ *$'
}

# asked [OPTION...]: a run that has come to its question.
asked() {
  type "clear; \$azfan run \$job --az \$stub/az $*; echo \"[\$?]\""
  until_screen '^Go on\? \[y/N\]'
}

# refused STATUS: it ended so, started nothing, and left nothing.
refused() {
  until_ended
  on_screen "^\[$1\]\$" || { screen; return 1; }
  on_screen '^azfan: nothing was started$'
  [ ! -e "$STUB_AZ_LOG" ]
  [ -z "$(find "$XDG_STATE_HOME/azfan/runs" -mindepth 1 ! -name .order)" ]
  nothing_is_left
}

# started COUNT: all is well, on so many VMs.
started() {
  until_ended
  on_screen '^\[0\]$' || { screen; return 1; }
  [ "$(wc -l <"$STUB_AZ_LOG")" = "$1" ]
}

@test "y and yes, in either case, start the run; the scope stands above the question" {
  open_small
  asked
  screen >"$place/seen"
  grep -qF 'azfan: a real run: 3 VMs in 1 resource group of 1 subscription, in one batch' "$place/seen"
  grep -qF 'azfan:   logged in as ops@example.com (user)' "$place/seen"
  grep -qF 'azfan:   subscription Test (00000000-0000-0000-0000-000000000001): 3 VMs' "$place/seen"
  grep -qF 'azfan:     rg: 3 VMs: vm-[1-3]' "$place/seen"
  [ ! -e "$STUB_AZ_LOG" ]
  type y
  started 3
  for answer in YES ' Yes '; do
    rm "$STUB_AZ_LOG"
    asked
    type "$answer"
    started 3
  done
}

@test "whatever is not yes is no: exit 2, nothing started, no folder" {
  open_small
  for answer in n no '' yesterday 'y n' 'yes please do that on all of them'; do
    asked
    type "$answer"
    refused 2
  done
}

@test "Ctrl-C and Ctrl-D are no" {
  open_small
  for key in C-c C-d; do
    asked
    keys "$key"
    refused 2
  done
}

@test "a signal that ends azfan ends it at the question, too, and leaves nothing" {
  open_small
  asked
  pkill -TERM -f "azfan run $job"
  refused 143
}

@test "Ctrl-Z at the question and back: it is asked again; in the background it waits" {
  open_terminal 100 30
  type "clear; \$azfan run \$job --az \$stub/az"
  until_screen '^Go on\? '
  keys C-z
  until_screen 'Stopped'
  type 'bg; clear'
  until_screen '^ready\$ *$'
  type 'fg; echo "[$?]"'
  until_screen '^Go on\? '
  pkill -STOP -f "azfan run $job"
  until_screen 'Stopped'
  type 'clear; fg; echo "[$?]"'
  until_screen '^Go on\? \[y/N\] *$'
  resize 50 30 # what comes after the question is as wide as the terminal is by then
  type y
  until_ended
  on_screen '^\[0\]$'
}

@test "--run-dir: a folder that was there stays, empty; one that was not goes" {
  open_small
  mkdir "$place/mine"
  asked --run-dir "$place/mine"
  type n
  until_ended
  [ -d "$place/mine" ]
  [ -z "$(ls -A "$place/mine")" ]
  asked --run-dir "$place/new"
  type n
  until_ended
  [ ! -e "$place/new" ]
}

@test "not asked: with --yes, by a rehearsal, as many as confirm allows, in the background, from or to a pipe" {
  open_small
  for run in "run \$job --az \$stub/az --yes" "run \$job --az \$stub/az -y" "rehearse \$job --limit vm-1" \
    "run \$job --az \$stub/az --confirm 3" "run \$job --az \$stub/az 2>&1 | cat" "run \$job --az \$stub/az </dev/null"; do
    type "clear; \$azfan $run; echo \"[\${PIPESTATUS[0]}]\""
    until_ended
    on_screen '^\[0\]$' || { screen; return 1; }
    ! on_screen 'Go on' || { screen; return 1; }
  done
  type "clear; \$azfan run \$job --az \$stub/az --run-dir \$place/run &"
  until_screen '^test: 3 ok of 3 targets'
  ! on_screen 'Go on' || return 1
}

@test "confirm of the job, and --confirm over it: asked only above so many" {
  write_job 'confirm: 2'
  open_small
  asked
  type n
  refused 2
  type "clear; \$azfan run \$job --az \$stub/az --confirm 3; echo \"[\$?]\""
  started 3
}

@test "rerun asks, before it waits for anything" {
  open_small
  STUB_AZ=exit1 STUB_AZ_LOG= "$azfan" run "$job" --az "$stub/az" --yes </dev/null >/dev/null 2>&1 || true
  type "clear; \$azfan rerun; echo \"[\$?]\""
  until_screen '^Go on\? '
  on_screen 'a real run: 3 VMs'
  type n
  until_ended
  on_screen '^\[2\]$'
  [ "$("$azfan" runs -q | wc -l)" = 1 ]
  [ ! -e "$STUB_AZ_LOG" ]
  type "clear; \$azfan rerun -q --now --again; echo \"[\$?]\"" # what is asked is shown all the same
  until_screen '^Go on\? '
  on_screen 'a real run: 3 VMs'
  type y
  started 3
}

@test "300 VMs in 100 groups and two subscriptions: the scope is a few lines; progress json asks by a note" {
  vms='web-[001-300]' write_job "batches: [1, 10%]"
  for i in $(seq 100); do
    sed -i "/^  vms:/s/\]\$/, {name: db-$i, resource_group: rg-db-$i, subscription: 00000000-0000-0000-0000-000000000002}]/" "$job"
  done
  open_small
  asked
  [ "$(screen | grep -c '^azfan: ')" -lt 20 ]
  on_screen '^azfan:     rg: 300 VMs: web-\[001-300\]$'
  on_screen '^azfan:   subscription Other \(.*2\): 100 VMs$'
  on_screen '^azfan:     and 91 more groups with 91 VMs: rg-db-\[10-100\]$'
  type n
  refused 2
  type "clear; \$azfan run \$job --az \$stub/az --progress json; echo \"[\$?]\""
  until_screen '"text":"Go on\? \[y/N\]'
  type n
  until_screen '"text":"nothing was started"'
  until_ended
}

# begin_elsewhere: the same job, by an azfan without a terminal, that waits at the gate with all its VMs.
begin_elsewhere() {
  export STUB_AZ_COUNT=$place/count
  mkdir -p "$STUB_AZ_COUNT"
  STUB_AZ=gate "$azfan" run "$job" --az "$stub/az" --run-dir "$place/elsewhere" >"$place/elsewhere.out" 2>&1 3>&- &
  elsewhere=$!
  wait_for grep -qs vm-3 "$STUB_AZ_LOG"
}

end_elsewhere() {
  touch "$STUB_AZ_COUNT/go"
  wait "$elsewhere"
}

@test "who thinks about the answer is in nobody's way; whose VMs are taken meanwhile starts nothing" {
  open_terminal 140 30
  asked
  begin_elsewhere
  type y
  until_ended
  on_screen '^\[2\]$' || { screen; return 1; }
  # -J: a blank at the end of a line that is wrapped stays.
  tmux -S "$socket" capture-pane -p -J -S - | tr -s ' \n' ' ' | grep -q 'elsewhere has been going on since .* with 3 of these 3 VMs: vm-\[1-3\]'
  everything | grep -q '^azfan: nothing was started, because two runs on one VM'
  [ "$(wc -l <"$STUB_AZ_LOG")" = 3 ]
  [ -z "$(find "$XDG_STATE_HOME/azfan/runs" -mindepth 1 ! -name .order)" ]
  end_elsewhere
}

@test "a run whose VMs another run has is refused before anybody is asked; with --overlap it is told, once, and asks" {
  open_terminal 140 30
  begin_elsewhere
  type "clear; \$azfan run \$job --az \$stub/az; echo \"[\$?]\""
  until_ended
  on_screen '^\[2\]$' || { screen; return 1; }
  off_screen 'Go on'
  asked --overlap
  type y
  until_ended
  on_screen '^\[0\]$' || { screen; return 1; }
  [ "$(screen | grep -c 'has been going on since')" = 1 ]
  end_elsewhere
}
