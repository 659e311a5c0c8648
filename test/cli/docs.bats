#!/usr/bin/env bats
# What the documents show is true: every job in them loads, every command in them runs.

load helper

setup() { setup_place; }

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

@test "the README's commands exist, and those without a cloud run" {
  blocks "$top/README.md" yaml | sed '/^-----$/q' | grep -v '^-----$' >"$place/restart-agent.yaml"
  cd "$place"
  grep -oE '^azfan (check|plan|rehearse|run) [^#]*' "$top/README.md" >commands
  [ "$(wc -l <commands)" -ge 5 ]
  while read -r _ command rest; do
    case $command in run) rest="$rest --az $stub/az" ;; esac
    eval "\"\$azfan\" $command $rest" >out 2>&1 || { echo "azfan $command $rest"; cat out; return 1; }
  done <commands
}

@test "the manual's job file loads" {
  sed -n '/^\.Sh EXAMPLES/,/^\.Ed/p' "$top/man/azfan-job.5" | grep -v '^\.' >"$job"
  run "$azfan" check "$job"
  [ "$status" = 0 ]
  [[ $output == *": ok, 30 targets" ]]
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

@test "the manual's examples run" {
  mkdir "$place/jobs" && cp "$top/jobs/demo.yaml" "$place/jobs"
  cd "$place"
  # A rehearsal with a hang takes its timeout: shorten it here.
  sed -i 's/^timeout: .*/timeout: 2s/; s/^script_timeout: .*/script_timeout: 1s/' jobs/demo.yaml
  sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/p' "$top/man/azfan.1" | sed -n 's/^\.Dl \$ //p' | sed 's/\\(dq/"/g' >commands
  [ "$(wc -l <commands)" -ge 7 ]
  while read -r line; do
    case $line in
    "azfan run"*) line="$line --az $stub/az" ;;
    esac
    azfan() { "$azfan" "$@"; }
    status=0
    eval "$line" >out 2>&1 || status=$?
    # The rehearsal shows failures (timeout and error: 5), everything else is well.
    case $line in
    "azfan rehearse"*) [ "$status" = 5 ] || [ "$status" = 4 ] ;;
    *) [ "$status" = 0 ] ;;
    esac || { echo "$status: $line"; cat out; return 1; }
  done <commands
}

@test "every reason that the manual names is one that azfan has, and the other way round" {
  sed -n '/^\.Sh OUTCOMES/,/^\.El/p' "$top/man/azfan.1" | sed -nE 's/^\.It ?([a-z]*) ?Ta ([a-z_]+) Ta.*/\2/p' | sort -u >"$place/manual"
  sed -nE 's/^ *\[REASON_[A-Z_]+\] = \{ ?"([a-z_]+)".*/\1/p' "$top/src/azure/outcome.c" | sort -u >"$place/code"
  diff "$place/manual" "$place/code"
}

@test "every fault of --inject is in the manual, and the other way round" {
  "$azfan" rehearse --help | sed -n '/^Faults:/,$p' | sed -nE 's/^ *([a-z_]+).*/\1/p' | sort -u >"$place/helped"
  sed -n '/^\.Sh REHEARSAL/,/^\.El/p' "$top/man/azfan.1" | sed -nE 's/^\.It Cm (.*)/\1/p' |
    sed -E 's/ : Ns.*|: Ns.*| Ns.*| : .*//; s/ *:$//' | tr ',' '\n' | tr -d ' :' | sort -u >"$place/manual"
  diff "$place/manual" "$place/helped"
}
