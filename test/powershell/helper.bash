# SPDX-License-Identifier: MIT
#
# What every test of the guard for PowerShell needs: a real PowerShell, in PATH or where .ci/deps powershell puts it. Its
# start takes more than a second of a processor: so each test has few of them, and many cases.

load ../cli/helper

setup() {
  setup_place
  powershell=$("$top/test/powershell/locate") || skip "PowerShell is not installed: .ci/deps powershell"
  export NO_COLOR=1 TERM=dumb LC_ALL=C.UTF-8
}

# What a Windows VM has besides PowerShell.
stand_in() {
  mkdir "$place/data" "$place/tmp"
  "$top/test/powershell/stand-in" "$place/bin" "$powershell"
  export AZFAN_TEST_VM_PATH=$place/bin:$PATH AZFAN_TEST_VM=$place STUB_AZ_TRUE=$stub/az
}

# One line for each target of the last run, sorted: its name, outcome, reason and status.
ends() { value '.targets[] | [.name, .outcome, .reason, .exit_code // "-"] | join(" ")' | sort; }

# text_of NAME stdout|stderr
text_of() { jq -j ".targets[] | select(.name == \"$1\") | .$2" "$report"; }

# run_on VMS [LINE...]: script.ps1 on these, with $files, and with more lines in the job
run_on() {
  local vms=$1
  shift
  {
    printf 'version: 1\nname: test\nscript:\n  file: script.ps1\n  shell: powershell\n'
    printf '  parameters: {Secret: {env: TEST_SECRET}, Number: "41", Left: over}\n  ok_status: [0, 194]\n'
    [ -z "${files-}" ] || printf '  files: [%s]\n' "$files"
    printf 'targets: {resource_group: rg, vms: [%s]}\nconcurrency: 3\ntimeout: 9m\n' "$vms"
    printf '%s\n' "$@"
  } >"$job"
  rm -rf "$place/run"
  TEST_SECRET=$secret run "$azfan" run "$job" --az "$top/test/powershell/az" --run-dir "$place/run"
  echo "$output"
  ends
}
