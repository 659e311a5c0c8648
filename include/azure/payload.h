/* SPDX-License-Identifier: MIT */
/*
 * payload: what a script printed, where that is more than Azure returns.
 *
 * Azure returns the last 4,096 bytes of each stream. Where a stream is longer the guard prints both
 * together, compressed: on standard output, before its trailer,
 *
 *   azfan:NONCE gzip KEEP OUTPUT ERRORS
 *   BASE64…
 *
 * and on standard error
 *
 *   azfan:NONCE gzip
 *   …BASE64
 *
 * The two pieces of base64 are one gzip member: the script's standard output, which had OUTPUT
 * bytes, and then its standard error, which had ERRORS. A stream of more than 2 * KEEP bytes is not
 * whole: of it come the first KEEP and the last KEEP bytes. On a VM that cannot compress the guard
 * prints on standard output
 *
 *   azfan:NONCE tail KEEP OUTPUT ERRORS
 *
 * and then each stream as it is, but at most its last KEEP bytes.
 *
 * Pure. Any bytes may come: what is no payload with the right nonce is left as it is, and one that
 * cannot be read is never shown, for nobody could find a secret in it.
 */
#ifndef AZFAN_AZURE_PAYLOAD_H
#define AZFAN_AZURE_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>

struct buffer;

#define PAYLOAD_GZIP "gzip"
#define PAYLOAD_TAIL "tail"

/* Stands where a payload was that cannot be read. */
#define PAYLOAD_DAMAGED "[… what the script printed came back damaged, and is left out …]\n"

struct payload {
    bool there;      /* there was one, of either kind */
    bool output_cut; /* of the script's standard output something is missing */
    bool errors_cut;
};

/*
 * Puts into OUTPUT and ERRORS, which hold what came back of the two streams without the trailer,
 * what the script printed, at most LIMIT bytes of each. Where something is missing, a line with
 * engine/capture's mark says how much.
 */
struct payload payload_unpack(struct buffer *output, struct buffer *errors, const char *nonce,
                              size_t limit);

/* Hides what may be a piece of a payload in TEXT, which is of az's own answer and may have been cut
 * anywhere. */
void payload_hide(struct buffer *text, const char *nonce);

#endif
