/* SPDX-License-Identifier: MIT */
#include "job/patterns.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "job/jobkeys.h"
#include "job/loading.h"
#include "job/names.h"
#include "job/targets.h"
#include "job/yaml.h"

/* Those that are patterns, and where they stand. */
struct patterns {
    const struct loading *loading;
    const char *option; /* NULL: in the file */
    const struct yaml_node **nodes;
    const char **list;
    size_t count;
};

static struct patterns begin(const struct loading *loading, const char *option, size_t most)
{
    return (struct patterns){loading, option, memory_zeroed(most, sizeof(struct yaml_node *)),
                             memory_zeroed(most, sizeof(char *)), 0};
}

static void complain(const struct patterns *patterns, size_t index, const char *why)
{
    const char *pattern = patterns->list[index];

    if (patterns->option != NULL)
        loading_option_problem(patterns->loading, patterns->option, "\"%.80s\": %s", pattern, why);
    else
        loading_problem(patterns->loading, patterns->nodes[index], "\"%.80s\": %s", pattern, why);
}

static void take(struct patterns *patterns, const struct yaml_node *node, const char *text)
{
    struct error error;

    patterns->nodes[patterns->count] = node;
    patterns->list[patterns->count] = text;
    if (names_check_pattern(text, &error) < 0)
        complain(patterns, patterns->count, error.text);
    else
        patterns->count++;
}

static struct patterns read_option(const struct loading *loading, const char *option,
                                   const char *const *list, size_t count)
{
    struct patterns patterns = begin(loading, option, count);

    for (size_t i = 0; i < count; i++)
        take(&patterns, NULL, list[i]);
    return patterns;
}

static struct patterns read_nodes(const struct loading *loading, const struct yaml_node *value)
{
    bool is_list = value->kind == YAML_SEQUENCE;
    size_t count = is_list ? value->count : 1;
    struct patterns patterns = begin(loading, NULL, count);

    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *node = is_list ? value->items[i] : value;

        if (jobkeys_is_text(loading, "an entry of exclude", node))
            take(&patterns, node, node->text);
    }
    return patterns;
}

/* Frees PATTERNS. */
static void apply(struct patterns *patterns, struct targets *targets, targets_filter *filter,
                  uint64_t *steps)
{
    size_t before = targets->count;
    size_t done = *steps > 0 ? filter(targets, patterns->list, patterns->count, steps)
                             : patterns->count; /* that was told already */
    struct error error;

    if (done < patterns->count) {
        (void)error_set(&error,
                        "up to here the patterns are too much work with %zu targets: write fewer, "
                        "or names without * ? [ ]",
                        before);
        complain(patterns, done, error.text);
    }
    free(patterns->nodes);
    free(patterns->list);
}

void patterns_exclude_nodes(const struct loading *loading, const struct yaml_node *value,
                            struct targets *targets, uint64_t *steps)
{
    struct patterns patterns = read_nodes(loading, value);

    apply(&patterns, targets, targets_exclude, steps);
}

void patterns_exclude(const struct loading *loading, const char *option, const char *const *list,
                      size_t count, struct targets *targets, uint64_t *steps)
{
    struct patterns patterns = read_option(loading, option, list, count);

    apply(&patterns, targets, targets_exclude, steps);
}

void patterns_limit(const struct loading *loading, const char *option, const char *const *list,
                    size_t count, struct targets *targets, uint64_t *steps)
{
    struct patterns patterns = read_option(loading, option, list, count);

    apply(&patterns, targets, targets_limit, steps);
}
