/* SPDX-License-Identifier: MIT */
#include "job/connection.h"

#include "job/job.h"
#include "job/jobkeys.h"
#include "job/keytable.h"
#include "job/loading.h"
#include "job/overrides.h"
#include "job/yaml.h"

/* OVERRIDE is the command line's, or VARIABLE's, which may be any word; NULL: the job's counts. */
static int choose(const struct loading *loading, const struct jobkeys_value *values,
                  enum keytable_key key, const char *override, const char *variable)
{
    struct error error;
    int choice;

    if (override == NULL)
        return (int)jobkeys_number(values, key);
    if (jobkeys_parse_word(key, override, &choice, &error) == 0)
        return choice;
    loading_option_problem(loading, variable, "%s", error.text);
    return 0;
}

static void load_cloud(const struct loading *loading, const struct yaml_node *node)
{
    struct error error;

    if (node != NULL && cloud_read(node->text, &loading->job->cloud, &error) < 0)
        loading_problem(loading, node, "%s", error.text);
}

/* Who has a variable set for all jobs has not said it of one whose client az is: there az's login
 * counts. */
static const char *choose_identity(const struct overrides *overrides, enum job_client client)
{
    return overrides->identity == NULL && client == JOB_REST ? overrides->identity_variable
                                                             : overrides->identity;
}

/* NODE: NULL where not the file says it. */
static void refuse_identity(const struct loading *loading, const struct yaml_node *node)
{
    static const char format[] = "%s needs client: rest; az has a login of its own";
    const char *word = keytable[KEY_IDENTITY].words[loading->job->identity];

    if (node != NULL)
        loading_problem(loading, node, format, word);
    else
        loading_option_problem(loading, "--identity", format, word);
}

void connection_load(const struct loading *loading, const struct jobkeys_value *values)
{
    const struct overrides *overrides = loading->overrides;
    const struct yaml_node *cloud = values[KEY_CLOUD].node;
    struct job *job = loading->job;

    job->client =
        (enum job_client)choose(loading, values, KEY_CLIENT, overrides->client, "AZFAN_CLIENT");
    job->identity = (enum job_identity)choose(
        loading, values, KEY_IDENTITY, choose_identity(overrides, job->client), "AZFAN_IDENTITY");
    load_cloud(loading, cloud);
    if (job->client == JOB_REST)
        return;
    if (job->identity != JOB_IDENTITY_AZ)
        refuse_identity(loading, overrides->identity == NULL ? values[KEY_IDENTITY].node : NULL);
    if (cloud != NULL)
        loading_problem(loading, cloud, "cloud needs client: rest; az has its own: `az cloud set`");
}

void connection_check(const struct loading *loading, const struct jobkeys_value *values)
{
    const struct job *job = loading->job;

    for (size_t i = 0; job->identity != JOB_IDENTITY_AZ && i < job->target_count; i++) {
        if (job->targets[i].subscription != NULL)
            continue;
        loading_problem(loading, values[KEY_TARGETS].key,
                        "identity: %s asks no az which subscription %s is in: name it, in "
                        "targets.subscription for all that do not",
                        keytable[KEY_IDENTITY].words[job->identity], job->targets[i].label);
        return;
    }
}
