/* SPDX-License-Identifier: MIT */
/* run/cost: what people choose a client by. */
#include "run/cost.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/number.h"
#include "run/rules.h"
#include "unit.h"

static const struct cost_case {
    const char *name;
    size_t targets;
    int batch; /* of so many; 0: one of all */
    enum job_client client;
    int workers;
    int processors;
    const char *text;
} cases[] = {
    {"one VM", 1, 0, JOB_AZ, 30, 2, "about 30s, 2.4s of processor time, 110.0 MiB of memory"},
    {"one VM by rest", 1, 0, JOB_REST, 100, 2,
     "about 18s, 0.1s of processor time, 12.0 MiB of memory"},
    {"the processors are too slow", 300, 0, JOB_AZ, 30, 2,
     "about 6m, 12m of processor time, 3.2 GiB of memory"},
    {"with more of them Azure is", 300, 0, JOB_AZ, 30, 16,
     "about 5m, 12m of processor time, 3.2 GiB of memory"},
    {"the same by rest", 300, 0, JOB_REST, 100, 2,
     "about 1m8s, 5.1s of processor time, 1.2 GiB of memory"}, /* 50 at once, then 5 a second */
    {"all at once by rest", 1000, 0, JOB_REST, 1000, 8,
     "about 3m30s, 17s of processor time, 11.7 GiB of memory"},
    {"pauses count", 20, 10, JOB_REST, 100, 2,
     "about 1m36s, 0.4s of processor time, 120.0 MiB of memory"},
    {"very many", 100000, 0, JOB_AZ, 1, 1,
     "about 833h20m, 66h40m of processor time, 110.0 MiB of memory"},
};

START_TEST(what_it_takes)
{
    const struct cost_case *row = &cases[_i];
    struct job_share share = {false, row->batch};
    struct job_target *targets = memory_zeroed(row->targets, sizeof *targets);
    struct job job = {.targets = targets,
                      .target_count = row->targets,
                      .batches = &share,
                      .batch_count = row->batch > 0 ? 1 : 0,
                      .pause_between = NUMBER_MINUTE};
    int *batches = rules_batches(&job);
    struct cost cost = cost_of(&job, batches, row->client, row->workers, row->processors);
    struct buffer text = BUFFER_INIT;

    cost_print(&text, &cost);
    ck_assert_msg(strcmp(buffer_text(&text), row->text) == 0, "%s: %s", row->name,
                  buffer_text(&text));
    buffer_done(&text);
    free(batches);
    free(targets);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("cost");
    TCase *tests = tcase_create("cost");

    tcase_add_loop_test(tests, what_it_takes, 0, UNIT_COUNT(cases));
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
