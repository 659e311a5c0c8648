#!/usr/bin/env bats
# Journals that an earlier azfan wrote: the reports made of them stay as they were, byte by byte.

load helper

setup() { setup_place; }

# same_reports NAME: of the journal in test/journals/NAME.
same_reports() {
  mkdir "$place/now"
  "$top/test/journals/report" "$azfan" "$top/test/journals/$1" "$place/now"
  cp "$top/test/journals/$1/journal.jsonl" "$place/now"
  diff -r "$top/test/journals/$1" "$place/now"
}

@test "an old journal makes the old reports: every fault, secrets, outputs that are no text" { same_reports every-fault; }

@test "an old journal makes the old reports: a rerun" { same_reports rerun; }

@test "an old journal makes the old reports: repeated attempts, batches, a lower concurrency" { same_reports retried; }

@test "an old journal makes the old reports: attempts that were put back, of a real run" { same_reports put-back-throttled; }

@test "an old journal makes the old reports: halted, what ran was stopped" { same_reports halted-stopped; }

@test "an old journal makes the old reports: the login ended" { same_reports login-ended; }

@test "an old journal makes the old reports: a signal" { same_reports interrupted; }

@test "an old journal makes the old reports: the deadline" { same_reports deadline; }

@test "an old journal makes the old reports: killed, with half a line" { same_reports killed; }

@test "an old journal makes the old reports: batches of which two have one that hangs" { same_reports hangs-in-batches; }

@test "an old journal makes the old reports: one batch, of which one fails and says why" { same_reports one-batch; }

@test "every journal in test/journals has its test" {
  for journal in "$top"/test/journals/*/; do
    grep -q "same_reports $(basename "$journal");" "$BATS_TEST_FILENAME"
  done
}
