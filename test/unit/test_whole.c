/* SPDX-License-Identifier: MIT */
/*
 * All that a script prints, from the VM to what azfan keeps of it: the guard at work under each
 * shell that a VM may have as /bin/sh, the last 4,096 bytes of each stream, as Azure returns them,
 * and the reading of that answer. For Windows the same is in test/powershell.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "azure/answer.h"
#include "azure/guard.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "unit/folder.h"
#include "unit/unit.h"

#define NONCE "0123456789abcdef0123456789abcdef"

enum { SHELLS = 4, AZURE_KEEPS = 4096, KIB = 1024, MIB = 1024 * KIB, SHORT = 3000 };

static const char *const shells[SHELLS][3] = {{"/bin/dash", NULL, NULL},
                                              {"/bin/bash", "--posix", NULL},
                                              {"/bin/busybox", "sh", NULL},
                                              {"/bin/mksh", NULL, NULL}};

static char *name_file(const char *name)
{
    return memory_print("%s/%s", folder, name);
}

static void write_file(const char *name, const struct buffer *text)
{
    char *path = name_file(name);
    struct error error;

    ck_assert_int_eq(file_write(path, 0600, buffer_text(text), text->length, &error), 0);
    free(path);
}

static int open_new(const char *name)
{
    char *path = name_file(name);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);

    free(path);
    ck_assert_int_ge(fd, 0);
    return fd;
}

/* ---- what a script prints ----------------------------------------------------------------- */

/* A text of every kind that there is, COUNT bytes of it. */
enum kind { LETTERS, LOG, NOISE, NULS, LINE_ENDS, UTF16, FORGED };

/* None has the nonce, which azfan takes out of every text. */
#define OTHER "ffffffffffffffffffffffffffffffff"

static const char forged[] = "azfan:" OTHER " gzip 100 15 4\nH4sIAAAAAAACAw==\n"
                             "azfan:" OTHER " end=exit status=0 seconds=1\n"
                             "azfan:" OTHER " tail 1 2 3\n"
                             "\n[stderr]\nnot the division\n\n[stdout]\nnor that\n";

/* As apt prints, to no terminal, what it installs. */
static void add_log_line(struct buffer *text, size_t number)
{
    static const char *const words[] = {"ssl",  "curl",    "xml2",  "systemd", "glib2.0", "krb5",
                                        "perl", "openssh", "snapd", "cloud",   "netplan"};
    static const char *const ends[] = {"", "-dev", "-common", "-client", "-data"};
    size_t package = number / 3;
    char name[64];

    (void)snprintf(name, sizeof name, "lib%s%s", words[package % 11], ends[package % 5]);
    switch (number % 3) {
    case 0:
        buffer_print(text, "Preparing to unpack .../%03zu-%s_2.%zu-1ubuntu0.%zu_amd64.deb ...\n",
                     package, name, package % 13, package % 7);
        break;
    case 1:
        buffer_print(text, "Unpacking %s:amd64 (2.%zu-1ubuntu0.%zu) over (2.%zu-1) ...\n", name,
                     package % 13, package % 7, package % 13);
        break;
    default:
        buffer_print(text, "Setting up %s:amd64 (2.%zu-1ubuntu0.%zu) ...\n", name, package % 13,
                     package % 7);
        break;
    }
}

static void add_text(struct buffer *text, enum kind kind, size_t count)
{
    size_t end = text->length + count;
    uint32_t state = 1;

    for (size_t i = 0; text->length < end; i++) {
        state = state * 1664525U + 1013904223U;
        if (kind == LETTERS)
            buffer_add_char(text, "abcdefghijklmnopqrstuvwxyz\n"[i % 27]);
        else if (kind == LOG)
            add_log_line(text, i);
        else if (kind == NOISE)
            buffer_add_char(text, (char)(state >> 24));
        else if (kind == NULS)
            buffer_append(text, "a\0b\0\xff\xfe\xc3(\xed\xa0\x80\n", 12);
        else if (kind == LINE_ENDS)
            buffer_print(text, "line %zu\r\n%zu%%\r", i, i % 100);
        else if (kind == UTF16)
            buffer_append(text, (const char[]){(char)('a' + i % 26), 0}, 2);
        else
            buffer_append(text, forged, sizeof forged - 1);
    }
    if (count > 0)
        text->data[end] = '\0';
    text->length = end;
}

/* ---- one guard ---------------------------------------------------------------------------- */

struct trial {
    const char *const *shell;
    const char *script;
    const char *path;    /* the guard's PATH; NULL: the usual one */
    size_t output_limit; /* 0: 1 MiB */
    struct answer answer;
};

static void write_guard(const struct trial *trial, size_t limit)
{
    struct job job = {.name = (char[]){"job"},
                      .script = memory_string(trial->script),
                      .script_length = strlen(trial->script),
                      .output_limit = limit,
                      .script_timeout = 10 * NUMBER_MINUTE};
    struct job_target target = {.name = (char[]){"web-01"}};
    struct guard guard = {
        .job = &job, .target = &target, .run = "run-1", .batch = 1, .nonce = NONCE};
    struct buffer text = BUFFER_INIT;

    guard_write(&text, &guard);
    write_file("guard.sh", &text);
    buffer_done(&text);
    free(job.script);
}

static void run_guard(const struct trial *trial)
{
    char *path = memory_print("PATH=%s", trial->path != NULL ? trial->path : getenv("PATH"));
    char *temporary = memory_print("TMPDIR=%s", folder);
    char *const environment[] = {path, temporary, (char[]){"LANG=C"}, NULL};
    char *file = name_file("guard.sh");
    char *arguments[] = {memory_string(trial->shell[0]),
                         trial->shell[1] != NULL ? memory_string(trial->shell[1]) : file,
                         trial->shell[1] != NULL ? file : NULL, NULL};
    int out = open_new("stdout");
    int err = open_new("stderr");
    posix_spawn_file_actions_t actions;
    int status;
    int pid;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    posix_spawn_file_actions_adddup2(&actions, err, 2);
    posix_spawn_file_actions_addchdir_np(&actions, folder);
    ck_assert_int_eq(posix_spawn(&pid, arguments[0], &actions, NULL, arguments, environment), 0);
    posix_spawn_file_actions_destroy(&actions);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    fd_close(&out);
    fd_close(&err);
    free(arguments[0]);
    if (arguments[1] != file)
        free(arguments[1]);
    free(file);
    free(temporary);
    free(path);
}

/* The end of a stream, as the extension takes it, and as Go's JSON makes UTF-8 of it. */
static void add_end(struct buffer *message, const char *name)
{
    struct buffer stream = BUFFER_INIT;
    char *path = name_file(name);
    struct error error;
    size_t skip;

    ck_assert_int_eq(file_read(path, 16 * MIB, &stream, &error), 0);
    skip = stream.length > AZURE_KEEPS ? stream.length - AZURE_KEEPS : 0;
    text_append_utf8(message, buffer_text(&stream) + skip, stream.length - skip);
    buffer_done(&stream);
    free(path);
}

static void take_answer(struct trial *trial, size_t limit)
{
    struct answer_question question = {
        .nonce = NONCE, .output_limit = limit, .timeout = NUMBER_MINUTE};
    struct finish finish = {.end = FINISH_EXITED, .exit = {.known = true}};
    struct buffer message = BUFFER_INIT;
    json_t *root;
    char *json;

    buffer_add(&message, "Enable succeeded: \n[stdout]\n");
    add_end(&message, "stdout");
    buffer_add(&message, "\n[stderr]\n");
    add_end(&message, "stderr");
    root = json_pack("{s:[{s:s, s:s%}]}", "value", "code", "ProvisioningState/succeeded", "message",
                     message.data, message.length);
    json = json_dumps(root, JSON_INDENT(2));
    finish.output = (struct capture_text){.data = json, .length = strlen(json), .complete = true};
    answer_read(&finish, &question, &trial->answer);
    capture_text_done(&finish.output);
    json_decref(root);
    buffer_done(&message);
}

/* Is the shell number INDEX % SHELLS on this machine? */
static bool has_shell(int index, struct trial *trial)
{
    trial->shell = shells[index % SHELLS];
    return access(trial->shell[0], X_OK) == 0;
}

static void run(struct trial *trial)
{
    size_t limit = trial->output_limit > 0 ? trial->output_limit : MIB;

    write_guard(trial, limit);
    run_guard(trial);
    take_answer(trial, limit);
    ck_assert_msg(trial->answer.outcome.kind == OUTCOME_OK, "%s: %s", trial->shell[0],
                  trial->answer.outcome.message);
}

/* ---- the table ---------------------------------------------------------------------------- */

/* One stream: what the script printed, and what may have come back of it. */
struct row_stream {
    enum kind kind;
    size_t printed;
    size_t least; /* bytes that must have come back; PLAIN: all of them, as UTF-8 */
};

#define WHOLE SIZE_MAX
#define PLAIN (SIZE_MAX - 1)

static const struct {
    const char *what;
    struct row_stream output, errors;
    size_t output_limit;
} rows[] = {
    {"nothing at all", {LETTERS, 0, WHOLE}, {LETTERS, 0, WHOLE}, 0},
    {"one byte", {LETTERS, 1, WHOLE}, {LETTERS, 1, WHOLE}, 0},
    {"exactly what Azure returns beside the trailer",
     {LETTERS, 3960, WHOLE},
     {LETTERS, 4095, WHOLE},
     0},
    {"one byte more on standard output", {LETTERS, 3961, WHOLE}, {LETTERS, 0, WHOLE}, 0},
    {"one byte more on standard error", {LETTERS, 0, WHOLE}, {LETTERS, 4096, WHOLE}, 0},
    {"just what Azure returns", {LETTERS, 4096, WHOLE}, {LETTERS, 4096, WHOLE}, 0},
    {"one byte more than Azure returns", {LETTERS, 4097, WHOLE}, {LETTERS, 4097, WHOLE}, 0},
    {"what does not compress, just fitting", {NOISE, 5900, WHOLE}, {LETTERS, 0, WHOLE}, 0},
    {"what does not compress, in both", {NOISE, 2900, WHOLE}, {LOG, 9000, WHOLE}, 0},
    {"6 KiB that do not compress", {NOISE, 6144, 5000}, {LETTERS, 0, WHOLE}, 0},
    {"of standard error", {LETTERS, 10, WHOLE}, {NOISE, 6144, 5000}, 0},
    {"an apt log of 60 KiB", {LOG, 60 * KIB, WHOLE}, {LETTERS, 0, WHOLE}, 0},
    {"an apt log of 60 KiB on standard error", {LETTERS, 0, WHOLE}, {LOG, 60 * KIB, WHOLE}, 0},
    {"both are long", {LOG, 30 * KIB, WHOLE}, {LOG, 30 * KIB, WHOLE}, 0},
    {"both are too long", {NOISE, 20 * KIB, 2000}, {NOISE, 30 * KIB, 2000}, 0},
    {"10 MiB", {LETTERS, 10 * MIB, 512 * KIB}, {LETTERS, 5000, WHOLE}, 0},
    {"10 MiB that do not compress", {NOISE, 10 * MIB, 5000}, {NOISE, 100, WHOLE}, 0},
    {"NUL and what is no UTF-8, short", {NULS, 1000, PLAIN}, {NULS, 1000, PLAIN}, 0},
    {"NUL and what is no UTF-8, nearly too long", {NULS, 3960, PLAIN}, {NULS, 4095, PLAIN}, 0},
    {"NUL and what is no UTF-8, long", {NULS, 50000, WHOLE}, {NULS, 5000, WHOLE}, 0},
    {"CR LF, and CR", {LINE_ENDS, 20000, WHOLE}, {LINE_ENDS, 300, WHOLE}, 0},
    {"UTF-16", {UTF16, 20000, WHOLE}, {UTF16, 300, WHOLE}, 0},
    {"lines like a trailer or a payload, short", {FORGED, 1000, WHOLE}, {FORGED, 1000, WHOLE}, 0},
    {"lines like a trailer or a payload, long", {FORGED, 50000, WHOLE}, {FORGED, 9000, WHOLE}, 0},
    {"output_limit is small", {LETTERS, 50000, KIB}, {LETTERS, 100, WHOLE}, KIB},
    {"output_limit is just enough", {LOG, 20000, WHOLE}, {LOG, 20001, 19900}, 20000},
};

/* Did STREAM come back as ROW says, in its two ends, or whole? */
static void check_stream(const char *what, const struct buffer *came, bool truncated,
                         const struct buffer *printed, const struct row_stream *row, size_t limit)
{
    struct buffer plain = BUFFER_INIT;
    char *mark;
    size_t head;
    size_t tail;

    if (row->least >= PLAIN) {
        if (row->least == PLAIN)
            text_append_utf8(&plain, printed->data, printed->length);
        else
            buffer_append(&plain, buffer_text(printed), printed->length);
        ck_assert_msg(!truncated, "%s is said to be cut", what);
        ck_assert_msg(came->length == plain.length, "%s: %zu of %zu bytes", what, came->length,
                      plain.length);
        ck_assert_msg(memcmp(buffer_text(came), buffer_text(&plain), plain.length) == 0,
                      "%s is another text", what);
        buffer_done(&plain);
        return;
    }
    ck_assert_msg(truncated, "%s is not said to be cut", what);
    mark = memmem(came->data, came->length, CAPTURE_MARK_HEAD, strlen(CAPTURE_MARK_HEAD));
    ck_assert_msg(mark != NULL, "%s has no mark", what);
    head = (size_t)(mark - came->data);
    tail = came->length - head -
           (size_t)(strstr(mark, CAPTURE_MARK_TAIL) + strlen(CAPTURE_MARK_TAIL) - mark);
    ck_assert_msg(head + tail >= row->least && head + tail <= limit, "%s: %zu + %zu bytes", what,
                  head, tail);
    ck_assert_msg(memcmp(came->data, printed->data, head) == 0, "%s: another head", what);
    ck_assert_msg(
        memcmp(came->data + came->length - tail, printed->data + printed->length - tail, tail) == 0,
        "%s: another tail", what);
    ck_assert_uint_eq(strtoumax(mark + strlen(CAPTURE_MARK_HEAD), NULL, 10),
                      printed->length - head - tail);
}

START_TEST(what_is_printed_comes_back)
{
    int row = _i / SHELLS;
    struct trial trial = {.script = "cat ../out\ncat ../err >&2\n",
                          .output_limit = rows[row].output_limit};
    size_t limit = trial.output_limit > 0 ? trial.output_limit : MIB;
    struct buffer output = BUFFER_INIT;
    struct buffer errors = BUFFER_INIT;
    char *what;

    if (!has_shell(_i, &trial))
        return;
    trial.script = "cd \"${0%/*}/..\"; cat out; cat err >&2\n";
    add_text(&output, rows[row].output.kind, rows[row].output.printed);
    add_text(&errors, rows[row].errors.kind, rows[row].errors.printed);
    write_file("out", &output);
    write_file("err", &errors);
    run(&trial);
    what = memory_print("%s, %s: standard output", trial.shell[0], rows[row].what);
    check_stream(what, &trial.answer.output, trial.answer.output_truncated, &output,
                 &rows[row].output, limit);
    free(what);
    what = memory_print("%s, %s: standard error", trial.shell[0], rows[row].what);
    check_stream(what, &trial.answer.errors, trial.answer.errors_truncated, &errors,
                 &rows[row].errors, limit);
    free(what);
    answer_done(&trial.answer);
    buffer_done(&output);
    buffer_done(&errors);
}
END_TEST

/* ---- a VM that has less ------------------------------------------------------------------- */

/* Names in a new folder for all that a guard needs, but for WITHOUT. For free(). */
static char *make_tools(const char *without)
{
    static const char *const tools[] = {"date", "mkdir",  "rm",  "chmod",  "cat",    "sleep",
                                        "head", "tail",   "tr",  "wc",     "find",   "grep",
                                        "gzip", "base64", "sed", "printf", "mktemp", NULL};
    char *path = name_file("tools");
    struct error error;

    (void)file_remove_tree(path, &error);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    for (size_t i = 0; tools[i] != NULL; i++) {
        char *link = memory_print("%s/%s", path, tools[i]);
        char *target;

        if (strcmp(tools[i], without) != 0 && file_find_program(tools[i], &target, &error) == 0) {
            ck_assert_int_eq(symlink(target, link), 0);
            free(target);
        }
        free(link);
    }
    return path;
}

/* Then it is as without all this: the last bytes, and a word that it is so. */
START_TEST(without_its_tools_the_end_comes_back)
{
    static const char *const missing[] = {"gzip", "base64"};
    static const size_t sizes[] = {3960, 4097, 100000};

    for (int i = 0; i < UNIT_COUNT(missing) * UNIT_COUNT(sizes); i++) {
        struct trial trial = {.script = "cd \"${0%/*}/..\"; cat out; cat err >&2\n"};
        struct buffer output = BUFFER_INIT;
        struct buffer errors = BUFFER_INIT;
        size_t size = sizes[i % UNIT_COUNT(sizes)];
        char *tools = make_tools(missing[i / UNIT_COUNT(sizes)]);
        bool cut = size > 4000;

        trial.path = tools;
        if (has_shell(_i, &trial) && trial.shell != shells[2]) { /* busybox has its own tools */
            add_text(&output, LETTERS, size);
            add_text(&errors, LETTERS, 10);
            write_file("out", &output);
            write_file("err", &errors);
            run(&trial);
            ck_assert_int_eq(trial.answer.output_truncated, cut);
            ck_assert(!trial.answer.errors_truncated);
            ck_assert_str_eq(buffer_text(&trial.answer.errors), errors.data);
            ck_assert_msg(trial.answer.output.length >= 3800, "%zu bytes",
                          trial.answer.output.length);
            ck_assert_mem_eq(trial.answer.output.data + trial.answer.output.length - 3800,
                             output.data + output.length - 3800, 3800);
            answer_done(&trial.answer);
        }
        buffer_done(&output);
        buffer_done(&errors);
        free(tools);
    }
}
END_TEST

/* A stream of 1 GiB is looked at, at its ends; and one that grows on is what it was. */
START_TEST(a_giant_is_not_packed)
{
    struct trial trial = {.script = "echo first; truncate -s 1G /dev/stdout; echo last >&2; "
                                    "(while :; do echo more >&2; sleep 0.01; done) &\n"
                                    "echo $! >\"${0%/*}/../spammer\"; echo end\n"};
    struct buffer spammer = BUFFER_INIT;
    struct error error;
    char *path = name_file("spammer");

    if (has_shell(_i, &trial)) {
        run(&trial);
        ck_assert(trial.answer.output_truncated && !trial.answer.errors_truncated);
        ck_assert_int_eq(strncmp(trial.answer.output.data, "first\n", 6), 0);
        ck_assert_str_eq(trial.answer.output.data + trial.answer.output.length - 4, "end\n");
        ck_assert_int_eq(strncmp(trial.answer.errors.data, "last\n", 5), 0);
        answer_done(&trial.answer);
        ck_assert_int_eq(file_read(path, 100, &spammer, &error), 0);
        (void)kill(atoi(buffer_text(&spammer)), SIGKILL);
        buffer_done(&spammer);
    }
    free(path);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("whole");
    TCase *all = tcase_create("whole");

    tcase_set_timeout(all, 300);
    tcase_add_checked_fixture(all, folder_make, folder_remove);
    tcase_add_loop_test(all, what_is_printed_comes_back, 0, SHELLS * UNIT_COUNT(rows));
    tcase_add_loop_test(all, without_its_tools_the_end_comes_back, 0, SHELLS);
    tcase_add_loop_test(all, a_giant_is_not_packed, 0, SHELLS);
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
