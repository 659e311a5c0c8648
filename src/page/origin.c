/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"
#include "base/clock.h"
#include "base/number.h"
#include "page/common.h"
#include "page/parts.h"
#include "run/event.h"
#include "run/result.h"

enum { MOST_SETTINGS = 100 };

static void write_in_class(struct page *page, const char *term, const char *class,
                           const char *value)
{
    if (value == NULL)
        return;
    markup_element(&page->markup, "dt", NULL, term);
    markup_begin(&page->markup, "dd", "class", class, NULL);
    page_cut(page, value, PAGE_LONGEST_FACT);
    markup_end(&page->markup);
}

/* A term and what it is; nothing for VALUE that is not known. */
static void write_fact(struct page *page, const char *term, const char *value)
{
    write_in_class(page, term, NULL, value);
}

static void write_time(struct page *page, const char *term, int64_t wall)
{
    char text[CLOCK_TEXT_SIZE];

    clock_print(wall, text);
    write_fact(page, term, text);
}

static void write_duration(struct page *page, const char *term, int64_t duration)
{
    struct buffer text = BUFFER_INIT;

    number_print_exact_duration(&text, duration);
    write_fact(page, term, duration > 0 ? buffer_text(&text) : "none");
    buffer_done(&text);
}

static void write_number(struct page *page, const char *term, size_t number)
{
    struct buffer text = BUFFER_INIT;

    buffer_print(&text, "%zu", number);
    write_fact(page, term, buffer_text(&text));
    buffer_done(&text);
}

static void write_job(struct page *page)
{
    const struct result_job *job = &page->result->job;

    write_fact(page, "Job", job->name);
    write_fact(page, "Job file", job->path != NULL ? job->path : job->file);
    write_fact(page, "SHA-256 of the job file", job->digest);
    write_fact(page, "SHA-256 of the script", job->script_digest);
    for (size_t i = 0; i < job->file_count; i++)
        write_fact(page, "File of the script", job->files[i].name);
    write_in_class(page, "Runbook", "runbook", job->runbook);
    write_duration(page, "script_timeout", job->script_timeout);
    write_duration(page, "timeout", job->timeout);
    write_duration(page, "deadline", job->deadline);
    write_number(page, "retry.attempts", (size_t)job->attempts);
    write_number(page, "Batches", (size_t)job->batches);
}

/* What the command line put over the job file. */
static void write_overrides(struct page *page)
{
    const struct result_overrides *overrides = &page->result->overrides;

    if (overrides->concurrency > 0)
        write_number(page, "--concurrency", (size_t)overrides->concurrency);
    if (overrides->timeout > 0)
        write_duration(page, "--timeout", overrides->timeout);
    if (overrides->deadline > 0)
        write_duration(page, "--deadline", overrides->deadline);
    if (overrides->script_timeout > 0)
        write_duration(page, "--script-timeout", overrides->script_timeout);
    if (overrides->attempts > 0)
        write_number(page, "--retry", (size_t)overrides->attempts - 1);
    write_fact(page, "--batches", overrides->batches);
    write_fact(page, "--max-failures", overrides->max_failures);
    write_fact(page, "--targets", overrides->targets);
    write_fact(page, "--az", overrides->az);
    write_fact(page, "--client", overrides->client);
    for (size_t i = 0; i < overrides->setting_count && i < MOST_SETTINGS; i++)
        write_fact(page, "--set", overrides->settings[i]);
    if (overrides->setting_count > MOST_SETTINGS)
        write_number(page, "Settings in all", overrides->setting_count);
    for (size_t i = 0; i < overrides->arg_count && i < MOST_SETTINGS; i++)
        write_fact(page, "Argument after --",
                   overrides->args[i] != NULL ? overrides->args[i] : "***");
    if (overrides->arg_count > MOST_SETTINGS)
        write_number(page, "Arguments in all", overrides->arg_count);
}

static void write_run(struct page *page)
{
    const struct result *result = page->result;

    write_fact(page, "Run", result->run);
    write_fact(page, "Kind", result->rehearsal ? "a rehearsal: no VM was touched" : "a real run");
    if (result->speed > 1)
        write_number(page, "Times as fast", (size_t)result->speed);
    write_fact(page, "Rerun of", result->rerun_of);
    write_time(page, "Started", result->wall_started);
    write_time(page,
               result->ending == RESULT_GOING || result->ending == RESULT_INTERRUPTED
                   ? "Last known of"
                   : "Ended",
               result->wall_ended);
    write_fact(page, "Ending", event_ending_name(result->ending));
    write_fact(page, "Halted for", result->halt_cause);
    write_fact(page, "Trouble", result->trouble);
    write_fact(page, "Run folder", result->folder);
    write_fact(page, "azfan rerun, azfan report", result_word(result));
}

static void write_concurrency(struct page *page)
{
    const struct result *result = page->result;

    write_number(page, "Concurrency, as the job asks", (size_t)result->concurrency);
    write_number(page, "Concurrency, as the machine allows", (size_t)result->workers);
    if (result->cuts > 0) {
        write_number(page, "Lowest concurrency (Azure throttled)", (size_t)result->least_limit);
        write_number(page, "Times halved", result->cuts);
    }
}

static void write_origin(struct page *page)
{
    const struct origin *origin = &page->result->origin;

    write_fact(page, "User", origin->user);
    write_fact(page, "Host", origin->host);
    write_fact(page, "Client", page->result->client);
    write_fact(page, "az", origin->az_version);
    write_fact(page, "az's default subscription", origin->subscription);
    write_fact(page, "Commit", origin->commit);
    if (origin->commit != NULL)
        write_fact(page, "As in that commit",
                   origin->dirty ? "no: the job file or the script differs" : "yes");
}

static void write_list(struct page *page, const char *heading, void (*const write[])(struct page *),
                       size_t count)
{
    markup_begin(&page->markup, "div", NULL);
    markup_element(&page->markup, "h3", NULL, heading);
    markup_begin(&page->markup, "dl", NULL);
    for (size_t i = 0; i < count; i++)
        write[i](page);
    markup_end(&page->markup);
    markup_end(&page->markup);
}

void page_origin(struct page *page)
{
    static void (*const job[])(struct page *) = {write_job, write_overrides};
    static void (*const run[])(struct page *) = {write_run};
    static void (*const place[])(struct page *) = {write_origin, write_concurrency};

    page_begin_section(page, "origin", "Job and origin");
    markup_begin(&page->markup, "div", "class", "facts", NULL);
    write_list(page, "The run", run, 1);
    write_list(page, "The job", job, 2);
    write_list(page, "Where it ran", place, 2);
    markup_end(&page->markup);
    markup_end(&page->markup);
}
