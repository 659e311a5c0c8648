#!/usr/bin/env bats
# The live view, as a person sees it: in a terminal that is typed into, resized and left.

load terminal

setup() {
  setup_place
  mkdir "$place/gate"
}

teardown() {
  close_terminal
}

# A run of 12 VMs, of which three wait for open_gate.
hold='STUB_AZ=gate STUB_AZ_FOR=/vm-1 STUB_AZ_COUNT=$place/gate'
open_gate() { touch "$place/gate/go"; }

job_of_12() { vms='vm-[01-12]' write_job "concurrency: 4" "timeout: 60s" "$@"; }

results() { everything | grep -cE '^\[[ 0-9]+/12\] vm-[0-9]+ +ok '; }

no_residue() { [ "$(residue)" = 0 ] || { everything; return 1; }; }

@test "80x24: what has ended scrolls by, the lines at the bottom say what runs; at the end none is left" {
  job_of_12
  open_terminal 80 24
  run_in_terminal "$hold" ""
  until_screen '^9 ok +3 running$'
  screen >"$place/screen"
  grep -qE '^━+─+ 9 of 12  [0-9]+s' "$place/screen" || { cat "$place/screen"; return 1; }
  grep -qE '^  vm-10  [0-9]+s of 30s \(script_timeout\)$' "$place/screen"
  grep -qE '^\[ 9/12\] vm-0[1-9]  ok ' "$place/screen"
  open_gate
  until_ended
  no_residue
  [ "$(results)" = 12 ]
  on_screen '^test: 12 ok of 12 targets'
  on_screen '^\[0\]$'
  nothing_is_left
}

@test "what failed stays in sight while all else scrolls by; --quiet leaves out the ok lines, not the display" {
  vms='vm-[01-40]' write_job "concurrency: 4" "timeout: 60s"
  cat >"$place/script" <<EOF
case \$AZFAN_TARGET in
vm-02) echo 'no such "unit"' >&2; exit 5 ;;
vm-40) while ! [ -e $place/gate/go ]; do sleep 0.1; done ;;
esac
EOF
  sed -i "s|inline: .*|file: script|" "$job"
  open_terminal 80 24
  type "\$azfan rehearse \$job --execute -q --run-dir \$place/run; echo \"[\$?]\""
  until_screen '^38 ok +1 failed +1 running$'
  screen >"$place/screen"
  grep -qE '^test  REHEARSAL  Ctrl-C: no new starts$' "$place/screen" || { cat "$place/screen"; return 1; }
  grep -qF '  vm-02  failed  exit 5: no such "unit"' "$place/screen"
  grep -qE '^\[ *[0-9]+/40\] vm-02 +failed .* exit 5: no such "unit"$' "$place/screen"
  [ "$(everything | grep -cE '^\[.* ok ')" = 0 ]
  open_gate
  until_ended
  no_residue
}

@test "40x10: no line is wrapped, and most of the screen is left for what has ended" {
  job_of_12
  open_terminal 40 10
  run_in_terminal "$hold" ""
  until_screen '^9 ok +3 running$'
  screen >"$place/screen"
  grep -qE '^━+─+ 9 of 12  [0-9]+s' "$place/screen" || { cat "$place/screen"; return 1; }
  [ "$(grep -cE '^\[[ 0-9]+/12\]' "$place/screen")" -ge 4 ]
  open_gate
  until_ended
  no_residue
}

# The display stands once on the terminal: neither a second one, nor pieces of an older one.
drawn_once() {
  [ "$(everything | grep -cE '(^|[─-] )9 of 12  ')" = 1 ] && [ "$(everything | grep -c '9 ok  3 running')" = 1 ]
}

seconds_shown() { screen | sed -nE 's/.*9 of 12  ([0-9]+)s(,.*)?$/\1/p' | tail -n 1; }
drawn_since() { [ "$(seconds_shown)" -ge "$1" ]; } 2>/dev/null

@test "a terminal that shrinks and grows keeps one display, and no residue" {
  job_of_12
  open_terminal 100 30
  run_in_terminal "$hold" ""
  until_screen '9 ok +3 running$'
  for size in "60 30" "37 20" "120 12" "25 8" "90 40"; do
    seen=$(seconds_shown)
    resize $size
    # As long as azfan has not drawn again what is seen is the terminal's own work.
    wait_for drawn_since $((seen + 2))
    wait_for drawn_once || { everything; return 1; }
  done
  open_gate
  until_ended
  no_residue
}

# A run in two rows shows a line of nothing but the count.
shown_at() { [ "$(screen | grep -c ' of 12')" = 1 ] && screen | tail -n "$1" | grep -q ' of 12'; }

@test "20x5 and back, a split to two lines and back: no copy of the display stays, also not for who scrolls back" {
  job_of_12
  open_terminal 80 24
  run_in_terminal "$hold" ""
  until_screen '9 ok +3 running$'
  screen >"$place/before"
  resize 20 5
  wait_for shown_at 2
  screen | grep -q '^test  Test$'
  resize 80 24
  wait_for drawn_once || { everything; return 1; }
  tmux -S "$socket" split-window -l 21 'exec sleep 100'
  wait_for two_rows
  tmux -S "$socket" kill-pane
  until_screen '9 ok +3 running$'
  wait_for drawn_once || { everything; return 1; }
  # And every result is where it was.
  screen | grep '^\[' | diff - <(grep '^\[' "$place/before")
  open_gate
  until_ended
  no_residue
  [ "$(results)" = 12 ]
}
two_rows() { tmux -S "$socket" capture-pane -p -t 0 | grep -q ' of 12' && [ "$(tmux -S "$socket" capture-pane -p -t 0 | wc -l)" = 2 ]; }

@test "results that come while the terminal is too low are shown when it is high again" {
  job_of_12
  open_terminal 80 24
  run_in_terminal "$hold" ""
  until_screen '9 ok +3 running$'
  resize 80 4
  wait_for shown_at 2
  open_gate
  until_ended
  resize 80 24
  until_screen '^test: 12 ok of 12 targets'
  [ "$(results)" = 12 ] || { everything; return 1; }
}

storm() {
  for size in "33 8" "12 3" "100 30" "80 2" "20 5" "60 10" "12 3" "120 40" "20 5" "80 6" "37 20" "12 24" "80 24"; do
    resize $size
  done
}

@test "a storm of resizes leaves one display and every result" {
  job_of_12
  open_terminal 80 24
  run_in_terminal "$hold" ""
  until_screen '9 ok +3 running$'
  seen=$(seconds_shown)
  storm
  wait_for drawn_since $((seen + 2))
  wait_for drawn_once || { everything; return 1; }
  [ "$(results)" = 9 ] || { everything; return 1; }
  open_gate
  until_ended
  no_residue
}

@test "a run that ends in a storm of resizes loses no result" {
  job_of_12
  open_terminal 80 24
  run_in_terminal "$hold" ""
  until_screen '9 ok +3 running$'
  storm
  open_gate
  until_ended
  [ "$(results)" = 12 ] || { everything; return 1; }
}

@test "a display that begins in the first row of the screen leaves nothing behind" {
  job_of_12
  open_terminal 80 24
  type "clear; $hold \$azfan run \$job --yes -q --az \$stub/az --run-dir \$place/run; echo \"[\$?]\""
  until_screen '9 ok +3 running$'
  screen | sed -n '$!{1p;q}' | grep -q '^test  '
  for size in "80 5" "80 24"; do
    seen=$(seconds_shown)
    resize $size
    wait_for drawn_since $((seen + 1))
  done
  wait_for drawn_once || { everything; return 1; }
  open_gate
  until_ended
  no_residue
}

past() { [ "$SECONDS" -gt "$1" ]; }

@test "SIGSTOP from outside: what the shell says of it stays, and the display goes on below" {
  job_of_12
  open_terminal 80 24
  type "$hold \$azfan run \$job --yes --az \$stub/az --run-dir \$place/run"
  until_screen '9 ok +3 running'
  pkill -STOP -f "^$azfan run $job"
  until_screen 'Stopped'
  wait_for past $((SECONDS + 3)) # nobody types faster
  type fg
  until_screen '^azfan: continued: 9 of 12 have ended, 3 running'
  until_screen '9 ok +3 running$'
  everything | grep -q 'Stopped' || { everything; return 1; }
  [ "$(results)" = 9 ]
  open_gate
  until_screen '^test: 12 ok of 12 targets'
  [ "$(results)" = 12 ]
}

@test "SIGSTOP and SIGCONT where no shell takes the terminal meanwhile: one display, where it was" {
  job_of_12
  open_terminal 80 24
  type "export $(printf '%s ' "${hold//\$place/$place}") azfan stub place job; sh -c '\$azfan run \$job --yes --az \$stub/az --run-dir \$place/run; true'"
  until_screen '9 ok +3 running'
  pkill -STOP -f "^$azfan run $job"
  wait_for past $((SECONDS + 3))
  pkill -CONT -f "^$azfan run $job"
  until_screen '^azfan: continued'
  wait_for drawn_once || { everything; return 1; }
  open_gate
  until_screen '^test: 12 ok of 12 targets'
  no_residue
}

same_settings() { [ "$(grep -ac '^settings: ' "$raw")" = 2 ] && [ "$(settings 2)" = "$(settings 1)" ]; }

@test "Ctrl-C drains, again stops; the display says so and goes, and the shell has its terminal back" {
  job_of_12 "kill_grace: 300ms"
  open_terminal 80 24
  show_settings
  run_in_terminal "STUB_AZ=hang:nap:20000 STUB_AZ_FOR=/vm-1" ""
  until_screen '9 ok +3 running'
  keys C-c
  until_screen 'waiting for 3 still running'
  until_screen '3 running +no new starts'
  keys C-c
  until_screen '^ready\$ *$'
  no_residue
  everything | grep -q 'Stopped by SIGINT'
  show_settings
  wait_for same_settings
  nothing_is_left
}

@test "Ctrl-Z takes the display away; bg draws none, fg draws it again" {
  job_of_12
  open_terminal 80 24
  # The shell has to wait for azfan itself: no command behind it.
  type "$hold \$azfan run \$job --yes --az \$stub/az --run-dir \$place/run"
  until_screen '9 ok +3 running'
  keys C-z
  until_screen 'Stopped'
  no_residue
  type bg
  until_screen 'azfan: continued: 9 of 12 have ended, 3 running'
  type 'echo still "here"'
  until_screen '^still here'
  no_residue
  type fg
  until_screen '9 ok +3 running'
  open_gate
  until_screen '^test: 12 ok of 12 targets'
  no_residue
}

# A frame later the time in it is another one.
head_line() { screen | grep -E ' 9 of 12  ' | tail -n 1; }
head_differs() { [ "$(head_line)" != "$1" ]; }
until_next_frame() { wait_for head_differs "$(head_line)"; }

@test "Enters one after the other leave no residue" {
  job_of_12
  open_terminal 80 24
  run_in_terminal "$hold" ""
  until_screen '9 ok +3 running'
  # The terminal has taken an Enter when azfan has drawn again: at once, not a second later.
  for i in 1 2 3 4 5 6 7 8; do
    keys Enter
    wait_for drawn_once || { everything; return 1; }
  done
  until_next_frame
  wait_for drawn_once || { everything; return 1; }
  [ "$(results)" = 9 ]
  open_gate
  until_ended
  no_residue
}

@test "Enter, and words for the shell, typed meanwhile, leave no residue and reach the shell" {
  job_of_12
  open_terminal 80 24
  run_in_terminal "$hold" ""
  until_screen '9 ok +3 running'
  for word in one two three; do
    keys Enter
    until_next_frame
    type "echo said-\"$word\""
    until_next_frame
  done
  open_gate
  until_screen '^said-three'
  no_residue
  on_screen '^said-one'
}

@test "SIGCONT alone, as timeout(1) sends it behind SIGTERM, leaves no second display" {
  job_of_12
  open_terminal 80 24
  run_in_terminal "$hold" ""
  until_screen '9 ok +3 running'
  pkill -CONT -f "azfan run $job"
  until_screen '^azfan: continued'
  wait_for drawn_once
  pkill -TERM -f "azfan run $job"
  pkill -CONT -f "azfan run $job" || true # it may have ended by now
  until_screen '^\[143\]$'
  no_residue
}

@test "started in the background: plain lines, and stty tostop does not stop it" {
  job_of_12
  open_terminal 80 24
  type 'stty tostop'
  type "\$azfan run \$job --az \$stub/az --run-dir \$place/run &"
  until_screen 'test: 12 ok of 12 targets'
  no_residue
  [ "$(everything | grep -cE '\[[ 0-9]+/12\] vm-')" = 12 ] || { everything; return 1; }
}

@test "a pipe behind standard output, as to tee: its reader may write here too, so plain lines" {
  job_of_12
  open_terminal 80 24
  run_in_terminal "" "| tee \$place/log"
  until_ended
  no_residue
  [ "$(results)" = 12 ] || { everything; return 1; }
}

@test "a terminal of one row: nothing is drawn that would scroll itself away" {
  job_of_12
  open_terminal 60 1
  type "\$azfan run \$job --yes --az \$stub/az --run-dir \$place/run; touch \$place/ended"
  wait_for test -e "$place/ended"
  no_residue
}

@test "typing that is not shown erases no result" {
  job_of_12
  open_terminal 80 24
  type 'stty -echo'
  run_in_terminal "$hold" ""
  until_screen '9 ok +3 running'
  for word in one two three; do
    type "$word"
    until_next_frame
  done
  open_gate
  until_screen '^test: 12 ok'
  [ "$(results)" = 12 ] || { everything; return 1; }
}

@test "kill -9 leaves a terminal that works, with the prompt on a line of its own" {
  job_of_12
  open_terminal 80 24
  show_settings
  run_in_terminal "$hold" ""
  until_screen '9 ok +3 running'
  pkill -KILL -f "azfan run $job"
  until_screen '^\[137\]$'
  show_settings
  wait_for same_settings
  open_gate
}

@test "SIGUSR1 tells above the display who is running, slowest first, and what each printed last" {
  job_of_12
  open_terminal 80 24
  run_in_terminal "STUB_AZ=hang:nap:20000 STUB_AZ_FOR=/vm-1" ""
  until_screen '9 ok +3 running'
  pkill -USR1 -f "azfan run $job"
  until_screen '^azfan: +vm-12  [0-9]+s of 1m'
  until_screen '3 running'
  screen | sed -nE 's/^azfan: +(vm-[0-9]+)  [0-9]+s of 1m: (.*)/\1 \2/p' >"$place/seen"
  printf 'vm-%s partial errors\n' 10 11 12 | diff "$place/seen" -
  keys C-c
  until_screen 'no new starts'
  keys C-c
  until_screen '^ready\$ *$'
  no_residue
}

# What is longer than the terminal is wide: -J joins what the terminal itself has wrapped.
too_long() { tmux -S "$socket" capture-pane -p -J -S - | sed '1,/ready/d' | grep -E "^.{$(($1 + 1)),}" | grep -vE '^(Report|Again): |stderr \|'; }

@test "40x10, 80x24: a result is cut to the width of the terminal, all else is broken between words; a log has it whole" {
  vms='vm-[01-04]' write_job "max_failures: 2" "batches: [2, 10%]"
  error='nginx: [emerg] unknown directive "workr_connections" in /etc/nginx/conf.d/upstream-payments.conf:17'
  printf "case \$AZFAN_TARGET in vm-03) echo '%s' >&2; exit 1 ;; esac\n" "$error" >"$place/script"
  sed -i "s|inline: .*|file: script|" "$job"
  for size in "40 10" "80 24"; do
    rm -rf "$place/run"
    open_terminal $size
    type "\$azfan rehearse \$job --execute --output none --run-dir \$place/run; echo \"[\$?]\""
    until_ended
    everything >"$place/seen"
    grep -E '^\[ *[0-9]/4\] vm-03 +failed .*…$' "$place/seen" || { cat "$place/seen"; return 1; }
    grep -q '^azfan: REHEARSAL, nothing is sent to' "$place/seen"
    too_long "${size% *}" >"$place/long" || true
    [ ! -s "$place/long" ] || { cat "$place/long"; return 1; }
    close_terminal
  done
  rm -rf "$place/run"
  "$azfan" rehearse "$job" --execute --run-dir "$place/run" >"$place/log" 2>&1 || true
  grep -E '^\[./4\] vm-03 +failed ' "$place/log" | grep -qF "exit 1: $error"
  grep -q '^azfan: REHEARSAL, nothing is sent to Azure: 4 VMs in 1 resource group of 1 subscription' "$place/log"
}

@test "80x24: that a target is tried again is a line, cut to the width of the terminal" {
  vms='vm-[1-2]' write_job "retry: {attempts: 2, delay: 10ms}"
  open_terminal 80 24
  run_in_terminal 'STUB_AZ=busy:1 STUB_AZ_FOR=vm-2 STUB_AZ_COUNT=$place/gate' ""
  until_ended
  [ "$(everything | grep -c 'vm-2: busy, again in .*…$')" = 1 ] || { everything; return 1; }
  everything | grep -A1 'vm-2: busy, again in' | tail -n 1 | grep -qE '^\[[12]/2\] |^azfan: '
}

# What azfan wrote to the terminal: between its first note and the status.
written() { sed -n '/azfan: test:/,/^\[[0-9]*\]/p' "$raw"; }

@test "TERM=dumb and --progress plain: lines alone, not one escape sequence" {
  job_of_12
  open_terminal 80 24
  for how in "TERM=dumb|--color never" "NO_COLOR=1|--progress plain"; do
    : >"$raw"
    rm -rf "$place/run"
    type clear
    run_in_terminal "${how%|*}" "${how#*|}"
    until_ended
    [ "$(written | grep -c 'vm-12 *ok')" = 1 ]
    ! written | grep -aq $'\033' || { cat -v "$raw"; return 1; }
  done
}

@test "NO_COLOR: the display without colours" {
  job_of_12
  open_terminal 80 24
  run_in_terminal "NO_COLOR=1 $hold" ""
  until_screen '9 ok +3 running'
  open_gate
  until_ended
  ! written | grep -aqE $'\033\\[[0-9;]*m' || { cat -v "$raw"; return 1; }
}

@test "a locale without UTF-8: plain characters" {
  job_of_12
  open_terminal 80 24
  run_in_terminal "LC_ALL=C $hold" ""
  until_screen '^#+-+ 9 of 12  '
  open_gate
  until_ended
  no_residue
}

@test "Ctrl-S holds up nobody: all has ended meanwhile, and Ctrl-Q shows it" {
  job_of_12
  open_terminal 80 24
  run_in_terminal "$hold" ""
  until_screen '9 ok +3 running'
  keys C-s
  open_gate
  wait_for test -e "$place/run/report.json"
  keys C-q
  until_ended
  [ "$(results)" = 12 ] || { everything; return 1; }
  no_residue
}

@test "what a VM prints cannot reach the terminal as anything but text" {
  vms='vm-[1-3]' write_job
  cat >"$place/script" <<'EOF'
printf 'a\033[2Jb\033]0;owned\007c\r\nd\302\233e\342\200\256f\n'
printf '\033[31mred\n' >&2
exit 3
EOF
  sed -i "s|inline: .*|file: script|" "$job"
  open_terminal 80 24
  type "\$azfan rehearse \$job --execute -v --run-dir \$place/run; echo \"[\$?]\""
  until_ended
  ! grep -aqE $'\033\\[2J|\033\\]|\302\233|\342\200\256|\033\\[31mred' "$raw" || { cat -v "$raw"; return 1; }
  everything | grep -qF '| abc' # as the terminal would show them, but for what is done to it
  everything | grep -qF '| d\x9be\u202ef'
  everything | grep -qF '| red'
}

@test "results to a file: the display alone is on the terminal; notes to a file: no display" {
  job_of_12
  open_terminal 80 24
  run_in_terminal "$hold" ">\$place/results"
  until_screen '9 ok +3 running'
  [ "$(everything | grep -c '^\[')" = 0 ]
  [ "$(grep -cE '^\[[ 0-9]+/12\]' "$place/results")" = 9 ]
  open_gate
  until_ended
  no_residue
  rm -rf "$place/run"
  type clear
  run_in_terminal "" "2>\$place/notes"
  until_ended
  ! grep -q $'\033' "$place/notes" || return 1
  [ "$(results)" = 12 ]
}

@test "watch: the display of a run elsewhere, which Ctrl-C ends, and not the run" {
  job_of_12
  eval "$hold" "\$azfan" run "\$job" --yes --az "\$stub/az" >"$place/out" 2>&1 3>&- &
  pid=$!
  wait_for grep -q '^\[ 9/12\]' "$place/out"
  open_terminal 80 24
  type "\$azfan watch; echo \"[\$?]\""
  until_screen '^9 ok +3 running$'
  screen >"$place/screen"
  grep -qE '^test  0+-[-0-9]+  Ctrl-C: ends the watching$' "$place/screen" || { cat "$place/screen"; return 1; }
  grep -qE '^━+─+ 9 of 12  [0-9]+s' "$place/screen"
  grep -qE '^  vm-10  [0-9]+s of 30s \(script_timeout\)$' "$place/screen"
  [ "$(grep -cE '^\[ *[0-9]+/12\] vm-' "$place/screen")" = 9 ]
  keys C-c # which ends the shell's line as well
  until_screen '^azfan: the run goes on; to see it again: azfan watch '
  until_screen '^ready\$ *$'
  no_residue
  type "clear; \$azfan watch; echo \"[\$?]\""
  until_screen '^9 ok +3 running$'
  open_gate
  until_screen '^\[0\]$'
  on_screen '^test: 12 ok of 12 targets'
  no_residue
  wait "$pid"
}
