#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The real az against a simulated Azure on loopback: first what azfan relies on in az, then azfan with it.
# Every test has a resource group of its own, so the tests know nothing of each other.

bats_require_minimum_version 1.5.0

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

# --- facts: what az does -----------------------------------------------------------------------------------------

# invoke NAME SCRIPT [OPTION...]: az on the VM of that name; its result is in $F/NAME.{out,err,rc}
invoke() {
  local name=$1 script=$2 status=0
  shift 2
  az vm run-command invoke --command-id RunShellScript --scripts "$script" -o json "$@" \
    --ids "/subscriptions/$SUBSCRIPTION/resourceGroups/${GROUP:-rg-facts}/providers/Microsoft.Compute/virtualMachines/${VM:-$name}" \
    >"$F/$name.out" 2>"$F/$name.err" </dev/null 3>&- || status=$?
  echo "$status" >"$F/$name.rc"
}

# One az takes seconds, most of them its own start. All run at once, when the first test of this section asks.
facts() {
  F=$BATS_FILE_TMPDIR/facts
  [ ! -e "$F/done" ] || return 0
  mkdir -p "$F"
  control set '{"vms": {"rg-facts/exit": {}, "rg-facts/long": {}, "rg-facts/cut": {}, "rg-facts/literal": {},
    "rg-facts/environment": {}, "rg-facts/parameters": {}, "rg-facts/busy": {"busy": true}, "rg-facts/stopped": {"stopped": true},
    "rg-facts/forbidden": {"forbidden": true}, "rg-facts/throttled": {"throttled": true}, "rg-facts/broken": {"broken": true},
    "rg-facts/again": {"throttled": 2, "throttled_retry_after": 1}, "rg-facts/agent": {"agent_not_ready": true},
    "rg-facts/dropped": {"drop_scripts": true}, "rg-facts/windows": {"os": "Windows", "stdout": "one\n", "stderr": "two"}}}'
  invoke exit 'echo out; echo err >&2; exit 7' &
  invoke long 'seq 1 2000; echo the end' &
  # 4,096 bytes before the end is the second byte of the letter
  invoke cut 'printf "x\303\251"; head -c 4095 /dev/zero | tr "\0" a' &
  invoke literal "@$F/no-such-file" &
  invoke environment 'env | cut -d= -f1 | sort; readlink /proc/self/fd/0' &
  # shellcheck disable=SC2016 # for the VM's shell
  invoke parameters 'echo "$NAME:$1"' --parameters NAME=value &
  for name in missing busy stopped forbidden throttled broken again agent dropped windows; do
    invoke "$name" 'echo it ran' &
  done
  GROUP=rg-none invoke nogroup 'echo it ran' &
  token &
  logged_out &
  latest &
  wait
  : >"$F/done"
}

token() {
  az account get-access-token -o json >"$F/token.out" 2>"$F/token.err" </dev/null
}

logged_out() {
  cp -R "$AZURE_CONFIG_DIR" "$F/logged-out"
  rm "$F/logged-out/azureProfile.json"
  AZURE_CONFIG_DIR=$F/logged-out invoke logged_out true
  local status=0
  AZURE_CONFIG_DIR=$F/logged-out az account get-access-token -o json >"$F/no_token.out" 2>"$F/no_token.err" || status=$?
  echo "$status" >"$F/no_token.rc"
}

latest() {
  cp -R "$AZURE_CONFIG_DIR" "$F/latest"
  AZURE_CONFIG_DIR=$F/latest az cloud update --profile latest >/dev/null 2>&1
  AZURE_CONFIG_DIR=$F/latest VM=exit invoke latest true
}

# fact NAME STATUS [FIRST-LINE-OF-STDERR]; without a line stderr must be empty
fact() {
  facts
  local first=
  IFS= read -r first <"$F/$1.err" || :
  echo "az $1: exit status $(cat "$F/$1.rc"), stderr:"
  cat "$F/$1.err"
  [ "$(cat "$F/$1.rc")" = "$2" ]
  [ "$first" = "${3:-}" ]
}

message() {
  jq -r '.value[0].message' "$F/$1.out"
}

posts() {
  control posts "rg-facts/$1"
}

@test "az: a script that fails is a success: exit status 0, nothing on stderr, no trace of the 7" {
  fact exit 0
  [ "$(jq -r '.value[0].code' "$F/exit.out")" = ProvisioningState/succeeded ]
  [ "$(jq '.value[0].message' "$F/exit.out")" = '"Enable succeeded: \n[stdout]\nout\n\n[stderr]\nerr\n"' ]
}

@test "az: only the last 4,096 bytes of a stream come back" {
  fact long 0
  message long >"$F/long.message"
  sed -e 1,/stdout/d -e '/^\[stderr\]$/,$d' "$F/long.message" | head -c -1 | cmp - <({ seq 1 2000; echo the end; } | tail -c 4096)
}

@test "az: a letter cut in half by the limit becomes U+FFFD" {
  fact cut 0
  [[ $(message cut) = *$'[stdout]\n\uFFFDaaa'* ]]
}

@test "az: a script file that is not there is sent as the name itself, and that is a success" {
  fact literal 0
  grep -qFx "@$F/no-such-file" "$ARM_HOME/vms/rg-facts/literal/1/script.sh"
}

@test "az: the script has no HOME, no USER and no standard input" {
  fact environment 0
  run -0 message environment
  [[ $output != *HOME* && $output != *USER* && $output = *PATH* && $output = */dev/null* ]]
}

@test "az: a parameter is both a variable and a positional one" {
  fact parameters 0
  [[ $(message parameters) = *value:value* ]]
}

@test "az: Windows answers two elements without marks" {
  fact windows 0
  [ "$(jq -c '[.value[] | [.code, .message]]' "$F/windows.out")" = \
    '[["ComponentStatus/StdOut/succeeded","one\n"],["ComponentStatus/StdErr/succeeded","two"]]' ]
}

@test "az: a VM that is not there is exit status 3" {
  fact missing 3 "ERROR: (ResourceNotFound) The Resource 'Microsoft.Compute/virtualMachines/missing' under resource group 'rg-facts' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
}

@test "az: a resource group that is not there is exit status 3" {
  fact nogroup 3 "ERROR: (ResourceGroupNotFound) Resource group 'rg-none' could not be found."
}

@test "az: a busy VM is a Conflict, and az does not try again" {
  fact busy 1 "ERROR: (Conflict) Run command extension execution is in progress. Please wait for completion before invoking a run command."
  [ "$(posts busy)" = 1 ]
}

@test "az: a stopped VM is an OperationNotAllowed" {
  fact stopped 1 "ERROR: (OperationNotAllowed) Cannot modify extensions in the VM when the VM is not running."
}

@test "az: a missing permission is an AuthorizationFailed" {
  facts
  fact forbidden 1 "$(head -n 1 "$F/forbidden.err")"
  [[ $(head -n 1 "$F/forbidden.err") = "ERROR: (AuthorizationFailed) The client "*"/runCommand/action"* ]]
}

@test "az: throttled without Retry-After is an error at once" {
  fact throttled 1 "ERROR: (SubscriptionRequestsThrottled) Number of requests for subscription '$SUBSCRIPTION' and operation 'POST/SUBSCRIPTIONS/RESOURCEGROUPS/PROVIDERS/MICROSOFT.COMPUTE/VIRTUALMACHINES/RUNCOMMAND' exceeded the backend storage limit. Please try again after '6' seconds."
  [ "$(posts throttled)" = 1 ]
}

@test "az: throttled with Retry-After is tried again by az itself" {
  fact again 0
  [ "$(posts again)" = 3 ]
}

@test "az: a broken Azure (500) gets the request four times" {
  fact broken 1 "ERROR: (InternalExecutionError) An internal execution error occurred. Please retry later."
  [ "$(posts broken)" = 4 ]
}

@test "az: a VM whose agent is not ready is accepted first and fails later" {
  facts
  [ "$(cat "$F/agent.rc")" = 1 ]
  [[ $(head -n 1 "$F/agent.err") = "ERROR: (VMAgentStatusCommunicationError) VM 'agent' has not reported status"* ]]
}

@test "az: a script that Azure never got looks like a success" {
  fact dropped 0
  [[ $(message dropped) = *"This is a sample script"* ]]
}

@test "az: get-access-token names the default subscription, the tenant and when it ends" {
  facts
  [ ! -s "$F/token.err" ]
  [ "$(jq -c 'keys' "$F/token.out")" = '["accessToken","expiresOn","subscription","tenant","tokenType"]' ]
  [ "$(jq -r .subscription "$F/token.out")" = $SUBSCRIPTION ]
}

@test "az: logged out is one line, and the same for the token as for a run" {
  fact logged_out 1 "ERROR: Please run 'az login' to setup account."
  fact no_token 1 "ERROR: Please run 'az login' to setup account."
}

@test "az: Debian 12's az with its default profile cannot run commands at all" {
  [ "$(az version --query '"azure-cli"' -o tsv)" = 2.45.0 ] || skip "this az is not Debian 12's 2.45.0"
  facts
  [ "$(cat "$F/latest.rc")" = 1 ]
  grep -q "does not have operation group 'virtual_machine_run_commands'" "$F/latest.err"
}

@test "az: SIGINT to its process group ends it within 2 s, and the script goes on" {
  control set '{"vms": {"rg-int/one": {}}}'
  in_session "$T/end" az vm run-command invoke --command-id RunShellScript --scripts "echo \$\$ >$T/script.pid; sleep 300" -o json \
    --ids "/subscriptions/$SUBSCRIPTION/resourceGroups/rg-int/providers/Microsoft.Compute/virtualMachines/one" \
    >"$T/out" 2>"$T/err" </dev/null &
  control wait rg-int running 1
  local before after
  before=$(date +%s%N)
  kill -INT -- "-$(cat "$T/end.pid")"
  wait $!
  after=$(date +%s%N)
  cat "$T/end" "$T/err"
  [ "$(jq .status "$T/end")" = 1 ]
  [ $((after - before)) -lt 2000000000 ]
  [ ! -s "$T/out" ]
  alive "$(cat "$T/script.pid")"
  control wait rg-int running 1 0
}

@test "az: a second run on a VM is refused while the first one runs" {
  facts
  control set '{"vms": {"rg-facts/twice": {}}}'
  # The first keeps the VM busy until the second was refused, however slowly that one starts.
  VM=twice invoke first "while [ ! -e $F/refused ]; do sleep 0.1; done" &
  control wait rg-facts running 1
  VM=twice invoke second true
  : >"$F/refused"
  wait
  [ "$(cat "$F/first.rc") $(cat "$F/second.rc")" = "0 1" ]
  [[ $(head -n 1 "$F/second.err") = "ERROR: (Conflict) Run command extension execution is in progress."* ]]
}

# --- azfan with the real az ---------------------------------------------------------------------------------------

# alive PID...: whether one of them is a process, and not just one that nobody has waited for
alive() {
  local pid state
  for pid; do
    state=$(sed 's/.*) //; s/ .*//' "/proc/$pid/stat" 2>/dev/null) || continue
    [ "$state" = Z ] || return 0
  done
  return 1
}

# start_azfan COMMAND [ARGUMENT...]: in the background, its temporary files in folders of their own
start_azfan() {
  if [ ! -x "$AZFAN" ]; then
    echo "$AZFAN is not there: make"
    return 1
  fi
  mkdir -p "$T/tmp" "$T/runtime" "$T/state"
  AZFAN_TEST_MARK=$T TMPDIR=$T/tmp XDG_RUNTIME_DIR=$T/runtime XDG_STATE_HOME=$T/state \
    in_session "$T/end" "$AZFAN" "$@" >"$T/out" 2>"$T/err" </dev/null &
  AZFAN_WAITER=$!
}

# What the end left: the status in $status (negative: the signal that ended it), the report in $report.
end_azfan() {
  wait "$AZFAN_WAITER"
  status=$(jq .status "$T/end")
  report=$(find "$T/run" -maxdepth 2 -name report.json 2>/dev/null) || :
  echo "azfan ended with $status after $(jq .seconds "$T/end") s"
  echo "--- stdout"; cat "$T/out"
  echo "--- stderr"; cat "$T/err"
  [ -z "$report" ] || { echo "--- report"; cat "$report"; }
  nothing_left
}

run_azfan() {
  start_azfan "$@"
  end_azfan
}

# No process that azfan started, no temporary file. Whoever inherited azfan's environment came from it.
nothing_left() {
  local left
  left=$(grep -lzxF "AZFAN_TEST_MARK=$T" /proc/[0-9]*/environ 2>/dev/null) || :
  [ -z "$left" ] || { echo "processes are left: $left"; return 1; }
  left=$(find "$T/tmp" "$T/runtime" -mindepth 1)
  [ -z "$left" ] || { echo "files are left: $left"; return 1; }
}

# no_script_left FILE...: each has the path of a script that ran on a VM
no_script_left() {
  local file path
  for file; do
    path=$(cat "$file")
    [ ! -e "$path" ] || { echo "left on the VM: $path"; return 1; }
    path=$(dirname "$path")
    case $path in
    /tmp | /var/tmp | /dev/shm | /run | "$ARM_HOME"/vms/*) ;; # the VM's own, the agent's
    *) [ ! -e "$path" ] || { echo "left on the VM: $path"; return 1; } ;;
    esac
  done
}

# One line per target: name outcome reason, sorted
outcomes() {
  jq -r '.targets[] | "\(.name) \(.outcome) \(if (.reason // "") == "" then "-" else .reason end)"' "$report" | sort
}

target() { # NAME FILTER
  jq -r --arg name "$1" ".targets[] | select(.name == \$name) | $2" "$report"
}

total_posts() { # GROUP
  jq -s --arg group "$1/" '[.[] | select(.method == "POST" and (.vm // "" | startswith($group)))] | length' "$ARM_HOME/requests.jsonl"
}

# That azfan never asked for a second run on a VM that still had one, apart from VMs that were made busy
never_overlapped() { # GROUP
  [ "$(jq -s --arg group "$1/" '[.[] | select(.method == "POST" and (.vm // "" | startswith($group)) and .vm_running > 0)] | length' \
    "$ARM_HOME/requests.jsonl")" = 0 ]
}

many_job() {
  cat >"$T/job.yaml" <<EOF
version: 1
name: many
script:
  inline: |
    printf '%s\n' "\$0" >"\$MARK/\$AZFAN_TARGET.file"
    echo \$\$ >"\$MARK/\$AZFAN_TARGET.pid"
    printf %s "\$TOKEN" | cksum >"\$MARK/\$AZFAN_TARGET.token"
    cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\000' ' ' >"\$MARK/\$AZFAN_TARGET.ps"
    case \$AZFAN_TARGET in
    fail) echo about to fail; echo because >&2; exit 7 ;;
    limit) sleep 300 & echo \$! >"\$MARK/limit.child.pid"; wait ;;
    long) seq 1 2000; echo the end ;;
    utf8) echo 'Grüße, 東京 ☃' ;;
    *) echo "fine on \$AZFAN_TARGET" ;;
    esac
  parameters:
    MARK: $T/mark
    TOKEN: {env: AZFAN_TEST_TOKEN}
targets:
  resource_group: rg-many
  vms: [hang, limit, fail, missing, busy, stopped, throttled, once, again, forbidden, long, utf8, "ok-[01-05]"]
concurrency: 17
timeout: 70s
script_timeout: 5s
EOF
}

many_vms() {
  control set '{"vms": {"rg-many/hang": {"never": true}, "rg-many/limit": {}, "rg-many/fail": {}, "rg-many/busy": {"busy": true},
    "rg-many/stopped": {"stopped": true}, "rg-many/throttled": {"throttled": true}, "rg-many/once": {"throttled": 1},
    "rg-many/again": {"throttled": 2, "throttled_retry_after": 1}, "rg-many/forbidden": {"forbidden": true}, "rg-many/long": {},
    "rg-many/utf8": {}, "rg-many/ok-01": {}, "rg-many/ok-02": {}, "rg-many/ok-03": {"slow": 3}, "rg-many/ok-04": {}, "rg-many/ok-05": {}}}'
}

many_expected() {
  sort <<EOF
again ok -
busy error busy
fail failed exit
forbidden error forbidden
hang timeout az
limit timeout script
long ok -
missing error not_found
ok-01 ok -
ok-02 ok -
ok-03 ok -
ok-04 ok -
ok-05 ok -
once error throttled
stopped error not_running
throttled error throttled
utf8 ok -
EOF
}

@test "azfan: 17 VMs, of which 9 fare badly in 8 ways, each get their own outcome, and nothing of it is left" {
  local secret='tr0ub4dor $(touch x) "&'\''3' name
  mkdir "$T/mark"
  many_vms
  many_job
  AZFAN_TEST_TOKEN=$secret run_azfan run "$T/job.yaml" --yes --run-dir "$T/run"

  [ "$status" = 5 ]
  diff <(many_expected) <(outcomes)
  [ "$(jq -cS .counts "$report")" = '{"cancelled":0,"error":6,"failed":1,"ok":8,"skipped":0,"timeout":2,"unknown":0}' ]

  # what the script said, without the guard's trailer
  [ "$(target fail '[.exit_code, .stdout, .stderr] | tojson')" = '[7,"about to fail\n","because\n"]' ]
  [ "$(target ok-01 '[.exit_code, .stdout, .stdout_truncated] | tojson')" = '[0,"fine on ok-01\n",false]' ]
  [ "$(target utf8 .stdout)" = 'Grüße, 東京 ☃' ]
  [ "$(target long .stdout_truncated)" = true ]
  jq -j '.targets[] | select(.name == "long") | .stdout' "$report" | tail -n 3 | cmp - <(printf '1999\n2000\nthe end\n')

  # az's own tries, when Azure says how long to wait, are not azfan's
  [ "$(target again '.attempts | length') $(target once '.attempts | length')" = "1 1" ]
  [ "$(control posts rg-many/again) $(control posts rg-many/once) $(control posts rg-many/missing)" = "3 1 1" ]
  [ "$(target missing '.attempts[0].az_exit')" = 3 ]
  [ "$(target hang '.attempts[0].stopped')" = true ]
  [ "$(target hang .id)" = "/subscriptions/$SUBSCRIPTION/resourceGroups/rg-many/providers/Microsoft.Compute/virtualMachines/hang" ]
  never_overlapped rg-many

  # every VM that fared badly has a line that says how
  while read -r name outcome _; do
    [ "$outcome" = ok ] || grep -E "(^|[^[:alnum:]-])$name([^[:alnum:]-]|\$)" "$T/out" | grep -qi "$outcome"
  done < <(many_expected)

  # the secret reached the script and nothing else
  [ "$(sort -u "$T/mark"/*.token)" = "$(printf %s "$secret" | cksum)" ]
  [ "$(find "$T/mark" -name '*.ps' | wc -l)" = 11 ]
  grep -q 'run-command invoke' "$T/mark/ok-01.ps"
  run ! grep -rlF 'tr0ub4dor' "$T/mark" "$T/run" "$T/out" "$T/err"

  # on the VMs: no script, no process
  no_script_left "$T/mark"/*.file
  run ! alive $(cat "$T/mark"/*.pid)
}

@test "azfan: a broken login is one message and exit status 6, and no VM is asked" {
  control set '{"vms": {"rg-login/a": {}, "rg-login/b": {}, "rg-login/c": {}}}'
  job rg-login '[a, b, c]' 'echo it ran'
  mkdir "$T/config"
  AZURE_CONFIG_DIR=$T/config run_azfan run "$T/job.yaml" --yes --run-dir "$T/run"

  [ "$status" = 6 ]
  [ "$(outcomes)" = $'a skipped login\nb skipped login\nc skipped login' ]
  [ "$(grep -c "az login" "$T/err")" = 1 ]
  [ "$(total_posts rg-login)" = 0 ]
}

@test "azfan: an az that cannot run commands halts the run with its remedy, and no VM is asked" {
  [ "$(az version --query '"azure-cli"' -o tsv)" = 2.45.0 ] || skip "this az is not Debian 12's 2.45.0"
  control set '{"vms": {"rg-latest/a": {}}}'
  job rg-latest '[a]' 'echo it ran'
  cp -R "$AZURE_CONFIG_DIR" "$T/config"
  AZURE_CONFIG_DIR=$T/config az cloud update --profile latest >/dev/null 2>&1
  AZURE_CONFIG_DIR=$T/config run_azfan run "$T/job.yaml" --yes --run-dir "$T/run"

  [ "$status" = 6 ]
  [ "$(outcomes)" = 'a error az_broken' ]
  cat "$T/out" "$T/err" | grep -qF 'az cloud update --profile 2020-09-01-hybrid'
  target a .message | grep -q 'profile'
  [ "$(total_posts rg-latest)" = 0 ]
}

@test "azfan: SIGINT in the middle stops all az, ends azfan by SIGINT, and the report is there" {
  control set '{"vms": {"rg-stop/a": {"never": true}, "rg-stop/b": {"never": true}, "rg-stop/c": {}}}'
  job rg-stop '[a, b, c]' 'echo it ran' 2
  start_azfan run "$T/job.yaml" --yes --run-dir "$T/run"
  control wait rg-stop running 2
  local before after
  before=$(date +%s%N)
  kill -INT "$(cat "$T/end.pid")"
  end_azfan
  after=$(date +%s%N)

  [ "$status" = -2 ]
  # kill_grace and what azfan needs for itself; one stuck az must not cost its timeout
  [ $((after - before)) -lt 10000000000 ]
  [ "$(outcomes)" = $'a cancelled signal\nb cancelled signal\nc skipped signal' ]
  [ "$(jq .exit_status "$report")" = 130 ]
  [ "$(total_posts rg-stop)" = 2 ]
}

@test "azfan: scripts that never reached their VM are unknown, never ok" {
  control set '{"vms": {"rg-dropped/a": {"drop_scripts": true}, "rg-dropped/b": {"drop_scripts": true}}}'
  job rg-dropped '[a, b]' 'echo it ran'
  run_azfan run "$T/job.yaml" --yes --run-dir "$T/run"

  [ "$status" = 4 ]
  [ "$(outcomes)" = $'a unknown no_trailer\nb unknown no_trailer' ]
}

@test "azfan: a VM that restarts in the middle is unknown, and a failed extension is an error" {
  control set '{"vms": {"rg-middle/restart": {"reboot": 1}, "rg-middle/extension": {"extension_failure": true},
    "rg-middle/agent": {"agent_not_ready": true}, "rg-middle/answer": {"garbage": {"value": []}}}}'
  job rg-middle '[restart, extension, agent, answer]' "echo \"\$0\" >>$T/scripts; sleep 5"
  run_azfan run "$T/job.yaml" --yes --run-dir "$T/run"
  # the guard could not tidy up on the VM that went down, and that VM is this machine
  xargs rm -f <"$T/scripts"
  xargs dirname <"$T/scripts" | xargs rmdir 2>/dev/null || :

  [ "$status" = 5 ]
  [ "$(outcomes)" = $'agent error agent\nanswer unknown answer\nextension error extension\nrestart unknown interrupted' ]
}

# job GROUP VMS SCRIPT [CONCURRENCY]: into $T/job.yaml
job() {
  cat >"$T/job.yaml" <<EOF
version: 1
name: small
script:
  inline: |
    $3
targets:
  resource_group: $1
  vms: $2
concurrency: ${4:-4}
timeout: 90s
script_timeout: 30s
EOF
}
