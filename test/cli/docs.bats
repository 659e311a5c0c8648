#!/usr/bin/env bats
# What the documents show is true: every job in them loads, every command in them runs.

load helper

setup() { setup_place; }

# section NAME: that section of azfan(1).
section() { sed -n "/^\.Sh $1\$/,/^\.S[h] /p" "$top/man/azfan.1" | sed '1d;$d'; }

# literal TITLE: the literal block of that subsection.
literal() { sed -n "/^\.Ss $1\$/,/^\.Ed/p" "$top/man/azfan.1" | sed '1,/^\.Bd/d' | grep -v '^\.Ed'; }

# blocks FILE LANGUAGE: the fenced blocks of a Markdown file, separated by a line of dashes.
blocks() { awk -v fence="\`\`\`$2" '$0 == fence { on = 1; next } /^```/ { if (on) print "-----"; on = 0 } on' "$1"; }

@test "the README's jobs load" {
  blocks "$top/README.md" yaml >"$place/blocks"
  csplit -s -z -f "$place/block-" "$place/blocks" '/^-----$/' '{*}'
  count=0
  for block in "$place"/block-*; do
    grep -v '^-----$' "$block" >"$job" || continue
    grep -q '^version' "$job" || { echo "not a whole job: $block"; return 1; }
    run "$azfan" check "$job"
    [ "$status" = 0 ] || { echo "$output"; return 1; }
    count=$((count + 1))
  done
  [ "$count" -ge 1 ]
}

@test "the way to an editor's schema works as the manual says" {
  cd "$place"
  mkdir jobs
  azfan() { "$azfan" "$@"; }
  line=$(sed -n '/^\.Sh EDITORS/,/^\.Sh EXAMPLES/s/^\.Dl \$ //p' "$top/man/azfan-job.5")
  eval "$line"
  jq -e '.properties.version.const == 1' jobs/azfan.schema.json
  # The line for the editor, as every sample has it.
  line=$(sed -n '/^\.Sh EDITORS/,/^\.Sh EXAMPLES/s/^\.Dl #/#/p' "$top/man/azfan-job.5")
  for file in "$top"/jobs/*.yaml "$top"/examples/ops/jobs/*.yaml; do
    [ "$(head -n 1 "$file")" = "$line" ] || { echo "$file"; return 1; }
  done
  grep -qxF "$line" "$top/README.md"
}

@test "the README's commands exist, and those without a cloud run" {
  blocks "$top/README.md" yaml | sed '/^-----$/q' | grep -v '^-----$' >"$place/restart-nginx.yaml"
  cd "$place"
  short_jobs
  grep -oE '^azfan ((schema|check|exec|plan|rehearse|run) [^#]*|(rerun|report|runs) +#)' "$top/README.md" >commands
  [ "$(wc -l <commands)" -ge 11 ]
  while read -r _ command rest; do
    case $command in run | plan | exec) rest="--az $stub/az $rest" ;; esac
    expected=0
    case $rest in *exit:1@50*) expected=6 ;; esac # so many that the run halts
    status=0
    eval "\"\$azfan\" $command $rest" >out 2>&1 || status=$?
    [ "$status" = "$expected" ] || { echo "$status: azfan $command $rest"; cat out; return 1; }
  done <commands
  jq -e .properties azfan.schema.json # which the job's first line names
  grep -q 'nothing left to do' out # the last one is rerun: of the rehearsals none is meant
  "$azfan" rerun rollout | grep -q 'ok of .* targets\?' # it has mended all
  [ "$("$azfan" runs -n 1 | grep -c 'rerun of')" = 1 ]
}

@test "the manual's job file loads" {
  sed -n '/^\.Sh EXAMPLES/,/^\.Ed/p' "$top/man/azfan-job.5" | grep -v '^\.' >"$job"
  run "$azfan" check "$job"
  [ "$status" = 0 ]
  [[ $output == *": ok, 30 targets" ]]
}

@test "the README's pictures are there, and are of this azfan" {
  sed -nE 's/^!\[.+\]\((.+)\)$/\1/p' "$top/README.md" >"$place/pictures"
  [ "$(wc -l <"$place/pictures")" = 2 ]
  while read -r picture; do [ -s "$top/$picture" ]; done <"$place/pictures"
  xmllint --noout --nonet "$top/docs/run.svg"
  # Its last screen is how such a rehearsal ends now; a change of words asks for `make pictures`.
  tr '>' '\n' <"$top/docs/run.svg" >"$place/words"
  "$azfan" rehearse "$top/jobs/rollout.yaml" --execute --ignore 'web-[0-9]+' --run-dir "$place/run" --inject web-20=exit:3 \
    >"$place/out" 2>/dev/null || [ $? = 3 ]
  for words in 'Output:' 'the script ended with status 3' 'What to do: The script failed' \
    'Runbook: jobs/rollout.yaml' 'azfan rerun '; do
    grep -qF "$words" "$place/words" || { echo "not in the picture: $words"; return 1; }
    grep -qF "$words" "$place/out" || { echo "only in the picture: $words"; return 1; }
  done
  ! grep -qE '/tmp/|<script' "$top/docs/run.svg" || return 1
}

@test "every job in jobs/ loads" {
  run "$azfan" check "$top"/jobs/*.yaml
  [ "$status" = 0 ] || { echo "$output"; return 1; }
  [ "${#lines[@]}" -ge 2 ]
}

@test "every reason that the manual lets a job repeat can be repeated, and no other" {
  sed -n '/^\.It Ic on$/,/^\.El/p' "$top/man/azfan-job.5" | sed -nE 's/^\.It ([a-z_]+) Ta .*/\1/p' | sort >"$place/manual"
  write_job "retry: {on: everything}"
  run "$azfan" check "$job"
  tr -d ' ' <<<"${output##*there are}" | tr , '\n' | sort >"$place/taken"
  diff "$place/manual" "$place/taken"
  # Those that need idempotent are those by which the script may have run.
  sed -n '/^\.It Ic on$/,/^\.El/p' "$top/man/azfan-job.5" |
    sed -nE 's/^\.It ([a-z_]+) Ta (yes|perhaps)$/\1/p' | sort >"$place/manual"
  write_job "retry: {on: [$(paste -sd, "$place/taken")]}"
  run "$azfan" check "$job"
  sed -nE 's/.*"([a-z_]+)": the script has .*"idempotent: true".*/\1/p' <<<"$output" | sort >"$place/need"
  diff "$place/manual" "$place/need"
}

# short_jobs: jobs/ here, with clocks so short that a rehearsal of a hang does not take long.
short_jobs() {
  mkdir jobs && cp "$top"/jobs/*.yaml jobs
  sed -i 's/^timeout: .*/timeout: 2s/; s/^script_timeout: .*/script_timeout: 1s/; s/delay: .*s/delay: 200ms/
    s/^pause_between: .*/pause_between: 100ms/' jobs/*.yaml
}

@test "the manual's examples run" {
  cd "$place"
  short_jobs
  section EXAMPLES | sed -n 's/^\.Dl \$ //p' | sed 's/\\(dq/"/g' >commands
  [ "$(wc -l <commands)" -ge 15 ]
  azfan() { "$azfan" "$@"; }
  while read -r line; do
    case $line in
    "azfan run "* | "azfan plan "* | "azfan targets "*) line="$line --az $stub/az" ;;
    "azfan exec "*) line="azfan exec --az $stub/az ${line#azfan exec}" ;;
    esac
    status=0
    eval "$line" >out 2>&1 </dev/null || status=$?
    # These rehearsals show failures, everything else is well.
    case $line in
    "azfan rehearse"*hang*busy*) [ "$status" = 5 ] ;;
    "azfan rehearse"*hang*) [ "$status" = 4 ] ;;
    "azfan rehearse"*exit:1@50*) [ "$status" = 6 ] ;;
    "azfan watch") [ "$status" = 7 ] ;; # none goes on
    *) [ "$status" = 0 ] ;;
    esac || { echo "$status: $line"; cat out; return 1; }
    # A rerun mends all: its faults are lifted.
    case $line in "azfan rerun"*) grep -qE ': ([0-9]+) ok of \1 targets? ' out || { cat out; return 1; } ;; esac
  done <commands
  # The last one shows what has ended, from the journal.
  [ "$(wc -l <out)" = 20 ]
  grep -qF '["web-07","timeout"]' out
}

@test "every command that --help names is in the manual, in both places, and the other way round" {
  "$azfan" --help | sed -n '/^Commands:/,/^$/p' | sed -nE 's/^  ([a-z]+) .*/\1/p' | sort >"$place/helped"
  section COMMANDS | sed -nE 's/^\.It Cm ([a-z]+).*/\1/p' | sort >"$place/manual"
  diff "$place/helped" "$place/manual"
  section SYNOPSIS | sed -nE 's/^\.Cm ([a-z]+)$/\1/p' | sort >"$place/synopsis"
  diff <(grep -vxE 'help|version' "$place/helped") "$place/synopsis"
}

@test "every command takes the options that the manual says, and no other" {
  # "Of run, rehearse and rerun", and the options below it, as "run --az" and so on
  section OPTIONS | sed -nE 's/^\.Ss Of (.*)/of \1/p; s/^\.It.* ?Fl Fl ([a-z-]+).*/--\1/p' |
    awk '$1 == "of" { gsub(/,| and/, ""); n = split($0, of) } /^--/ { for (i = 2; i <= n; i++) print of[i], $1 }' |
    sort >"$place/manual"
  for command in check exec plan recover rehearse report rerun run runs watch stop prune schema mk targets; do
    "$azfan" "$command" --help | sed -n '/^Options:/,/^$/p' | sed -nE "s/^  .{4}(--[a-z-]+).*/$command \1/p"
  done | grep -vE -- '--(help|version)$' | sort >"$place/helped"
  [ "$(wc -l <"$place/helped")" -ge 60 ]
  diff "$place/helped" "$place/manual"
}

@test "the outcomes that rerun --only takes are those of the manual" {
  section OPTIONS | sed -n '/Fl Fl only/,/^\.It Fl Fl now/p' | sed -nE 's/^\.Ql ([a-z]+).*/\1/p' | paste -sd, >"$place/manual"
  "$azfan" rerun --help | sed -nE 's/.*--only OUTCOMES +only these: (.*)/\1/p' | diff "$place/manual" -
  run "$azfan" rerun --only "$(cat "$place/manual")"
  [[ $output == *"there are no runs yet"* ]] # they are all words, and there is nothing to do them on
}

# keys NAME: every place of every object that is read, as "NAME targets[].name"; NAME is a filter.
keys() {
  jq -r "$1 as \$of | paths | map(if type == \"number\" then \"[]\" else \".\" + . end) | \$of + \" \" + join(\"\")" | sort -u
}

# Runs that have everything in them: what is tried again, throttled, halted, ends by a signal, and is of a commit.
runs_of_all_kinds() {
  vms='vm-[1-6]' write_job "runbook: nowhere" "concurrency: 3" "retry: {attempts: 2, delay: 0s}" "max_failures: 1"
  sed -i 's|inline: .*|inline: echo hello\n  parameters: {GREETING: hello}\n  files: [lib.sh]|' "$job"
  echo true >"$place/lib.sh"
  git -C "$place" init -q
  git -C "$place" -c user.name=a -c user.email=a@b add job.yaml
  git -C "$place" -c user.name=a -c user.email=a@b -c commit.gpgsign=false commit -q -m job
  "$azfan" rehearse "$job" --run-dir "$place/one" --set GREETING=hi --inject vm-1=throttled --inject vm-2=exit:3 \
    --inject vm-3=throttled || [ $? = 6 ]
  "$azfan" rerun "$place/one" --run-dir "$place/two" --client rest
}

@test "every event and key of the journal is in the manual, and the other way round" {
  command -v git || skip "git is not installed"
  runs_of_all_kinds
  literal "The journal" >"$place/block"
  # One that is written where a machine has no room, or a halt comes before a worker, may be there or not; of a rehearsal
  # nothing can be asked later.
  cat "$place"/{one,two}/journal.jsonl | keys .event | grep -vE '^(put_back|ask) ' >"$place/journal"
  keys .event <"$place/block" | grep -vE '^(put_back|ask) ' >"$place/manual"
  diff "$place/journal" "$place/manual"
  # All events that there are, and the list below the block.
  sed -nE 's/.*\[EVENT_[A-Z_]+\] = \{"([a-z_]+)".*/\1/p' "$top/src/run/event.c" | sort >"$place/code"
  jq -r .event "$place/block" | sort | diff "$place/code" -
  section FILES | sed '1,/^\.Ss The journal/d' | sed -nE 's/^\.It Cm ([a-z_]+)$/\1/p' | sort | diff "$place/code" -
  # In the order in which they come.
  jq -r .event "$place/one/journal.jsonl" | sed -n '1,4p;$p' | diff - <(printf '%s\n' run targets login start finish)
}

@test "every key of report.json is in the manual, and the other way round" {
  command -v git || skip "git is not installed"
  runs_of_all_kinds
  cat "$place"/{one,two}/report.json | keys '""' >"$place/report"
  literal "The report" | keys '""' >"$place/manual"
  diff "$place/report" "$place/manual"
}

# limit NAME: a number of job/limits, without what is multiplied with it.
limit() { sed -nE "s/.*\\b$1 += ([0-9]+).*/\\1/p; s/^#define $1 +\\(?([0-9]+|\"[^\"]*\").*/\\1/p" "$top/include/job/limits.h" | tr -d '"'; }

@test "what a client takes is in the manual and the README as azfan reckons with it" {
  processor="$(limit LIMITS_AZ_PROCESSOR | sed -E 's/(.*)(.)00$/\1.\2 s/') $(limit LIMITS_REST_PROCESSOR | sed -E 's/^/0.0/; s/$/ s/')"
  memory="$(limit LIMITS_AZ_MEMORY_TEXT) $(limit LIMITS_REST_MEMORY_TEXT)"
  at_once="$(limit LIMITS_AZ_CONCURRENCY) $(limit LIMITS_REST_CONCURRENCY)"
  section "THE REST CLIENT" | sed -nE 's/^\.It (processor time|memory|at once, by default) Ta (.*) Ta (.*)/\2 \3/p' |
    diff - <(printf '%s\n' "$processor" "$memory" "$at_once")
  grep -qF "| processor time and memory of an attempt | ${processor%% s *} s, ${memory%% MiB *} MiB | ${processor#* s }, ${memory#* MiB } |" "$top/README.md"
  grep -qF "| at once, where the job does not say | ${at_once% *} | ${at_once#* } |" "$top/README.md"
}

@test "every ending that the manual names is one that azfan has, and the other way round" {
  section FILES | sed -n '/^\.It Ic ending/,/^\.It Ic outcome/p' | sed -nE 's/^\.Ql ([a-z]+).*/\1/p' | sort >"$place/manual"
  grep -oE '\[RESULT_[A-Z]+\] = "[a-z]+"' "$top/src/run/event.c" | sed 's/.*"\(.*\)"/\1/' | sort | diff "$place/manual" -
}

# attempts COUNT: so many az processes of PID are there.
attempts() { [ "$(pgrep -P "$pid" -fc 'run-command invoke')" -ge "$1" ]; }

@test "a run that was killed: no report.json, status 137, unknown and skipped, as the manual says" {
  vms='vm-[1-3]' write_job "concurrency: 2" "timeout: 60s"
  "$azfan" rehearse "$job" --run-dir "$place/run" --inject vm-1=hang --inject vm-2=hang >/dev/null 2>&1 3>&- &
  pid=$!
  wait_for attempts 2
  run "$azfan" report "$place/run" --report "$place/going.json"
  [ "$status" = 0 ]
  [ "$(jq -c '[.exit_status, .ending, .targets[0].outcome, .targets[0].reason]' "$place/going.json")" = '[0,"going",null,null]' ]
  run "$azfan" rerun "$place/run"
  [ "$status" = 1 ]
  az=$(pgrep -P "$pid")
  kill -s KILL "$pid"
  wait "$pid" || true
  # What it leaves behind: az processes, and private folders.
  ls -d "$XDG_RUNTIME_DIR"/azfan-*
  kill -s KILL $az
  [ ! -e "$report" ]
  run "$azfan" report "$place/run" --report "$place/killed.json"
  [ "$status" = 0 ]
  [ "$(jq -c '[.exit_status, .ending]' "$place/killed.json")" = '[137,"interrupted"]' ]
  [ "$(jq -r '[.targets[] | .outcome + " " + .reason] | join(", ")' "$place/killed.json")" = \
    "unknown interrupted, unknown interrupted, skipped halted" ]
  # A torn end is dropped; a newer version is refused.
  printf '{"event":"end","ti' >>"$place/run/journal.jsonl"
  run "$azfan" report "$place/run"
  [ "$status" = 0 ]
  sed -i '1s/"version":1,/"version":2,/' "$place/run/journal.jsonl"
  run "$azfan" report "$place/run"
  [ "$status" = 1 ]
  [[ $output == *"newer azfan"* ]]
}

@test "rerun: faults are lifted, targets from standard input are known, a secret is not" {
  vms='vm-1' write_job
  sed -i 's|vms: .*|file: "-"|; s|inline: .*|inline: echo hello\n  parameters: {TOKEN: {env: NOT_SET}, PLACE: here}|' "$job"
  printf 'vm-%s\n' 1 2 3 >"$place/names"
  "$azfan" rehearse "$job" --set TOKEN=hushhush --set PLACE=there --inject vm-2=exit:3 <"$place/names" || [ $? = 3 ]
  grep -rq there "$XDG_STATE_HOME"
  ! grep -rq hushhush "$XDG_STATE_HOME" || return 1
  run "$azfan" rerun </dev/null
  [ "$status" = 2 ]
  [[ $output == *"NOT_SET is not set"* ]]
  NOT_SET=secret run "$azfan" rerun --report "$place/rerun.json" </dev/null
  [ "$status" = 0 ]
  [ "$(jq -c '[.rehearsal, [.targets[].name]]' "$place/rerun.json")" = '[true,["vm-2"]]' ]
  run "$azfan" rerun --set TOKEN=hushhush
  [ "$status" = 0 ]
  [[ $output == *"nothing left to do"* ]]
}

@test "rerun: what has changed is told, exit 2, and taken with --changed" {
  vms='vm-[1-2]' write_job
  "$azfan" rehearse "$job" --inject vm-2=exit:3 || [ $? = 3 ]
  sed -i 's/echo hello/echo goodbye/' "$job"
  run "$azfan" rerun
  [ "$status" = 2 ]
  [[ $output == *"the script has changed"*"--changed"* ]]
  run "$azfan" rerun --changed --only timeout
  [ "$status" = 7 ]
  run "$azfan" rerun --changed
  [ "$status" = 0 ]
}

@test "a percentage of max_failures is exact, as the manual says" {
  vms='vm-[01-25]' write_job "concurrency: 1" "max_failures: 10%"
  run "$azfan" rehearse "$job" --run-dir "$place/run" --inject 'vm-*=exit:1'
  [ "$status" = 6 ]
  [ "$(value .counts.failed)" = 3 ]
  [[ $(value .halt_cause) == *"allows 2"* ]]
}

@test "every reason that the manual names is one that azfan has, and the other way round" {
  sed -n '/^\.Sh OUTCOMES/,/^\.El/p' "$top/man/azfan.1" | sed -nE 's/^\.It ?([a-z]*) ?Ta ([a-z_]+) Ta.*/\2/p' | sort -u >"$place/manual"
  sed -nE 's/^ *\[REASON_[A-Z_]+\] = \{ ?"([a-z_]+)".*/\1/p' "$top/src/job/outcome.c" | sort -u >"$place/code"
  diff "$place/manual" "$place/code"
}

@test "every fault of --inject is in the manual, and the other way round" {
  "$azfan" rehearse --help | sed -n '/^Faults:/,$p' | sed -nE 's/^ *([a-z_]+).*/\1/p' | sort -u >"$place/helped"
  sed -n '/^\.Sh REHEARSAL/,/^\.El/p' "$top/man/azfan.1" | sed -nE 's/^\.It Cm (.*)/\1/p' |
    sed -E 's/ : Ns.*|: Ns.*| Ns.*| : .*//; s/ *:$//' | tr ',' '\n' | tr -d ' :' | sort -u >"$place/manual"
  diff "$place/manual" "$place/helped"
}

@test "no job in the documents and samples gives a warning: none stops the VM's own agent" {
  place=$BATS_TEST_TMPDIR
  blocks "$top/README.md" yaml | sed '/^-----$/q' | grep -v '^-----$' >"$place/readme.yaml"
  sed -n '/^\.Sh EXAMPLES/,/^\.Ed/p' "$top/man/azfan-job.5" | grep -v '^\.' >"$place/manual.yaml"
  for each in "$place"/*.yaml "$top"/jobs/*.yaml "$top"/examples/ops/jobs/*.yaml; do
    AGENT_TOKEN=hushhush "$azfan" check -q "$each" >"$place/said" 2>&1
    [ ! -s "$place/said" ] || { cat "$place/said"; return 1; }
  done
}
