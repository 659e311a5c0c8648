#!/usr/bin/env bats
# What people type who are used to another tool: each is exit 2, with the line that azfan has for it.

load helper

setup() {
  setup_place
  cd "$place"
  mkdir jobs
  write_job
  cp "$job" jobs/patch-nginx.yaml
}

# answers <<TABLE: in each line what is typed, "|", and what the one line of the answer has.
answers() {
  local typed words expected failed=
  while IFS='|' read -r typed expected; do
    eval "words=($typed)"
    run --separate-stderr "$azfan" "${words[@]}" </dev/null
    [ "$status" = 2 ] && [ -z "$output" ] && [ "${#stderr_lines[@]}" = 1 ] && [[ $stderr == "azfan: "*"${expected# }"* ]] &&
      [[ $stderr != *"azfan help"* ]] || { printf 'azfan %s: %s\n%s\n' "$typed" "$status" "$stderr" && failed=1; }
  done
  [ -z "$failed" ]
}

bats_require_minimum_version 1.5.0

@test "habits: every one is answered with the better line and exit 2" {
  answers <<'END'
job.yaml | did you mean `azfan plan job.yaml`?
jobs/patch-nginx.yml --limit a | did you mean `azfan plan jobs/patch-nginx.yml`?
run patch-nginx | did you mean jobs/patch-nginx.yaml?
plan patch-nginx.yaml | did you mean jobs/patch-nginx.yaml?
check jobs/patch-nginx | did you mean jobs/patch-nginx.yaml?
targets job | did you mean job.yaml?
run job.yaml web-01 | for some of its VMs: --limit web-01
plan job.yaml web-01 'web-[03-04]' | for some of its VMs: --limit web-01,web-[03-04]
run job.yaml jobs/patch-nginx.yaml | azfan run takes one job file, not 2 (job.yaml, jobs/patch-nginx.yaml)
run job.yaml a.yaml b.yaml | azfan run takes one job file, not 3 (job.yaml, a.yaml, …)
run job.yaml --dry-run | `azfan plan JOB` shows what would be done, `azfan rehearse JOB` plays the whole run
run job.yaml --check=yes | `azfan plan JOB` shows
run job.yaml -n 5 | -c N says how many run at once
run job.yaml -j5 | -c N says how many run at once
run job.yaml -f 5 | -c N says how many run at once
rerun --forks=5 | -c N says how many run at once
run job.yaml --tags role=web | VMs are chosen by their names: --limit 'web-*'
run job.yaml -l web-01 | --limit SELECTORS takes some
run job.yaml -i hosts | the job file names its targets
run job.yaml -e A=b | --set NAME=VALUE
run job.yaml --force | -y asks nothing
check job.yaml -j5 | azfan check has no option -j; see azfan check --help
list | `azfan runs` lists past runs
validate job.yaml | did you mean `azfan check JOB`?
status | `azfan report` shows one
ping | `azfan exec -g GROUP VM... -- true` shows which VMs answer
ssh web-01 | did you mean `azfan exec -g GROUP VM... -- COMMAND`?
exec web-01 df -h | the command goes after --: azfan exec TARGET... -- df... -h
exec -g rg web-01 uptime -p | azfan exec TARGET... -- uptime... -p
exec -g rg web-01 ls --color=auto | what is to be run?
exec -g rg web-01 df | what is to be run? azfan exec TARGET... -- COMMAND...
exec -g rg web-01 -m shell -a uptime | the command stands after --
exec -g rg web-01 --dry-run -- true | on a terminal it says which VMs are meant, and asks
exec -w web-[01-02] uptime | azfan exec has no option -w; the VMs are named without an option
-w web-[01-02] uptime | azfan has no option -w; `azfan exec -g GROUP VM... -- COMMAND` runs
exec web-01 -- true | no resource group: give one with -g, or write GROUP/NAME
run job.yaml -g rg | the job file names its resource group
run job.yaml -t 5m | did you mean --timeout?
run job.yaml --serial 1 | did you mean --batches?
run job.yaml --fail-fast | --max-failures 0 halts at the first failure
run job.yaml --become | a script runs as root (Linux) or SYSTEM (Windows)
retry | did you mean `azfan rerun`?
rnu job.yaml | did you mean run?
-V | azfan has no option -V; did you mean --version?
--foo | azfan has no option --foo; see azfan --help
--verison | azfan has no option --verison; did you mean --version?
run nowhere.yaml | cannot open nowhere.yaml
run job.yaml --set novalue | --set
END
}

@test "habits: azfan alone says how it is used, on standard error" {
  run --separate-stderr "$azfan"
  [ "$status" = 2 ]
  [ -z "$output" ]
  [ "${stderr_lines[0]}" = "azfan: which command?" ]
  diff <(tail -n +2 <<<"$stderr") <("$azfan" --help)
}

@test "-c 10%: of the targets that are meant, one at least; a rerun takes what it came to" {
  vms='vm-[01-40]' write_job
  for row in '10% 4' '100% 40' '1% 1' '26% 10'; do
    read -r share count <<<"$row"
    "$azfan" plan "$job" --az "$stub/az" -c "$share" | grep "^Duration: *$count at once" || { echo "$row"; return 1; }
  done
  "$azfan" plan "$job" --az "$stub/az" -c 10% --limit 'vm-[01-20]' | grep "^Duration: *2 at once"
  "$azfan" plan "$job" --az "$stub/az" -c 10% -c 7 | grep "^Duration: *7 at once"
  run "$azfan" plan "$job" -c 0%
  [ "$status" = 2 ]
  [[ $output == "azfan: --concurrency must be from 1% to 100%, not 0%" ]]
  run "$azfan" rehearse "$job" -c 10% --inject 'vm-[01-20]=exit:1'
  [ "$status" = 3 ]
  "$azfan" rerun >/dev/null
  [ "$(jq -r .concurrency.wanted "$XDG_STATE_HOME"/azfan/runs/*/report.json | sort -u)" = 4 ]
}
