#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# azfan-rest alone, against servers of these tests' own. `plays` and `faults` say what holds, and can be run by hand for as
# long as wanted; here they are as short as shows that they still hold.

bats_require_minimum_version 1.5.0

setup() {
  command -v openssl >/dev/null || skip "openssl is not installed: .ci/deps azure"
  AZFAN=${AZFAN:-$BATS_TEST_DIRNAME/../../build/azfan}
  REST=$(dirname "$AZFAN")/azfan-rest
}

@test "azfan-rest: whatever Azure answers, byte by byte as it does, is read rightly" {
  run -0 "$BATS_TEST_DIRNAME/plays" "$REST"
}

@test "azfan-rest: a server that misbehaves at random gets no second POST, and is not believed" {
  run -0 "$BATS_TEST_DIRNAME/faults" "$REST" rounds 150
}

@test "azfan-rest: an answer that ends after any byte is none" {
  run -0 "$BATS_TEST_DIRNAME/faults" "$REST" sweep 61
}

@test "azfan-rest: nothing is sent where the server is not known for sure" {
  run -0 "$BATS_TEST_DIRNAME/edges" "$REST"
}

@test "azfan-rest: for nobody it sends nothing, and waits for nothing" {
  run -0 "$BATS_TEST_DIRNAME/alone" "$REST"
}

@test "azfan, killed at any moment: a rerun runs no script twice, and tells what is true of each" {
  run -0 "$BATS_TEST_DIRNAME/kills" "$AZFAN" 4
}
