# SPDX-License-Identifier: MIT
#
# What asks Azure, az or azfan-rest: who says which, what is shown of it, and what each costs.

setup() {
  load helper
  setup_place
}

# client_of [ARGUMENTS...]: the client by which this would run, and how many of it at once.
client_of() { "$azfan" plan "$job" --az "$stub/az" "$@" | sed -nE 's/^client: *([a-z]+), ([0-9]+) at once.*/\1 \2/p'; }

@test "the command line goes before the environment, and that before the job; each client has its own default" {
  vms='vm-[001-200]' write_job
  [ "$(client_of)" = "az 30" ]
  [ "$(client_of --client rest)" = "rest 100" ]
  [ "$(AZFAN_CLIENT=rest client_of)" = "rest 100" ]
  [ "$(AZFAN_CLIENT=rest client_of --client az)" = "az 30" ]
  [ "$(AZFAN_CLIENT= client_of)" = "az 30" ]
  echo 'client: rest' >>"$job"
  [ "$(client_of)" = "rest 100" ]
  [ "$(AZFAN_CLIENT=az client_of)" = "az 30" ]
  [ "$(client_of -c 7)" = "rest 7" ]
  [ "$(client_of -c 10%)" = "rest 20" ]
  echo 'concurrency: 12' >>"$job"
  [ "$(client_of)" = "rest 12" ]
  [ "$(client_of --client az)" = "az 12" ]
}

@test "a client that there is not" {
  write_job
  AZFAN_CLIENT=curl run "$azfan" plan "$job"
  [ "$status" = 2 ]
  [[ $output == *"AZFAN_CLIENT"*"must be az or rest, not curl"* ]]
  run "$azfan" plan "$job" --client curl
  [ "$status" = 2 ]
  [[ $output == *"--client is az or rest, not curl"* ]]
}

@test "plan says what each client takes, how many have room, and what azfan-rest asks for" {
  vms='vm-[001-300]' write_job
  sed -i 's/^targets:/&\n  subscription: 00000000-0000-0000-0000-000000000001/' "$job"
  "$azfan" plan "$job" >"$place/az"
  "$azfan" plan "$job" --client rest >"$place/rest"
  price='about [0-9hms.]+, [0-9hms.]+ of processor time, [0-9.]+ [GM]iB of memory'
  grep -E "^client: +az, [0-9]+ at once( \(no room here for 30\))?: for an empty script $price$" "$place/az"
  grep -E "^ +rest, [0-9]+ at once( \(no room here for 100\))?: $price \(--client rest\)$" "$place/az"
  grep -E "^client: +rest, [0-9]+ at once.*: for an empty script $price$" "$place/rest"
  grep -E "^ +az, [0-9]+ at once.*: $price \(--client az\)$" "$place/rest"
  grep -qx 'Command (for the first target):' "$place/az"
  [ "$(sed -n 2p "$place/rest")" = "  POST /subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm-001/runCommand?api-version=2024-07-01" ]
}

@test "what this machine has no room for is said" {
  vms='vm-[01-90]' write_job
  run bash -c 'ulimit -n 150 && "$@"' - "$azfan" plan "$job" --az "$stub/az" --client rest
  [[ $output == *"client:          rest, 16 at once (no room here for 90): "* ]] # 7 descriptors each, and 32 of its own
}

@test "without az: how to go without it is said, and where nothing asks az it is not missed" {
  vms='vm-1' write_job
  sed -i 's/^targets:/&\n  subscription: 00000000-0000-0000-0000-000000000001/' "$job"
  for client in az rest; do
    run "$azfan" run "$job" --az nowhere --client $client
    [ "$status" = 1 ]
    [[ $output == *"cannot find the program nowhere in PATH"*"client: rest, with identity: managed, workload or environment"* ]]
  done
  # It is missed nowhere: what is missing is what the identity needs.
  run env -u AZURE_TENANT_ID "$azfan" run "$job" --az nowhere --client rest --identity environment
  [ "$status" = 1 ]
  [[ $output == *AZURE_TENANT_ID* && $output != *nowhere* ]]
  # A plan and a rehearsal need neither.
  "$azfan" plan "$job" --az nowhere --client rest --identity managed
  "$azfan" rehearse "$job" --az nowhere --client rest --identity managed
}

@test "az is asked which version it is where it hands over scripts, and not where it only has the login" {
  vms='vm-[01-03]' write_job
  run "$azfan" rehearse "$job" --client az --verbose
  [[ $status = 0 && $output == *"logged in; az 2.77.0, subscription "* ]]
  run "$azfan" rehearse "$job" --client rest --verbose
  [[ $status = 0 && $output == *"logged in; subscription "* ]]
}
