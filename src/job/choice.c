/* SPDX-License-Identifier: MIT */
#include "job/choice.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "job/job.h"
#include "job/jobkeys.h"
#include "job/loading.h"
#include "job/overrides.h"
#include "job/problems.h"
#include "job/roster.h"
#include "job/selector.h"
#include "job/selectors.h"
#include "job/targets.h"
#include "job/unmatched.h"
#include "job/yaml.h"

/* Who speaks. */
static const struct voice {
    const char *option; /* NULL: the job */
    bool negates;       /* it may say "!" */
    bool needs_some;    /* a file of it must name something */
    bool pins;          /* see struct roster */
} the_job = {NULL, false, false, false}, the_exclusion = {"--exclude", false, false, false},
  the_limit = {"--limit", true, true, true}, the_injection = {"--inject", true, true, true};

struct choice {
    const struct loading *loading;
    struct targets *targets;
    enum choice_list list;
    struct roster roster;
    struct unmatched unmatched;
    bool *dropped;     /* an entry a target, as below */
    size_t words;      /* so far, of all */
    bool is_exhausted; /* that was told */

    /* Of the voice that speaks: */
    const struct voice *voice;
    const struct yaml_node *node; /* where, in the job */
    bool *meant;
    bool *left_out;  /* by "!" */
    bool names_any;  /* else all are meant */
    size_t in_value; /* words of one value */
};

/* ---- problems ----------------------------------------------------------------------------- */

static void complain(const struct choice *choice, const struct selectors_word *word,
                     const char *format, ...) __attribute__((format(printf, 3, 4)));

/* WORD: NULL when it is about the whole value. */
static void complain(const struct choice *choice, const struct selectors_word *word,
                     const char *format, ...)
{
    struct problems *problems = choice->loading->problems;
    va_list arguments;

    va_start(arguments, format);
    if (word != NULL && word->path != NULL)
        problems_add_list(problems, word->path, word->line, word->column, format, arguments);
    else if (choice->voice->option != NULL)
        problems_add_list(problems, choice->voice->option, 0, 0, format, arguments);
    else
        problems_add_list(problems, choice->loading->path, choice->node->line, choice->node->column,
                          format, arguments);
    va_end(arguments);
}

static void complain_of_text(const struct choice *choice, const struct selectors_word *word,
                             const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A file may be any file: what is in it is shown only when it is a selector. */
static void complain_of_text(const struct choice *choice, const struct selectors_word *word,
                             const char *format, ...)
{
    va_list arguments;
    char *why;

    va_start(arguments, format);
    why = memory_print_list(format, arguments);
    va_end(arguments);
    if (word->path != NULL)
        complain(choice, word, "%s", why);
    else
        complain(choice, word, "\"%s%.80s\": %s", word->negated ? "!" : "", word->text, why);
    free(why);
}

/* Is it a problem of SELECTOR that ANSWER came? */
static bool is_unmatched(const struct choice *choice, const struct selector *selector,
                         const struct roster_answer *answer)
{
    if (choice->list == CHOICE_BROKEN)
        return false;
    if (choice->voice->option == NULL && (choice->list == CHOICE_OF_RUN || selector->is_glob))
        return false;
    return answer->found == 0 || (answer->missing_count > 0 && !selector->is_glob);
}

static void complain_unmatched(struct choice *choice, const struct selectors_word *word,
                               const struct selector *selector, const struct roster_answer *answer)
{
    struct buffer text = BUFFER_INIT;

    if (problems_total(choice->loading->problems) < PROBLEMS_MOST)
        unmatched_print(&choice->unmatched, &text, word->text, selector, answer);
    complain(choice, word, "%s", buffer_text(&text));
    buffer_done(&text);
}

/* ---- one selector ------------------------------------------------------------------------- */

/* Is there room for one more, and for what it costs? Tells it once. */
static bool has_room(struct choice *choice, const struct selectors_word *word)
{
    if (choice->is_exhausted)
        return false;
    choice->is_exhausted = ++choice->words > JOB_TARGETS_MOST;
    if (choice->is_exhausted)
        complain(choice, word, "more than %d names", JOB_TARGETS_MOST);
    return !choice->is_exhausted;
}

static void apply_selector(struct choice *choice, const struct selectors_word *word,
                           const struct selector *selector)
{
    struct roster_answer answer;

    choice->roster.pins = choice->voice->pins && !word->negated;
    roster_mark(&choice->roster, selector, word->negated ? choice->left_out : choice->meant,
                &answer);
    if (choice->roster.steps == 0) {
        choice->is_exhausted = true;
        complain_of_text(choice, word,
                         "up to here the patterns are too much work for %zu targets: write fewer, "
                         "or names without * ? [ ]",
                         choice->targets->count);
    } else if (is_unmatched(choice, selector, &answer)) {
        complain_unmatched(choice, word, selector, &answer);
    }
    roster_answer_done(&answer);
}

static bool take_word(void *context, const struct selectors_word *word)
{
    struct choice *choice = context;
    struct selector selector;
    struct error error;

    if (!has_room(choice, word))
        return false;
    choice->in_value++;
    choice->names_any = choice->names_any || !word->negated;
    if (word->negated && !choice->voice->negates) {
        complain_of_text(choice, word,
                         "a \"!\" is for --limit: every entry here names what is left out");
    } else if (selector_parse(word->text, &selector, &error) < 0) {
        complain_of_text(choice, word, "%s", error.text);
    } else {
        apply_selector(choice, word, &selector);
        selector_done(&selector);
    }
    return !choice->is_exhausted;
}

/* ---- who speaks --------------------------------------------------------------------------- */

static void begin(struct choice *choice, const struct voice *voice)
{
    size_t count = choice->targets->count;

    choice->voice = voice;
    choice->names_any = false;
    choice->unmatched.wants_list = voice == &the_limit;
    memset(choice->meant, 0, count * sizeof *choice->meant);
    memset(choice->left_out, 0, count * sizeof *choice->left_out);
}

static bool is_meant(const struct choice *choice, size_t target)
{
    return (choice->meant[target] || !choice->names_any) && !choice->left_out[target];
}

/* Reads one value of an option. */
static void read_value(struct choice *choice, const char *value)
{
    struct error error;

    choice->in_value = 0;
    if (selectors_each(value, true, take_word, choice, &error) < 0)
        complain(choice, NULL, "%s", error.text);
    else if (choice->in_value == 0 && choice->voice->needs_some && !choice->is_exhausted)
        complain(choice, NULL, "%.80s names no VM", value);
}

static void drop_meant(struct choice *choice)
{
    for (size_t i = 0; i < choice->targets->count; i++)
        choice->dropped[i] = choice->dropped[i] || choice->meant[i];
}

static void apply_job(struct choice *choice, const struct yaml_node *value)
{
    bool is_list = value->kind == YAML_SEQUENCE;
    size_t count = is_list ? value->count : 1;
    struct error unused;

    begin(choice, &the_job);
    for (size_t i = 0; i < count && !choice->is_exhausted; i++) {
        choice->node = is_list ? value->items[i] : value;
        if (jobkeys_is_text(choice->loading, "an entry of exclude", choice->node))
            (void)selectors_each(choice->node->text, false, take_word, choice, &unused);
    }
    drop_meant(choice);
}

static void apply_exclusions(struct choice *choice, const struct overrides *overrides)
{
    begin(choice, &the_exclusion);
    for (size_t i = 0; i < overrides->exclude_count; i++)
        read_value(choice, overrides->excludes[i]);
    drop_meant(choice);
}

static void apply_limits(struct choice *choice, const struct overrides *overrides)
{
    if (overrides->limit_count == 0)
        return;
    begin(choice, &the_limit);
    for (size_t i = 0; i < overrides->limit_count; i++)
        read_value(choice, overrides->limits[i]);
    for (size_t i = 0; i < choice->targets->count; i++)
        choice->dropped[i] = choice->dropped[i] || !is_meant(choice, i);
}

/* Whom faults meet is the simulated Azure's business: here they are only looked at. */
static void check_injections(struct choice *choice, const struct overrides *overrides)
{
    begin(choice, &the_injection);
    for (size_t i = 0; i < overrides->injection_count; i++) {
        const char *injection = overrides->injections[i];
        const char *equals = strrchr(injection, '=');
        char *value = equals != NULL ? memory_copy(injection, (size_t)(equals - injection))
                                     : memory_string(injection);

        read_value(choice, value);
        free(value);
    }
}

bool *choice_make(const struct loading *loading, const struct yaml_node *excluded,
                  enum choice_list list, struct targets *targets)
{
    const struct overrides *overrides = loading->overrides;
    struct choice choice = {.loading = loading,
                            .targets = targets,
                            .list = list,
                            .dropped = memory_zeroed(targets->count, sizeof(bool)),
                            .meant = memory_zeroed(targets->count, sizeof(bool)),
                            .left_out = memory_zeroed(targets->count, sizeof(bool))};

    roster_init(&choice.roster, targets);
    unmatched_init(&choice.unmatched, &choice.roster, targets);
    if (excluded != NULL)
        apply_job(&choice, excluded);
    apply_exclusions(&choice, overrides);
    apply_limits(&choice, overrides);
    check_injections(&choice, overrides);
    unmatched_done(&choice.unmatched);
    roster_done(&choice.roster);
    free(choice.meant);
    free(choice.left_out);
    return choice.dropped;
}
