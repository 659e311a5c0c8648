/* SPDX-License-Identifier: MIT */
/*
 * limits: the numbers of Azure's, Run Command's and az's own, each with its source. Constants.
 *
 * What azfan itself decides (how many targets a job may have, how long it waits for an answer)
 * stands where it is decided.
 */
#ifndef AZFAN_JOB_LIMITS_H
#define AZFAN_JOB_LIMITS_H

#include "base/number.h"

enum {
    /* Bytes of a script. The extension on a Linux VM has a limit of 256 KiB in base64, and runs
     * nothing beyond it (Azure/run-command-extension-linux main/cmds.go, maxScriptSize). */
    LIMITS_SCRIPT = 190 * 1024,

    /* Bytes of a stream, its end: Azure returns no more (the same file; Windows likewise). */
    LIMITS_STREAM = 4096,

    /* Characters in a VM's name, and UTF-16 units in a resource group's (Microsoft.Compute and
     * Microsoft.Resources in "Naming rules and restrictions for Azure resources"). */
    LIMITS_VM_NAME = 64,
    LIMITS_GROUP_NAME = 90
};

/* A subscription's id: 8-4-4-4-12 hexadecimal digits (RFC 9562, as ARM writes them). */
#define LIMITS_SUBSCRIPTION_SHAPE "00000000-0000-0000-0000-000000000000"

/* How long Run Command lets a script's request go on. The script itself it does not stop.
 * ("Run scripts in your VM by using action Run Commands", Restrictions.) */
#define LIMITS_REQUEST      (90 * NUMBER_MINUTE)
#define LIMITS_REQUEST_TEXT "90 minutes"

/* No Run Command is quicker: an `echo` took 11.3 s at least, in 25 recorded runs (the recordings of
 * azure-cli's tests, 2018 to 2024). The same page says "about 20 seconds". */
#define LIMITS_QUICKEST (11 * NUMBER_SECOND)

/* What az and the VM's agent need beside the script's own time, the usual grace included: up to 30
 * s until many az have started on a small machine, 20 to 30 s for the agent, and 30 s because az
 * asks for the answer only every 30 s (azure-core, base_polling.py). */
#define LIMITS_OVERHEAD      (90 * NUMBER_SECOND)
#define LIMITS_OVERHEAD_TEXT "90 seconds"

/* How long a script can run so that its result still comes. */
#define LIMITS_SCRIPT_TIME      (LIMITS_REQUEST - LIMITS_OVERHEAD)
#define LIMITS_SCRIPT_TIME_TEXT "88m30s"

/* How late after its az was started a script may begin: az's own start and the agent's delay. */
#define LIMITS_LATEST_BEGIN (60 * NUMBER_SECOND)

/* What one az takes, measured with 2.45.0: bytes of memory at its largest; a shell around python,
 * and python's own threads. */
#define LIMITS_AZ_MEMORY      (INT64_C(110) * 1024 * 1024)
#define LIMITS_AZ_MEMORY_TEXT "110 MiB"
enum { LIMITS_AZ_PROCESSES = 4, LIMITS_AZ_CONCURRENCY = 30 };

/* And of a processor's time: 40 of them took 95 s against a server on loopback. */
#define LIMITS_AZ_PROCESSOR (2400 * NUMBER_MILLISECOND)

/* No az is over sooner: it asks for the answer at once, and then 30 s later (azure-core, as above).
 */
#define LIMITS_AZ_LEAST (30 * NUMBER_SECOND)

/* One azfan-rest, measured: 11.4 MiB with libcurl's OpenSSL flavour, and a second thread while a
 * name is looked up. So many run at once where nobody says another number. */
#define LIMITS_REST_MEMORY      (INT64_C(12) * 1024 * 1024)
#define LIMITS_REST_MEMORY_TEXT "12 MiB"
enum { LIMITS_REST_PROCESSES = 2, LIMITS_REST_CONCURRENCY = 100 };

/* Likewise of a processor's time: half of it loads libraries. */
#define LIMITS_REST_PROCESSOR (17 * NUMBER_MILLISECOND)

/* How long one takes, mostly: an `echo` 15 s (the median of 25 recorded runs), and azfan-rest asks
 * 8 s after the start and then every 5 s. */
#define LIMITS_REST_LEAST (18 * NUMBER_SECOND)

#endif
