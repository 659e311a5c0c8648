#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What azfan relies on in the real az, which asks a simulated Azure on loopback.

bats_require_minimum_version 1.5.0

load helper

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
    "rg-facts/dropped": {"drop_scripts": true}, "rg-facts/doubtful": {"doubtful": 1}, "rg-facts/windows": {"os": "Windows", "stdout": "one\n", "stderr": "two"}}}'
  invoke exit 'echo out; echo err >&2; exit 7' &
  invoke long 'seq 1 2000; echo the end' &
  # 4,096 bytes before the end is the second byte of the letter
  invoke cut 'printf "x\303\251"; head -c 4095 /dev/zero | tr "\0" a' &
  invoke literal "@$F/no-such-file" &
  invoke environment 'env | cut -d= -f1 | sort; readlink /proc/self/fd/0' &
  # shellcheck disable=SC2016 # for the VM's shell
  invoke parameters 'echo "$NAME:$1"' --parameters NAME=value &
  # It keeps the VM busy until az has been refused, however slowly that asks again.
  invoke doubtful "while [ ! -s $F/doubtful.rc ]; do sleep 0.1; done" &
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
  [[ $(message cut) = *$'[stdout]\n\xef\xbf\xbdaaa'* ]]
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

@test "az: a 500 for a script that runs all the same is asked again by az itself, and finds the VM busy with that script" {
  fact doubtful 1 "ERROR: (Conflict) Run command extension execution is in progress. Please wait for completion before invoking a run command."
  [ "$(posts doubtful)" = 2 ]
  [ -e "$ARM_HOME/vms/rg-facts/doubtful/1/script.sh" ]
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

@test "az: SIGINT to its process group ends it at once, and the script goes on" {
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
  [ $((after - before)) -lt 20000000000 ] # it takes 0.4 s where no other az runs, and would wait for 300
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
