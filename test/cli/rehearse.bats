#!/usr/bin/env bats
# Rehearsals: the same engine on real processes, without a cloud.

load helper

setup() {
  setup_place
  marker=$place/ran
}

rehearse() { run "$azfan" rehearse "$job" --run-dir "$place/run" "$@"; }

@test "the script never runs here without --execute" {
  vms='vm-[1-3]' write_job
  sed -i "s|inline: .*|inline: touch $marker|" "$job"
  rehearse
  [ "$status" = 0 ]
  [ ! -e "$marker" ]
  [[ $output == *"nothing is sent to Azure"* ]]
  nothing_is_left
}

@test "--execute runs the guarded script once a target, in a folder that is gone afterwards" {
  vms='vm-[1-3]' write_job
  cat >"$place/script" <<EOF
echo "\$AZFAN_TARGET \$AZFAN_BATCH \$GREETING" >>$marker
echo "home: \${HOME-none}"
pwd
exit 0
EOF
  sed -i "s|inline: .*|file: script\n  parameters: {GREETING: \"it's me\"}|" "$job"
  rehearse --execute
  [ "$status" = 0 ]
  [ "$(sort "$marker")" = "vm-1 1 it's me
vm-2 1 it's me
vm-3 1 it's me" ]
  [[ $(value '.targets[0].stdout') == *"home: none"* ]]
  nothing_is_left
}

@test "--execute leaves no mark of a script that must not run twice: all its VMs are this machine" {
  vms='vm-1' write_job "retry: {attempts: 3, delay: 10ms}"
  sed -i "s|inline: .*|inline: \"grep -c ^azfan_nonce= script.sh; grep ^mark= script.sh; true\"|" "$job"
  rehearse --execute --inject vm-1=busy:1
  [ "$status" = 0 ]
  [ "$(value '.targets[0].attempts | length')" = 2 ]
  [ "$(value '.targets[0].stdout')" = 1 ]
}

@test "the true exit status comes out, whatever az says" {
  vms='vm-[1-2]' write_job
  sed -i "s|inline: .*|inline: \"echo out; echo err >\&2; [ \$AZFAN_TARGET = vm-1 ] \|\| exit 7\"|" "$job"
  rehearse --execute
  [ "$status" = 3 ]
  [ "$(outcome_of vm-2)" = "failed exit" ]
  [ "$(value '.targets[1].exit_code')" = 7 ]
  [ "$(value '.targets[1].stderr')" = err ]
  [[ $output == *"stderr | err"* ]]
}

@test "a script that hangs is stopped on the VM by its own clock, with its children" {
  vms='vm-1' write_job "timeout: 20s" "script_timeout: 1s"
  sed -i "s|inline: .*|inline: \"echo begun; sleep 300.5 \& wait\"|" "$job"
  start=$EPOCHREALTIME
  rehearse --execute
  within 10 "$start"
  [ "$status" = 4 ]
  [ "$(outcome_of vm-1)" = "timeout script" ]
  [ "$(value '.targets[0].may_still_run')" = false ]
  [[ $(value '.targets[0].stdout') == begun* ]]
  run pgrep -f "sleep 300.5"
  [ "$status" = 1 ]
  nothing_is_left
}

@test "a long output is whole, and of one that is too long both ends are there, and it is told as such" {
  vms='vm-[1-2]' write_job
  sed -i "s|inline: .*|inline: seq 1 2000; [ \$AZFAN_TARGET = vm-1 ] \|\| seq 2001 500000|" "$job"
  rehearse --execute
  [ "$status" = 0 ]
  jq -j '.targets[] | select(.name == "vm-1") | .stdout' "$report" | cmp - <(seq 1 2000)
  [ "$(value '[.targets[] | [.name, .stdout_truncated, .stderr_truncated]] | sort | tojson')" = \
    '[["vm-1",false,false],["vm-2",true,false]]' ]
  value '.targets[] | select(.name == "vm-2") | .stdout' >"$place/flood"
  [ "$(head -n 500 "$place/flood")" = "$(seq 500)" ]
  grep -q '^\[… [0-9]* bytes left out …\]$' "$place/flood"
  [ "$(grep . "$place/flood" | tail -n 500)" = "$(seq 499501 500000)" ]
}

# Every fault, and what it must come out as.
@test "each injected fault comes out as what it is" {
  vms='vm-[01-19]' write_job "timeout: 2s" "script_timeout: 1s" "kill_grace: 300ms" "concurrency: 8"
  # login stops the run, so it has a test of its own
  rehearse --inject vm-01=hang --inject vm-02=stubborn --inject vm-03=crash --inject vm-04=exit:9 \
    --inject vm-05=throttled --inject vm-06=busy --inject vm-07=not_running --inject vm-08=not_found \
    --inject vm-09=forbidden --inject vm-10=network --inject vm-11=agent --inject vm-12=extension \
    --inject vm-13=no_trailer --inject vm-14=reboot --inject vm-15=garbage \
    --inject vm-16=script_timeout --inject vm-17=slow:100ms --inject vm-18=exit:137
  [ "$status" = 5 ]
  jq -r '.targets[] | [.name, .outcome, .reason] | join(" ")' "$report" >"$place/seen"
  diff "$place/seen" - <<'EOF'
vm-01 timeout az
vm-02 timeout az
vm-03 error az_broken
vm-04 failed exit
vm-05 error throttled
vm-06 error busy
vm-07 error not_running
vm-08 error not_found
vm-09 error forbidden
vm-10 error network
vm-11 error agent
vm-12 error extension
vm-13 unknown no_trailer
vm-14 unknown interrupted
vm-15 unknown answer
vm-16 timeout script
vm-17 ok 
vm-18 failed signal
vm-19 ok 
EOF
  # After these the script certainly did not start, for az names the request that was refused; after the others nobody can say.
  [ "$(value '[.targets[] | select(.script_started == "no") | .name] | join(" ")')" = "vm-05 vm-09 vm-10" ] || {
    value '.targets[] | [.name, .reason, .script_started] | join(" ")'; return 1; }
  nothing_is_left
}

@test "client: rest comes to the same, and knows more of what did not start" {
  vms='vm-[01-19]' write_job "timeout: 2s" "script_timeout: 1s" "kill_grace: 300ms"
  faults=(--inject vm-01=hang --inject vm-02=stubborn --inject vm-03=crash --inject vm-04=exit:9 --inject vm-05=throttled
    --inject vm-06=busy --inject vm-07=not_running --inject vm-08=not_found --inject vm-09=forbidden --inject vm-10=network
    --inject vm-11=agent --inject vm-12=extension --inject vm-13=no_trailer --inject vm-14=reboot --inject vm-15=garbage
    --inject vm-16=script_timeout --inject vm-17=slow:100ms --inject vm-18=exit:137)
  for client in az rest; do
    run "$azfan" rehearse "$job" --client $client --run-dir "$place/$client" "${faults[@]}"
    [ "$status" = 5 ]
    [ "$(jq -r .client "$place/$client/report.json")" = $client ]
    [ "$(grep -c '^Azure: .*by azfan-rest$' <<<"$output")" = $([ $client = az ]; echo $?) ]
    jq -r '.targets[] | [.name, .outcome, .reason, .exit_code, .retry_after_s] | join(" ")' "$place/$client/report.json" >"$place/seen-$client"
    jq -r '.targets[] | [.name, .script_started, .may_still_run] | join(" ")' "$place/$client/report.json" >"$place/started-$client"
  done
  diff "$place/seen-az" "$place/seen-rest"
  # az may have sent a POST twice, and does not say which request was refused: azfan(1), THE REST CLIENT.
  diff "$place/started-az" "$place/started-rest" >"$place/more" || true
  diff "$place/more" - <<'EOF'
6,8c6,8
< vm-06 maybe true
< vm-07 maybe false
< vm-08 maybe false
---
> vm-06 no false
> vm-07 no false
> vm-08 no false
EOF
  # What was sent and what was accepted is in the journal, in this order, and before the end of the attempt.
  jq -r 'select(.event == "sent" or .event == "accepted" or .event == "end" or .event == "start") | .target + " " + .event' \
    "$place/rest/journal.jsonl" | sort -s -k1,1 | awk '{ all[$1] = all[$1] " " $2 } END { for (vm in all) print vm all[vm] }' | sort >"$place/events"
  awk '{ said = "start sent accepted end" }
    /^vm-10/ { said = "start end" } /^vm-0[5-9]/ { said = "start sent end" } $0 != $1 " " said' "$place/events" >"$place/odd"
  [ ! -s "$place/odd" ] || { cat "$place/odd"; return 1; }
  [ "$(jq -r 'select(.event == "accepted") | .operation' "$place/rest/journal.jsonl" | sort -u | wc -l)" = 13 ]
  ! grep -q . <(jq -r '.targets[] | .stderr' "$place/rest/report.json" | grep accepted) || return 1
  nothing_is_left
}

@test "client: rest really runs the script with --execute, and a VM takes one at a time" {
  vms='vm-[1-2]' write_job "client: rest" "timeout: 2s" "script_timeout: 60s" "retry: {attempts: 1}"
  sed -i 's|timeout: 2s|timeout: 62s|' "$job"
  sed -i "s|inline: .*|inline: \"echo \$AZFAN_TARGET-ö >>$marker; exit 4\"|" "$job"
  rehearse --execute
  [ "$status" = 3 ]
  [ "$(sort "$marker" | xargs)" = "vm-1-ö vm-2-ö" ]
  [ "$(value '[.targets[].exit_code] | join(" ")')" = "4 4" ]
  nothing_is_left
}

@test "client: rest, where azfan itself plays: there is no azfan-simulator beside it" {
  mkdir "$place/bin"
  cp "$azfan" "$place/bin/azfan"
  write_job "client: rest"
  run "$place/bin/azfan" rehearse "$job" --run-dir "$place/run" --inject vm-2=busy
  [ "$status" = 5 ]
  [ "$(outcome_of vm-2)" = "error busy" ]
  [ "$(grep -c '"event":"accepted"' "$place/run/journal.jsonl")" = 2 ]
}

@test "a login that breaks in the middle halts the run and is told once" {
  vms='vm-[01-20]' write_job "concurrency: 1"
  rehearse --inject vm-03=login
  [ "$status" = 6 ]
  [ "$(outcome_of vm-03)" = "error login" ]
  [ "$(outcome_of vm-20)" = "skipped login" ]
  [ "$(value .counts.ok)" = 2 ]
  run "$azfan" rehearse "$job" --client rest --run-dir "$place/rest" --inject vm-03=login
  [ "$status" = 6 ]
  [ "$(jq -c '[.ending, .counts.ok, .targets[2].reason, .targets[19].reason]' "$place/rest/report.json")" = '["login",2,"login","login"]' ]
  [[ $output == *"Halted: "* ]]
}

# VMs of one name are told apart, and a file is read once, for all processes to come.
@test "--inject takes what --limit takes" {
  local id=/subscriptions/00000000-0000-0000-0000-00000000000b/resourceGroups/rg-c/providers/Microsoft.Compute/virtualMachines/vm-1
  vms='vm-[1-6]' write_job
  sed -i "s|vms: .*|vms: [\"vm-[1-6]\", {name: vm-1, resource_group: rg-b}, \"$id\"]|" "$job"
  printf 'vm-3 # a comment\nrg/vm-4, vm-5\n' >"$place/some"
  rehearse --inject rg-b/VM-1=exit:1 --inject "$id=exit:2" --inject "@$place/some=exit:3" --inject '!vm-[1,3-6]=exit:4'
  [ "$status" = 3 ]
  [ "$(value '[.targets[].exit_code // 0] | join(" ")')" = "0 4 3 3 3 0 1 2" ] || { value '.targets[] | .name + " " + .outcome'; return 1; }
  nothing_is_left
}

@test "the same seed gives the same rehearsal" {
  vms='vm-[01-30]' write_job "concurrency: 10"
  rehearse --inject 'vm-*=exit:5@30' --seed 7
  first=$(value '[.targets[].outcome]')
  run "$azfan" rehearse "$job" --run-dir "$place/run2" --inject 'vm-*=exit:5@30' --seed 7
  [ "$(jq -r '[.targets[].outcome]' "$place/run2/report.json")" = "$first" ]
  [[ $first == *failed* && $first == *ok* ]]
}

@test "Windows: PowerShell jobs are answered in Windows' form" {
  vms='vm-1' write_job
  sed -i "s|inline: .*|inline: Get-Date\n  shell: powershell|" "$job"
  rehearse -v
  [ "$status" = 0 ]
  # Only Windows' form carries no [stdout] marks; the script travels as PowerShell.
  run "$azfan" plan "$job" --az "$stub/az"
  [[ $output == *"--command-id RunPowerShellScript"*"Script ("*$'\nGet-Date\n'* && $output != *"WaitForExit"* ]]
  [[ $("$azfan" plan "$job" --guard) == *"WaitForExit"* ]]
}

@test "the demo ends as it says" {
  run "$top/test/cli/demo" "$azfan" "$place/demo"
  [ "$status" = 0 ]
  # What its last line says can be done.
  [[ ${lines[-1]} == *" report $place/demo" ]]
  [[ $(${lines[-1]#*: }) == *"17 ok, 1 failed, 1 timeout, 1 error of 20 targets"* ]]
  [[ $output == *"17 ok, 1 failed, 1 timeout, 1 error of 20 targets"* ]]
}

@test "a resource group may have letters of any language, in a name and in an id" {
  guid=00000000-0000-0000-0000-000000000001
  printf 'version: 1\nname: x\nscript: {inline: "true"}\ntargets: {resource_group: rg-%s, vms: [a, %s]}\n' \
    münchen "/subscriptions/$guid/resourceGroups/東京/providers/Microsoft.Compute/virtualMachines/b" >"$job"
  run "$azfan" rehearse "$job" --run-dir "$place/run" --seed 1
  [ "$status" = 0 ] || { echo "$output"; return 1; }
  [ "$(value '[.targets[].id | split("/")[4]] | join(" ")')" = "rg-münchen 東京" ]
  # and a journal with them is read again
  run "$azfan" report "$place/run"
  [ "$status" = 0 ]
  [[ $output == *"2 ok"* ]] || { echo "$output"; return 1; }
}
