/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/text.h"
#include "page/common.h"
#include "page/parts.h"
#include "report/ending.h"
#include "report/matters.h"
#include "report/subscriptions.h"
#include "report/tellings.h"
#include "run/result.h"

enum { LONGEST_MESSAGE = 600 /* bytes */, MOST_TELLINGS = 5 };

/* ---- the outcome -------------------------------------------------------------------------- */

/* The one state that colours the whole page: the most urgent that a target is in. */
static int worst_state(const struct result *result)
{
    for (int i = 0; i < OUTCOME_KINDS; i++) {
        if (result->counts[outcome_urgency[i]] > 0)
            return (int)outcome_urgency[i];
    }
    return PAGE_WAITING; /* nothing was selected, or nothing has ended */
}

static const char *colour_class(const struct result *result)
{
    int worst = worst_state(result);

    if (result->ending == RESULT_GOING)
        return "running";
    if (worst == OUTCOME_OK && result_exit_status(result) != 0)
        return outcome_name(OUTCOME_ERROR); /* a deadline, a full disk: all ok, and not well */
    return page_state_name(worst);
}

static void write_all_ok(struct page *page)
{
    if (page->result->target_count == 1)
        markup_text(&page->markup, "The one target is ok");
    else
        markup_print(&page->markup, "All %zu are ok", page->result->target_count);
    if (result_exit_status(page->result) != 0)
        markup_text(&page->markup, ", but the run did not end well");
}

static void write_outcome(struct page *page)
{
    const struct result *result = page->result;
    size_t ok = result->counts[OUTCOME_OK];
    size_t bad = result->settled - ok;

    if (result->target_count == 0)
        markup_text(&page->markup, "Nothing was selected");
    else if (result->ending == RESULT_GOING)
        markup_print(&page->markup, "Still going on: %zu of %zu have ended, %zu not ok",
                     result->settled, result->target_count, bad);
    else if (ok == result->target_count)
        write_all_ok(page);
    else
        markup_print(&page->markup, "%zu of %zu %s not ok", bad, result->target_count,
                     bad == 1 ? "is" : "are");
}

/* TEXT may be NULL. */
static void write_sentence(struct page *page, const char *what, const char *text)
{
    if (text == NULL)
        return;
    markup_text(&page->markup, what);
    page_cut(page, text, PAGE_LONGEST_FACT);
    markup_text(&page->markup, ". ");
}

/* What cut the run short, a sentence each. */
static void write_ending(struct page *page)
{
    const struct result *result = page->result;
    struct markup *markup = &page->markup;
    struct buffer text = BUFFER_INIT;

    if (result->ending != RESULT_GOING) /* the verdict says that */
        ending_print(&text, result);
    markup_text(markup, buffer_text(&text));
    buffer_done(&text);
    write_sentence(page, "Halted: ", result->halt_cause);
    write_sentence(page, "Trouble: ", result->trouble);
    if (ending_print_throttling(&text, result))
        markup_print(markup, "%s. ", buffer_text(&text));
    buffer_done(&text);
    if (ending_print_recovered(&text, result))
        markup_print(markup, "%s. ", buffer_text(&text));
    buffer_done(&text);
}

static void write_words(struct page *page, const char *words)
{
    markup_begin(&page->markup, "span", NULL);
    page_cut(page, words, PAGE_LONGEST_FACT);
    markup_end(&page->markup);
}

static void write_duration(struct page *page)
{
    const struct result *result = page->result;
    struct markup *markup = &page->markup;

    markup_begin(markup, "span", NULL);
    markup_text(markup, result->ending == RESULT_INTERRUPTED ? "at least " : "");
    markup_duration(markup, result->duration);
    markup_text(markup, result->ending == RESULT_GOING ? " so far" : "");
    markup_end(markup);
}

/* "by anna on ops-1", as far as it is known. */
static void write_who(struct page *page)
{
    const struct origin *origin = &page->result->origin;
    struct buffer who = BUFFER_INIT;

    if (origin->user != NULL)
        buffer_print(&who, "by %s", origin->user);
    if (origin->host != NULL)
        buffer_print(&who, "%son %s", who.length > 0 ? " " : "", origin->host);
    if (who.length > 0)
        write_words(page, buffer_text(&who));
    buffer_done(&who);
}

/* "Rehearsal · 2026-11-23T03:00:00Z · 34.2s · by anna on ops-1 · subscription 0000… · exit status
 * 3: a script failed" */
static void write_circumstances(struct page *page)
{
    const struct result *result = page->result;
    struct markup *markup = &page->markup;
    struct buffer text = BUFFER_INIT;
    char time[CLOCK_TEXT_SIZE];

    clock_print(result->wall_started, time);
    markup_begin(markup, "p", "class", "circumstances", NULL);
    if (result->rehearsal)
        markup_element(markup, "strong", "rehearsal", "Rehearsal: no VM was touched");
    write_words(page, time);
    write_duration(page);
    write_who(page);
    if (subscriptions_print(&text, result))
        write_words(page, buffer_text(&text));
    buffer_done(&text);
    if (result->ending != RESULT_GOING) {
        ending_print_status(&text, result);
        write_words(page, buffer_text(&text));
        buffer_done(&text);
    }
    markup_end(markup);
}

/* ---- the counts --------------------------------------------------------------------------- */

static void write_counts(struct page *page)
{
    struct markup *markup = &page->markup;
    size_t counts[PAGE_STATES] = {0};

    for (size_t i = 0; i < page->result->target_count; i++)
        counts[page_state(&page->result->targets[i])]++;
    markup_begin(markup, "ul", "class", "counts", "aria-label", "Targets by outcome", NULL);
    for (int i = PAGE_STATES - 1; i >= 0; i--) {
        int state = page_by_urgency(i);

        if (counts[state] == 0)
            continue;
        markup_begin(markup, "li", "class", page_state_name(state), NULL);
        markup_begin(markup, "b", NULL);
        markup_print(markup, "%zu", counts[state]);
        markup_end(markup);
        markup_print(markup, " %s", page_state_name(state));
        markup_end(markup);
    }
    markup_end(markup);
}

/* ---- what is not ok ----------------------------------------------------------------------- */

static void write_names(struct page *page, const struct matter_targets *targets)
{
    struct buffer names = BUFFER_INIT;

    matters_print_names(&names, targets);
    markup_begin(&page->markup, "p", "class", "names", NULL);
    page_names(page, buffer_text(&names));
    markup_end(&page->markup);
    buffer_done(&names);
}

/* Advice has commands between backquotes. */
static void write_advice(struct page *page, const char *names, const char *advice)
{
    struct markup *markup = &page->markup;
    bool command = false;

    markup_begin(markup, "p", NULL);
    markup_element(markup, "b", NULL, "What to do: ");
    page_names(page, names);
    while (*advice != '\0') {
        size_t length = strcspn(advice, "`");

        if (command)
            markup_begin(markup, "code", NULL);
        markup_bytes(markup, advice, length);
        if (command)
            markup_end(markup);
        command = !command;
        advice += length + (advice[length] == '`');
    }
    markup_end(markup);
}

static void write_advices(struct page *page, const struct matter *matter)
{
    for (size_t i = 0; i < matter->advice_count; i++) {
        struct buffer whom = BUFFER_INIT;

        matters_print_whom(&whom, matter, i);
        write_advice(page, buffer_text(&whom), matter->advices[i].text);
        buffer_done(&whom);
    }
}

/* What is the same of all TARGETS, by the first of them; whose it is where others have another. */
static void write_telling(struct page *page, const struct matter_targets *targets, bool with_names)
{
    const struct result_target *first = targets->list[0];
    struct buffer names = BUFFER_INIT;

    if (first->outcome.message == NULL)
        return;
    markup_begin(&page->markup, "p", "class", "message", NULL);
    if (with_names)
        matters_print_names(&names, targets);
    else if (targets->count > 1)
        buffer_add(&names, first->label);
    page_names(page, buffer_text(&names));
    markup_text(&page->markup, names.length > 0 ? ": " : "");
    page_why(page, first, LONGEST_MESSAGE);
    markup_end(&page->markup);
    buffer_done(&names);
}

static void write_tellings(struct page *page, const struct matter *matter)
{
    struct tellings tellings;

    tellings_make(&tellings, &matter->targets, false);
    for (size_t i = 0; i < tellings.count && i < MOST_TELLINGS; i++)
        write_telling(page, &tellings.list[i], tellings.count > 1);
    if (tellings.count > MOST_TELLINGS)
        page_note(page, "%zu other messages are in the table of targets.",
                  tellings.count - MOST_TELLINGS);
    tellings_done(&tellings);
}

static void write_matter(struct page *page, const struct matter *matter)
{
    struct markup *markup = &page->markup;

    markup_begin(markup, "li", "class", outcome_name(matter->kind), NULL);
    markup_begin(markup, "h3", NULL);
    markup_print(markup, "%zu %s (%s)", matter->targets.count, outcome_name(matter->kind),
                 outcome_reason_name(matter->reason));
    markup_end(markup);
    write_names(page, &matter->targets);
    write_tellings(page, matter);
    write_advices(page, matter);
    markup_end(markup);
}

static void write_matters(struct page *page)
{
    struct matters matters;

    matters_make(&matters, page->result);
    markup_begin(&page->markup, "ul", "class", "matters", NULL);
    for (size_t i = 0; i < matters.count; i++)
        write_matter(page, &matters.list[i]);
    markup_end(&page->markup);
    matters_done(&matters);
}

/* Also of a run that goes on, of which nobody knows yet whether all will be ok. */
static void write_next_steps(struct page *page)
{
    const struct result *result = page->result;
    bool all_ok = result->counts[OUTCOME_OK] == result->target_count;
    const char *runbook = all_ok && result_exit_status(result) == 0 ? NULL : result->job.runbook;
    const char *again = all_ok || result->ending == RESULT_GOING ? NULL : result_way_on(result);
    struct markup *markup = &page->markup;
    struct buffer word = BUFFER_INIT;

    if (runbook == NULL && again == NULL)
        return;
    markup_begin(markup, "dl", "class", "next", NULL);
    if (runbook != NULL) {
        markup_element(markup, "dt", NULL, "Runbook");
        markup_begin(markup, "dd", "class", "runbook", NULL);
        page_cut(page, runbook, PAGE_LONGEST_FACT);
        markup_end(markup);
    }
    if (again != NULL) {
        markup_element(markup, "dt", NULL, "Go on");
        markup_begin(markup, "dd", NULL);
        markup_begin(markup, "code", NULL);
        text_add_word(&word, again);
        markup_print(markup, "azfan rerun %s", buffer_text(&word));
        buffer_done(&word);
        markup_end(markup);
        markup_text(markup, " (what is not ok, and nothing else)");
        markup_end(markup);
    }
    markup_end(markup);
}

void page_verdict(struct page *page)
{
    const struct result *result = page->result;
    struct markup *markup = &page->markup;

    markup_begin(markup, "header", "class", colour_class(result), NULL);
    markup_element(markup, "h1", NULL, result->job.name);
    markup_begin(markup, "p", "class", "verdict", NULL);
    write_outcome(page);
    markup_end(markup);
    markup_begin(markup, "p", "class", "ending", NULL);
    write_ending(page);
    markup_end(markup);
    write_circumstances(page);
    write_counts(page);
    markup_end(markup);
    if (result->settled > result->counts[OUTCOME_OK]) {
        page_begin_section(page, "attention", "Not ok, and what to do");
        write_matters(page);
        markup_end(markup);
    }
    write_next_steps(page);
}
