/* SPDX-License-Identifier: MIT */
/*
 * reply: the JSON that az prints when a run-command has ended.
 *
 * Knows the shapes of Linux and Windows VMs and of old versions of az, and
 * where the VM's two streams stand in them. Pure.
 */
#ifndef AZFAN_AZURE_REPLY_H
#define AZFAN_AZURE_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "azure/guard.h"
#include "azure/trailer.h"
#include "base/buffer.h"

/*
 * What stands right before each stream of a Linux VM, with LINE_END for a line end: "\n", or in
 * the JSON itself "\\n". And in that JSON before either stream of a Windows VM, with QUOTE for a
 * quotation mark and GAP for what stands after a colon: az prints a blank there, ARM nothing.
 */
#define REPLY_OUTPUT_MARK(LINE_END) LINE_END "[stdout]" LINE_END
#define REPLY_ERRORS_MARK(LINE_END) LINE_END "[stderr]" LINE_END
#define REPLY_MESSAGE               "message"

#define REPLY_MESSAGE_MARK(QUOTE, GAP) QUOTE REPLY_MESSAGE QUOTE ":" GAP QUOTE

struct reply {
    bool windows;
    bool has_trailer;
    struct trailer trailer; /* its place is of no use any more */
    struct buffer output;   /* the script's, without the trailer */
    struct buffer errors;
    bool output_truncated; /* Azure returned only the end */
    bool errors_truncated;
    struct buffer message; /* of a Linux VM, what stands before the streams: "Enable succeeded: " */
};

/*
 * Reads what az printed. False when that is no answer to a run-command. RET is
 * for reply_done() in any case.
 */
bool reply_read(const char *text, size_t length, const char *nonce, struct reply *ret);

void reply_done(struct reply *reply);

#endif
