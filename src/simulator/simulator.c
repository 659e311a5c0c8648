/* SPDX-License-Identifier: MIT */
#include "simulator/simulator.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "job/targets.h"
#include "simulator/invocation.h"
#include "simulator/plan.h"
#include "simulator/request.h"
#include "simulator/voice.h"

enum { COMMANDS = 4 /* of az that are known */ };

/*
 * An azfan that was killed ends nothing any more; a simulated az that hangs would stay for ever.
 * The kernel looks at the thread that started us: a worker, which lives as long as we do. False:
 * azfan has been killed already.
 */
static bool end_with(pid_t owner)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    return owner == 0 || getppid() == owner;
}

static int rehearse(const struct simulator_request *request, const struct targets_id *id)
{
    const char *folder = getenv(SIMULATOR_VARIABLE);
    struct simulator_rehearsal rehearsal;
    struct error error;
    int status;

    if (folder == NULL)
        return simulator_say_failure("the simulated Azure: %s is not set", SIMULATOR_VARIABLE);
    if (simulator_load(folder, &rehearsal, &error) < 0)
        return simulator_say_failure("the simulated Azure: %s", error.text);
    if (end_with(rehearsal.owner))
        status = simulator_invoke(&rehearsal, folder, request, id);
    else
        status = simulator_say_failure("the simulated Azure: its azfan is gone");
    simulator_unload(&rehearsal);
    return status;
}

/* The order and the statuses of az 2.45.0, measured: only the parser's own errors are 2. */
static int check_and_rehearse(const struct simulator_request *request)
{
    struct targets_id id;
    struct error ignored;
    int status;

    if (request->command_id == NULL)
        return simulator_say_usage("the following arguments are required: --command-id");
    if (request->id == NULL)
        return simulator_say_failure("(--resource-group --name | --ids) are required");
    if (targets_parse_id(request->id, &id, &ignored) < 0)
        return simulator_say_failure("invalid resource ID: %s", request->id);
    if (strcasecmp(request->command_id, "RunShellScript") != 0 &&
        strcasecmp(request->command_id, "RunPowerShellScript") != 0) {
        status = simulator_say_unknown_command();
    } else {
        status = rehearse(request, &id);
    }
    free(id.subscription);
    free(id.resource_group);
    free(id.name);
    return status;
}

static int say_token(const struct simulator_request *request)
{
    return simulator_login_has_ended() ? simulator_say_login()
                                       : simulator_say_token(request->subscription);
}

/* How many of ARGUMENTS are the words of COMMAND, from the first on. */
static size_t count_words(char *const *arguments, const char *const *command)
{
    size_t count = 0;

    while (command[count] != NULL && arguments[count] != NULL &&
           strcmp(arguments[count], command[count]) == 0)
        count++;
    return count;
}

static int play_az(char *const *arguments)
{
    static const char *const invoke[] = {"vm", "run-command", "invoke", NULL};
    static const char *const token[] = {"account", "get-access-token", NULL};
    static const char *const version[] = {"version", NULL};
    static const char *const cloud[] = {"cloud", "show", NULL};
    static const char *const *const commands[] = {invoke, token, version, cloud};
    struct simulator_request request;
    size_t known = 0;
    size_t i = 0;
    int status;

    for (; i < COMMANDS; i++) {
        size_t count = count_words(arguments, commands[i]);

        known = count > known ? count : known;
        if (commands[i][count] == NULL)
            break;
    }
    if (i == COMMANDS && arguments[known] == NULL)
        return simulator_say_usage("the following arguments are required: _subcommand");
    if (i == COMMANDS)
        return simulator_say_usage("'%s' is misspelled or not recognized by the system.",
                                   arguments[known]);
    status = simulator_request_read(arguments + known, &request);
    if (status == SIMULATOR_OK)
        status = i == 0   ? check_and_rehearse(&request)
                 : i == 1 ? say_token(&request)
                 : i == 2 ? simulator_say_version()
                          : simulator_say_cloud();
    simulator_request_done(&request);
    return status;
}

static int play_rest(void)
{
    struct simulator_request request;
    int status;

    simulator_speak_as_rest();
    status = simulator_request_take(&request);
    if (status == SIMULATOR_OK)
        status = check_and_rehearse(&request);
    simulator_request_done(&request);
    return status;
}

bool simulator_is_meant(const char *word)
{
    return strcmp(word, SIMULATOR_COMMAND) == 0 || strcmp(word, SIMULATOR_REST) == 0;
}

int simulator_main(char *const *arguments)
{
    return strcmp(arguments[0], SIMULATOR_REST) == 0 ? play_rest() : play_az(arguments + 1);
}
