/* SPDX-License-Identifier: MIT */
/*
 * trailer: the guard's last line, found again in what came back.
 *
 * Pure. TEXT may hold any bytes. azure/guard says what a trailer looks like.
 */
#ifndef AZFAN_AZURE_TRAILER_H
#define AZFAN_AZURE_TRAILER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum trailer_end { TRAILER_EXIT, TRAILER_TIMEOUT, TRAILER_BROKEN, TRAILER_AGAIN };

struct trailer {
    enum trailer_end end;
    int status;
    int64_t seconds;
    bool left;    /* something of the script may still run */
    bool full;    /* the VM's disk has become full: of what was printed some may be missing */
    size_t start; /* its place in the text, with the newline before it */
    size_t stop;  /* and with its own */
};

/* Finds the last trailer with NONCE in TEXT. False when there is none. */
bool trailer_find(const char *text, size_t length, const char *nonce, struct trailer *ret);

#endif
