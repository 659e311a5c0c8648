/* SPDX-License-Identifier: MIT */
#include "job/draft.h"

#include <stdbool.h>
#include <string.h>

#include "base/buffer.h"
#include "job/keytable.h"
#include "job/selector.h"
#include "job/selectors.h"

/* How far the lines of the script are indented: two more than their key, as "|2" says. */
static const char script_indent[] = "    ";

/* In double quotes, where no character means anything to YAML but these. */
static void add_quoted(struct buffer *buffer, const char *text)
{
    buffer_add_char(buffer, '"');
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;

        if (byte < ' ' || byte == '\x7f')
            buffer_print(buffer, "\\x%02x", byte);
        else
            buffer_print(buffer, "%s%c", byte == '"' || byte == '\\' ? "\\" : "", byte);
    }
    buffer_add_char(buffer, '"');
}

static void add_value(struct buffer *buffer, const char *indent, enum keytable_key key,
                      const char *value)
{
    if (value == NULL)
        return;
    buffer_print(buffer, "%s%s: ", indent, keytable[key].name);
    add_quoted(buffer, value);
    buffer_add_char(buffer, '\n');
}

/* As a block, which people can read, and copy into a job of their own. */
static void add_script(struct buffer *buffer, const char *script)
{
    buffer_print(buffer, "  %s: |2\n", keytable[KEY_SCRIPT_INLINE].name);
    while (*script != '\0') {
        size_t length = strcspn(script, "\n");

        if (length > 0)
            buffer_add(buffer, script_indent);
        buffer_append(buffer, script, length);
        buffer_add_char(buffer, '\n');
        script += length + (script[length] == '\n');
    }
}

/* ---- targets ------------------------------------------------------------------------------ */

struct listing {
    struct buffer *buffer;
    bool has_group; /* for those that name none */
    size_t count;
    int result;
    struct error *error;
};

static void add_target(struct buffer *buffer, const struct selector *selector, const char *group)
{
    buffer_print(buffer, "    - {%s: ", keytable[KEY_VM_NAME].name);
    add_quoted(buffer, selector->name);
    buffer_print(buffer, ", %s: ", keytable[KEY_VM_RESOURCE_GROUP].name);
    add_quoted(buffer, group);
    if (selector->subscription != NULL) {
        buffer_print(buffer, ", %s: ", keytable[KEY_VM_SUBSCRIPTION].name);
        add_quoted(buffer, selector->subscription);
    }
    buffer_add(buffer, "}\n");
}

static void add_targets(struct buffer *buffer, const char *text, const struct selector *selector)
{
    if (selector->groups.count == 0 || text[0] == '/') {
        buffer_add(buffer, "    - ");
        add_quoted(buffer, text);
        buffer_add_char(buffer, '\n');
        return;
    }
    for (size_t i = 0; i < selector->groups.count; i++)
        add_target(buffer, selector, selector->groups.list[i]);
}

static int list_word(struct listing *self, const struct selectors_word *word)
{
    struct selector selector;
    int result = 0;

    if (word->negated)
        return error_set(self->error, "a \"!\" is for --limit: here every VM is named");
    if (selector_parse(word->text, &selector, self->error) < 0)
        return -1;
    if (selector.is_glob)
        result = error_set(self->error, "a * or ? means VMs of a job, and here is none: write "
                                        "names or ranges, such as web-[01-30]");
    else if (selector.groups.count == 0 && !self->has_group)
        result = error_set(self->error, "no resource group: give one with -g, or write GROUP/NAME");
    else
        add_targets(self->buffer, word->text, &selector);
    selector_done(&selector);
    return result;
}

static bool take_word(void *context, const struct selectors_word *word)
{
    struct listing *self = context;

    self->count++;
    self->result = list_word(self, word);
    if (self->result < 0 && word->path != NULL) {
        struct error cause = *self->error;

        (void)error_set(self->error, "%s:%d:%d: %s", word->path, word->line, word->column,
                        cause.text);
    }
    return self->result == 0;
}

static int list_targets(struct listing *self, const char *text)
{
    self->count = 0;
    if (selectors_each(text, true, take_word, self, self->error) < 0 || self->result < 0)
        return -1;
    return self->count > 0 ? 0 : error_set(self->error, "it names no VM");
}

int draft_write(const struct draft *draft, struct buffer *buffer, const char **ret_target,
                struct error *error)
{
    struct listing listing = {
        .buffer = buffer, .has_group = draft->resource_group != NULL, .error = error};

    buffer_print(buffer, "%s: 1\n", keytable[KEY_VERSION].name);
    add_value(buffer, "", KEY_NAME, draft->name);
    buffer_print(buffer, "%s:\n", keytable[KEY_SCRIPT].name);
    add_value(buffer, "  ", KEY_SCRIPT_SHELL, keytable[KEY_SCRIPT_SHELL].words[draft->shell]);
    add_value(buffer, "  ", KEY_SCRIPT_FILE, draft->script_file);
    if (draft->script_file == NULL)
        add_script(buffer, draft->script);
    buffer_print(buffer, "%s:\n", keytable[KEY_TARGETS].name);
    add_value(buffer, "  ", KEY_TARGETS_RESOURCE_GROUP, draft->resource_group);
    add_value(buffer, "  ", KEY_TARGETS_SUBSCRIPTION, draft->subscription);
    buffer_print(buffer, "  %s:\n", keytable[KEY_TARGETS_VMS].name);
    for (size_t i = 0; i < draft->target_count; i++) {
        *ret_target = draft->targets[i];
        if (list_targets(&listing, draft->targets[i]) < 0)
            return -1;
    }
    return 0;
}
