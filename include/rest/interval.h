/* SPDX-License-Identifier: MIT */
/*
 * interval: how long a client waits before it asks again what became of its operation.
 *
 * Azure counts questions by subscription, so azfan gives all clients of one the interval that its
 * number allows (sys/tokenpage): the base, below which nobody asks. A short script is over within
 * 30 seconds and is asked for often; one that takes longer, more rarely. The times are those of
 * Azure's own run commands: an `echo` on Linux takes 11 to 30 seconds, 15 in the middle.
 *
 * Pure. Durations in nanoseconds.
 */
#ifndef AZFAN_REST_INTERVAL_H
#define AZFAN_REST_INTERVAL_H

#include <stdbool.h>
#include <stdint.h>

/* What the answer before said. */
struct interval_answer {
    bool refused;        /* 408, 429, 5xx or none at all: its Retry-After is obeyed */
    bool few_reads;      /* are left to the subscription: all who ask it wait twice as long */
    int64_t retry_after; /* of its header; -1: it had none that can be read */
};

/* How long to wait now, AGE after the operation was accepted. BASE: azfan's interval; 0: the usual
 * one, 5 s. RANDOM: any number, so that clients which began together do not stay together. */
int64_t interval_wait(int64_t age, int64_t base, const struct interval_answer *answer,
                      uint32_t random);

/* The seconds of a Retry-After header; -1 when TEXT is NULL or no whole number of them. */
int64_t interval_parse_retry_after(const char *text);

#endif
