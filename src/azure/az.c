/* SPDX-License-Identifier: MIT */
#include "azure/az.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "sys/file.h"

extern char **environ;

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

/*
 * What one az takes, measured with 2.45.0: 110 MB at its largest; a shell around python, and
 * python's own threads. The simulated one is azfan itself.
 */
#define AZ_MEMORY        (UINT64_C(110) * 1024 * 1024)
#define SIMULATED_MEMORY (UINT64_C(4) * 1024 * 1024)
enum { AZ_PROCESSES = 4 };

enum { SETTINGS = sizeof settings / sizeof settings[0] };

static bool sets_the_same(const char *setting, const char *entry)
{
    size_t name = strcspn(setting, "=") + 1;

    return strncmp(setting, entry, name) == 0;
}

static bool is_overridden(const char *entry, const char *extra)
{
    for (size_t i = 0; i < SETTINGS; i++) {
        if (sets_the_same(settings[i], entry))
            return true;
    }
    return extra != NULL && sets_the_same(extra, entry);
}

/* The caller's environment, ours over it, and EXTRA (may be NULL). */
static char **make_environment(const char *extra)
{
    size_t count = 0;
    size_t at = 0;
    char **list;

    while (environ != NULL && environ[count] != NULL)
        count++;
    list = memory_zeroed(count + SETTINGS + 2, sizeof *list);
    for (size_t i = 0; i < count; i++) {
        if (!is_overridden(environ[i], extra))
            list[at++] = memory_string(environ[i]);
    }
    for (size_t i = 0; i < SETTINGS; i++)
        list[at++] = memory_string(settings[i]);
    if (extra != NULL)
        list[at] = memory_string(extra);
    return list;
}

static void free_list(char **list)
{
    for (size_t i = 0; list != NULL && list[i] != NULL; i++)
        free(list[i]);
    free(list);
}

static void free_all(struct az *az)
{
    free(az->program);
    free_list(az->prefix);
    free_list(az->environment);
    *az = (struct az){.program = NULL};
}

/* What is the same for the real az and for the simulated one. */
static int set_up(struct az *az, const char *prefix, const char *extra, struct error *error)
{
    az->prefix = memory_zeroed(2, sizeof *az->prefix);
    az->prefix[0] = memory_string(prefix);
    az->environment = make_environment(extra);
    if (scratch_open(&az->folder, error) < 0) {
        free_all(az);
        return -1;
    }
    return 0;
}

int az_find(struct az *az, const char *program, struct error *error)
{
    *az = (struct az){.memory = AZ_MEMORY, .processes = AZ_PROCESSES};
    if (file_find_program(program, &az->program, error) < 0)
        return -1;
    return set_up(az, NULL, NULL, error);
}

int az_simulated(struct az *az, const char *command, const char *simulation, struct error *error)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path);

    *az = (struct az){.memory = SIMULATED_MEMORY, .processes = 1};
    if (length < 0)
        return error_set(error, "cannot find azfan's own program in /proc: %s", strerror(errno));
    if ((size_t)length == sizeof path)
        return error_set(error, "cannot use azfan's own program: its path is too long");
    az->program = memory_copy(path, (size_t)length);
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
