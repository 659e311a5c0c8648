/* SPDX-License-Identifier: MIT */
#include "cli/clash.h"

#include "base/buffer.h"
#include "base/error.h"
#include "cli/owner.h"
#include "engine/aside.h"
#include "job/fold.h"
#include "run/overlap.h"
#include "run/result.h"
#include "screen/live.h"

enum {
    RUNS_SHOWN = 3,
    NAMES_LENGTH = 400 /* bytes of folded names */
};

/* ---- words -------------------------------------------------------------------------------- */

static void print_names(struct buffer *text, const struct overlap_run *run)
{
    if (fold_names_within(text, run->labels, run->count, NAMES_LENGTH))
        buffer_add(text, " and more");
}

static void report_run(const struct clash *clash, const struct overlap_run *run)
{
    size_t targets = clash->result->target_count;
    struct buffer text = BUFFER_INIT;

    owner_print(&text, &run->run);
    if (targets == 1)
        buffer_add(&text, " with this VM: ");
    else
        buffer_print(&text, " with %zu of these %zu VMs: ", run->count, targets);
    print_names(&text, run);
    live_note(clash->live, buffer_text(&text));
    buffer_done(&text);
}

static void report_runs(const struct clash *clash, const struct overlap *overlap)
{
    struct error more;

    for (size_t i = 0; i < overlap->count && i < RUNS_SHOWN; i++)
        report_run(clash, &overlap->list[i]);
    if (overlap->count <= RUNS_SHOWN)
        return;
    (void)error_set(&more, "and so have %zu more runs", overlap->count - RUNS_SHOWN);
    live_note(clash->live, more.text);
}

/* ---- the question ------------------------------------------------------------------------- */

/* On the disk, which may hang. */
struct search {
    const struct clash *clash;
    bool enters;
    enum overlap_answer answer;
    struct overlap overlap;
    struct error error;
};

static void look(void *context)
{
    struct search *search = context;
    const struct clash *clash = search->clash;

    if (search->enters) {
        search->answer =
            overlap_enter(clash->result, clash->regardless, &search->overlap, &search->error);
        return;
    }
    overlap_find(clash->result, &search->overlap);
    search->answer =
        search->overlap.count > 0 && !clash->regardless ? OVERLAP_FOUND : OVERLAP_ENTERED;
}

static bool judge(const struct search *search)
{
    struct live *live = search->clash->live;
    struct error text;

    switch (search->answer) {
    case OVERLAP_ENTERED:
        return true;
    case OVERLAP_FOUND:
        live_note(live, "nothing was started, because two runs on one VM get in each other's way: "
                        "wait for the other to end (azfan watch), or add --overlap to run anyway");
        return false;
    case OVERLAP_HELD_UP:
        (void)error_set(&text, "nothing was started: %s (--overlap: start anyway)",
                        search->error.text);
        live_note(live, text.text);
        return false;
    case OVERLAP_NOT_KEPT:
        break;
    }
    (void)error_set(&text, "another run on these VMs will not see this one: %s",
                    search->error.text);
    live_note(live, text.text);
    return true;
}

static bool ask(struct clash *clash, bool enters)
{
    /* What it is when nobody comes back with an answer. */
    struct search search = {.clash = clash,
                            .enters = enters,
                            .answer = clash->regardless ? OVERLAP_NOT_KEPT : OVERLAP_HELD_UP};
    bool may;

    (void)error_set(&search.error, "the process that looked for others was killed");
    (void)aside_call(look, &search);
    if (search.overlap.count > 0 && !clash->told)
        report_runs(clash, &search.overlap);
    clash->told = search.overlap.count > 0;
    clash->entered = enters && search.answer == OVERLAP_ENTERED;
    may = judge(&search);
    overlap_done(&search.overlap);
    return may;
}

bool clash_check(struct clash *clash)
{
    return ask(clash, false);
}

bool clash_begin(struct clash *clash)
{
    return ask(clash, true);
}

static void leave(void *context)
{
    const struct clash *clash = context;

    overlap_leave(clash->result);
}

void clash_leave(struct clash *clash)
{
    if (clash->entered)
        (void)aside_call(leave, clash);
    clash->entered = false;
}
