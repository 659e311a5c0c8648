#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Whose token the client rest has, and what becomes of it, against a server on loopback that gives tokens and takes them.

load helper

TENANT=aaaaaaaa-0000-0000-0000-000000000001 # the server's first
OTHER=bbbbbbbb-0000-0000-0000-000000000002
ONE=00000000-0000-0000-0000-000000000001
TWO=00000000-0000-0000-0000-000000000002

setup() {
  setup_place
  # What the person at this machine has set must not decide about these tests.
  unset "${!AZURE@}" "${!IDENTITY@}" "${!ACTIONS@}" "${!SYSTEM_@}" AZFAN_CLIENT AZFAN_IDENTITY
  unset "${!http_proxy@}" "${!HTTP_PROXY@}" "${!ALL_PROXY@}" "${!all_proxy@}"
  export AZFAN_LOOPBACK_PACE=100ms,200ms,0
  mkdir "$place/server" "$place/bin"
  mkfifo "$place/ready"
  # Ends with this test. No inherited descriptor: bats waits for the end of its own.
  env -u XDG_RUNTIME_DIR setsid /usr/bin/python3 "$BATS_TEST_DIRNAME/../azure/tokens.py" "$place/server" $$ >"$place/ready" 2>"$place/server.log" \
    </dev/null 3>&- &
  read -r _ port <"$place/ready"
  server=http://127.0.0.1:$port
}

# Nothing in it is az, nor anything else.
run_without_az() { PATH=$place/bin run "$azfan" run "$job" --run-dir "$place/run" "$@"; }

# write_rest_job IDENTITY [LINE...]
write_rest_job() {
  cat >"$job" <<EOF
version: 1
name: test
client: rest
identity: $1
cloud: $server
script: {inline: "${script:-echo hello}"}
targets:
  subscription: $ONE
  resource_group: rg
  vms: ["${vms:-vm-[1-3]}"]
EOF
  shift
  printf '%s\n' "$@" >>"$job"
}

# set_server JSON
set_server() { /usr/bin/python3 -c 'import sys, urllib.request as u
u.urlopen(u.Request(sys.argv[1] + "/control", sys.argv[2].encode(), method="PATCH")).read()' "$server" "$1"; }

# asked FILTER: the requests that it is true of, a line each
asked() { jq -c "select($1)" "$place/server/requests.jsonl"; }

all_are_ok() {
  [ "$status" = 0 ]
  [ "$(value '[.targets[].outcome] | unique | join(" ")')" = ok ]
  nothing_is_left
}

# no_secret WORD...: in nothing that azfan has written
no_secret() {
  local word
  for word; do
    ! grep -rqF -e "$word" "$place/run" "$place/state" "$place/runtime" 2>/dev/null || { echo "$word is on disk"; return 1; }
    [[ $output != *"$word"* ]] || { echo "$word is shown"; return 1; }
  done
}

@test "managed: a virtual machine's identity, without az" {
  write_rest_job managed
  export AZURE_POD_IDENTITY_AUTHORITY_HOST=$server
  run_without_az
  all_are_ok
  [ "$(value .identity)" = managed ]
  [ "$(value .origin.az_version)" = null ]
  # Once, and as IMDS wants it.
  [ "$(asked '.path | startswith("/metadata")' | wc -l)" = 1 ]
  asked '.path | startswith("/metadata")' | jq -e '.headers.metadata == "true" and (.path | endswith("resource=http%3A%2F%2F127.0.0.1%3A'"$port"'%2F"))'
  no_secret eyJ0
}

@test "managed: which one of several, and the form of App Service" {
  write_rest_job managed
  export IDENTITY_ENDPOINT=$server/msi/token IDENTITY_HEADER=header-secret AZURE_CLIENT_ID=the-client
  run_without_az
  all_are_ok
  asked '.path | startswith("/msi")' | jq -e '.path | contains("api-version=2019-08-01") and endswith("&client_id=the-client")'
  no_secret eyJ0 header-secret
}

@test "managed: an endpoint that starts is waited for, one that knows nobody is not" {
  write_rest_job managed
  export AZURE_POD_IDENTITY_AUTHORITY_HOST=$server
  set_server '{"answers": {"/metadata": [[404, ""], [429, "", {"Retry-After": "1"}]]}}'
  run_without_az
  all_are_ok
  [ "$(asked '.path | startswith("/metadata")' | wc -l)" = 3 ]
  rm -r "$place/run"
  set_server '{"answers": {"/metadata": [[400, {"error": "invalid_request", "error_description": "Identity not found"}]]}}'
  run_without_az
  [ "$status" = 6 ]
  [[ $output == *"identity: managed: this machine has no such managed identity"*"Identity not found"* ]]
  [[ $output != *"az login"* ]]
  [ "$(asked '.path | startswith("/metadata")' | wc -l)" = 4 ]
}

@test "environment: an application and its secret" {
  write_rest_job environment
  export AZURE_AUTHORITY_HOST=$server AZURE_TENANT_ID=$TENANT AZURE_CLIENT_ID=the-client AZURE_CLIENT_SECRET='s3cret&=%'
  run_without_az
  all_are_ok
  asked '.path | contains("oauth2/v2.0")' | jq -e '.form.client_secret == "s3cret&=%" and .form.client_id == "the-client"'
  no_secret eyJ0 's3cret'
  rm -r "$place/run"
  AZURE_CLIENT_SECRET=wr0ng run_without_az
  [ "$status" = 6 ]
  [[ $output == *"does not accept AZURE_CLIENT_SECRET"*AADSTS7000215* ]]
  no_secret wr0ng
}

@test "workload: Kubernetes' file, GitHub Actions and Azure Pipelines vouch for an application" {
  write_rest_job workload
  echo head.claims.signature >"$place/assertion"
  export AZURE_AUTHORITY_HOST=$server AZURE_TENANT_ID=$TENANT AZURE_CLIENT_ID=the-client
  AZURE_FEDERATED_TOKEN_FILE=$place/assertion run_without_az
  all_are_ok
  rm -r "$place/run"
  ACTIONS_ID_TOKEN_REQUEST_URL="$server/github?x=1" ACTIONS_ID_TOKEN_REQUEST_TOKEN=vouch-secret run_without_az
  all_are_ok
  rm -r "$place/run"
  unset AZURE_TENANT_ID AZURE_CLIENT_ID
  SYSTEM_OIDCREQUESTURI=$server/pipelines SYSTEM_ACCESSTOKEN=vouch-secret AZURESUBSCRIPTION_TENANT_ID=$TENANT \
    AZURESUBSCRIPTION_CLIENT_ID=the-client AZURESUBSCRIPTION_SERVICE_CONNECTION_ID=c run_without_az
  all_are_ok
  [ "$(asked '.form.client_assertion == "head.claims.signature"' | wc -l)" = 3 ]
  no_secret eyJ0 vouch-secret head.claims.signature
}

@test "what is missing or wrong is told at once, by its name, and nothing is started" {
  write_rest_job environment
  AZURE_CLIENT_ID=c run_without_az
  [ "$status" = 1 ]
  [[ $output == *"AZURE_TENANT_ID, AZURE_CLIENT_SECRET are not set"* ]]
  write_rest_job workload
  run_without_az
  [ "$status" = 1 ]
  [[ $output == *"id-token: write"* ]]
  write_rest_job managed
  IDENTITY_ENDPOINT=$server/msi/token IDENTITY_HEADER=$'s3cret\r\nX-Mine: 1' run_without_az
  [ "$status" = 1 ]
  [[ $output == *"IDENTITY_HEADER has a control character"* ]]
  no_secret s3cret
  [ ! -e "$place/run" ]
  [ ! -s "$place/server/requests.jsonl" ]
}

@test "the command line goes before the environment, that before the job, and a rerun keeps it" {
  write_rest_job workload
  export AZURE_POD_IDENTITY_AUTHORITY_HOST=$server
  AZFAN_IDENTITY=environment run_without_az --identity managed
  all_are_ok
  PATH=$place/bin run "$azfan" rerun "$place/run" --run-dir "$place/again" --limit vm-1 --only failed
  [[ $output == *"nothing"* ]]
  jq -se '.[0] | .overrides.identity == "managed" and .identity == "managed"' "$place/run/journal.jsonl"
  write_rest_job workload
  script='exit 1' write_rest_job workload
  rm -r "$place/run"
  run_without_az --identity managed
  [ "$status" = 3 ]
  PATH=$place/bin run "$azfan" rerun "$place/run" --run-dir "$place/again"
  [ "$status" = 3 ]
  jq -se '.[0].identity == "managed"' "$place/again/journal.jsonl"
  AZFAN_IDENTITY=Managed run_without_az
  [ "$status" = 2 ]
  [[ $output == *"AZFAN_IDENTITY: must be az or managed"* ]]
  run_without_az --client az --identity managed
  [ "$status" = 2 ]
  [[ $output == *"needs client: rest"* ]]
  run_without_az --identity ''
  [ "$status" = 2 ]
  [[ $output == *"--identity is az, managed, workload or environment, not empty"* ]]
  # A variable is for the jobs whose client is rest: with the other one az's login counts.
  sed -i '/^identity:/d; /^cloud:/d' "$job"
  AZFAN_CLIENT=az AZFAN_IDENTITY=managed run "$azfan" check "$job"
  [ "$status" = 0 ]
}

@test "tokens of three seconds, while scripts run that take longer" {
  script='sleep 7' write_rest_job managed 'concurrency: 2'
  export AZURE_POD_IDENTITY_AUTHORITY_HOST=$server
  set_server '{"life": 3}'
  run_without_az
  all_are_ok
  [ "$(asked '.path | startswith("/metadata")' | wc -l)" -ge 4 ]
  # Each script was started once, and no start was refused.
  [ "$(asked '.method == "POST" and .status == 202' | wc -l)" = 3 ]
}

@test "a token that Azure takes no more is renewed at once, and clients that run go on with the new one" {
  script="touch $place/started; sleep 3" vms=vm-1 write_rest_job managed
  export AZURE_POD_IDENTITY_AUTHORITY_HOST=$server
  PATH=$place/bin "$azfan" run "$job" --run-dir "$place/run" >"$place/out" 2>&1 3>&- &
  wait_for test -e "$place/started"
  set_server '{"revoked": true}'
  wait $!
  [ "$(outcome_of vm-1)" = "ok " ]
  [ "$(asked '.status == 401' | wc -l)" -ge 1 ]
  [ "$(asked '.path | startswith("/metadata")' | wc -l)" -ge 2 ]
}

@test "a renewal that fails is told once; the run ends when the token is over, and what runs may end" {
  script="touch $place/started; sleep 12" write_rest_job managed 'concurrency: 1'
  export AZURE_POD_IDENTITY_AUTHORITY_HOST=$server
  set_server '{"life": 6}'
  PATH=$place/bin "$azfan" run "$job" --run-dir "$place/run" >"$place/out" 2>&1 3>&- &
  wait_for test -e "$place/started"
  no='[400, {"error": "invalid_request", "error_description": "Identity not found"}]'
  set_server '{"answers": {"/metadata": ['"$no, $no, $no"']}}'
  status=0
  wait $! || status=$?
  cat "$place/out"
  [ "$status" = 6 ]
  [ "$(grep -c 'not renewed yet' "$place/out")" = 1 ]
  [ "$(value '[.targets[] | select(.outcome == "skipped" and .reason == "login")] | length')" = 2 ]
  [ "$(value '[.targets[] | select(.outcome == "ok")] | length')" = 1 ]
  ! grep -q 'az login' "$place/out" || return 1
}

@test "a challenge for another login ends the run: no token would do" {
  write_rest_job managed 'concurrency: 1'
  export AZURE_POD_IDENTITY_AUTHORITY_HOST=$server
  set_server '{"challenge": "Bearer error=\"insufficient_claims\", claims=\"e30=\""}'
  run_without_az
  [ "$status" = 6 ]
  [ "$(value '[.targets[] | select(.outcome == "error" and .reason == "login")] | length')" = 1 ]
  [ "$(value '[.targets[] | select(.outcome == "skipped")] | length')" = 2 ]
}

# An az that is logged in to two tenants.
write_az() {
  cat >"$place/az" <<EOF
#!/bin/bash
echo "\$*" >>"$place/az.log"
case "\$*" in
version*) echo '{"azure-cli": "2.77.0"}' ;;
"cloud show"*) echo '{"endpoints": {"resourceManager": "$server/"}}' ;;
"account list"*)
  echo '[{"id": "$ONE", "name": "One", "tenantId": "$TENANT", "isDefault": true, "user": {"name": "me", "type": "user"}},
    {"id": "$TWO", "name": "Two", "tenantId": "$OTHER", "isDefault": false, "user": {"name": "me", "type": "user"}}]' ;;
*"--subscription $TWO"*) exec /usr/bin/python3 -c 'import urllib.request as u; print(u.urlopen("$server/az/$OTHER?old=1").read().decode())' ;;
*) exec /usr/bin/python3 -c 'import urllib.request as u
a = u.urlopen("$server/az/$TENANT").read().decode(); print(a[:-1] + ", \"subscription\": \"$ONE\"}")' ;;
esac
EOF
  chmod +x "$place/az"
}

@test "az: two tenants in one job, each with its token, renewed" {
  write_az
  cat >"$job" <<EOF
version: 1
name: test
client: rest
script: {inline: sleep 5}
targets:
  resource_group: rg
  vms: [vm-1, {name: vm-2, subscription: $TWO}, {name: vm-3, subscription: $TWO}]
EOF
  set_server '{"life": 4, "tenants": {"'$ONE'": "'$TENANT'", "'$TWO'": "'$OTHER'"}}'
  TZ=Asia/Tokyo run "$azfan" run "$job" --az "$place/az" --run-dir "$place/run"
  all_are_ok
  [ "$(asked '.method == "POST" and .status == 202' | wc -l)" = 3 ]
  [ "$(asked ".path | startswith(\"/az/$TENANT\")" | wc -l)" -ge 2 ]
  [ "$(asked ".path | startswith(\"/az/$OTHER\")" | wc -l)" -ge 2 ]
  [ "$(grep -c '^account list' "$place/az.log")" = 1 ]
  no_secret eyJ0
}

@test "az: one token for one subscription, and a job's cloud is not asked for" {
  write_az
  write_rest_job az
  run "$azfan" run "$job" --az "$place/az" --run-dir "$place/run"
  all_are_ok
  [ "$(grep -c get-access-token "$place/az.log")" = 1 ]
  ! grep -q '^cloud' "$place/az.log" || return 1
}

@test "no secret is in what a client's process shows" {
  script="touch $place/started; sleep 3" vms=vm-1 write_rest_job environment
  export AZURE_AUTHORITY_HOST=$server AZURE_TENANT_ID=$TENANT AZURE_CLIENT_ID=the-client AZURE_CLIENT_SECRET='s3cret&=%'
  export IDENTITY_HEADER=header-secret SYSTEM_ACCESSTOKEN=pipeline-secret ACTIONS_ID_TOKEN_REQUEST_TOKEN=github-secret
  PATH=$place/bin "$azfan" run "$job" --run-dir "$place/run" >"$place/out" 2>&1 3>&- &
  azfan_pid=$!
  wait_for test -e "$place/started"
  clients=$(pgrep -P $azfan_pid -x azfan-rest)
  [ -n "$clients" ]
  for pid in $clients; do
    # Who may read them at all: the superuser.
    cat "/proc/$pid/cmdline" "/proc/$pid/environ" >"$place/seen" 2>/dev/null || :
    ! grep -qaE 's3cret|-secret|eyJ0' "$place/seen" || { cat "$place/seen"; return 1; }
    grep -q '^CoreDumping:.*0' "/proc/$pid/status"
  done
  wait $azfan_pid
  [ "$(outcome_of vm-1)" = "ok " ]
}
