/* SPDX-License-Identifier: MIT */
/*
 * said: what az wrote to standard error, taken apart.
 *
 * Who speaks matters: az and Azure quote what a VM printed, and a page that a
 * proxy sent. A rule (azure/refusal_rules) looks at `own` alone, where no
 * quoted word is left; people are shown `line`, which may quote. Pure.
 */
#ifndef AZFAN_AZURE_SAID_H
#define AZFAN_AZURE_SAID_H

#include <stdbool.h>
#include <stddef.h>

struct said {
    char *whole;      /* what az wrote, or the message of the JSON that it wrote; owned */
    char *own;        /* az's and Azure's own words, from the cause on; owned */
    const char *line; /* of `whole`: the cause, without "ERROR: " and "(CODE) "; never NULL */
    size_t length;    /* of the line */
    char code[64];    /* Azure's: "Conflict"; "" when there is none */
};

/*
 * Reads ERRORS into RET, for said_done(). Old versions of az write "CODE: text", like any other
 * line with a colon: IS_CODE tells Azure's codes from other words.
 */
void said_read(struct said *ret, const char *errors, size_t length,
               bool (*is_code)(const char *, size_t));

/* Is TEXT among az's own words? A number at its end is there as a whole number only. */
bool said_has(const struct said *said, const char *text, size_t length);

void said_done(struct said *said);

#endif
