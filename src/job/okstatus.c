/* SPDX-License-Identifier: MIT */
#include "job/okstatus.h"

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/number.h"
#include "job/job.h"
#include "job/jobkeys.h"
#include "job/keytable.h"
#include "job/loading.h"
#include "job/yaml.h"

/* What a status is on Linux: no other can be met. */
enum { SH_MOST = 255 };

static bool is_listed(const struct job_statuses *ok, int status)
{
    return ok->count > 0 && job_status_is_ok(ok, status);
}

static void load_one(const struct loading *loading, const char *what, const struct yaml_node *node)
{
    const struct keytable_row *key = &keytable[KEY_SCRIPT_OK_STATUS];
    bool sh = loading->job->shell == JOB_SH;
    struct job_statuses *ok = &loading->job->ok;
    struct error error;
    int64_t status;

    if (!jobkeys_is_text(loading, what, node))
        return;
    if (number_parse(node->text, sh ? 0 : key->least, sh ? SH_MOST : key->most, &status, &error) <
        0)
        loading_problem(loading, node, "%s %s", what, error.text);
    else if (node->quoted)
        loading_problem(loading, node, "%s must be a number without quotes", what);
    else if (is_listed(ok, (int)status))
        loading_problem(loading, node, "ok_status lists %d twice", (int)status);
    else
        ok->list[ok->count++] = (int)status;
}

void okstatus_load(const struct loading *loading, const struct yaml_node *node)
{
    if (node == NULL)
        return;
    if (node->kind == YAML_SCALAR) {
        load_one(loading, keytable[KEY_SCRIPT_OK_STATUS].name, node);
    } else if (node->count > JOB_OK_STATUSES_MOST) {
        loading_problem(loading, node, "ok_status must have at most %d entries, not %zu",
                        JOB_OK_STATUSES_MOST, node->count);
    } else {
        for (size_t i = 0; i < node->count; i++)
            load_one(loading, "an entry of ok_status", node->items[i]);
    }
}
