#!/usr/bin/env bats
# The commands that start nothing, and the command line itself.

load helper

setup() { setup_place; }

# Wrong words on the command line: what is wrong, what to do, exit 2.
wrong() { # EXPECTED ARGUMENTS...
  local expected=$1
  shift
  run "$azfan" "$@"
  [ "$status" = 2 ] || { echo "$status: $output"; return 1; }
  [[ $output == *"$expected"* ]] || { echo "$output"; return 1; }
}

@test "check: right files are ok, wrong ones are told with positions, exit 2" {
  write_job
  run "$azfan" check "$job"
  [ "$status" = 0 ]
  [ "$output" = "$job: ok, 3 targets" ]
  printf 'version: 1\nname: x\nconcurency: 3\n' >"$place/wrong.yaml"
  run "$azfan" check "$job" "$place/wrong.yaml"
  [ "$status" = 2 ]
  [[ $output == *"$place/wrong.yaml:3:1: "*"concurency"*"concurrency"* ]]
  [[ $output == *"$job: ok"* ]]
  run "$azfan" check -q "$job"
  [ "$status" = 0 ]
  [ -z "$output" ]
}

@test "check: a job that is a folder, a FIFO or missing does not hang and says so" {
  mkdir "$place/folder"
  mkfifo "$place/fifo"
  for wrong in folder fifo missing; do
    run timeout 30 "$azfan" check "$place/$wrong"
    [ "$status" = 2 ]
    [[ $output == *"$place/$wrong"* ]]
  done
}

@test "check: all *.yaml and *.yml of a folder, sorted; one wrong file does not hide the others" {
  mkdir -p "$place/jobs/deeper" "$place/jobs/folder.yaml" "$place/none"
  write_job
  for name in b.yaml a.yml c.yaml .hidden.yaml deeper/d.yaml B.yaml note.txt; do cp "$job" "$place/jobs/$name"; done
  cd "$place"
  run "$azfan" check jobs
  [ "$status" = 0 ]
  [ "$output" = "jobs/B.yaml: ok, 3 targets
jobs/a.yml: ok, 3 targets
jobs/b.yaml: ok, 3 targets
jobs/c.yaml: ok, 3 targets" ]
  printf 'version: 2\n' >jobs/b.yaml
  run "$azfan" check jobs/ job.yaml
  [ "$status" = 2 ]
  [[ $output == *"jobs/b.yaml:1:10: "*"jobs/c.yaml: ok"*"job.yaml: ok"* && $output != *"jobs//"* ]]
  run "$azfan" check none jobs/c.yaml
  [ "$status" = 2 ]
  [[ $output == *"the folder none holds no job file"*"jobs/c.yaml: ok"* ]]
}

@test "check --list: a line a job, with its targets and description; nothing is examined, a wrong one is named" {
  mkdir "$place/jobs"
  cd "$place"
  write_job 'description: "Größer \e[1m"'
  sed -i 's/  inline: .*/  inline: |\n    if/' "$job"
  cp "$job" jobs/größer.yaml
  vms=vm-1 write_job
  sed -i 's|inline: .*|inline: echo\n  parameters: {TOKEN: {env: TEST_UNSET}}|' "$job"
  cp "$job" jobs/a.yml
  printf 'version: 2\n' >jobs/wrong.yaml
  run "$azfan" check --list jobs
  [ "$status" = 0 ]
  [ "$output" = "jobs/a.yml           1 target
jobs/größer.yaml     3 targets  Größer \x1b[1m
jobs/wrong.yaml   cannot be loaded: azfan check jobs/wrong.yaml" ]
  mkdir none
  wrong "the folder none holds no job file" check --list none
}

@test "what the script's own shell refuses is refused, with the line in the job, before anything starts" {
  write_job
  sed -i 's/  inline: .*/  inline: |\n    echo a\n    if true; then\n    fi/' "$job"
  for command in check plan run rehearse; do
    run "$azfan" "$command" "$job" $([ "$command" != run ] || echo --az "$stub/az --run-dir $place/run")
    [ "$status" = 2 ]
    [[ $output == "$job:7:1: sh -n says: "* && ! -e "$place/run" && ! -e "$XDG_STATE_HOME" ]] || { echo "$output"; return 1; }
  done
  run "$azfan" targets "$job" --names
  [ "$status" = 0 ]
  [ "${#lines[@]}" = 3 ]
  # The script's file has the line itself; a parent may have left SIGCHLD ignored.
  printf '#!/bin/bash\necho a\n)\n' >"$place/a.sh"
  sed -i 's/  inline: .*/  file: a.sh/; /^    /d' "$job"
  run env --ignore-signal=CHLD "$azfan" check "$job"
  [ "$status" = 2 ]
  [[ $output == "$place/a.sh:3:1: bash -n says: syntax error near"* ]] || { echo "$output"; return 1; }
}

@test "where no file may be written the shell checks no script, and the job is checked all the same" {
  case $azfan in */tsan/*) skip "ThreadSanitizer itself writes a file at its start; the other builds run this" ;; esac
  write_job
  # A parent may have left the signal ignored, and then the limit is an error only.
  run env --default-signal=XFSZ bash -c "ulimit -f 0; '$azfan' check '$job' 2>&1 | cat; exit \${PIPESTATUS[0]}"
  [ "$status" = 0 ]
  [ "$output" = "$job: ok, 3 targets" ]
}

@test "a script of 190 KiB is checked in no time, for however many targets" {
  { echo '#!/bin/bash'; seq -f 'if [ "$A" = "%g" ]; then echo "$(date) and so"; fi' 3500; } >"$place/big.sh"
  vms='vm-[1-10000]' write_job
  sed -i 's/  inline: .*/  file: big.sh/' "$job"
  [ "$(stat -c %s "$place/big.sh")" -gt 170000 ]
  command -v strace >/dev/null || skip "no strace"
  start=$EPOCHREALTIME
  ASAN_OPTIONS=detect_leaks=0 run timeout 60 strace -f -qq -e trace=execve -o "$place/trace" "$azfan" check "$job"
  [ "$status" = 0 ]
  [ "$(grep -c 'execve("/bin/bash", \["bash", "-n", "/dev/stdin"\]' "$place/trace")" = 1 ]
  [ "$(grep -c execve "$place/trace")" = 2 ]
  within 5 "$start"
}

@test "check, plan and targets need no secret: a note names its variable; what runs refuses" {
  write_job
  sed -i 's|inline: .*|inline: echo hello\n  parameters: {TOKEN: {env: TEST_UNSET}, OTHER: {env: TEST_EMPTY}}|; s|vms: .*|vms: [{name: a, parameters: {TOKEN: {env: TEST_UNSET}}}, b]|' "$job"
  export TEST_EMPTY=
  unset TEST_UNSET
  for command in check plan 'targets --names'; do
    "$azfan" ${command} "$job" >"$place/out" 2>"$place/errors"
    [ "$(cat "$place/errors")" = "$job:5:23: note: the environment variable TEST_UNSET is not set: a run needs it
$job:5:49: note: the environment variable TEST_EMPTY is empty: a run needs it" ]
    ! grep -q stand-in "$place/out" || return 1
  done
  [ "$(cat "$place/out")" = "a
b" ]
  TEST_UNSET=x TEST_EMPTY=y "$azfan" check "$job" 2>"$place/errors"
  [ ! -s "$place/errors" ]
  run "$azfan" plan "$job" --set TOKEN=x --set OTHER=y
  [ "$status" = 0 ]
  [[ $output != *"OTHER is"* && $output == *"TOKEN='***'"* ]]
  for command in run rehearse; do
    run "$azfan" "$command" "$job" --az "$stub/az" --run-dir "$place/run"
    [ "$status" = 2 ]
    [[ $output == *"TEST_UNSET is not set"*"TEST_EMPTY is empty"* && ! -e "$place/run" ]]
  done
}

@test "targets --names: one a line, with --limit and --exclude; none is exit 7" {
  vms='web-[01-12]' write_job "# nothing more"
  run "$azfan" targets "$job" --names
  [ "$status" = 0 ]
  [ "${#lines[@]}" = 12 ]
  [ "${lines[0]}" = web-01 ]
  run "$azfan" targets "$job" --names --limit 'WEB-0[1-3]' --limit web-12 --exclude '*-02'
  [ "$output" = "web-01
web-03
web-12" ]
  run "$azfan" targets "$job" --limit web-03 --exclude web-03
  [ "$status" = 7 ]
  run "$azfan" run "$job" --az "$stub/az" --run-dir "$place/run" --exclude '*'
  [ "$status" = 7 ]
  [ ! -e "$place/run" ]
}

# What is printed of a VM is what may be written for it, wherever VMs are named.
@test "targets: what azfan prints of a VM is taken, several with commas, all but some, and from a file" {
  local id=/subscriptions/00000000-0000-0000-0000-00000000000b/resourceGroups/rg-b/providers/Microsoft.Compute/virtualMachines/db-1
  vms='web-[01-12]' write_job
  sed -i "s|vms: .*|vms: [\"web-[01-12]\", {name: web-01, resource_group: rg-b}, \"$id\"]|" "$job"
  "$azfan" targets --names "$job" >"$place/all"
  [ "$(head -n 1 "$place/all")" = rg/web-01 ]
  while read -r label; do
    run "$azfan" targets --names "$job" --limit "${label^^}"
    [ "$status $output" = "0 $label" ]
  done <"$place/all"
  "$azfan" targets --names "$job" --limit "@$place/all" | diff "$place/all" -
  "$azfan" targets --names "$job" --limit @- <"$place/all" | diff "$place/all" -
  run "$azfan" targets --names "$job" --limit "@$place/all" --exclude "@$place/all"
  [ "$status" = 7 ]
  "$azfan" targets --ids "$job" --limit db-1 | diff - <(echo "$id")
  run "$azfan" targets --names "$job" --limit 'web-[01,12], '"$id"
  [ "$(paste -sd' ' <<<"$output")" = "rg/web-01 web-12 rg-b/web-01 db-1" ]
  run "$azfan" targets --names "$job" --limit 'rg-?/*,!web-01'
  [ "$output" = db-1 ]
  run "$azfan" targets --names "$job" --limit '!rg/*'
  [ "$(paste -sd' ' <<<"$output")" = "rg-b/web-01 db-1" ]
}

@test "targets: a name that means nothing is exit 2, with what it means perhaps and what there is" {
  vms='web-[01-12]' write_job
  wrong '--limit: "wbe-03" matches none of 12: web-[01-12]; did you mean web-03?' targets "$job" --limit wbe-03
  wrong '--limit: web-[13-40] of web-[01-40] match no target' targets "$job" --limit 'web-[01-40]'
  wrong '--exclude: "web-13" matches no target; did you mean web-1' targets "$job" --exclude web-13
  wrong '--exclude: "db*" matches none of 12' run "$job" --exclude 'db*'
  wrong '--inject: "web-99" matches no target; did you mean web-09?' rehearse "$job" --inject web-99=hang
  wrong "$place/list:3:2: \"web-99\" matches" targets "$job" --limit "@$place/list" <<<"$(printf 'web-01\n# one\n web-99\n' >"$place/list")"
  wrong "list names no VM" targets "$job" --limit "@$place/list" <<<"$(: >"$place/list")"
  wrong "UTF-16: save it as UTF-8" targets "$job" --limit "@$place/list" <<<"$(printf '\xff\xfew\0' >"$place/list")"
  wrong "No such file" targets "$job" --limit "@$place/nowhere"
  wrong "standard input is empty" targets "$job" --limit @- </dev/null
  wrong "give a file" rehearse "$job" --inject @-=hang
  nothing_is_left
  vms='web-[01-12]' write_job
  sed -i 's|vms:|exclude: [web-03, web-99]\n  vms:|' "$job"
  wrong "$job:7:21: \"web-99\" matches no target; did you mean web-09?" check "$job"
}

# A job in two groups and two subscriptions, of which one is left to az.
write_wide_job() {
  vms='web-[01-12]' write_job "batches: [1, 50%]"
  sed -i '/^  vms:/s/\]$/, {name: "db-[1-2]", resource_group: rg-db}, {name: db-1, resource_group: rg-db, subscription: 00000000-0000-0000-0000-000000000002}]/' "$job"
}

first='/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/web-01'

@test "targets: folded by subscription and group, whose name az knows; --ids prints full ids, and --names what --limit takes" {
  write_wide_job
  run "$azfan" targets "$job" --az "$stub/az"
  [ "$status" = 0 ]
  [ "$output" = "subscription Test (00000000-0000-0000-0000-000000000001): 14 VMs
  rg: 12 VMs: web-[01-12]
  rg-db: 2 VMs: db-[1-2]
subscription Other (00000000-0000-0000-0000-000000000002): 1 VM
  rg-db: 1 VM: db-1" ]
  run "$azfan" targets "$job" --az "$stub/az" --ids
  [ "$status" = 0 ]
  [ "${#lines[@]}" = 15 ]
  [ "${lines[0]}" = "$first" ]
  [ "$(sort -uf <<<"$output" | wc -l)" = 15 ]
  [[ $output != *DEFAULT* ]]
  [ "$("$azfan" targets "$job" --names --az /nonexistent | sed -n '1p;13,$p' | tr '\n' ' ')" = \
    'web-01 rg-db/db-1 db-2 00000000-0000-0000-0000-000000000002/rg-db/db-1 ' ] || { "$azfan" targets "$job" --names; return 1; }
  run "$azfan" targets "$job" --names --ids
  [ "$status" = 2 ]
}

@test "targets and plan: what az cannot say is said not to be known; --ids is an error then" {
  write_wide_job
  for mode in exit1 garbage empty none; do
    export STUB_AZ_ACCOUNTS=$mode
    run "$azfan" targets "$job" --az "$stub/az"
    [ "$status" = 0 ]
    [[ $output == "az's default subscription (not known: "*"): 14 VMs
  rg: 12 VMs: web-[01-12]"* ]] || { echo "$output"; return 1; }
    run "$azfan" plan "$job" --az "$stub/az"
    [ "$status" = 0 ]
    [[ $output == *"az's default subscription (not known: "*"): 14 VMs"* ]]
    run "$azfan" targets "$job" --az "$stub/az" --ids
    [ "$status" = 1 ]
    [[ $output == *"az's default subscription"*"is not known"*"targets.subscription"* ]]
  done
  nothing_is_left
}

@test "az is asked once, and only for what the job does not say" {
  export STUB_AZ_COUNT=$place/count
  mkdir "$place/count"
  write_wide_job
  for command in "plan $job" "targets $job" "targets $job --ids"; do
    "$azfan" $command --az "$stub/az" >/dev/null
    [ "$(wc -l <"$place/count/accounts")" = 1 ]
    rm "$place/count/accounts"
  done
  sed -i 's/^  resource_group: rg$/&\n  subscription: 00000000-0000-0000-0000-000000000003/' "$job"
  for command in "plan $job" "targets $job" "targets $job --ids" "targets $job --names" "check $job" "rehearse $job -q"; do
    az=
    case $command in check*) ;; *) az="--az $stub/az" ;; esac
    "$azfan" $command $az >"$place/out" </dev/null || { cat "$place/out"; return 1; }
  done
  [ -z "$(ls "$place/count")" ]
  # A run shows names, and asks for them beside its two other questions, unless nobody wants to see them.
  "$azfan" run "$job" --az "$stub/az" </dev/null 2>"$place/errors" >/dev/null
  [ "$(wc -l <"$place/count/accounts")" = 1 ]
  grep -qF 'subscription 00000000-0000-0000-0000-000000000003 (az does not know its name): 14 VMs' "$place/errors"
  rm "$place/count/accounts"
  "$azfan" run "$job" --az "$stub/az" -q </dev/null
  "$azfan" run "$job" --az "$stub/az" --progress none </dev/null
  [ ! -e "$place/count/accounts" ]
  "$azfan" plan "$job" --az /nonexistent | grep -F 'subscription 00000000-0000-0000-0000-000000000003: 14 VMs'
}

@test "one VM that is named twice, once with az's subscription, is one target of plan and targets" {
  vms=vm-1 write_job
  sed -i '/^  vms:/s|\]$|, /subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/RG/providers/Microsoft.Compute/virtualMachines/VM-1]|' "$job"
  [ "$("$azfan" targets "$job" --az "$stub/az" --ids | wc -l)" = 1 ]
  "$azfan" targets "$job" --az "$stub/az" | grep -xF '  rg: 1 VM: vm-1'
  "$azfan" plan "$job" --az "$stub/az" | grep -F 'Targets (1, one batch):'
}

@test "plan ends by a signal while az hangs, and leaves nothing" {
  write_job
  STUB_AZ_ACCOUNTS=hang:nap:20000 "$azfan" plan "$job" --az "$stub/az" >"$place/out" 3>&- &
  pid=$!
  wait_for children "$pid" 1
  kill -TERM "$pid"
  status=0
  wait "$pid" || status=$?
  [ "$status" = 143 ]
  nothing_is_left
}

@test "targets: names from standard input" {
  printf 'version: 1\nname: x\nscript: {inline: "true"}\ntargets: {resource_group: rg, file: "-"}\n' >"$job"
  run "$azfan" targets "$job" --names <<<$'one # a comment\n\ntwo-[1-2]'
  [ "$output" = "one
two-1
two-2" ]
}

@test "plan: command, script, targets, and at its end where, clocks and the worst case; starts nothing" {
  write_job "concurrency: 2" "timeout: 100s" "kill_grace: 1s"
  run "$azfan" plan "$job" --az /nonexistent/az
  [ "$status" = 0 ]
  [[ $output == *"script_timeout:  50s"* ]]
  [[ $output == *"timeout:         1m40s"* ]]
  [[ $output == *"3m22s"* ]]
  [[ $output == *"Targets (3, one batch):"*"  vm-[1-3]"* ]]
  [[ $output == *"Where:           3 VMs in 1 resource group of 1 subscription, in one batch
  who is logged in is not known: "*"
  az's default subscription (not known: "*"): 3 VMs
    rg: 3 VMs: vm-[1-3]
"* ]]
  [[ $output == *"/nonexistent/az vm run-command invoke --ids /subscriptions/"*"--command-id RunShellScript --scripts @"*"-o json --only-show-errors"* ]]
  [[ $output == *"echo hello"* ]]
  nothing_is_left
}

@test "a script that is too large with its guard is refused before anything starts" {
  { printf ': '; head -c 194500 /dev/zero | tr '\0' x; } >"$place/big.sh"
  printf 'version: 1\nname: x\nscript: {file: big.sh}\ntargets: {resource_group: rg, vms: [a]}\n' >"$job"
  run "$azfan" check "$job"
  [ "$status" = 2 ]
  [[ $output == *"190 KiB"* ]]
}

@test "--help and --version print to standard output and exit 0" {
  "$azfan" --help 2>"$place/errors" | grep -q rehearse
  "$azfan" help run | grep -q -- --concurrency
  "$azfan" rehearse --help | grep -q throttled
  [ "$("$azfan" --version)" = "$("$azfan" version)" ]
  [ ! -s "$place/errors" ]
}

@test "every option that --help names is in the manual, and the other way round" {
  for command in run exec rehearse plan targets check report rerun runs prune schema; do
    "$azfan" "$command" --help | grep -oE -- '--[a-z-]+' | grep -vE -- '--(help|version)'
  done | sort -u >"$place/helped"
  sed -n 's/^\.It.* Fl Fl \([a-z-]*\).*/--\1/p' "$top/man/azfan.1" | sort -u >"$place/manual"
  diff "$place/helped" "$place/manual"
}

@test "bad usage is exit 2 with a word of help" {
  write_job
  wrong "azfan: which command?"
  wrong "did you mean run?" runn "$job"
  wrong "which job?" run
  wrong "takes one job file" run "$job" "$job"
  wrong "did you mean --concurrency?" run "$job" --concurency 3
  wrong "--concurrency must be" run "$job" -c 0
  wrong "--concurrency must be" run "$job" -c many
  wrong "needs a unit" run "$job" --timeout 220
  wrong "needs a value" run "$job" --timeout
  # The option as it was typed, and not its short form or the word before it.
  wrong "azfan: --concurrency needs a value" run "$job" --concurrency
  wrong "azfan: -c needs a value" run "$job" -qc
  wrong "azfan: --yes=no takes no value" run "$job" --yes=no
  wrong "azfan: --overlap=no takes no value" run "$job" --overlap=no
  wrong "has no option -qž;" run "$job" -qž
  wrong "has no option -ž;" run -ž "$job"
  wrong "has no option --ž;" run "$job" --ž
  wrong "has no option" targets "$job" --inject a=hang
  wrong "--color is auto" run "$job" --color blue
  wrong "--progress is auto" run "$job" --progress much
  wrong "--output is grouped" run "$job" --output all
  wrong "not a regular expression" run "$job" --ignore '('
  wrong "matches even where there is nothing" run "$job" --ignore 'x*'
  wrong "there are no runs yet" rerun latest
  wrong "there is no run nowhere" report nowhere
  wrong "takes one run" rerun one two
  wrong "takes no argument" schema now
  wrong "takes one job" runs now then
  wrong "--only takes failed" rerun --only ok
  wrong "--set" run "$job" --set novalue
  wrong "--set: the job declares no parameter, and so not GREETING" run "$job" --set GREETING=hi
  wrong "--inject" rehearse "$job" --inject vm-1=explode
  wrong "hang" rehearse "$job" --inject vm-1=explode
}

@test "--help is the command's, also twice and after --version" {
  "$azfan" run --help >"$place/help"
  grep -q '^Usage: azfan run ' "$place/help"
  for options in '--help --help' '-hh' '--version --help' '--help -c 3 -h'; do
    "$azfan" run $options | diff "$place/help" - || { echo "$options"; return 1; }
  done
}

@test "options on the command line go over the job file" {
  write_job "concurrency: 1" "timeout: 100s"
  sed -i 's|inline: .*|inline: echo hello\n  parameters: {GREETING: hello}|' "$job"
  run "$azfan" plan "$job" --az "$stub/az" -c 3 --timeout 200s --deadline 5m --set GREETING=hi
  [ "$status" = 0 ]
  [[ $output == *"GREETING='hi'"*"timeout:         3m20s"*"deadline:        5m"*"3 at once"* ]]
}

# Each with what is said of it after the option's name.
@test "options over the job's rules that are wrong are refused before the job is read" {
  while IFS='|' read -r option value expected; do
    for command in run rehearse plan rerun; do
      run "$azfan" "$command" "$place/none.yaml" "--$option=$value"
      [[ $status = 2 && $output == *"--$option $expected"* ]] || { echo "$command --$option $value: $output"; return 1; }
    done
    run "$azfan" targets "$place/none.yaml" "--$option=$value"
    [[ $status = 2 && $output == *"azfan targets has no option"* ]]
  done <<'EOF'
batches|0|must be from 1 to 100000, not 0
batches|1,|must be a whole count (1 to 100000) or percentage (1% to 100%), written like 5 or 10%
batches||must be a whole count (1 to 100000)
batches|1, 2|must be a whole count
batches|101%|must be from 1% to 100%, not 101%
max-failures|-1|must be from 0 to 100000, not -1
max-failures|1,2|must be a whole count (0 to 100000) or percentage (0% to 100%), written like 5 or 10%
script-timeout|60|needs a unit: ms, s, m or h
script-timeout|1ms|must be from 100ms to
retry|100|must be from 0 to 99, not 100
retry|x|must be a whole number
EOF
}

@test "--targets: what is wrong in the file, and with it" {
  write_job
  cd "$place"
  printf '%s\n' vm-1 'vm-x*' 'foo bar' 'rg/*' /subscriptions/x s3cret/rg/vm >list
  run "$azfan" targets "$job" --targets list
  [ "$status" = 2 ]
  [ "$output" = "list:2:1: a VM's name has only letters, digits, \"-\", \"_\" and \".\"
list:3:1: one name, range or id a line; comments start with \"#\"
list:4:1: a * or ? means VMs of a job: write names or ranges here
list:5:1: not a VM's id, which reads /subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.Compute/virtualMachines/NAME
list:6:1: not GROUP/NAME or SUBSCRIPTION/GROUP/NAME" ] || { echo "$output"; return 1; }
  printf '# none\n' >list
  run "$azfan" targets "$job" --targets list
  [[ $status = 2 && $output = "azfan: --targets: list names no VM" ]]
  run "$azfan" targets "$job" --targets - </dev/null
  [[ $status = 2 && $output = "azfan: --targets: standard input names no VM" ]]
  run "$azfan" targets "$job" --targets none
  [[ $status = 2 && $output = "azfan: --targets: cannot open none: No such file or directory" ]]
  run "$azfan" rerun --targets list
  [[ $status = 2 && $output == *"azfan rerun has no option --targets"* ]]
}

@test "plan shows what the options put over the job's rules" {
  vms='vm-[01-20]' write_job "batches: 5" "pause_between: 30s" "max_failures: 10%"
  run "$azfan" plan "$job" --az "$stub/az" --batches 1,50% --max-failures 0 --retry 2 --script-timeout 45s
  [ "$status" = 0 ] || { echo "$output"; return 1; }
  [[ $output == *"Targets (20, in 3 batches):"*"  Batch 3 (9): "* && $output == *"script_timeout:  45s"* ]]
  [[ $output == *"up to 3 attempts, the second after 30s; for "* ]]
  [[ $output == *"the run halts after 1 failure"* ]]
  run "$azfan" plan "$job" --az "$stub/az" --script-timeout 4m
  [ "$status" = 2 ]
  [ "$output" = "azfan: --script-timeout: script_timeout must not be longer than timeout (3m40s)" ]
}

@test "plan shows retries, batches and what halts, and warns of a deadline that is too short" {
  vms='vm-[01-20]' write_job "concurrency: 5" "retry: {attempts: 2, delay: 10s, on: busy}" \
    "batches: [1, 10%]" "pause_between: 30s" "max_failures: 10%" "on_halt: stop" "deadline: 3m"
  run "$azfan" plan "$job" --az "$stub/az"
  [ "$status" = 0 ]
  [[ $output == *"up to 2 attempts, the second after 10s; for busy; never when"* ]]
  [[ $output == *"the run halts after 1 failure in batch 1 (1 VM), 1 in any of batches 2 to 10 (2 each), 1 in batch 11 (1), or 3 in all (20); what is running then is stopped"* ]]
  [[ $output == *"Targets (20, in 11 batches):"* ]]
  [[ $output == *"  Batch 11 (1): vm-20"* ]]
  [[ $output == *"Warning: this job cannot finish by its deadline: "*"the deadline is 3m"* ]]
}
