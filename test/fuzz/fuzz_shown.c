/* SPDX-License-Identifier: MIT */
/* What is made of a VM's output before people see it: base/drawn, azure/guardpath, report/ownname.
 */
#include <stdlib.h>
#include <string.h>

#include "azure/guardpath.h"
#include "base/drawn.h"
#include "base/memory.h"
#include "fuzz.h"
#include "report/ownname.h"

static const char nonce[] = "0123456789abcdef0123456789abcdef";

/* DATA with each byte 0xfe as the nonce: no mutation finds it. */
static struct buffer expand(const uint8_t *data, size_t size)
{
    struct buffer text = BUFFER_INIT;

    for (size_t i = 0; i < size; i++) {
        if (data[i] == 0xfe)
            buffer_add(&text, nonce);
        else
            buffer_add_char(&text, (char)data[i]);
    }
    return text;
}

static void check_guardpath(struct buffer *text, bool cut)
{
    size_t before = text->length;

    guardpath_clean(text, nonce, cut);
    must(text->length <= before);
    must(memmem(buffer_text(text), text->length, nonce, sizeof nonce - 1) == NULL);
}

/* Fit for people, and once more the same. */
static struct buffer check_drawn(const struct buffer *text)
{
    struct buffer drawn = BUFFER_INIT;
    struct buffer again = BUFFER_INIT;

    drawn_append(&drawn, text->data, text->length);
    must(fuzz_is_plain(buffer_text(&drawn), drawn.length));
    must(fuzz_is_clean(buffer_text(&drawn), drawn.length, "\n\t"));
    must(drawn.length <= 6 * text->length + 4096);
    drawn_append(&again, drawn.data, drawn.length);
    must(again.length == drawn.length &&
         memcmp(buffer_text(&again), buffer_text(&drawn), drawn.length) == 0);
    buffer_done(&again);
    return drawn;
}

/* What TEXT was before NAME was replaced in it. */
static char *restore(const char *text, const char *name)
{
    struct buffer restored = BUFFER_INIT;
    const char *mark;

    while ((mark = strstr(text, OWNNAME_MARK)) != NULL) {
        buffer_append(&restored, text, (size_t)(mark - text));
        buffer_add(&restored, name);
        text = mark + strlen(OWNNAME_MARK);
    }
    buffer_add(&restored, text);
    return buffer_take(&restored);
}

/* Two VMs, one of which prints what the other does in its place, or what begins at HALF. */
static void check_ownname(const struct buffer *drawn, size_t half)
{
    struct buffer one = BUFFER_INIT;
    struct buffer other = BUFFER_INIT;
    struct ownname_text texts[] = {{"web-1", &one}, {"web-2", &other}};
    bool has_mark = memmem(buffer_text(drawn), drawn->length, "target}", 7) != NULL;

    buffer_append(&one, drawn->data, drawn->length);
    buffer_append(&other, buffer_text(drawn) + half, drawn->length - half);
    for (char *at = other.data; at != NULL && (at = strstr(at, "web-1")) != NULL;)
        at[4] = '2';
    ownname_replace(texts, 2);
    must(fuzz_is_plain(buffer_text(&one), one.length));
    if (!has_mark) {
        char *restored = restore(buffer_text(&one), "web-1");

        must(strcasecmp(restored, buffer_text(drawn)) == 0);
        free(restored);
    }
    buffer_done(&one);
    buffer_done(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer text = expand(data, size);
    struct buffer drawn;
    size_t half;

    check_guardpath(&text, size % 2 == 1);
    drawn = check_drawn(&text);
    half = drawn.length / 2;
    while (half > 0 && text_is_within_character(drawn.data[half]))
        half--;
    check_ownname(&drawn, 0);
    check_ownname(&drawn, half);
    buffer_done(&drawn);
    buffer_done(&text);
    return 0;
}
