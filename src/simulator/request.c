/* SPDX-License-Identifier: MIT */
/*
 * Forms and exit statuses are those of az 2.45.0, measured.
 */
#include "simulator/request.h"

#include <string.h>

#include "base/error.h"
#include "simulator/voice.h"
#include "sys/file.h"

enum { SCRIPT_MOST = 16 * 1024 * 1024 }; /* az itself has no limit */

enum option_value { OPTION_FLAG, OPTION_ONE, OPTION_OUTPUT, OPTION_SCRIPTS };

/* az replaces @FILE by the file's text without the newlines at its end; what cannot be read stays.
 */
static void add_script(struct buffer *script, const char *value)
{
    struct buffer text = BUFFER_INIT;
    struct error ignored;

    if (script->length > 0)
        buffer_add_char(script, '\n');
    if (value[0] != '@' || file_read(value + 1, SCRIPT_MOST, &text, &ignored) < 0) {
        buffer_add(script, value);
    } else {
        while (text.length > 0 && text.data[text.length - 1] == '\n')
            text.data[--text.length] = '\0';
        buffer_append(script, buffer_text(&text), text.length);
    }
    buffer_done(&text);
}

/* Reads the values of the option at *AT, and leaves *AT after them. Returns an exit status. */
static int read_values(char *const **at, enum option_value kind, struct simulator_request *request,
                       const char **ret)
{
    const char *name = *(*at)++;
    const char *value = **at;

    if (kind == OPTION_FLAG)
        return SIMULATOR_OK;
    if (value == NULL || value[0] == '-')
        return simulator_say_usage("argument %s: expected %s argument", name,
                                   kind == OPTION_SCRIPTS ? "at least one" : "one");
    if (kind == OPTION_OUTPUT && strcmp(value, "json") != 0)
        return simulator_say_usage("'%s' is not a valid value for '--output'. Allowed values: "
                                   "json.",
                                   value);
    if (kind == OPTION_ONE)
        *ret = value;
    if (kind != OPTION_SCRIPTS) {
        (*at)++;
        return SIMULATOR_OK;
    }
    for (; **at != NULL && (**at)[0] != '-'; (*at)++)
        add_script(&request->script, **at);
    return SIMULATOR_OK;
}

int simulator_request_read(char *const *arguments, struct simulator_request *ret)
{
    char *const *at = arguments;
    const char *ignored = NULL;
    const struct {
        const char *name;
        enum option_value kind;
        const char **place;
    } options[] = {{"--ids", OPTION_ONE, &ret->id},
                   {"--command-id", OPTION_ONE, &ret->command_id},
                   {"--scripts", OPTION_SCRIPTS, &ignored},
                   {"--subscription", OPTION_ONE, &ret->subscription},
                   {"-o", OPTION_OUTPUT, &ignored},
                   {"--output", OPTION_OUTPUT, &ignored},
                   {"--only-show-errors", OPTION_FLAG, &ignored}};
    int status = SIMULATOR_OK;

    *ret = (struct simulator_request){NULL, NULL, NULL, BUFFER_INIT};
    while (*at != NULL && status == SIMULATOR_OK) {
        size_t i = 0;

        while (i < sizeof options / sizeof options[0] && strcmp(options[i].name, *at) != 0)
            i++;
        if (i == sizeof options / sizeof options[0])
            return simulator_say_usage("unrecognized arguments: %s", *at);
        status = read_values(&at, options[i].kind, ret, options[i].place);
    }
    return status;
}

void simulator_request_done(struct simulator_request *request)
{
    buffer_done(&request->script);
}
