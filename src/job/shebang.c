/* SPDX-License-Identifier: MIT */
#include "job/shebang.h"

#include <string.h>

/* A word of the line, and how long it is; 0: there is none left. */
struct word {
    const char *text;
    size_t length;
};

static struct word next_word(const char *at)
{
    const char *text = at + strspn(at, " \t");

    return (struct word){text, strcspn(text, " \t\r\n")};
}

/* The kernel skips blanks; "#!" and nothing is none. */
bool shebang_is_there(const char *script)
{
    return strncmp(script, "#!", 2) == 0 && next_word(script + 2).length > 0;
}

static void keep_name(struct word path, char name[SHEBANG_LONGEST])
{
    const char *slash = memrchr(path.text, '/', path.length);
    const char *start = slash != NULL ? slash + 1 : path.text;
    size_t length = path.length - (size_t)(start - path.text);

    if (length >= SHEBANG_LONGEST)
        length = SHEBANG_LONGEST - 1;
    memcpy(name, start, length);
    name[length] = '\0';
}

bool shebang_read(const char *script, struct shebang *ret)
{
    struct word word = next_word(script + (shebang_is_there(script) ? 2 : 0));
    bool by_env;

    *ret = (struct shebang){.has_command = false};
    if (!shebang_is_there(script))
        return false;
    keep_name(word, ret->program);
    by_env = strcmp(ret->program, "env") == 0;
    for (word = next_word(word.text + word.length); word.length > 0;
         word = next_word(word.text + word.length)) {
        bool is_option = word.text[0] == '-' || word.text[0] == '+';

        if (by_env && !is_option && memchr(word.text, '=', word.length) == NULL) {
            keep_name(word, ret->program);
            by_env = false;
        } else if (!is_option && !by_env) {
            ret->has_command = true;
        }
    }
    return true;
}
