/* SPDX-License-Identifier: MIT */
#include "page/page.h"

#include <stdlib.h>

#include "base/digest.h"
#include "base/memory.h"
#include "page/common.h"
#include "page/files.h"
#include "page/parts.h"
#include "run/result.h"

/* ---- the head ----------------------------------------------------------------------------- */

/* Whatever a mistake lets through: nothing is loaded, and no style and no script counts but these
 * two. */
static void write_policy(struct markup *markup)
{
    char style[DIGEST_BASE64_SIZE];
    char script[DIGEST_BASE64_SIZE];
    char *policy;

    digest_print_base64(page_style, page_style_length, style);
    digest_print_base64(page_script, page_script_length, script);
    policy = memory_print("default-src 'none'; style-src 'sha256-%s'; script-src 'sha256-%s'; "
                          "base-uri 'none'; form-action 'none'",
                          style, script);
    markup_empty(markup, "meta", "http-equiv", "Content-Security-Policy", "content", policy, NULL);
    free(policy);
}

static void write_title(struct page *page)
{
    const struct result *result = page->result;
    size_t ok = result->counts[OUTCOME_OK];

    markup_begin(&page->markup, "title", NULL);
    if (result->ending == RESULT_GOING)
        markup_print(&page->markup, "%s: going on", result->job.name);
    else if (ok == result->target_count)
        markup_print(&page->markup, "%s: all %zu ok%s", result->job.name, ok,
                     result_exit_status(result) == 0 ? "" : ", but it did not end well");
    else
        markup_print(&page->markup, "%s: %zu of %zu not ok", result->job.name,
                     result->target_count - ok, result->target_count);
    markup_text(&page->markup, result->rehearsal ? " (rehearsal) - azfan" : " - azfan");
    markup_end(&page->markup);
}

static void write_head(struct page *page)
{
    struct markup *markup = &page->markup;

    markup_begin(markup, "head", NULL);
    markup_empty(markup, "meta", "charset", "utf-8", NULL);
    write_policy(markup);
    markup_empty(markup, "meta", "name", "viewport", "content",
                 "width=device-width, initial-scale=1", NULL);
    markup_empty(markup, "meta", "name", "color-scheme", "content", "light dark", NULL);
    write_title(page);
    markup_begin(markup, "style", NULL);
    markup_raw(markup, page_style, page_style_length);
    markup_end(markup);
    markup_end(markup);
}

/* ---- the body ----------------------------------------------------------------------------- */

static void write_ways(struct page *page)
{
    static const struct {
        const char *to;
        const char *word;
    } ways[] = {{"#timeline", "Timeline"},
                {"#durations", "Durations"},
                {"#outputs", "Outputs"},
                {"#targets", "Targets"},
                {"#origin", "Job and origin"}};

    markup_begin(&page->markup, "nav", "aria-label", "Parts of this page", NULL);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        markup_begin(&page->markup, "a", "href", ways[i].to, NULL);
        markup_text(&page->markup, ways[i].word);
        markup_end(&page->markup);
    }
    markup_end(&page->markup);
}

static void write_body(struct page *page)
{
    struct markup *markup = &page->markup;

    markup_begin(markup, "body", NULL);
    markup_begin(markup, "main", NULL);
    page_verdict(page);
    write_ways(page);
    page_timeline(page);
    page_histogram(page);
    page_outputs(page);
    page_targets(page);
    page_origin(page);
    markup_end(markup);
    markup_begin(markup, "footer", NULL);
    markup_text(markup, "Made by azfan " AZFAN_VERSION ". Times are in UTC.");
    markup_end(markup);
    markup_begin(markup, "script", NULL);
    markup_raw(markup, page_script, page_script_length);
    markup_end(markup);
    markup_end(markup);
}

void page_write(FILE *stream, const struct result *result, const struct ignore *ignore)
{
    struct page page = {.result = result};

    groups_make(&page.groups, result, ignore);
    page.group_of = memory_zeroed(result->target_count, sizeof *page.group_of);
    markup_open(&page.markup, stream);
    markup_begin(&page.markup, "html", "lang", "en", NULL);
    write_head(&page);
    write_body(&page);
    markup_end(&page.markup);
    markup_close(&page.markup);
    groups_done(&page.groups);
    free(page.group_of);
}
