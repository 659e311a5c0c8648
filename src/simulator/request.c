/* SPDX-License-Identifier: MIT */
/*
 * Forms and exit statuses of az are those of 2.45.0, measured; what azfan-rest gets is in
 * rest/request.h.
 */
#include "simulator/request.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/child.h"
#include "simulator/voice.h"
#include "sys/file.h"
#include "sys/tokenpage.h"

enum { SCRIPT_MOST = 16 * 1024 * 1024 /* az itself has no limit */, HEXADECIMAL = 16 };

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
    } options[] = {
        {"--ids", OPTION_ONE, &ret->id},         {"--command-id", OPTION_ONE, &ret->command_id},
        {"--scripts", OPTION_SCRIPTS, &ignored}, {"--subscription", OPTION_ONE, &ret->subscription},
        {"--query", OPTION_ONE, &ignored},       {"-o", OPTION_OUTPUT, &ignored},
        {"--output", OPTION_OUTPUT, &ignored},   {"--only-show-errors", OPTION_FLAG, &ignored}};
    int status = SIMULATOR_OK;

    *ret = (struct simulator_request){.id = NULL};
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

/* ---- azfan-rest --------------------------------------------------------------------------- */

/* The id of the VM in PATH, which ends in "/runCommand" and has %XX for some letters; NULL: there
 * is none. */
static char *read_path(const char *path)
{
    static const char end[] = "/runCommand";
    size_t length = path != NULL ? strlen(path) : 0;
    struct buffer id = BUFFER_INIT;

    if (length < sizeof end || strcmp(path + length - (sizeof end - 1), end) != 0)
        return NULL;
    for (size_t i = 0; i < length - (sizeof end - 1); i++) {
        char digits[3] = "";

        if (path[i] != '%') {
            buffer_add_char(&id, path[i]);
            continue;
        }
        memcpy(digits, path + i + 1, 2); /* azfan writes no other (azure/rest) */
        buffer_add_char(&id, (char)strtoul(digits, NULL, HEXADECIMAL));
        i += 2;
    }
    return buffer_take(&id);
}

static void read_body(struct simulator_request *request, const json_t *body)
{
    const json_t *lines = json_object_get(body, "script");

    request->command_id = json_string_value(json_object_get(body, "commandId"));
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *line = json_array_get(lines, i);

        if (i > 0)
            buffer_add_char(&request->script, '\n');
        buffer_append(&request->script, json_string_value(line), json_string_length(line));
    }
}

/* It opens nothing; but azfan must have put one there. */
static int check_token(void)
{
    struct tokenpage page;
    struct token token;
    struct error error;
    int status = SIMULATOR_OK;

    if (tokenpage_open(&page, CHILD_EXTRA, &error) < 0)
        status = simulator_say_failure("%s", error.text);
    else if (tokenpage_read(&page, &token) < 0)
        status = simulator_say_failure("there is no token");
    tokenpage_close(&page);
    return status;
}

int simulator_request_take(struct simulator_request *ret)
{
    struct buffer text = BUFFER_INIT;
    struct error error;
    int status = SIMULATOR_OK;

    *ret = (struct simulator_request){.id = NULL};
    if (file_read_standard_input(SCRIPT_MOST, &text, &error) < 0)
        status = simulator_say_failure("%s", error.text);
    else
        ret->posted = json_loadb(buffer_text(&text), text.length, 0, NULL);
    buffer_done(&text);
    if (status != SIMULATOR_OK)
        return status;
    ret->path_id = read_path(json_string_value(json_object_get(ret->posted, "path")));
    ret->id = ret->path_id;
    ret->number = json_string_value(json_object_get(ret->posted, "client_request_id"));
    read_body(ret, json_object_get(ret->posted, "body"));
    if (ret->id == NULL || ret->command_id == NULL || ret->number == NULL)
        return simulator_say_failure("the request cannot be used");
    return check_token();
}

void simulator_request_done(struct simulator_request *request)
{
    json_decref(request->posted);
    free(request->path_id);
    buffer_done(&request->script);
}
