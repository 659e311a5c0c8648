/* SPDX-License-Identifier: MIT */
/*
 * A Linux VM's message is "Enable succeeded: " (or "Enable failed: …"),
 * "\n[stdout]\n", the last 4,096 bytes of stdout, "\n[stderr]\n", the last
 * 4,096 bytes of stderr (Azure/run-command-extension-linux main/cmds.go,
 * main/status.go). A script may print "[stderr]" itself, so the division is
 * looked for after the trailer, which is the end of stdout. A Windows VM
 * gives two statuses, StdOut and StdErr (azure-docs-cli#4542).
 */
#include "azure/reply.h"

#include <jansson.h>
#include <string.h>

#include "base/text.h"
#include "job/limits.h"

struct span {
    const char *text;
    size_t length;
};

static const char output_mark[] = REPLY_OUTPUT_MARK("\n");
static const char errors_mark[] = REPLY_ERRORS_MARK("\n");

/* The statuses: {"value": […]}, older {"output": […]} (azure-cli#14425), or as ARM's own result. */
static json_t *find_statuses(json_t *root)
{
    json_t *inner = json_object_get(json_object_get(root, "properties"), "output");
    json_t *const places[] = {root,
                              json_object_get(root, "value"),
                              json_object_get(root, "output"),
                              json_object_get(json_object_get(root, "output"), "value"),
                              json_object_get(inner, "value"),
                              inner};

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (json_array_size(places[i]) > 0)
            return places[i];
    }
    return NULL;
}

static struct span message_of(json_t *status)
{
    json_t *message = json_object_get(status, REPLY_MESSAGE);

    if (!json_is_string(message))
        return (struct span){"", 0};
    return (struct span){json_string_value(message), json_string_length(message)};
}

static json_t *find_status(json_t *statuses, const char *code_start)
{
    for (size_t i = 0; i < json_array_size(statuses); i++) {
        json_t *status = json_array_get(statuses, i);
        const char *code = json_string_value(json_object_get(status, "code"));

        if (code != NULL && strncmp(code, code_start, strlen(code_start)) == 0)
            return status;
    }
    return NULL;
}

static const char *find(struct span span, size_t from, const char *mark)
{
    return memmem(span.text + from, span.length - from, mark, strlen(mark));
}

/* Did Azure keep only the end? A byte that is no UTF-8 came as U+FFFD, which has three. */
static bool is_full(struct span stream)
{
    static const char bad[] = "\xef\xbf\xbd";
    const char *end = stream.text + stream.length;
    size_t bytes = stream.length;

    for (const char *at = stream.text;
         (at = memmem(at, (size_t)(end - at), bad, sizeof bad - 1)) != NULL; at += sizeof bad - 1)
        bytes -= sizeof bad - 2;
    return bytes >= LIMITS_STREAM;
}

/* Takes stdout over, without the trailer; TRAILER's place is relative to it. */
static void take_output(struct reply *reply, struct span output)
{
    reply->output_truncated = is_full(output);
    if (!reply->has_trailer) {
        buffer_append(&reply->output, output.text, output.length);
        return;
    }
    buffer_append(&reply->output, output.text, reply->trailer.start);
    buffer_append(&reply->output, output.text + reply->trailer.stop,
                  output.length - reply->trailer.stop);
}

static void take_errors(struct reply *reply, struct span errors)
{
    reply->errors_truncated = is_full(errors);
    buffer_append(&reply->errors, errors.text, errors.length);
}

static void read_windows(struct reply *reply, json_t *output, json_t *errors, const char *nonce)
{
    struct span text = message_of(output);

    reply->windows = true;
    reply->has_trailer = trailer_find(text.text, text.length, nonce, &reply->trailer);
    take_output(reply, text);
    take_errors(reply, message_of(errors));
}

static void read_linux(struct reply *reply, struct span message, const char *nonce)
{
    const char *start = find(message, 0, output_mark);
    struct span output;
    const char *division;
    size_t from;

    if (start == NULL) {
        buffer_append(&reply->message, message.text, message.length);
        return;
    }
    /* What stands before [stdout] is a failure, or "Enable succeeded: ". */
    buffer_append(&reply->message, message.text, (size_t)(start - message.text));
    start += sizeof output_mark - 1;
    output = (struct span){start, message.length - (size_t)(start - message.text)};
    reply->has_trailer = trailer_find(output.text, output.length, nonce, &reply->trailer);
    /* One byte earlier: the trailer's own newline may have been lost on the way. */
    from = reply->has_trailer ? reply->trailer.stop - 1 : 0;
    division = find(output, from, errors_mark);
    if (reply->has_trailer && division == NULL) {
        /* [stderr] always comes after standard output: this trailer stands in standard error. */
        reply->has_trailer = false;
        division = find(output, 0, errors_mark);
    }
    if (division != NULL) {
        size_t end = (size_t)(division - output.text);
        size_t skip = end + sizeof errors_mark - 1;

        take_errors(reply, (struct span){output.text + skip, output.length - skip});
        output.length = end;
        if (reply->has_trailer && reply->trailer.stop > end)
            reply->trailer.stop = end;
    }
    take_output(reply, output);
}

bool reply_read(const char *text, size_t length, const char *nonce, struct reply *ret)
{
    struct buffer clean = BUFFER_INIT;
    json_t *root;
    json_t *statuses;
    json_t *output;

    *ret = (struct reply){.windows = false};
    text_append_utf8(&clean, text, length); /* jansson refuses anything else */
    root = json_loadb(buffer_text(&clean), clean.length, JSON_ALLOW_NUL | JSON_DISABLE_EOF_CHECK,
                      NULL);
    statuses = find_statuses(root);
    output = find_status(statuses, "ComponentStatus/StdOut");
    if (output != NULL)
        read_windows(ret, output, find_status(statuses, "ComponentStatus/StdErr"), nonce);
    else if (statuses != NULL)
        read_linux(ret, message_of(json_array_get(statuses, 0)), nonce);
    json_decref(root);
    buffer_done(&clean);
    return statuses != NULL;
}

void reply_done(struct reply *reply)
{
    buffer_done(&reply->output);
    buffer_done(&reply->errors);
    buffer_done(&reply->message);
}
