/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "azure/command.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "base/number.h"
#include "job/limits.h"
#include "simulator/simulator.h"
#include "sys/fault.h"
#include "sys/file.h"
#include "unit/unit.h"

#define ID                                                                                         \
    "/subscriptions/s/resourceGroups/rg (1)/providers/Microsoft.Compute/virtualMachines/web-01"

static struct az az;
static struct error error;

static void set_up(void)
{
    ck_assert_int_eq(setenv("AZURE_CORE_OUTPUT", "table", 1), 0);
    ck_assert_int_eq(setenv("AZURE_CORE_COLLECT_TELEMETRY", "yes", 1), 0);
    ck_assert_int_eq(setenv("LC_ALL", "de_DE.ISO-8859-1", 1), 0);
    ck_assert_int_eq(setenv("HTTPS_PROXY", "http://proxy:3128", 1), 0);
    ck_assert_int_eq(setenv("AZURE_CONFIG_DIR", "/srv/azure", 1), 0);
    ck_assert_int_eq(az_find(&az, "sh", &error), 0);
}

static void tear_down(void)
{
    ck_assert_int_eq(az_done(&az, &error), 0);
}

static struct job_parameter secret = {(char[]){"TOKEN"}, (char[]){"s3cret"}, true};
static struct job job = {.script = (char[]){"echo hello\n"},
                         .script_length = 11,
                         .parameters = {&secret, 1},
                         .script_timeout = NUMBER_MINUTE};
static struct job_target target = {.name = (char[]){"web-01"}};
static const struct guard guard = {
    .job = &job, .target = &target, .run = "run-1", .batch = 1, .nonce = "not-this-one"};

static void check_arguments(const struct command *command, const char *const *expected)
{
    char *const *argument = command->child.arguments;

    ck_assert_str_eq(command->child.program, az.program);
    ck_assert_str_eq(*argument++, az.program);
    for (; *expected != NULL; expected++, argument++) {
        ck_assert_ptr_nonnull(*argument);
        ck_assert_str_eq(*argument, *expected);
    }
    ck_assert_ptr_null(*argument);
    ck_assert_int_eq(command->child.input, -1);
    ck_assert_int_eq(command->child.output, -1);
    ck_assert_int_eq(command->child.errors, -1);
    ck_assert_ptr_eq(command->child.environment, az.environment.list);
}

/* The command of azfan(1), word for word; the script in a private file. */
START_TEST(an_invoke)
{
    struct command command;
    struct buffer script = BUFFER_INIT;
    struct stat status;
    char at[4096];
    char nonce[GUARD_NONCE_SIZE];
    char *file;

    ck_assert_int_eq(command_invoke(&command, &az, &guard, ID, 12, &error), 0);
    (void)snprintf(at, sizeof at, "@%s/000012.sh", az.folder.path);
    check_arguments(&command, (const char *const[]){"vm", "run-command", "invoke", "--ids", ID,
                                                    "--command-id", "RunShellScript", "--scripts",
                                                    at, "-o", "json", "--only-show-errors", NULL});
    ck_assert_str_eq(command.file, at + 1);
    ck_assert_int_eq(command.file[0], '/');
    ck_assert_int_eq(stat(command.file, &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0600);
    ck_assert_int_eq(stat(az.folder.path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0700);
    ck_assert_int_eq(file_read(command.file, LIMITS_SCRIPT, &script, &error), 0);
    ck_assert_ptr_nonnull(strstr(script.data, "\necho hello\n"));
    ck_assert_ptr_nonnull(strstr(script.data, "s3cret"));
    ck_assert(guard_find_nonce(script.data, script.length, nonce));
    ck_assert_str_eq(nonce, command.nonce);
    file = strdup(command.file);
    command_done(&command, true);
    ck_assert_int_eq(access(file, F_OK), 0); /* for the next one with this slot */
    free(file);
    buffer_done(&script);
}
END_TEST

START_TEST(a_windows_vm)
{
    struct command command;

    job.shell = JOB_POWERSHELL;
    ck_assert_int_eq(command_invoke(&command, &az, &guard, ID, 1234567, &error), 0);
    ck_assert_str_eq(command.arguments.list[7], "RunPowerShellScript");
    ck_assert_str_eq(strrchr(command.file, '/'), "/1234567.ps1");
    command_done(&command, true);
}
END_TEST

/* Every attempt has a nonce of its own: an old answer cannot pass for a new one. */
START_TEST(nonces_differ)
{
    struct command one, two;

    ck_assert_int_eq(command_invoke(&one, &az, &guard, ID, 1, &error), 0);
    ck_assert_int_eq(command_invoke(&two, &az, &guard, ID, 2, &error), 0);
    ck_assert_str_ne(one.nonce, two.nonce);
    command_done(&one, true);
    command_done(&two, true);
}
END_TEST

/* A slot's file is written anew, and nothing of a longer script before it stays. */
START_TEST(a_slot_is_used_again)
{
    struct job longer = job;
    struct guard before = guard;
    struct command command;
    struct buffer script = BUFFER_INIT;
    struct buffer expected = BUFFER_INIT;
    struct guard after = guard;
    char *file;

    longer.script = (char[]){"echo a much longer script than the one that comes after it\n"};
    longer.script_length = strlen(longer.script);
    before.job = &longer;
    ck_assert_int_eq(command_invoke(&command, &az, &before, ID, 3, &error), 0);
    command_done(&command, true);
    ck_assert_int_eq(command_invoke(&command, &az, &guard, ID, 3, &error), 0);
    after.nonce = command.nonce;
    guard_write(&expected, &after);
    ck_assert_int_eq(file_read(command.file, LIMITS_SCRIPT, &script, &error), 0);
    ck_assert_uint_eq(script.length, expected.length);
    ck_assert_mem_eq(script.data, expected.data, expected.length);
    file = strdup(command.file);
    command_done(&command, false); /* az was stopped: what is left of it must find nothing */
    ck_assert_int_eq(access(file, F_OK), -1);
    free(file);
    buffer_done(&script);
    buffer_done(&expected);
}
END_TEST

/* az would send the name of a file that it does not find. */
START_TEST(a_folder_that_az_would_not_find)
{
    struct command command;
    char *elsewhere = memory_print("%s-elsewhere", az.folder.path);

    ck_assert_int_eq(rename(az.folder.path, elsewhere), 0);
    ck_assert_int_eq(command_invoke(&command, &az, &guard, ID, 6, &error), -1);
    command_done(&command, true);
    ck_assert_int_eq(mkdir(az.folder.path, 0700), 0);
    ck_assert_int_eq(command_invoke(&command, &az, &guard, ID, 6, &error), -1);
    command_done(&command, true);
    ck_assert_int_eq(rmdir(az.folder.path), 0);
    ck_assert_int_eq(az_renew_folder(&az, &error), 0);
    ck_assert_int_eq(command_invoke(&command, &az, &guard, ID, 6, &error), 0);
    command_done(&command, true);
    ck_assert_int_eq(az_renew_folder(&az, &error), -1); /* once */
    ck_assert_int_eq(rename(elsewhere, az.former.path), 0);
    free(elsewhere);
}
END_TEST

#ifdef AZFAN_FAULTS
/* A half-written script must not stay: az would send it. A link is not followed. */
START_TEST(files_that_cannot_be_written)
{
    struct command command;
    char path[4096];

    (void)snprintf(path, sizeof path, "%s/000004.sh", az.folder.path);
    fault_arm("command.write", 1, ENOSPC);
    ck_assert_int_eq(command_invoke(&command, &az, &guard, ID, 4, &error), -1);
    ck_assert_int_eq(fault_hits(), 1);
    ck_assert_ptr_nonnull(strstr(error.text, strerror(ENOSPC)));
    ck_assert_int_eq(access(path, F_OK), -1);
    fault_arm("command.open", 1, EMFILE);
    ck_assert_int_eq(command_invoke(&command, &az, &guard, ID, 4, &error), -1);
    ck_assert_ptr_nonnull(strstr(error.text, path));
    command_done(&command, true); /* harmless */
    ck_assert_int_eq(symlink("/dev/null", path), 0);
    ck_assert_int_eq(command_invoke(&command, &az, &guard, ID, 4, &error), -1);
    command_done(&command, true);
    fault_arm("guard.getrandom", 1, ENOSYS);
    ck_assert_int_eq(command_invoke(&command, &az, &guard, ID, 5, &error), -1);
    ck_assert_ptr_nonnull(strstr(error.text, "random"));
}
END_TEST
#endif

START_TEST(the_other_commands)
{
    struct command command;

    ck_assert_int_eq(command_token(&command, &az, NULL, &error), 0);
    check_arguments(&command, (const char *const[]){"account", "get-access-token", "-o", "json",
                                                    "--only-show-errors", NULL});
    ck_assert_ptr_null(command.file);
    command_done(&command, true);
    ck_assert_int_eq(command_token(&command, &az, "my sub's", &error), 0);
    check_arguments(&command, (const char *const[]){"account", "get-access-token", "-o", "json",
                                                    "--only-show-errors", "--subscription",
                                                    "my sub's", NULL});
    command_done(&command, true);
    command_accounts(&command, &az);
    check_arguments(&command,
                    (const char *const[]){
                        "account", "list", "--all", "--query",
                        "[].{id:id, name:name, tenantId:tenantId, isDefault:isDefault, user:user}",
                        "-o", "json", "--only-show-errors", NULL});
    command_done(&command, true);
    command_version(&command, &az);
    check_arguments(&command,
                    (const char *const[]){"version", "-o", "json", "--only-show-errors", NULL});
    command_done(&command, true);
}
END_TEST

/* What `azfan plan` shows can be pasted into a shell. */
START_TEST(the_shown_command)
{
    struct buffer shown = BUFFER_INIT;

    command_show(&shown, "/opt/my az's/az", JOB_SH, ID);
    ck_assert_str_eq(shown.data, "'/opt/my az'\\''s/az' vm run-command invoke --ids '" ID
                                 "' --command-id RunShellScript --scripts @SCRIPT -o json "
                                 "--only-show-errors");
    buffer_done(&shown);
}
END_TEST

static int count_settings(const char *name, const char **ret)
{
    int count = 0;

    for (char **entry = az.environment.list; *entry != NULL; entry++) {
        if (strncmp(*entry, name, strlen(name)) == 0 && (*entry)[strlen(name)] == '=') {
            *ret = *entry + strlen(name) + 1;
            count++;
        }
    }
    return count;
}

/* Ours once each, over the caller's; nothing else of the caller's is touched. */
START_TEST(the_environment)
{
    static const char *const expected[][2] = {
        {"AZURE_CORE_COLLECT_TELEMETRY", "no"},
        {"AZURE_CORE_NO_COLOR", "yes"},
        {"AZURE_CORE_ONLY_SHOW_ERRORS", "yes"},
        {"AZURE_CORE_DISABLE_PROGRESS_BAR", "yes"},
        {"AZURE_CORE_SURVEY_MESSAGE", "no"},
        {"AZURE_CORE_DISABLE_CONFIRM_PROMPT", "yes"},
        {"AZURE_LOGGING_ENABLE_LOG_FILE", "no"},
        {"AZURE_EXTENSION_USE_DYNAMIC_INSTALL", "no"},
        {"AZURE_AUTO-UPGRADE_ENABLE", "no"},
        {"AZURE_HTTP_USER_AGENT", "azfan/" AZFAN_VERSION},
        {"LC_ALL", "C.UTF-8"},
        {"HTTPS_PROXY", "http://proxy:3128"},
        {"AZURE_CONFIG_DIR", "/srv/azure"},
        {"AZURE_CORE_OUTPUT", "table"},
    };

    for (int i = 0; i < UNIT_COUNT(expected); i++) {
        const char *value = NULL;

        ck_assert_msg(count_settings(expected[i][0], &value) == 1, "%s", expected[i][0]);
        ck_assert_str_eq(value, expected[i][1]);
    }
}
END_TEST

START_TEST(a_program_that_is_not_there)
{
    struct az other;

    ck_assert_int_eq(az_find(&other, "azfan-no-such-az", &error), -1);
    ck_assert_ptr_nonnull(strstr(error.text, "azfan-no-such-az"));
    ck_assert_int_eq(az_done(&other, &error), 0); /* harmless */
}
END_TEST

START_TEST(the_simulated_az)
{
    struct az simulated;
    struct command command;
    const char *last = NULL;
    char *folder;

    ck_assert_int_eq(az_simulated(&simulated, "no-such-helper", SIMULATOR_COMMAND,
                                  "AZFAN_SIMULATION=/x", &error),
                     0);
    ck_assert_int_eq(simulated.program[0], '/');
    ck_assert_ptr_nonnull(strstr(simulated.program, "test_command"));
    for (char **entry = simulated.environment.list; *entry != NULL; entry++)
        last = *entry;
    ck_assert_str_eq(last, "AZFAN_SIMULATION=/x");
    command_version(&command, &simulated);
    ck_assert_str_eq(command.arguments.list[1], SIMULATOR_COMMAND);
    ck_assert_str_eq(command.arguments.list[2], "version");
    command_done(&command, true);
    folder = strdup(simulated.folder.path);
    ck_assert_int_eq(az_done(&simulated, &error), 0);
    ck_assert_int_eq(access(folder, F_OK), -1);
    free(folder);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("command");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, set_up, tear_down);
    tcase_add_test(all, an_invoke);
    tcase_add_test(all, a_windows_vm);
    tcase_add_test(all, nonces_differ);
    tcase_add_test(all, a_slot_is_used_again);
    tcase_add_test(all, a_folder_that_az_would_not_find);
#ifdef AZFAN_FAULTS
    tcase_add_test(all, files_that_cannot_be_written);
#endif
    tcase_add_test(all, the_other_commands);
    tcase_add_test(all, the_shown_command);
    tcase_add_test(all, the_environment);
    tcase_add_test(all, a_program_that_is_not_there);
    tcase_add_test(all, the_simulated_az);
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
