#!/usr/bin/env bats
# azfan exec: a run without a job file.

load helper

setup() {
  setup_place
  export STUB_AZ_LOG=$place/log
}

# exec_on ARGUMENT...: azfan exec, in the folder for runs.
exec_on() { run "$azfan" exec --az "$stub/az" "$@"; }

# the_run: the folder of the only run.
the_run() { echo "$XDG_STATE_HOME"/azfan/runs/2*; }

# script: what the job of $place/run has as its script.
script() { sed -n '/inline:/,/^targets:/p' "$place/run/job.yaml" | sed '1d;$d; s/^    //'; }

# sends SCRIPT ARGUMENT...: what exec with these sends is this script.
sends() {
  local expected=$1
  shift
  rm -rf "$place/run"
  exec_on --run-dir "$place/run" -q "$@"
  [ "$status" = 0 ] || { echo "$output"; return 1; }
  diff <(printf '%s\n' "$expected") <(script)
}

@test "a command on targets of every form: the run is one like any other, and its job is kept with it" {
  printf '%s\n' "listed-1 # one" rg-l/listed-2 >"$place/hosts"
  id=/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-i/providers/Microsoft.Compute/virtualMachines/vm-id
  exec_on -g rg 'web-[01-02]' rg-b/db-1,web-03 "$id" "@$place/hosts" -c 2 -- df -h
  [ "$status" = 0 ] || { echo "$output"; return 1; }
  [[ $output == *"exec-df: 7 targets, 2 at once"*"7 ok of 7 targets"* ]]
  [ "$(sort "$STUB_AZ_LOG" | paste -sd' ')" = "db-1 listed-1 listed-2 vm-id web-01 web-02 web-03" ]
  run "$azfan" check "$(the_run)/job.yaml"
  [ "$status" = 0 ]
  jq -se --arg path "$(the_run)/job.yaml" '.[0] | .job.name == "exec-df" and .job.path == $path and .overrides.args == null
    and .overrides.concurrency == 2' "$(the_run)/journal.jsonl" >/dev/null
  run "$azfan" report
  [[ $status = 0 && $output == *"7 ok of 7 targets"* ]]
  nothing_is_left
}

@test "a rerun takes what is not ok, by the job that was kept, with the options that were given" {
  STUB_AZ=script_fails STUB_AZ_FOR=web-2 exec_on -g rg 'web-[1-4]' --batches 1 --max-failures 0 -- false
  [ "$status" = 6 ] || { echo "$output"; return 1; }
  : >"$STUB_AZ_LOG"
  cd /
  run "$azfan" rerun --az "$stub/az"
  [ "$status" = 0 ] || { echo "$output"; return 1; }
  [ "$(paste -sd' ' "$STUB_AZ_LOG")" = "web-2 web-3 web-4" ]
}

@test "several words arrive as they are, one is a line for the shell" {
  sends "systemctl is-active nginx" -g rg web-1 -- systemctl is-active nginx
  sends "printf '%s|' 'a  b' '' '\$HOME' ';' 'it'\\''s' '*' 'C:\\x'" -g rg web-1 -- printf '%s|' 'a  b' '' '$HOME' ';' "it's" '*' 'C:\x'
  sends 'df -h | tail -1' -g rg web-1 -- 'df -h | tail -1'
  sends $'cat <<E\n  two\n\n\ttab\nE' -g rg web-1 -- $'cat <<E\n  two\n\n\ttab\nE\n\n'
  sends "Get-Service -Name 'a b''s' C:\\x" -g rg web-1 --shell powershell -- Get-Service -Name "a b's" 'C:\x'
  sends "Write-Output -Count '5' ('' + [char]0x00E9 + '')" -g rg web-1 --shell powershell -- Write-Output -Count 5 é
  sends "java '-Dx.y' '--v1.2' -Name:a.b -f" -g rg web-1 --shell powershell -- java -Dx.y --v1.2 -Name:a.b -f
  sends "& 'C:\\Program Files\\x.exe' /a" -g rg web-1 --shell powershell -- 'C:\Program Files\x.exe' /a
}

@test "the words that arrive are those of the command line, when a shell reads them" {
  exec_on -g rg web-1 --run-dir "$place/run" -- printf '[%s]' 'a  b' '' '$HOME' ';' "it's" '*' 'x\y' $'two\nlines' --all
  [ "$status" = 0 ] || { echo "$output"; return 1; }
  script >"$place/script"
  [ "$(sh "$place/script")" = $'[a  b][][$HOME][;][it\'s][*][x\\y][two\nlines][--all]' ]
}

@test "a script stays where it is, gets its arguments, and a rerun says when it has changed" {
  cd "$place"
  printf 'echo "$@"\n' >fix.sh
  STUB_AZ=script_fails exec_on rg/web-1 --script fix.sh -- --force 'a b'
  [ "$status" = 3 ] || { echo "$output"; return 1; }
  jq -se --arg path "$place/fix.sh" '.[0] | .job.name == "exec-fix.sh" and .overrides.args == ["--force", "a b"]' \
    "$(the_run)/journal.jsonl" >/dev/null
  grep -qF "file: \"$place/fix.sh\"" "$(the_run)/job.yaml"
  echo true >>fix.sh
  cd /
  run "$azfan" rerun --az "$stub/az"
  [[ $status = 2 && $output == *"the script has changed since "*": $place/fix.sh"* ]]
  run "$azfan" rerun --az "$stub/az" --changed
  [ "$status" = 0 ] || { echo "$output"; return 1; }
}

@test "--targets gives more of them, from standard input too" {
  printf '%s\n' web-2 rg-b/db-1 >"$place/hosts"
  exec_on -g rg web-1 --targets - -- uptime <"$place/hosts"
  [ "$status" = 0 ] || { echo "$output"; return 1; }
  exec_on -g rg --targets "$place/hosts" -- uptime
  [ "$status" = 0 ] || { echo "$output"; return 1; }
  [ "$(sort "$STUB_AZ_LOG" | paste -sd' ')" = "db-1 db-1 web-1 web-2 web-2" ]
}

# Each with what is said of it: nothing has started, and nothing is kept.
@test "what is wrong in it is told without a place, for nobody wrote a file" {
  while IFS='|' read -r arguments expected; do
    eval "exec_on $arguments" </dev/null
    [ "$status" = 2 ] || { echo "$status: $arguments: $output"; return 1; }
    [[ $output == "azfan: $expected"* && $output != *$'\n'* ]] || { echo "$arguments: $output"; return 1; }
  done <<'EOF'
-g rg -- uptime|which VMs? azfan exec TARGET... -- COMMAND...
-g rg web-1|what is to be run? azfan exec TARGET... -- COMMAND..., or --script FILE
-g rg web-1 uptime|what is to be run?
web-1 -- uptime|web-1: no resource group: give one with -g, or write GROUP/NAME
-g rg 'web-*' -- uptime|web-*: a * or ? means VMs of a job
-g rg 'web-[1' -- uptime|web-[1: a bracket is not closed
-g rg @none -- uptime|@none: cannot open none: No such file or directory
-g 'r g!' web-1 -- uptime|"r g!" is not a resource group
-g rg --subscription x web-1 -- uptime|"x" is not a subscription: give its id
-g rg web-1 --shell bash -- uptime|--shell is sh or powershell, not bash
-g rg web-1 --script none -- uptime|cannot open 
-g rg web-1 -- ''|the command is empty
-g rg web-1 -- ' '|the command is empty
-g rg web-1 -- '# nothing'|the script is nothing but comments
-g rg web-1 -- 'if true'|sh -n says: 
-g rg web-1 -- $'a\rb'|the command has a character that is no text
-g rg web-1 -- $'a\xff'|the command has a character that is no text
-g rg web-1 --set A=b -- uptime|azfan exec has no option --set
EOF
  [ ! -e "$XDG_STATE_HOME" ]
}

@test "no target is left: exit 7; the job was never written" {
  exec_on -g rg web-1 --exclude web-1 -- uptime
  [[ $status = 7 && $output == "azfan: the command line selects no target: nothing to do" ]]
  [ ! -e "$XDG_STATE_HOME" ]
}

@test "a folder that holds a run is refused, and what may not be meant is said before it begins" {
  exec_on -g rg web-1 --run-dir "$place/run" -- systemctl restart walinuxagent
  [ "$status" = 0 ]
  [[ $output == *"azfan: warning: "*"agent"* ]] || { echo "$output"; return 1; }
  exec_on -g rg web-1 --run-dir "$place/run" -- uptime
  [[ $status = 1 && $output == *"already holds a run"* ]]
}

@test "more targets than a job file has room for: it says what to do" {
  seq -f 'rg/a-long-name-of-a-vm-%06.0f' 1 30000 >"$place/hosts"
  exec_on "@$place/hosts" -- uptime
  [[ $status = 2 && $output == *"the job file of so many targets would have more than 1048576 bytes"* ]]
}
