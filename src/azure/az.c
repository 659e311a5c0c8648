/* SPDX-License-Identifier: MIT */
#include "azure/az.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "job/limits.h"
#include "sys/file.h"

/*
 * az reads AZURE_SECTION_OPTION before its configuration (knack/config.py).
 * Telemetry would double the processes of a fan-out (Azure/azure-cli PR#29717);
 * without log files az writes nothing below ~/.azure while its token is good.
 */
static const char *const settings[] = {
    "AZURE_CORE_COLLECT_TELEMETRY=no",
    "AZURE_CORE_NO_COLOR=yes",
    "AZURE_CORE_ONLY_SHOW_ERRORS=yes",
    "AZURE_CORE_DISABLE_PROGRESS_BAR=yes",
    "AZURE_CORE_SURVEY_MESSAGE=no",
    "AZURE_CORE_DISABLE_CONFIRM_PROMPT=yes",
    "AZURE_LOGGING_ENABLE_LOG_FILE=no",
    "AZURE_EXTENSION_USE_DYNAMIC_INSTALL=no",
    "AZURE_AUTO-UPGRADE_ENABLE=no", /* a hyphen, which no shell could set */
    ("AZURE_HTTP_USER_AGENT=azfan/" AZFAN_VERSION),
    "LC_ALL=C.UTF-8",
};

/* Before 2.54.0 az says only by local time when a token ends (learn.microsoft.com, release notes).
 */
static const char expiry_zone[] = "TZ=UTC0";

/* The simulated one is azfan itself. */
#define SIMULATED_MEMORY (UINT64_C(4) * 1024 * 1024)

enum {
    SIMULATED_FILES = 2
}; /* in time-lapse: by which it is led, and by which its worker is woken */

/* The caller's environment, ours over it, and EXTRA (may be NULL). */
static void make_environment(struct strings *ret, const char *extra)
{
    if (environ != NULL)
        strings_add_all(ret, (const char *const *)environ);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        strings_set(ret, settings[i]);
    if (extra != NULL)
        strings_set(ret, extra);
}

static void free_all(struct az *az)
{
    free(az->program);
    strings_done(&az->environment);
    *az = (struct az){.program = NULL};
}

/* What is the same for the real az and for the simulated one. */
static int set_up(struct az *az, const char *prefix, const char *extra, struct error *error)
{
    az->prefix = prefix;
    make_environment(&az->environment, extra);
    if (scratch_open(&az->folder, error) < 0) {
        free_all(az);
        return -1;
    }
    return 0;
}

void az_set_client(struct az *az, enum job_client client)
{
    bool rest = client == JOB_REST;

    az->called = rest ? "azfan-rest" : "az";
    az->memory = rest ? LIMITS_REST_MEMORY : LIMITS_AZ_MEMORY;
    az->processes = rest ? LIMITS_REST_PROCESSES : LIMITS_AZ_PROCESSES;
    az->files = rest ? 1 : 0; /* its request */
}

int az_find(struct az *az, const char *program, struct error *error)
{
    *az = (struct az){.program = NULL};
    az_set_client(az, JOB_AZ);
    if (file_find_program(program, &az->program, error) < 0)
        return -1;
    return set_up(az, NULL, expiry_zone, error);
}

int az_absent(struct az *az, struct error *error)
{
    *az = (struct az){.program = NULL};
    return set_up(az, NULL, NULL, error);
}

int az_simulated(struct az *az, const char *helper, const char *command, const char *simulation,
                 struct error *error)
{
    *az = (struct az){.called = "simulated az",
                      .memory = SIMULATED_MEMORY,
                      .processes = 1,
                      .files = SIMULATED_FILES};
    az->program = file_own_helper(helper);
    if (az->program == NULL && file_own_program(&az->program, error) < 0)
        return -1;
    return set_up(az, command, simulation, error);
}

int az_renew_folder(struct az *az, struct error *error)
{
    struct scratch folder;

    if (az->former.path != NULL)
        return error_set(error, "the folder %s was made anew once already", az->folder.path);
    if (scratch_open(&folder, error) < 0)
        return -1;
    az->former = az->folder;
    az->folder = folder;
    return 0;
}

int az_done(struct az *az, struct error *error)
{
    struct error former;
    int result = scratch_close(&az->former, &former);

    if (scratch_close(&az->folder, error) < 0)
        result = -1;
    else if (result < 0)
        *error = former;
    free_all(az);
    return result;
}
