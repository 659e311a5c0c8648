#!/usr/bin/env bats
# The JSON Schema of job files is valid, and says what the loader says.

load helper

python=/usr/bin/python3 # Debian's: it has Debian's modules

setup() {
  setup_place
  $python -c 'import jsonschema, yaml' 2>/dev/null || skip "python3-jsonschema or python3-yaml is not installed"
  "$azfan" schema >"$place/schema.json"
}

# judge FILE...: what the schema says of each: "FILE ok" or "FILE wrong: ...". Fails when the schema is no schema.
judge() { $python "$BATS_TEST_DIRNAME/schema.py" "$place/schema.json" "$@"; }

@test "the samples, and the jobs in the documents, are right by the schema" {
  sed -n '/^\.Sh EXAMPLES/,/^\.Ed/p' "$top/man/azfan-job.5" | grep -v '^\.' >"$place/manual.yaml"
  awk '$0 == "```yaml" { on = 1; count++; next } /^```/ { on = 0 } on { print > place "/readme-" count ".yaml" }' \
    place="$place" "$top/README.md"
  run judge "$top"/jobs/*.yaml "$top"/examples/ops/jobs/*.yaml "$place"/manual.yaml "$place"/readme-*.yaml
  [ "$status" = 0 ]
  [ "${#lines[@]}" -ge 6 ]
  ! grep -v ' ok$' <<<"$output" || return 1
}

@test "every wrong job is wrong by the schema as well, but for what only the loader can see" {
  loader_only=(
    # a parser of YAML takes these, or tells of them itself
    anchor duplicate-key duplicate-key-nested hidden-line-end-cr hidden-line-end-ls hidden-line-end-nel
    hidden-line-end-ps nul-escape tag
    # True is true to every parser of YAML
    idempotent-capital
    # it is in other files, or in the environment
    files-windows
    file-bad-lines file-no-list file-is-folder file-missing file-not-utf8 file-nul file-without-group
    script-file-blank script-file-empty script-file-is-device script-file-is-folder script-file-mark
    script-file-missing script-file-not-utf8 script-file-nul secret-unset
    file-utf16 file-utf32 script-file-mac script-file-utf16-plain script-file-utf16be script-file-utf16le
    script-file-utf32be script-file-utf32le
    # what a shell makes of a text
    script-folded-command script-folded-comment script-folded-env script-folded-set script-folded-shebang script-joined-comment
    script-only-comments script-powershell-comments
    # durations and sizes are texts: their form is checked, the description tells the range
    deadline-too-short kill-grace-too-long output-limit-too-large pause-too-long timeout-too-long timeout-zero
    script-timeout-over-azure
    # which VMs there are
    exclude-unmatched
    # what several keys mean together
    id-with-group no-group ok-status-over-255 retry-max-delay-short retry-on-exit retry-on-not-idempotent
    cloud-without-rest identity-without-rest identity-without-subscription
    script-grace-over-azure script-grace-over-default script-grace-over-timeout script-grace-too-long
    script-timeout-over-default script-timeout-too-long vm-args-twice vm-parameters-twice
    # names that shells keep for themselves, bytes, blanks
    args-too-long files-too-long parameter-readonly parameter-reserved parameter-too-long script-inline-blank
    # arithmetic
    range-backwards range-product-too-large range-too-large targets-too-many
  )
  cd "$top"
  judge test/jobs-bad/*.yaml >"$place/judged"
  [ "$(wc -l <"$place/judged")" -ge 180 ]
  sed -n 's|^test/jobs-bad/\(.*\)\.yaml ok$|\1|p' "$place/judged" |
    LC_ALL=C sort | diff <(printf '%s\n' "${loader_only[@]}" | LC_ALL=C sort) -
}

# Right and wrong values of every key: RIGHT|WRONG, the key, and a line that goes into a job.
values() {
  cat <<'END'
right version version: 1
wrong version version: "1"
wrong version version: 2
wrong version version: 1.5
right name name: a-b_c.9
right name name: 007
right name name: 1.4
right name name: "true"
right name name: true
wrong name name: .hidden
wrong name name: a/b
wrong name name: [a]
wrong name name:
right description description: 5
right description description: "no: yes"
right description description: 2026-11-25
wrong description description: ""
wrong description description: {a: b}
right runbook runbook: https://example.com/a?b#c
wrong runbook runbook: [a]
right script script: {inline: "true", shell: powershell}
wrong script script: echo
wrong script script: {}
wrong script script: {shell: sh}
wrong script script: {inline: "true", file: script.sh}
right targets targets: {resource_group: rg, vms: [a], file: hosts.txt}
wrong targets targets: {resource_group: rg}
wrong targets targets: [a]
right concurrency concurrency: 1
right concurrency concurrency: 1000
wrong concurrency concurrency: 0
wrong concurrency concurrency: 1001
wrong concurrency concurrency: "30"
wrong concurrency concurrency: many
wrong concurrency concurrency: [1]
right confirm confirm: 0
right confirm confirm: 100000
wrong confirm confirm: -1
wrong confirm confirm: 100001
wrong confirm confirm: "30"
wrong confirm confirm: 10%
wrong confirm confirm: yes
right timeout timeout: 3m40s
right timeout timeout: "90s"
right timeout timeout: 1h2m3s4ms
wrong timeout timeout: 220
wrong timeout timeout: ""
wrong timeout timeout: 1m30
wrong timeout timeout: 40s3m
wrong timeout timeout: 1s1s
wrong timeout timeout: 1.5s
wrong timeout timeout: s
wrong timeout timeout: 5 s
wrong timeout timeout: [5s]
right script_timeout script_timeout: 500ms
wrong script_timeout script_timeout: 500
right deadline deadline: 2400h
wrong deadline deadline: never
right kill_grace kill_grace: 0s
wrong kill_grace kill_grace: 0
right script_grace script_grace: 0s
right script_grace script_grace: 45s
wrong script_grace script_grace: 5
wrong script_grace script_grace: -1s
right retry retry: {}
wrong retry retry: 3
wrong retry retry: []
wrong retry retry:
right idempotent idempotent: false
wrong idempotent idempotent: yes
wrong idempotent idempotent: "true"
wrong idempotent idempotent: 1
right batches batches: 100000
right batches batches: 10%
right batches batches: "10%"
right batches batches: [1, 10%, 100%]
right batches batches: 005%
wrong batches batches: 0
wrong batches batches: 0%
wrong batches batches: 101%
wrong batches batches: 1000%
wrong batches batches: 100001
wrong batches batches: "5"
wrong batches batches: 10 %
wrong batches batches: []
wrong batches batches: [1, [2]]
wrong batches batches: [1, "2"]
wrong batches batches: [0%]
wrong batches batches: {a: 1}
right pause_between pause_between: 24h
wrong pause_between pause_between: 30
right max_failures max_failures: 0
right max_failures max_failures: 0%
right max_failures max_failures: 100%
right max_failures max_failures: 0100%
wrong max_failures max_failures: -1
wrong max_failures max_failures: 101%
wrong max_failures max_failures: 1.5
wrong max_failures max_failures: [1]
right on_halt on_halt: stop
right on_halt on_halt: "drain"
wrong on_halt on_halt: Stop
wrong on_halt on_halt: true
wrong on_halt on_halt: [stop]
right output_limit output_limit: 64MiB
right output_limit output_limit: 1024B
wrong output_limit output_limit: 64MB
wrong output_limit output_limit: 64
wrong output_limit output_limit: 1MiB1B
wrong output_limit output_limit: MiB
right az az: /opt/az/bin/az
wrong az az: ""
right client client: rest
right client client: "az"
wrong client client: REST
wrong client client: ""
wrong client client: [az]
right identity identity: managed
right identity identity: az
right identity identity: workload
right identity identity: environment
wrong identity identity: Managed
wrong identity identity: ""
wrong identity identity: [az]
right cloud cloud: AzureUSGovernment
right cloud cloud: https://management.local.azurestack.external/
right cloud cloud: http://127.0.0.1:8080
wrong cloud cloud: azurecloud
wrong cloud cloud: http://management.azure.com
wrong cloud cloud: https://arm.example/x
wrong cloud cloud: [AzureCloud]
wrong az az: [az]
right script.file script: {file: script.sh}
wrong script.file script: {file: [script.sh]}
right script.inline script: {inline: 5}
wrong script.inline script: {inline: ""}
wrong script.inline script: {inline: {a: b}}
right script.shell script: {inline: a, shell: sh}
wrong script.shell script: {inline: a, shell: bash}
right script.parameters script: {inline: a, parameters: {}}
right script.parameters script: {inline: a, parameters: {A: 1.4.2, b_9: 5, C: true, D: "", E: 1e3}}
wrong script.parameters script: {inline: a, parameters: {A: [1]}}
wrong script.parameters script: {inline: a, parameters: {A: }}
wrong script.parameters script: {inline: a, parameters: {9A: 1}}
wrong script.parameters script: {inline: a, parameters: {A-B: 1}}
wrong script.parameters script: {inline: a, parameters: [A]}
right script.parameters.env script: {inline: a, parameters: {A: {env: HOME}}}
wrong script.parameters.env script: {inline: a, parameters: {A: {env: "A B"}}}
wrong script.parameters.env script: {inline: a, parameters: {A: {env: 5}, A: {env: [HOME]}}}
wrong script.parameters.env script: {inline: a, parameters: {A: {}}}
wrong script.parameters.env script: {inline: a, parameters: {A: {env: HOME, file: b}}}
right script.args script: {inline: a, args: [a, "", 5, true, 1e3, -x, {env: HOME}]}
wrong script.args script: {inline: a, args: a}
wrong script.args script: {inline: a, args: []}
wrong script.args script: {inline: a, args: [[a]]}
wrong script.args script: {inline: a, args: [a, {b: c}]}
wrong script.args script: {inline: a, args: {a: b}}
right script.args.env script: {inline: a, args: [{env: HOME}]}
wrong script.args.env script: {inline: a, args: [{env: "A B"}]}
wrong script.args.env script: {inline: a, args: [{}]}
right script.files script: {inline: a, files: [script.sh]}
right script.files script: {inline: a, files: [hosts.txt, script.sh]}
wrong script.files script: {inline: a, files: script.sh}
wrong script.files script: {inline: a, files: []}
wrong script.files script: {inline: a, files: [script.sh, script.sh]}
wrong script.files script: {inline: a, files: [/script.sh]}
wrong script.files script: {inline: a, files: [./script.sh]}
wrong script.files script: {inline: a, files: [a/../script.sh]}
wrong script.files script: {inline: a, files: [script.sh/]}
wrong script.files script: {inline: a, files: [[script.sh]]}
right script.ok_status script: {inline: a, ok_status: 1}
right script.ok_status script: {inline: a, ok_status: [0, 255]}
right script.ok_status script: {inline: a, shell: powershell, ok_status: [-2147483648, 3010, 2147483647]}
right script.ok_status script: {inline: a, ok_status: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]}
wrong script.ok_status script: {inline: a, ok_status: "1"}
wrong script.ok_status script: {inline: a, ok_status: []}
wrong script.ok_status script: {inline: a, ok_status: [1, 1]}
wrong script.ok_status script: {inline: a, ok_status: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]}
wrong script.ok_status script: {inline: a, shell: powershell, ok_status: 2147483648}
wrong script.ok_status script: {inline: a, ok_status: {0: 1}}
wrong script.ok_status script: {inline: a, ok_status: 1.5}
right targets.subscription targets: {subscription: 00000000-0000-0000-0000-00000000000A, resource_group: rg, vms: [a]}
wrong targets.subscription targets: {subscription: production, resource_group: rg, vms: [a]}
wrong targets.subscription targets: {subscription: 00000000-0000-0000-0000-0000000000001, resource_group: rg, vms: [a]}
right targets.resource_group targets: {resource_group: 5, vms: [a]}
right targets.resource_group targets: {resource_group: rg(1)-_.x, vms: [a]}
right targets.resource_group targets: {resource_group: rg-münchen, vms: [a]}
right targets.resource_group targets: {resource_group: 東京, vms: [a]}
wrong targets.resource_group targets: {resource_group: rg., vms: [a]}
wrong targets.resource_group targets: {resource_group: münchen., vms: [a]}
wrong targets.resource_group targets: {resource_group: r g, vms: [a]}
right targets.vms targets: {resource_group: rg, vms: [007, no, true, 1.5, "web-[01-30]", "db-[1,3,7-9]-[1-2]", a_b.c]}
right targets.vms targets: {vms: [/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/a]}
right targets.vms targets: {resource_group: rg, vms: [a, {name: b}]}
wrong targets.vms targets: {resource_group: rg, vms: []}
wrong targets.vms targets: {resource_group: rg, vms: a}
wrong targets.vms targets: {resource_group: rg, vms: [[a]]}
wrong targets.vms targets: {resource_group: rg, vms: [a b]}
wrong targets.vms targets: {resource_group: rg, vms: ["web-*"]}
wrong targets.vms targets: {resource_group: rg, vms: ["web-[01-30"]}
wrong targets.vms targets: {resource_group: rg, vms: ["web-[]"]}
wrong targets.vms targets: {resource_group: rg, vms: ["web-[1,]"]}
wrong targets.vms targets: {resource_group: rg, vms: ["web-[a-c]"]}
wrong targets.vms targets: {resource_group: rg, vms: ["web-[1234567890]"]}
wrong targets.vms targets: {resource_group: rg, vms: [""]}
wrong targets.vms targets: {resource_group: rg, vms: [ärger]}
right targets.vms.name targets: {resource_group: rg, vms: [{name: 007}]}
wrong targets.vms.name targets: {resource_group: rg, vms: [{name: a b}]}
wrong targets.vms.name targets: {resource_group: rg, vms: [{resource_group: rg}]}
right targets.vms.resource_group targets: {vms: [{name: a, resource_group: rg}]}
wrong targets.vms.resource_group targets: {vms: [{name: a, resource_group: r/g}]}
right targets.vms.subscription targets: {resource_group: rg, vms: [{name: a, subscription: 00000000-0000-0000-0000-00000000000f}]}
wrong targets.vms.subscription targets: {resource_group: rg, vms: [{name: a, subscription: f}]}
right targets.vms.parameters targets: {resource_group: rg, vms: [{name: a, parameters: {A: 1}}]}
wrong targets.vms.parameters targets: {resource_group: rg, vms: [{name: a, parameters: [A]}]}
right targets.vms.parameters.env targets: {resource_group: rg, vms: [{name: a, parameters: {A: {env: HOME}}}]}
wrong targets.vms.parameters.env targets: {resource_group: rg, vms: [{name: a, parameters: {A: {Env: HOME}}}]}
right targets.vms.args targets: {resource_group: rg, vms: [{name: a, args: [1, b]}]}
wrong targets.vms.args targets: {resource_group: rg, vms: [{name: a, args: 1}]}
right targets.vms.args.env targets: {resource_group: rg, vms: [{name: a, args: [{env: HOME}]}]}
wrong targets.vms.args.env targets: {resource_group: rg, vms: [{name: a, args: [{Env: HOME}]}]}
right targets.file targets: {resource_group: rg, file: hosts.txt}
wrong targets.file targets: {resource_group: rg, file: [hosts.txt]}
right targets.exclude targets: {resource_group: rg, vms: [a, b], exclude: "*b"}
right targets.exclude targets: {resource_group: rg, vms: [a, b, "c-[1-4]", 5], exclude: ["?b", "c-[1-3]", 5]}
right targets.exclude targets: {resource_group: rg, vms: [a, b, "c-[1-4]"], exclude: "a, c-[1-2,4]"}
right targets.exclude targets: {resource_group: rg, vms: [a, b], exclude: [RG/a, "r?/a*", "*/z*"]}
right targets.exclude targets: {resource_group: rg-1, vms: [a, b], exclude: "rg-[1-1]/a"}
right targets.exclude targets: {resource_group: rg, vms: [a, b], exclude: 00000000-0000-0000-0000-00000000000f/rg/a}
right targets.exclude targets: {resource_group: rg, vms: [a, b], exclude: /subscriptions/00000000-0000-0000-0000-00000000000f/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/a}
wrong targets.exclude targets: {resource_group: rg, vms: [a, b], exclude: "!a"}
wrong targets.exclude targets: {resource_group: rg, vms: [a, b], exclude: "!rg/a"}
wrong targets.exclude targets: {resource_group: rg, vms: [a, b], exclude: "a,"}
wrong targets.exclude targets: {resource_group: rg, vms: [a, b], exclude: "rg/"}
wrong targets.exclude targets: {resource_group: rg, vms: [a, b], exclude: "x/rg/a"}
wrong targets.exclude targets: {resource_group: rg, vms: [a, b], exclude: "@a"}
wrong targets.exclude targets: {resource_group: rg, vms: [a, b], exclude: []}
wrong targets.exclude targets: {resource_group: rg, vms: [a, b], exclude: b c}
wrong targets.exclude targets: {resource_group: rg, vms: [a, b], exclude: [[b]]}
wrong targets.exclude targets: {resource_group: rg, vms: [a, b], exclude: ["[b]"]}
right retry.attempts retry: {attempts: 100}
wrong retry.attempts retry: {attempts: 101}
wrong retry.attempts retry: {attempts: 0}
right retry.delay retry: {delay: 0s}
wrong retry.delay retry: {delay: 0}
right retry.factor retry: {factor: 10}
wrong retry.factor retry: {factor: 11}
wrong retry.factor retry: {factor: 1.5}
right retry.max_delay retry: {max_delay: 1h}
wrong retry.max_delay retry: {max_delay: 1d}
right retry.on retry: {on: busy}
right retry.on retry: {on: [busy, exit, no_trailer]}
wrong retry.on retry: {on: [busy, busy]}
wrong retry.on retry: {on: [login]}
wrong retry.on retry: {on: deadline}
wrong retry.on retry: {on: Busy}
wrong retry.on retry: {on: []}
END
}

# make_job RIGHT|WRONG KEY LINE: a job with that LINE instead of the one for the same key at the top.
make_job() {
  local default
  for default in 'version: 1' 'name: test' 'script: {inline: "true"}' \
    'targets: {subscription: 00000000-0000-0000-0000-000000000001, resource_group: rg, vms: [a]}' \
    'batches: 2' 'idempotent: true' 'client: rest'; do
    [ "${default%%:*}" = "${3%%:*}" ] || printf '%s\n' "$default"
  done
  printf '%s\n' "$3"
}

@test "each key: the loader and the schema take the same values, and refuse the same" {
  echo true >"$place/script.sh"
  echo b >"$place/hosts.txt"
  count=1000
  while read -r verdict key line; do
    make_job "$verdict" "$key" "$line" >"$place/job-$((++count))-$verdict.yaml"
  done < <(values)
  judge "$place"/job-*.yaml >"$place/judged"
  for file in "$place"/job-*-right.yaml; do
    "$azfan" check -q "$file" || { cat "$file"; return 1; }
    grep -qxF "$file ok" "$place/judged" || { cat "$file"; grep -F "$file" "$place/judged"; return 1; }
  done
  for file in "$place"/job-*-wrong.yaml; do
    run "$azfan" check "$file"
    [ "$status" = 2 ] || { cat "$file"; return 1; }
    grep -qF "$file wrong" "$place/judged" || { cat "$file"; return 1; }
  done
}

# keys: every key that the schema has, as "retry.on".
keys() {
  jq -r 'paths | select(.[-2] == "properties") | map(select(. != "properties" and . != "items" and
    . != "additionalProperties")) | join(".")' "$place/schema.json" | sort
}

@test "no key is left out: each has right and wrong values above, a description, and a place in the manual" {
  keys >"$place/keys"
  [ "$(wc -l <"$place/keys")" -ge 39 ]
  for verdict in right wrong; do
    values | awk -v verdict=$verdict '$1 == verdict { print $2 }' | sort -u | diff "$place/keys" -
  done
  [ "$(jq '[paths | select(.[-2] == "properties")] | length' "$place/schema.json")" = \
    "$(jq '[.. | objects | .properties // {} | .[].description | select(length > 10)] | length' "$place/schema.json")" ]
  sed -n '/^\.Sh KEYS/,/^\.Sh EXAMPLES/p' "$top/man/azfan-job.5" >"$place/manual"
  sed 's/.*\.//' "$place/keys" | sort -u | while read -r key; do
    grep -qE "^\.I[tc] (Ic )?$key( |$)|\{$key: " "$place/manual" || { echo "not in the manual: $key"; return 1; }
  done
}

@test "keys that are refused for now are not in the schema" {
  ! keys | grep -E '^(targets\.(list|query|expect))$' || return 1
}

@test "the defaults of the schema are those of the loader" {
  write_job 'retry: {}' 'max_failures: 1'
  "$azfan" plan "$job" --az "$stub/az" >"$place/plan"
  [ "$(jq -c '[.properties | .timeout, .kill_grace, .concurrency, .output_limit, .on_halt, .az, .idempotent,
    .script.properties.shell, (.retry.properties | .attempts, .delay, .max_delay, .factor, .on) | .default]' "$place/schema.json")" = \
    '["3m40s","2s",30,"1MiB","drain","az",false,"sh",3,"30s","5m",2,["busy","throttled","network"]]' ]
  grep -q "^timeout:         3m40s" "$place/plan"
  grep -q "up to 3 attempts, the second after 30s; for busy throttled network;" "$place/plan"
  # Each default is a right value.
  jq -r '.properties | to_entries[] | select(.value | has("default")) | "right \(.key) \(.key): \(.value.default | tostring)"' \
    "$place/schema.json" >"$place/defaults"
  [ "$(wc -l <"$place/defaults")" -ge 7 ]
  while read -r verdict key line; do
    make_job "$verdict" "$key" "$line" >"$job"
    "$azfan" check -q "$job"
  done <"$place/defaults"
}

@test "schema takes no argument, and a full disk is told" {
  run "$azfan" schema job.yaml
  [ "$status" = 2 ]
  [[ $output == *"azfan schema takes no argument"* ]]
  run bash -c '"$0" schema >/dev/full' "$azfan"
  [ "$status" = 1 ]
  [ "$("$azfan" schema | tail -n 1)" = "}" ]
}
