#!/usr/bin/env bats
# Past runs: listed, and meant by their names.

load helper

setup() {
  setup_place
  export AZFAN_AZ=$stub/az TZ=UTC
  runs=$XDG_STATE_HOME/azfan/runs
  cd "$place" || return 1
}

# past ID [LINE...]: the run ID, which is kept as if it had been started then. Its letters are ours, so that they can be named.
past() {
  local id=$1 had
  shift
  "$azfan" "$@" -q --progress none >/dev/null 2>&1 </dev/null || [ $? = 3 ]
  had=$("$azfan" runs -q -n 1)
  sed -i "s/$had/$id/g" "$runs/$had/journal.jsonl" "$runs/.order"
  mv "$runs/$had" "$runs/$id"
}

# The times of a run are another one's each time.
columns() { sed -E 's/^([^ ]+) +[0-9-]{10} [0-9:]{5} +[0-9.]+s  /\1 /; s/ +/ /g'; }

three_runs() {
  write_job
  cp "$job" other.yaml
  sed -i 's/^name: .*/name: other/' other.yaml
  past 20261101T000000Z-test-00a1 rehearse "$job" --inject vm-2=exit:3
  past 20261102T000000Z-other-00a2 run other.yaml --yes
  past 20261103T000000Z-test-00a3 rerun 00a1
}

@test "runs: a table, a job's, the newest, the failed, ids, and JSON" {
  three_runs
  run "$azfan" runs
  [ "$status" = 0 ]
  diff <(columns <<<"$output") - <<'END'
RUN STARTED TOOK JOB RESULT
00a3 test 1 ok; a rehearsal; rerun of 00a1
00a2 other 3 ok
00a1 test 2 ok, 1 failed; a rehearsal
END
  [ "$(cut -c 7-16 <<<"${lines[1]}")" = "$(jq -r 'select(.event == "run") | .started[:10]' "$runs"/*-00a3/journal.jsonl)" ]
  run "$azfan" runs test --failed
  diff <(columns <<<"$output" | tail -n +2) <(echo '00a1 test 2 ok, 1 failed; a rehearsal')
  run "$azfan" runs -n 2 -q
  [ "$output" = "20261103T000000Z-test-00a3
20261102T000000Z-other-00a2" ]
  [ "$("$azfan" runs ./other.yaml -q)" = 20261102T000000Z-other-00a2 ]
  "$azfan" runs --json test | jq -c '[.run, .job.name, .rehearsal, .rerun_of, .ending, .target_count, .counts.failed]' | diff - <(
    echo '["20261103T000000Z-test-00a3","test",true,"20261101T000000Z-test-00a1","complete",1,0]
["20261101T000000Z-test-00a1","test",true,null,"complete",3,1]')
  # What two runs end in is no name of either.
  past 20261104T000000Z-test-00a1 rehearse "$job" --limit vm-1
  "$azfan" runs | awk 'NR > 1 { print $1 }' | diff - <(echo '20261104T000000Z-test-00a1
00a3
00a2
20261101T000000Z-test-00a1')
  run "$azfan" report 00a1
  [ "$status" = 2 ]
  [ "$output" = "azfan: 00a1 are the last letters of more than one run: 20261104T000000Z-test-00a1 and 20261101T000000Z-test-00a1" ]
}

@test "runs: none, none of a job, none that failed; times are those of the place" {
  run "$azfan" runs
  [ "$status $output" = "0 azfan: there are no runs yet" ]
  run "$azfan" runs -q
  [ "$status $output" = "0 " ]
  write_job
  past 20261101T000000Z-test-00a1 rehearse "$job"
  run "$azfan" runs nothing
  [ "$status $output" = "0 azfan: there is no run of nothing" ]
  run "$azfan" runs --failed test
  [ "$status $output" = "0 azfan: there is no run of test in which not all went well" ]
  sed -i -E '1s/"started":"[^"]*"/"started":"2026-11-23T22:30:00.000Z"/' "$runs"/*-00a1/journal.jsonl
  [ "$(TZ=Asia/Tokyo "$azfan" runs | awk 'NR == 2 { print $2, $3 }')" = "2026-11-24 07:30" ]
}

@test "runs: on a terminal of 80 columns no line is longer" {
  write_job
  sed -i 's/^name: .*/name: a-job-of-a-rather-long-name-as-some-have-them/' "$job"
  past 20261101T000000Z-test-00a1 rehearse "$job" --inject vm-2=exit:3
  past 20261101T000001Z-test-00a2 rerun 00a1 --inject vm-2=exit:3
  run python3 - "$azfan" <<'END'
import fcntl, os, pty, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    os.execvp(sys.argv[1], [sys.argv[1], "runs"])
text = b""
try:
    while piece := os.read(fd, 4096):
        text += piece
except OSError:
    pass
print(text.decode().replace("\r", ""), end="")
END
  [ "$(wc -L <<<"$output")" -le 80 ]
  columns <<<"$output" | diff - <(echo 'RUN STARTED TOOK JOB RESULT
00a2 a-job-of-a-rather-long-… 1 failed; a rehearsal;
 rerun of 00a1
00a1 a-job-of-a-rather-long-… 2 ok, 1 failed; a
 rehearsal')
}

@test "report: by letters, job, file, folder and report.json; without a name no rehearsal is meant" {
  three_runs
  sed -i 's/^name: .*/name: again/' other.yaml
  for row in '00a1 test-00a1' 'test test-00a3' 'other other-00a2' 'other.yaml other-00a2' "$runs/20261101T000000Z-test-00a1 test-00a1" \
    "$runs/20261101T000000Z-test-00a1/report.json test-00a1" "20261103T000000Z-test-00a3 test-00a3"; do
    read -r word expected <<<"$row"
    "$azfan" report "$word" --report is.json 2>is.err || { echo "$row"; cat is.err; return 1; }
    [[ $(jq -r .run is.json) == *"-$expected" ]] || { echo "$row"; return 1; }
    # That it is a rehearsal is said where a job was named.
    case $word in test) grep -qx 'azfan: the latest run of test is a rehearsal: 20261103T000000Z-test-00a3' is.err ;; *) [ ! -s is.err ] ;; esac
  done
  for word in "" latest; do
    run --separate-stderr "$azfan" report ${word:+"$word"} -q
    [[ $output == *"20261102T000000Z-other-00a2"* || $output == *"3 ok of 3 targets"* ]]
    [ "$stderr" = "azfan: the latest run is 20261102T000000Z-other-00a2; the rehearsal after it is 20261103T000000Z-test-00a3" ]
  done
  run "$azfan" rerun nothing
  [ "$status" = 2 ]
  [ "$output" = 'azfan: there is no run nothing, and none of a job of that name: `azfan runs` lists all runs' ]
}

@test "rerun --dry-run: which targets, by what they came to; what has changed; nothing is started" {
  vms='vm-[1-6]' write_job
  "$azfan" rehearse "$job" --inject 'vm-[1-3]=exit:3' --inject vm-5=not_running -q >/dev/null 2>&1 || [ $? -ge 3 ]
  run --separate-stderr "$azfan" rerun test --dry-run
  [ "$status" = 0 ]
  id=$("$azfan" runs -q)
  [ "$output" = "$id: a rerun would run test on 4 targets of 6 (a rehearsal), which came to
  3 failed: vm-[1-3]
  1 error: vm-5" ]
  run --separate-stderr "$azfan" rerun test --dry-run --only error --limit 'vm-[4-6]'
  [ "${lines[0]}" = "$id: a rerun would run test on 1 target of 6 (a rehearsal), which came to" ]
  # It says no as the rerun would.
  echo "# changed" >>"$job"
  run --separate-stderr "$azfan" rerun test --dry-run
  [ "$status" = 2 ]
  [[ $stderr == *"add --changed"* ]]
  [ "$("$azfan" runs -q)" = "$id" ]
}

# aged DAYS LETTERS: the run was written last so long ago.
aged() {
  sed -i -E '1s/"started":"20[0-9]{2}/"started":"2001/' "$runs"/*"-$2/journal.jsonl"
  touch -d "$1 days ago" "$runs"/*"-$2/journal.jsonl"
}

@test "prune: says which, asks, deletes old runs, and none that a later one needs" {
  three_runs
  past 20261104T000000Z-other-00a4 run other.yaml --yes
  run "$azfan" prune --older 90d
  [ "$status" = 0 ]
  [[ $output == "azfan: there is no run to delete: "* ]]
  aged 91 00a1
  aged 91 00a2
  aged 91 00a4
  run --separate-stderr "$azfan" prune --older 90d </dev/null
  [ "$status" = 2 ]
  [ "$stderr" = "azfan: nothing is deleted: there is no terminal here to ask on; add --yes" ]
  # The first one stays for its rerun.
  [[ ${lines[0]} == *"  20261104T000000Z-other-00a4  "*" KiB" ]]
  [[ ${lines[1]} == *"  20261102T000000Z-other-00a2  "*" KiB" ]]
  [[ ${lines[2]} == "2 runs of 4 to delete, "*" KiB" ]]
  run "$azfan" prune --older 90d --dry-run --keep 1
  [ "$status" = 0 ]
  [[ ${lines[1]} == "1 run of 4 to delete, "* ]]
  [ "$("$azfan" runs -q | wc -l)" = 4 ]
  run "$azfan" prune --older 90d --keep 1 -y
  [ "$status" = 0 ]
  [ "${lines[-1]}" = "1 run deleted" ]
  [ "$("$azfan" runs -q | sed 's/.*-//' | paste -sd' ')" = "00a4 00a3 00a1" ]
  aged 91 00a3
  run "$azfan" prune --older 2160h -y
  [ "${lines[-1]}" = "3 runs deleted" ]
  [ -z "$(ls "$runs")" ]
}

@test "prune: on a terminal it asks, and deletes after a yes alone" {
  write_job
  past 20261101T000000Z-test-00a1 rehearse "$job"
  aged 91 00a1
  for answer in n '' y; do
    run python3 - "$azfan" "$answer" <<'END'
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], [sys.argv[1], "prune", "--older", "90d"])
text, asked = b"", False
try:
    while piece := os.read(fd, 4096):
        text += piece
        if b"[y/N] " in text and not asked:
            asked = os.write(fd, sys.argv[2].encode() + b"\n")
except OSError:
    pass
print(text.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
    case $answer in
    y) [ "$status" = 0 ] && [[ $output == *"1 run deleted"* ]] && [ -z "$(ls "$runs")" ] ;;
    *) [ "$status" = 2 ] && [[ $output == *"nothing is deleted"* ]] && [ -d "$runs/20261101T000000Z-test-00a1" ] ;;
    esac || { echo "$answer: $status: $output"; return 1; }
  done
}

@test "prune: one that goes on stays, and what is wrong is exit 2" {
  write_job
  past 20261101T000000Z-test-00a1 rehearse "$job"
  aged 91 00a1
  exec 9<"$runs/20261101T000000Z-test-00a1/journal.jsonl"
  flock -x 9
  run "$azfan" prune --older 90d -y
  [ "$status" = 0 ]
  [ -d "$runs/20261101T000000Z-test-00a1" ]
  for older in 90 d 0d 0s -1d 90days 999999d ''; do
    run "$azfan" prune --older "$older" -y
    [ "$status" = 2 ]
    [[ $output == "azfan: --older must be an age such as 90d or 12h, not $older" ]]
  done
  run "$azfan" prune -y
  [ "$status $output" = "2 azfan: how old? azfan prune --older 90d" ]
}

@test "runs: how much room they take is said from 1 GiB on" {
  write_job
  past 20261101T000000Z-test-00a1 rehearse "$job"
  run --separate-stderr "$azfan" runs
  [ -z "$stderr" ]
  truncate -s 1400M "$runs/20261101T000000Z-test-00a1/output/large.out" # takes no room here
  run --separate-stderr "$azfan" runs
  [ "$stderr" = 'azfan: 1 run is kept, 1.4 GiB: `azfan prune --older 90d` deletes old ones' ]
  run --separate-stderr "$azfan" runs -q
  [ -z "$stderr" ]
}

bats_require_minimum_version 1.5.0
