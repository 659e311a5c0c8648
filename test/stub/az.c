/* SPDX-License-Identifier: MIT */
/*
 * az: answers at once, in az's format, and believes everything.
 *
 *   az vm run-command invoke … --scripts @FILE …   the script printed "hello" and exited with 0;
 * with the guard's trailer when FILE is a guarded script az account get-access-token, az version a
 * login that is good, version 2.77.0 anything else                                  an empty list
 *
 * STUB_AZ makes an invoke go wrong: garbage, empty, huge (100 MB of message), wrong_nonce, sample
 * (the sample script ran instead), crash, exit1, flood (1 GiB), or hang:MODE (see hang.c; a number
 * follows after another colon). With STUB_AZ_FOR=TEXT only an invoke that has TEXT in one of its
 * arguments.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { NONCE_SIZE = 32, HUGE_MESSAGE = 100 * 1000 * 1000 };

static char script[256 * 1024];
static char text[8192];
static size_t text_length;

static void flush(void)
{
    const char *at = text;

    while (text_length > 0) {
        ssize_t written = write(1, at, text_length);

        if (written < 0 && errno != EINTR)
            _exit(1);
        if (written > 0) {
            at += written;
            text_length -= (size_t)written;
        }
    }
}

static void add(const char *more)
{
    size_t length = strlen(more);

    if (text_length + length > sizeof text)
        flush();
    memcpy(text + text_length, more, length);
    text_length += length;
}

static void print_token(void)
{
    add("{\n"
        "  \"accessToken\": \"stub\",\n"
        "  \"expiresOn\": \"2099-01-01 00:00:00.000000\",\n"
        "  \"expires_on\": 4070908800,\n"
        "  \"subscription\": \"00000000-0000-0000-0000-000000000001\",\n"
        "  \"tenant\": \"00000000-0000-0000-0000-000000000002\",\n"
        "  \"tokenType\": \"Bearer\"\n"
        "}\n");
}

static void print_version(void)
{
    add("{\n"
        "  \"azure-cli\": \"2.77.0\",\n"
        "  \"azure-cli-core\": \"2.77.0\",\n"
        "  \"azure-cli-telemetry\": \"1.1.0\",\n"
        "  \"extensions\": {}\n"
        "}\n");
}

static void begin_answer(void)
{
    add("{\n"
        "  \"value\": [\n"
        "    {\n"
        "      \"code\": \"ProvisioningState/succeeded\",\n"
        "      \"displayStatus\": \"Provisioning succeeded\",\n"
        "      \"level\": \"Info\",\n"
        "      \"message\": \"Enable succeeded: \\n[stdout]\\n");
}

static void end_answer(void)
{
    add("\\n[stderr]\\n\",\n"
        "      \"time\": null\n"
        "    }\n"
        "  ]\n"
        "}\n");
}

static void print_sample(void)
{
    begin_answer();
    add("This is a sample script\\nOptional parameters: \\n");
    end_answer();
}

static void print_huge(void)
{
    begin_answer();
    for (size_t i = 0; i < HUGE_MESSAGE / 50; i++)
        add("0123456789012345678901234567890123456789012345678\\n");
    end_answer();
}

static void read_script(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    ssize_t count;

    while (fd >= 0 && (count = read(fd, script + length, sizeof script - 1 - length)) > 0)
        length += (size_t)count;
    if (fd < 0) /* az would take the name for the script's text */
        _exit(2);
}

static size_t hexadecimal_length(const char *at)
{
    return strspn(at, "0123456789abcdef");
}

/* The nonce of a guarded script, sh or PowerShell: 32 digits behind the mark. */
static const char *find_nonce(void)
{
    static const char *const words[] = {"azfan_nonce=", "azfan_nonce = '"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        for (const char *at = script; (at = strstr(at, words[i])) != NULL;) {
            at += strlen(words[i]);
            if (hexadecimal_length(at) == NONCE_SIZE)
                return at;
        }
    }
    return NULL;
}

static void print_answer(int wrong_nonce)
{
    const char *found = find_nonce();
    char nonce[NONCE_SIZE + 1] = "";

    begin_answer();
    add("hello\\n");
    if (found != NULL) {
        memcpy(nonce, found, NONCE_SIZE);
        if (wrong_nonce)
            nonce[0] = nonce[0] == '0' ? '1' : '0';
        add("azfan:");
        add(nonce);
        add(" end=exit status=0 seconds=0\\n");
    }
    end_answer();
}

/* Becomes the stub NAME beside this one. */
static void become(const char *name, char *first, char *second)
{
    char path[PATH_MAX];
    char *const arguments[] = {path, first, second, NULL};
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 16);

    path[length > 0 ? length : 0] = '\0';
    strcpy(strrchr(path, '/') + 1, name);
    (void)execv(path, arguments);
    _exit(127);
}

static void crash(void)
{
    struct rlimit none = {0, 0};

    (void)setrlimit(RLIMIT_CORE, &none);
    (void)raise(SIGSEGV);
}

static void hang(const char *mode_and_number)
{
    char mode[32] = "";
    char number[] = "300";
    char *colon;

    strncpy(mode, mode_and_number, sizeof mode - 1);
    colon = strchr(mode, ':');
    if (colon != NULL)
        *colon = '\0';
    become("hang", mode, colon != NULL ? colon + 1 : number);
}

static int misbehave(const char *mode)
{
    static char gigabyte[] = "1073741824";

    if (strcmp(mode, "garbage") == 0)
        add("\033[31m{\"value\": [tr\303\0");
    else if (strcmp(mode, "huge") == 0)
        print_huge();
    else if (strcmp(mode, "wrong_nonce") == 0)
        print_answer(1);
    else if (strcmp(mode, "sample") == 0)
        print_sample();
    else if (strcmp(mode, "crash") == 0)
        crash();
    else if (strcmp(mode, "exit1") == 0)
        return 1;
    else if (strcmp(mode, "flood") == 0)
        become("flood", gigabyte, NULL);
    else if (strncmp(mode, "hang:", 5) == 0)
        hang(mode + 5);
    else if (strcmp(mode, "empty") != 0)
        return 2;
    return 0;
}

static int has_argument_with(char *const *arguments, const char *part)
{
    for (; *arguments != NULL; arguments++) {
        if (strstr(*arguments, part) != NULL)
            return 1;
    }
    return 0;
}

static int invoke(char *const *arguments)
{
    const char *mode = getenv("STUB_AZ");
    const char *only = getenv("STUB_AZ_FOR");

    for (char *const *argument = arguments; *argument != NULL; argument++) {
        if ((*argument)[0] == '@')
            read_script(*argument + 1);
    }
    if (mode != NULL && mode[0] != '\0' && (only == NULL || has_argument_with(arguments, only)))
        return misbehave(mode);
    print_answer(0);
    return 0;
}

int main(int count, char **arguments)
{
    int status = 0;

    (void)alarm(30);
    if (count > 3 && strcmp(arguments[1], "vm") == 0 && strcmp(arguments[3], "invoke") == 0)
        status = invoke(arguments + 4);
    else if (count > 2 && strcmp(arguments[2], "get-access-token") == 0)
        print_token();
    else if (count > 1 && strcmp(arguments[1], "version") == 0)
        print_version();
    else
        add("[]\n");
    flush();
    return status;
}
