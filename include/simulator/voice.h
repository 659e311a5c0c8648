/* SPDX-License-Identifier: MIT */
/*
 * voice: az's words, byte for byte; or azfan-rest's.
 *
 * Writes to standard output and standard error, because that is what they do.
 * Functions that report a failure return the exit status that az gives it, or azfan-rest.
 */
#ifndef AZFAN_SIMULATOR_VOICE_H
#define AZFAN_SIMULATOR_VOICE_H

#include <stdbool.h>

#include "simulator/plan.h"

struct buffer;
struct targets_id;

enum simulator_status {
    SIMULATOR_OK,
    SIMULATOR_FAILURE,
    SIMULATOR_USAGE,
    SIMULATOR_MISSING /* any HTTP 404 */
};

/* From now on this process speaks as azfan-rest; before, and else, as az. */
void simulator_speak_as_rest(void);

/* What azfan-rest says on the way, and az does not. NUMBER: of the operation. */
void simulator_say_sent(void);
void simulator_say_accepted(const struct targets_id *id, const char *number);

/* "ERROR: TEXT" and nothing else. Returns SIMULATOR_FAILURE. */
int simulator_say_failure(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same with what az's argument parser adds. Returns SIMULATOR_USAGE. */
int simulator_say_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* SIGINT while az waits for Azure: azfan-rest ends by it. Returns SIMULATOR_FAILURE. */
int simulator_say_interrupted(void);

/* A --command-id that Azure has not. Returns SIMULATOR_MISSING. */
int simulator_say_unknown_command(void);

/* What az says when FAULT meets the VM called ID, and az or Azure refuses; -1: it does not. */
int simulator_say_refusal(enum simulator_fault fault, const struct targets_id *id, bool windows);

/* The answer of a script that ended: the streams as they are in files on the VM (any bytes). */
int simulator_say_streams(bool windows, const struct buffer *output, const struct buffer *errors);

/* The answer of a VM that restarted while the script ran. */
int simulator_say_restarted(bool windows);

/* An answer that ends in the middle. */
int simulator_say_garbage(void);

/* The login has expired. Returns SIMULATOR_FAILURE. */
int simulator_say_login(void);

int simulator_say_version(void);

/* Where Azure's public cloud is. */
int simulator_say_cloud(void);

/* A token that opens nothing. SUBSCRIPTION: NULL for the default. */
int simulator_say_token(const char *subscription);

#endif
