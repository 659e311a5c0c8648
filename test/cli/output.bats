#!/usr/bin/env bats
# What the VMs printed, at the end of a run, by report and in text reports.

load helper

setup() { setup_place; }

# script LINE...: a job with that script, which rehearsals execute.
script() {
  write_job "concurrency: 4"
  printf '%s\n' "$@" >"$place/script.sh"
  sed -i 's/inline: .*/file: script.sh/' "$job"
}

rehearse() { run "$azfan" rehearse "$job" --execute --run-dir "$place/run" "$@"; }

# shown TEXT: from "Output:" to the summary, which begins with an empty line.
shown() { awk '/^Output:$/ { on = 1 } on && /^$/ { exit } on' <<<"$1"; }

# on_terminal COLUMNS COMMAND...: what the command prints on a terminal that is so wide.
on_terminal() {
  python3 - "$@" <<'END'
import fcntl, os, pty, struct, sys, termios

pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 50, int(sys.argv[1]), 0, 0))
    os.execvp(sys.argv[2], sys.argv[2:])
try:
    while piece := os.read(terminal, 65536):
        sys.stdout.buffer.write(piece.replace(b"\r", b""))
except OSError:  # all of it is read
    pass
os.waitpid(pid, 0)
END
}

@test "the manual's example is what azfan prints" {
  vms='web-[01-12,14-30]' script 'case $AZFAN_TARGET in web-29) agent=2.2.45 ;; *) agent=2.9.1.1 ;; esac' \
    'printf "kernel 6.1.0-28-amd64\nagent $agent\ndisk 41%%\n"' \
    '[ $AZFAN_TARGET != web-30 ] || { echo "systemctl: command not found" >&2; exit 3; }'
  rehearse
  [ "$status" = 3 ]
  sed -n '/^\.Sh OUTPUT/,/^\.Ed/p' "$top/man/azfan.1" | sed '1,/^\.Bd/d; /^\.Ed/d' | diff - <(shown "$output")
  # The summary stands last; of the output it repeats no more than why the VM failed.
  [ "$(grep -c 'stderr | systemctl: command not found' <<<"$output")" = 1 ]
  [[ $output == *"stderr | systemctl: command not found"*"exit 3: systemctl: command not found"*"What to do: "*"28 ok, 1 failed of 29 targets"* ]]
}

@test "report shows it again, in every way, and so does a text report" {
  script 'echo "hello from $AZFAN_TARGET"' '[ $AZFAN_TARGET = vm-1 ] || exit 1'
  rehearse --ignore 'vm-[0-9]'
  grouped=$(shown "$output")
  [ "$grouped" = "$(printf '%s\n' 'Output:' '  2 failed (exit 1): vm-[2-3]' '      stdout | hello from …' \
    '  1 ok: vm-1' "      stdout: same as the first group")" ]
  run "$azfan" report "$place/run" --ignore 'vm-[0-9]'
  [ "$(shown "$output")" = "$grouped" ]
  run "$azfan" report "$place/run" --output grouped --quiet --ignore 'vm-[0-9]'
  [ "$(shown "$output")" = "$grouped" ]
  [ "${lines[0]}" = "Output:" ]
  run "$azfan" report "$place/run" --report "$place/x.txt" --ignore 'vm-[0-9]'
  [ "$output" = "Report:  $place/x.txt" ]
  [ "$(shown "$(cat "$place/x.txt")")" = "$grouped" ]
  run "$azfan" report "$place/run" --output each
  [ "$(shown "$output")" = "$(printf '%s\n' 'Output:' '  vm-1: ok' '      stdout | hello from vm-1' '  vm-2: failed (exit 1)' \
    '      stdout | hello from vm-2' '  vm-3: failed (exit 1)' '      stdout | hello from vm-3')" ]
  [ "$(grep -c 'hello from vm-2' <<<"$output")" = 1 ]
  run "$azfan" report "$place/run" --output none
  [ -z "$(shown "$output")" ]
  [ "$(grep -c '^      stdout | hello from vm-2$' <<<"$output")" = 1 ] # the summary has it
}

@test "neither a quiet run shows it, nor a verbose one twice, unless asked to" {
  script 'echo hello' '[ $AZFAN_TARGET = vm-1 ] || exit 1'
  rehearse --quiet
  [ -z "$(shown "$output")" ]
  [ "$(grep -c '      stdout | hello' <<<"$output")" = 1 ] # of those that failed, once, in the summary
  rm -r "$place/run"
  rehearse --verbose
  [ -z "$(shown "$output")" ]
  [ "$(grep -c '      stdout | hello' <<<"$output")" = 4 ]
  rm -r "$place/run"
  rehearse --verbose --output each
  [ "$(shown "$output" | grep -c '      stdout | hello')" = 3 ]
  [ "$(grep -c '      stdout | hello' <<<"$output")" = 6 ]
  run "$azfan" report "$place/run" --quiet
  [ -z "$(shown "$output")" ]
}

@test "one cause is told once: 300 that are forbidden, a timeout's words, and who was skipped" {
  vms='vm[1-3]-[001-100]' write_job "concurrency: 30"
  rehearse --inject '*=forbidden'
  [[ $output == *$'\nerror (forbidden), 300 targets: vm[1-3]-[001-100]\n  the account may not use Run Command'* ]]
  # A line each while it goes on, and then once.
  [ "$(grep -c 'the account may not use Run Command' <<<"$output")" = 301 ]
  run "$azfan" report "$place/run"
  [ "$(grep -c 'the account may not use Run Command' <<<"$output")" = 1 ]
  [ "$(grep -c 'What to do: ' <<<"$output")" = 1 ]
  grep -qE '^vm1-001  error \(forbidden\) +[0-9.]+s$' <<<"$output"
  rm -r "$place/run"
  vms='vm-[1-3]' write_job "timeout: 1s" "script_timeout: 500ms" "kill_grace: 100ms" "concurrency: 3"
  rehearse --inject '*=hang'
  run "$azfan" report "$place/run"
  [ "$(grep -c 'az had no answer after its timeout of 1s' <<<"$output")" = 1 ]
  [ "$(grep -c 'may still be running' <<<"$output")" = 1 ]
  [[ $output == *$'\ntimeout (az), 3 targets: vm-[1-3]\n  az had no answer after its timeout of 1s'* ]]
  rm -r "$place/run"
  vms='vm-[001-100]' write_job "max_failures: 0" "concurrency: 1"
  rehearse --inject vm-001=exit:3
  [[ $output == *$'\nskipped (halted), 99 targets: vm-[002-100]\n  What to do: '* ]]
}

@test "what is the same of some only is told with their names" {
  vms='vm-[1-4]' script '[ $AZFAN_TARGET != vm-3 ] || exit 4' 'exit 3'
  rehearse
  [[ $output == *$'\nfailed (exit), 4 targets: vm-[1-4]\n  vm-[1-2,4]: the script ended with status 3\n  vm-3: the script ended with status 4\n  What to do: '* ]]
}

@test "the summary breaks lines between words at any width" {
  vms='vm-[01-30]' write_job "concurrency: 30" "max_failures: 5"
  rehearse --inject '*=forbidden' --inject 'vm-[01,03,05,07,09]=busy' --inject 'vm-2*=exit:3'
  for width in 30 60 100; do
    on_terminal $width "$azfan" report "$place/run" --quiet --color never >"$place/narrow"
    # The same words in the same order, and no line is longer but for a word that is.
    "$azfan" report "$place/run" --quiet | tr -s ' \n' '\n\n' | diff - <(tr -s ' \n' '\n\n' <"$place/narrow")
    grep -q "^Halted: " "$place/narrow"
    sed -n '/^[a-z]* (/,/^Started: /p' "$place/narrow" | grep -v '^Started: \|^test: ' | awk -v width="$width" 'length > width && NF > 1 { print; bad = 1 } END { exit bad }'
  done
}

@test "a real run shows it too, and a rerun" {
  vms='vm-[1-3]' write_job
  STUB_AZ=exit1 STUB_AZ_FOR=vm-3 run_job
  [[ $(shown "$output") == "Output:"*"2 ok: vm-[1-2]"*"1 error (other): vm-3"* ]]
  run "$azfan" rerun "$place/run" --now --run-dir "$place/again" --az "$stub/az"
  [[ $(shown "$output") == "Output:"*"1 ok: vm-3"* ]]
}

@test "the end of a run is bounded, and says where the rest is" {
  vms='vm-[01-30]' script 'seq 50' 'echo $AZFAN_TARGET-own'
  rehearse
  [ "$(shown "$output" | grep -c ' ok: vm-')" = 20 ]
  [ "$(shown "$output" | grep -c 'stdout |')" -le 800 ]
  [[ $output == *"  Left out: 10 groups (10 targets), 11 lines. All of it: azfan report $place/run"* ]]
  run "$azfan" report "$place/run"
  [ "$(shown "$output" | grep -c ' ok: vm-')" = 30 ]
  [ "$(shown "$output" | grep -cx '      stdout | [0-9]*')" = 50 ]
  [[ $output != *"eft out"* ]]
}

@test "no escape sequence of a VM reaches the terminal, in any way" {
  vms='vm-[1-3]' script 'printf "a\nb\nc\n"' '[ $AZFAN_TARGET = vm-1 ] && printf "\033]0;title\n\302\233" >&2' \
    '[ $AZFAN_TARGET = vm-2 ] && printf "\033[2Jx\033\n"' true
  for way in grouped lines each none; do
    rm -rf "$place/run"
    rehearse --output $way --color never
    [ "$(LC_ALL=C tr -d '\n\40-\176\200-\377' <<<"$output" | wc -c)" = 0 ]
    [[ $output != *$'\302\233'* ]]
    [ $way = none ] || [[ $output == *'x\x1b'*  && $output == *'\x1b]0;title'* ]]
  done
}

@test "the same error is one group: the guard's folder is named nowhere" {
  vms='vm-[1-3]' script '#!/bin/bash' 'set -u' 'systemctl-typo restart foo' 'echo "$0 in $(cd "${0%/*}" && pwd)"' 'echo $UNSET_THING'
  rehearse --report "$place/x.html" --report "$place/x.md" --report "$place/x.xml" --report "$place/x.csv"
  [ "$(shown "$output")" = "$(printf '%s\n' 'Output:' '  3 failed (exit 1): vm-[1-3]' '      stdout | script in .' \
    '      stderr | script: line 3: systemctl-typo: command not found' '      stderr | script: line 5: UNSET_THING: unbound variable')" ]
  run grep -lE 'azfan-[0-9a-f]{8}' "$place"/x.* "$place/run/report.json" "$place/run/journal.jsonl" "$place/run/output/"*
  [ -z "$output" ]
}

@test "VMs that print the same but for their own names are one group, also in reports" {
  vms='vm-[01-05]' script 'echo "hello from $AZFAN_TARGET.example.com"' '[ $AZFAN_TARGET != vm-04 ] || echo "disk of $AZFAN_TARGET full"' \
    '[ $AZFAN_TARGET != vm-05 ] || { echo "$AZFAN_TARGET: no" >&2; exit 1; }' 'echo "peers: vm-01 vm-02 vm-03"'
  rehearse
  [ "$(shown "$output")" = "$(printf '%s\n' 'Output:' '  3 ok: vm-[01-03]' '      stdout | hello from {target}.example.com' \
    '      stdout | peers: vm-01 vm-02 vm-03' '  1 ok: vm-04' "      stdout: same as the first group, except:" \
    '      stdout |  hello from {target}.example.com' '      stdout |+ disk of vm-04 full' \
    '      stdout |  peers: vm-01 vm-02 vm-03' '  1 failed (exit 1): vm-05' "      stdout: same as the first group, except:" \
    '      stdout |  hello from {target}.example.com' '      stdout |- peers: vm-01 vm-02 vm-03' '      stderr | vm-05: no')" ]
  [ "$(cat "$place/run/output/vm-02.out")" = "$(printf '%s\n' 'hello from vm-02.example.com' 'peers: vm-01 vm-02 vm-03')" ]
  run "$azfan" report "$place/run" --output each
  [[ $output == *'| hello from vm-01.example.com'* && $output != *'{target}'* ]]
  for kind in txt md html xml csv json; do
    "$azfan" report "$place/run" --report "$place/x.$kind"
    case $kind in
    txt | md | html) grep -q 'hello from {target}.example.com' "$place/x.$kind" ;;
    *) grep -q 'hello from vm-02.example.com' "$place/x.$kind" && ! grep -q '{target}' "$place/x.$kind" ;;
    esac
  done
}

@test "--output lines is sorted and grepped: of report nothing else, of a run above its summary" {
  vms='vm-[8-11]' script '[ $AZFAN_TARGET != vm-9 ] || exit 0' 'echo "expires in $((90 - ${AZFAN_TARGET#*-} * 7)) days"'
  rehearse --output lines
  expected=$(printf '%s\n' 'vm-8:  expires in 34 days' 'vm-9:  [printed nothing]' 'vm-10: expires in 20 days' 'vm-11: expires in 13 days')
  [ "$(shown "$output")" = "$(printf 'Output:\n%s' "$expected")" ]
  [[ $output == *$'\ntest: 4 ok of 4 targets'* ]]
  for quiet in "" --quiet; do
    # shellcheck disable=SC2086
    run "$azfan" report "$place/run" --output lines $quiet
    [ "$output" = "$expected" ]
  done
  [ "$("$azfan" report "$place/run" --output lines | sort -t: -k2 | grep -c '^[a-z0-9-]*: *expires in [0-9]* days$')" = 3 ]
}

# What unpacks shows how far it is in one line, and what downloads does so on standard error.
progress() {
  script 'for i in $(seq 0 5 100); do printf "unpacking ... %d%%\r" $i; done' \
    'printf "\033[32munpacked 61234 files.\033[m        \r\n"' \
    'for i in 1 2 3; do printf "\r%3d  100M" $i >&2; done; echo >&2' 'printf "tes\bt\n"' 'exit 1'
}

@test "of a line that was drawn over people see what a terminal shows in the end, without colours" {
  progress
  lines=$(printf '%s\n' '      stdout | unpacked 61234 files.' '      stdout | tet' '      stderr |   3  100M')
  for way in grouped lines each none; do
    rm -rf "$place/run"
    rehearse --output $way
    [ "$status" = 3 ]
    grep -qF "$lines" <<<"$output"
    [[ $output != *'\x'* && $output != *$'\r'* ]]
  done
  for kind in txt xml csv md html; do
    "$azfan" report "$place/run" --report "$place/x.$kind"
    grep -q 'unpacked 61234 files\.$' "$place/x.$kind"
    grep -q '  3  100M$\|  3  100M<' "$place/x.$kind"
    run grep -c '\\x\|unpacking\|'$'\r''.\|\[32m' "$place/x.$kind"
    [ "$output" = 0 ]
  done
}

@test "what came, its colours and carriage returns, stands in the files and in report.json" {
  progress
  rehearse
  [ "$(grep -c $'unpacking ... 95%\runpacking ... 100%\r\033\[32munpacked' "$place/run/output/vm-1.out")" = 1 ]
  [ "$(jq -r '.targets[0].stdout' "$place/run/report.json" | grep -c $'100%\r\033\[32munpacked.*\r$')" = 1 ]
}

@test "a wrong --output or --ignore is told before anything starts" {
  write_job
  run "$azfan" run "$job" --output some --run-dir "$place/run"
  [ "$status" = 2 ]
  run "$azfan" run "$job" --ignore 'x*' --run-dir "$place/run"
  [ "$status" = 2 ]
  [ ! -e "$place/run" ]
}
