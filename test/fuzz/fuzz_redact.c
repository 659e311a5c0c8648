/* SPDX-License-Identifier: MIT */
/*
 * Any secrets in any text, cut anywhere by those who really cut: nothing of a secret comes out that
 * run/redact.h says does not; and of the guard that carries them no more than of one that is
 * masked.
 */
#include "azure/answer.h"
#include "azure/guard.h"
#include "azure/refusal.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/number.h"
#include "base/strings.h"
#include "engine/capture.h"
#include "fuzz.h"
#include "job/job.h"
#include "run/redact.h"
#include "run/redact_forms.h"

enum {
    SPELLINGS = 12,
    PIECE = 4,         /* of a secret: shorter ones may be seen */
    AZURE_LIMIT = 4096 /* what Azure returns of a stream: its end */
};

/* What the input says: a job with two secrets, and a text that names them. */
struct scene {
    struct job job;
    struct job_target target;
    struct redact *redact;
    struct strings forms;
    int how;          /* the guard is printed */
    char *secrets[2]; /* of the job, and of the target */
    struct buffer text;
    size_t limit; /* of azfan's capture */
    enum outcome_kind kind;
};

/* ---- scenes ------------------------------------------------------------------------------- */

/* An empty one hides nothing, and the guard that is masked would have more than the other. */
static struct job_parameters secret_parameter(const char *name, const char *value)
{
    struct job_parameters parameters = {NULL, 0};

    if (*value == '\0')
        return parameters;
    parameters = (struct job_parameters){memory_zeroed(1, sizeof *parameters.list), 1};
    parameters.list[0].name = memory_string(name);
    parameters.list[0].value = memory_string(value);
    parameters.list[0].secret = true;
    return parameters;
}

/* As Python, which az is, writes it into a string of JSON. Takes TEXT over. */
static char *in_json(char *text, bool ascii)
{
    static const char plain[] = "\"\\\n\r\t\b\f";
    static const char letters[] = "\"\\nrtbf";
    struct buffer json = BUFFER_INIT;
    size_t length = strlen(text);
    size_t size;

    for (size_t at = 0; at < length; at += size) {
        uint32_t character = 0;
        const char *found = strchr(plain, text[at]);

        size = text_read_character(text + at, length - at, &character);
        must(size > 0);
        if (found != NULL)
            buffer_print(&json, "\\%c", letters[found - plain]);
        else if (character < ' ' || (ascii && character > '~' && character < 0x10000))
            buffer_print(&json, "\\u%04x", (unsigned)character);
        else if (ascii && character > '~')
            buffer_print(&json, "\\u%04x\\u%04x", 0xd800U + ((character - 0x10000) >> 10),
                         0xdc00U + ((character - 0x10000) & 0x3ff));
        else
            buffer_append(&json, text + at, size);
    }
    free(text);
    return buffer_take(&json);
}

/* A value as one of those who print it would: once quoted for a shell or not, and then in JSON,
 * once or twice, or not. */
static char *spell(const char *value, int how)
{
    char *text = memory_string(value);
    int strings = how % 4;

    if (how >= 4) {
        struct buffer quoted = BUFFER_INIT;

        guard_quote(&quoted, how >= 8 ? JOB_POWERSHELL : JOB_SH, value);
        free(text);
        text = buffer_take(&quoted);
    }
    if (strings > 0)
        text = in_json(text, strings == 2);
    return strings == 3 ? in_json(text, false) : text;
}

/* Pieces of text with a secret behind each. */
static void write_text(struct scene *scene, struct fuzz_input *input)
{
    while (input->left > 0) {
        int which = fuzz_number(input, 2);
        char *spelt = spell(scene->secrets[which], fuzz_number(input, SPELLINGS));
        size_t length;
        char *text = fuzz_text(input, &length);

        buffer_append(&scene->text, text, length);
        buffer_add(&scene->text, spelt);
        free(text);
        free(spelt);
    }
}

/* A text, without what stands in a secret's place, and without what a cut may leave of a character:
 * these would hide others. */
static bool is_usable(const char *secret)
{
    static const char *const taken[] = {"*", "\xef\xbf\xbd", "ufffd", "uFFFD"};
    size_t bad;
    bool usable = text_is_utf8(secret, strlen(secret), &bad);

    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        usable = usable && strstr(secret, taken[i]) == NULL;
    return usable;
}

/* False: there is nothing to see. */
static bool scene_read(struct scene *scene, const uint8_t *data, size_t size)
{
    static const enum outcome_kind kinds[] = {OUTCOME_OK, OUTCOME_CANCELLED, OUTCOME_TIMEOUT};
    struct fuzz_input input = fuzz_begin(data, size);
    bool good = true;

    *scene = (struct scene){.limit = (size_t)fuzz_number(&input, 256) + 2};
    scene->kind = kinds[fuzz_number(&input, 3)];
    scene->how = fuzz_number(&input, 4);
    scene->job.shell = fuzz_number(&input, 2) == 0 ? JOB_SH : JOB_POWERSHELL;
    for (int i = 0; i < 2; i++) {
        scene->secrets[i] = fuzz_text(&input, NULL);
        good = good && is_usable(scene->secrets[i]);
    }
    scene->job.parameters = secret_parameter("TOKEN", scene->secrets[0]);
    scene->target.parameters = secret_parameter("KEY", scene->secrets[1]);
    scene->target.name = memory_string("vm1");
    scene->job.script = memory_string("true\n");
    scene->job.script_length = strlen(scene->job.script);
    scene->job.script_timeout = NUMBER_MINUTE;
    scene->job.targets = &scene->target;
    scene->job.target_count = 1;
    scene->redact = redact_new(&scene->job);
    for (int i = 0; i < 2; i++)
        redact_forms_add(&scene->forms, scene->secrets[i]);
    strings_sort(&scene->forms);
    if (good)
        write_text(scene, &input);
    return good;
}

static void scene_done(struct scene *scene)
{
    for (int i = 0; i < 2; i++)
        free(scene->secrets[i]);
    redact_free(scene->redact);
    strings_done(&scene->forms);
    job_parameters_done(&scene->job.parameters);
    job_parameters_done(&scene->target.parameters);
    free(scene->target.name);
    free(scene->job.script);
    buffer_done(&scene->text);
}

/* ---- what must not be seen ---------------------------------------------------------------- */

/* Runs of backslashes count as one, in secrets too. */
static char *fold(const char *text, size_t length, size_t *ret)
{
    char *folded = memory_zeroed(length + 1, 1);

    *ret = 0;
    for (size_t i = 0; i < length; i++) {
        if (i == 0 || text[i] != '\\' || text[i - 1] != '\\')
            folded[(*ret)++] = text[i];
    }
    return folded;
}

static bool is_in(const char *text, size_t length, const char *piece)
{
    return piece[0] != '\0' && memmem(text, length, piece, strlen(piece)) != NULL;
}

/* The value, and each line of it that tells something: by other means than run/redact_forms'. */
static void check_value(const char *text, size_t length, const char *secret)
{
    char *copy = memory_copy(secret, strlen(secret));

    for (size_t end = strlen(copy); end > 0 && strchr("\r\n", copy[end - 1]) != NULL; end--)
        copy[end - 1] = '\0';
    must(!is_in(text, length, copy));
    for (char *line = copy, *next; *line != '\0'; line = next) {
        next = line + strcspn(line, "\r\n");
        while (*next == '\r' || *next == '\n')
            *next++ = '\0';
        must(strlen(line) < PIECE || !is_in(text, length, line));
    }
    free(copy);
}

static void check_text(const struct scene *scene, const char *text, size_t length)
{
    size_t folded_length;
    char *folded = fold(text, length, &folded_length);

    for (int i = 0; i < 2; i++)
        check_value(text, length, scene->secrets[i]);
    for (size_t i = 0; i < scene->forms.count; i++)
        must(!is_in(folded, folded_length, scene->forms.list[i]));
    free(folded);
}

static void check_buffer(const struct scene *scene, const struct buffer *buffer)
{
    check_text(scene, buffer_text(buffer), buffer->length);
}

/* A secret without the line ends behind it, folded. */
static char *stem_of(const char *secret, size_t *length)
{
    size_t end = strlen(secret);

    while (end > 0 && strchr("\r\n", secret[end - 1]) != NULL)
        end--;
    return fold(secret, end, length);
}

/* TEXT ends where something was cut: with no beginning of a secret. */
static void check_end(const struct scene *scene, const char *text, size_t length)
{
    size_t end;
    char *folded = fold(text, length, &end);

    for (int i = 0; i < 2; i++) {
        size_t size;
        char *secret = stem_of(scene->secrets[i], &size);

        for (size_t most = PIECE; most < size && most <= end; most++)
            must(memcmp(folded + end - most, secret, most) != 0);
        free(secret);
    }
    free(folded);
}

/* TEXT begins where something was cut: with no end of a secret. */
static void check_start(const struct scene *scene, const char *text, size_t length)
{
    size_t end;
    char *folded = fold(text, length, &end);

    for (int i = 0; i < 2; i++) {
        size_t size;
        char *secret = stem_of(scene->secrets[i], &size);

        for (size_t most = PIECE; most < size && most <= end; most++)
            must(memcmp(folded, secret + size - most, most) != 0);
        free(secret);
    }
    free(folded);
}

/* ---- the ways of a text ------------------------------------------------------------------- */

static struct answer answer_of(const struct scene *scene)
{
    struct answer answer = {.outcome = {.kind = scene->kind, .exit_code = -1}};

    if (scene->kind == OUTCOME_CANCELLED)
        answer.outcome.reason = REASON_SIGNAL;
    else if (scene->kind == OUTCOME_TIMEOUT)
        answer.outcome.reason = REASON_SCRIPT;
    return answer;
}

static void redact(struct answer *answer, const struct scene *scene)
{
    redact_answer(scene->redact, answer);
    check_buffer(scene, &answer->output);
    check_buffer(scene, &answer->errors);
    if (answer->outcome.message != NULL)
        check_text(scene, answer->outcome.message, strlen(answer->outcome.message));
}

/* All of it, and the end of it that Azure returns. */
static void check_streams(const struct scene *scene)
{
    struct answer answer = answer_of(scene);
    size_t skip = scene->text.length > AZURE_LIMIT ? scene->text.length - AZURE_LIMIT : 0;

    skip = skip > 0 ? skip : scene->limit % (scene->text.length + 1);
    buffer_append(&answer.output, buffer_text(&scene->text), scene->text.length);
    buffer_append(&answer.errors, buffer_text(&scene->text) + skip, scene->text.length - skip);
    answer.errors_truncated = true;
    redact(&answer, scene);
    check_start(scene, buffer_text(&answer.errors), answer.errors.length);
    if (scene->kind != OUTCOME_OK)
        check_end(scene, buffer_text(&answer.output), answer.output.length);
    answer_done(&answer);
}

/* Cut in its middle by azfan itself. */
static void check_capture(const struct scene *scene)
{
    struct answer answer = answer_of(scene);
    struct capture capture;
    struct capture_text kept;
    char *mark;
    char *found;

    capture_init(&capture, scene->limit);
    capture_add(&capture, buffer_text(&scene->text), scene->text.length);
    capture_finish(&capture, &kept);
    buffer_append(&answer.output, kept.data, kept.length);
    answer.output_truncated = kept.dropped > 0;
    redact(&answer, scene);
    mark =
        memory_print(CAPTURE_MARK_HEAD "%llu" CAPTURE_MARK_TAIL, (unsigned long long)kept.dropped);
    found = kept.dropped > 0
                ? memmem(buffer_text(&answer.output), answer.output.length, mark, strlen(mark))
                : NULL;
    if (found != NULL) {
        size_t start = (size_t)(found - answer.output.data);
        size_t behind = start + strlen(mark);

        check_end(scene, answer.output.data, start);
        check_start(scene, answer.output.data + behind, answer.output.length - behind);
    }
    free(mark);
    capture_text_done(&kept);
    answer_done(&answer);
}

/* As a message: of a target, of none, and the line that az has just printed. */
static void check_message(const struct scene *scene)
{
    struct answer answer = answer_of(scene);
    struct buffer message = BUFFER_INIT;
    struct buffer line = BUFFER_INIT;
    struct error error;

    buffer_add(&message, "az said" REFUSAL_QUOTE_MARK);
    refusal_add_line(&message, buffer_text(&scene->text), scene->text.length);
    (void)error_set(&error, "%s", buffer_text(&message));
    answer.outcome.message = buffer_take(&message);
    redact(&answer, scene);
    answer_done(&answer);
    redact_error(scene->redact, &error);
    check_text(scene, error.text, strlen(error.text));
    buffer_append(&line, buffer_text(&scene->text), scene->text.length);
    redact_line(scene->redact, &line);
    check_buffer(scene, &line);
    check_start(scene, buffer_text(&line), line.length);
    check_end(scene, buffer_text(&line), line.length);
    buffer_done(&line);
}

/* ---- the guard ---------------------------------------------------------------------------- */

static size_t count(const struct buffer *text, const char *piece, size_t length)
{
    const char *at = buffer_text(text);
    const char *end = at + text->length;
    size_t found = 0;

    while ((at = memmem(at, (size_t)(end - at), piece, length)) != NULL) {
        at++;
        found++;
    }
    return found;
}

/* The guard that goes to the VM, as somebody prints it: as it is, or within JSON. */
static struct answer guard_printed(const struct scene *scene, bool masked)
{
    struct guard guard = {.job = &scene->job,
                          .target = &scene->target,
                          .run = "run-1",
                          .batch = 1,
                          .nonce = "0123456789abcdef0123456789abcdef",
                          .masked = masked};
    struct answer answer = answer_of(scene);
    struct buffer text = BUFFER_INIT;
    char *spelt;

    guard_write(&text, &guard);
    spelt = spell(buffer_text(&text), scene->how);
    buffer_done(&text);
    buffer_add(&answer.output, spelt);
    free(spelt);
    redact_answer(scene->redact, &answer);
    return answer;
}

/* Line ends behind a secret tell nothing, and stay. */
static bool has_line_ends(const char *secret)
{
    size_t length = strlen(secret);

    return length > 0 && strchr("\r\n", secret[length - 1]) != NULL;
}

static void check_guard(const struct scene *scene)
{
    struct answer real;
    struct answer masked;

    if (has_line_ends(scene->secrets[0]) || has_line_ends(scene->secrets[1]))
        return;
    real = guard_printed(scene, false);
    masked = guard_printed(scene, true);
    for (int i = 0; i < 2; i++) {
        const char *secret = scene->secrets[i];

        /* Between quotes that the guard has put into it, too. */
        for (size_t at = 0; at + PIECE <= strlen(secret); at++)
            must(count(&real.output, secret + at, PIECE) <=
                 count(&masked.output, secret + at, PIECE));
    }
    answer_done(&real);
    answer_done(&masked);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scene scene;

    if (scene_read(&scene, data, size)) {
        check_streams(&scene);
        check_capture(&scene);
        check_message(&scene);
        check_guard(&scene);
    }
    scene_done(&scene);
    return 0;
}
