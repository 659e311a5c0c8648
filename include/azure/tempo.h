/* SPDX-License-Identifier: MIT */
/*
 * tempo: how often azfan's own clients may ask Azure for something, so that they never use up what
 * it allows a subscription.
 *
 * Azure Resource Manager refills a subscription's reads by 25 a second and its writes by 10 (a
 * bucket of 200), Compute its starts of a region by 500 a minute (a bucket of 1500), for all who
 * use the subscription. azfan takes 60 % of the reads for its questions, and half of the writes for
 * its starts ("Understand how Azure Resource Manager throttles requests"; "Compute throttling
 * limits").
 *
 * No server on loopback counts like that, and no test waits so long: for one AZFAN_LOOPBACK_PACE
 * says otherwise (HACKING.md). For any other it is not read.
 */
#ifndef AZFAN_AZURE_TEMPO_H
#define AZFAN_AZURE_TEMPO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tempo {
    int64_t first_question; /* how long after a start */
    int64_t least;          /* between two questions of one client, however few there are */
    int64_t starts;         /* a second and subscription; 0: as many as there is room for */
};

/* That of ENDPOINT ("https://management.azure.com"); NULL: it is not known. */
struct tempo tempo_of(const char *endpoint);

/* So little is left that the next are to be started more slowly: of a subscription's WRITES, of
 * Compute's starts in a region. */
bool tempo_are_few_writes(int64_t writes);
bool tempo_are_few_starts(int64_t starts);

/* How long each of RUNNING clients of one subscription waits between two questions, at least. */
int64_t tempo_base(const struct tempo *tempo, size_t running);

#endif
