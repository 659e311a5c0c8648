#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The real az and azfan-rest, in every situation that the simulated Azure can play.

bats_require_minimum_version 1.5.0

load helper

@test "azfan: both clients come to the same, or the manual says where they do not" {
  run -0 "$BATS_TEST_DIRNAME/compare" "$AZFAN" "$T" "$BATS_TEST_DIRNAME/../../man/azfan.1"
}
