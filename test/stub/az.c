/* SPDX-License-Identifier: MIT */
/*
 * az: answers at once, in az's format, and believes everything.
 *
 *   az vm run-command invoke … --scripts @FILE …   the script printed "hello" and exited with 0;
 *                                                  with the guard's trailer when FILE is a guarded
 *                                                  script
 *   az account get-access-token, az version        a login that is good, version 2.77.0
 *   az account list                                two subscriptions, Test (the default one) and
 *                                                  Other, of ops@example.com
 *   anything else                                  an empty list
 *
 * STUB_AZ makes an invoke go wrong: garbage, empty, huge (100 MB of message), wrong_nonce, sample
 * (the sample script ran instead), crash, exit1, flood (1 GiB), silent (all is well, and the
 * script printed nothing), script_fails (with status 7), or hang:MODE (see hang.c; a number follows
 * after another colon). Or, as Azure and az put it: busy, throttled, wait (throttled, "try again
 * after '1' seconds"), lost (the script may have started). busy:N and the like: only the first N
 * invokes of a VM; STUB_AZ_COUNT is the folder where they are counted. gate: an invoke does not go
 * on before there is a file named "go" in that folder.
 *
 * What befalls the login: no_login (its user is not in the token cache; nothing was sent), cache
 * (az's own cache is half written), token (Azure does not take the token any more; perhaps a
 * poll's). STUB_AZ_TOKEN=N: only the first N questions for a token are answered by one; hang: those
 * after the first never are. Each question adds a line to the file "token" in STUB_AZ_COUNT, if
 * that is set.
 *
 * STUB_AZ_ACCOUNTS: what az account list does instead: empty, garbage, exit1, huge (a name of 100
 * kB), users (the second one's is another user's), evil (names that would steer a terminal), none
 * (no default one), or hang:MODE. Each adds a line to the file "accounts" in STUB_AZ_COUNT, if that
 * is set.
 *
 * With STUB_AZ_FOR=TEXT… only an invoke that has one of these words in one of its arguments, and
 * the others do what STUB_AZ_ELSE says.
 * STUB_AZ_MS: what every invoke takes, in milliseconds. STUB_AZ_LOG: a file to which every invoke
 * adds a line with the VM's name before it does anything else.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
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

static void print_answer(const char *printed, int wrong_nonce, const char *status)
{
    const char *found = find_nonce();
    char nonce[NONCE_SIZE + 1] = "";

    begin_answer();
    add(printed);
    if (found != NULL) {
        memcpy(nonce, found, NONCE_SIZE);
        if (wrong_nonce)
            nonce[0] = nonce[0] == '0' ? '1' : '0';
        add("azfan:");
        add(nonce);
        add(" end=exit status=");
        add(status);
        add(" seconds=0\\n");
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

static int refuse(const char *error)
{
    size_t length = strlen(error);

    return write(2, error, length) == (ssize_t)length ? 1 : 2;
}

static int is_mode(const char *mode, const char *name)
{
    size_t length = strlen(name);

    return strncmp(mode, name, length) == 0 && (mode[length] == '\0' || mode[length] == ':');
}

/* az's words for what happens to many VMs at once. 0: MODE is nothing of the kind. */
static int refuse_as_azure(const char *mode)
{
    if (is_mode(mode, "busy"))
        return refuse("ERROR: (Conflict) Run command extension execution is in progress. Please "
                      "wait for completion before invoking a run command.\n");
    if (is_mode(mode, "throttled"))
        return refuse("ERROR: (OperationNotAllowed) The server rejected the request because too "
                      "many requests have been received for this subscription.\n");
    if (is_mode(mode, "wait"))
        return refuse("ERROR: (SubscriptionRequestsThrottled) Number of requests for subscription "
                      "'s' and operation 'POST/RUNCOMMAND' exceeded the backend storage limit. "
                      "Please try again after '1' seconds.\n");
    if (is_mode(mode, "no_login"))
        return refuse("ERROR: User 'ops@example.com' does not exist in MSAL token cache. Run `az "
                      "login`.\n");
    if (is_mode(mode, "cache"))
        return refuse("ERROR: The command failed with an unexpected error. Here is the traceback:\n"
                      "ERROR: Extra data: line 3 column 2 (char 61)\n"
                      "Traceback (most recent call last):\n"
                      "json.decoder.JSONDecodeError: Extra data: line 3 column 2 (char 61)\n");
    if (is_mode(mode, "token"))
        return refuse("ERROR: (ExpiredAuthenticationToken) The access token expiry UTC time is "
                      "earlier than current UTC time.\n");
    if (is_mode(mode, "lost"))
        return refuse("ERROR: ('Connection aborted.', ConnectionResetError(104, 'Connection reset "
                      "by peer'))\n");
    return 0;
}

static int misbehave(const char *mode)
{
    static char gigabyte[] = "1073741824";
    int status = refuse_as_azure(mode);

    if (status != 0)
        return status;
    if (strcmp(mode, "garbage") == 0)
        add("\033[31m{\"value\": [tr\303\0");
    else if (strcmp(mode, "huge") == 0)
        print_huge();
    else if (strcmp(mode, "wrong_nonce") == 0)
        print_answer("hello\\n", 1, "0");
    else if (strcmp(mode, "sample") == 0)
        print_sample();
    else if (strcmp(mode, "crash") == 0)
        crash();
    else if (strcmp(mode, "exit1") == 0)
        return 1;
    else if (strcmp(mode, "flood") == 0)
        become("flood", gigabyte, NULL);
    else if (strcmp(mode, "silent") == 0)
        print_answer("", 0, "0");
    else if (strcmp(mode, "script_fails") == 0)
        print_answer("hello\\n", 0, "7");
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

static int has_argument_with_any(char *const *arguments, const char *parts)
{
    static char copy[8192];

    strncpy(copy, parts, sizeof copy - 1);
    for (char *part = strtok(copy, " "); part != NULL; part = strtok(NULL, " ")) {
        if (has_argument_with(arguments, part))
            return 1;
    }
    return 0;
}

static void sleep_for(long milliseconds)
{
    struct timespec left = {milliseconds / 1000, milliseconds % 1000 * 1000000L};

    while (nanosleep(&left, &left) < 0 && errno == EINTR)
        ;
}

/* The last part of the id. */
static const char *vm_name(char *const *arguments)
{
    for (; arguments[0] != NULL && arguments[1] != NULL; arguments++) {
        if (strcmp(arguments[0], "--ids") == 0 && strrchr(arguments[1], '/') != NULL)
            return strrchr(arguments[1], '/') + 1;
    }
    return "";
}

/* Adds LINE to FILE by one write. Returns the size of the file then. */
static long add_line(const char *file, const char *line)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    struct stat status;
    char whole[512];
    int length = snprintf(whole, sizeof whole, "%s\n", line);

    if (fd < 0 || write(fd, whole, (size_t)length) != length || fstat(fd, &status) < 0)
        _exit(2);
    (void)close(fd);
    return (long)status.st_size;
}

/* "busy:2": is this one of the first two invokes of the VM? Without a number: always. */
static int has_turn(const char *mode, const char *name)
{
    const char *folder = getenv("STUB_AZ_COUNT");
    const char *colon = strchr(mode, ':');
    char path[PATH_MAX];

    if (colon == NULL || strncmp(mode, "hang:", 5) == 0)
        return 1;
    (void)snprintf(path, sizeof path, "%s/%s", folder != NULL ? folder : "/nowhere", name);
    return add_line(path, "") <= atol(colon + 1);
}

static void wait_at_the_gate(void)
{
    const char *folder = getenv("STUB_AZ_COUNT");
    char path[PATH_MAX];

    (void)snprintf(path, sizeof path, "%s/go", folder != NULL ? folder : "/nowhere");
    while (access(path, F_OK) < 0)
        sleep_for(5);
}

static int invoke(char *const *arguments)
{
    const char *mode = getenv("STUB_AZ");
    const char *only = getenv("STUB_AZ_FOR");
    const char *log = getenv("STUB_AZ_LOG");
    const char *duration = getenv("STUB_AZ_MS");
    const char *name = vm_name(arguments);

    if (log != NULL && log[0] != '\0')
        (void)add_line(log, name);
    for (char *const *argument = arguments; *argument != NULL; argument++) {
        if ((*argument)[0] == '@')
            read_script(*argument + 1);
    }
    if (duration != NULL)
        sleep_for(atol(duration));
    if (only != NULL && !has_argument_with_any(arguments, only))
        mode = getenv("STUB_AZ_ELSE");
    if (mode == NULL || mode[0] == '\0')
        mode = "good";
    if (strcmp(mode, "gate") == 0)
        wait_at_the_gate();
    else if (strcmp(mode, "good") != 0 && has_turn(mode, name))
        return misbehave(mode);
    print_answer("hello\\n", 0, "0");
    return 0;
}

/* The answer to `az account get-access-token`. */
static int answer_question(void)
{
    const char *folder = getenv("STUB_AZ_COUNT");
    const char *good = getenv("STUB_AZ_TOKEN");
    char path[PATH_MAX];
    long number = 1;

    (void)snprintf(path, sizeof path, "%s/token", folder != NULL ? folder : "/nowhere");
    if (folder != NULL)
        number = add_line(path, "");
    if (good != NULL && strcmp(good, "hang") == 0 && number > 1)
        hang("hang:nap");
    if (good != NULL && strcmp(good, "hang") != 0 && number > atol(good))
        return refuse("ERROR: AADSTS700082: The refresh token has expired due to inactivity.\n");
    print_token();
    return 0;
}

static void print_account(int number, const char *name, const char *user, int is_default)
{
    char line[256];

    (void)snprintf(
        line, sizeof line,
        "%s{\"id\": \"00000000-0000-0000-0000-00000000000%d\", \"isDefault\": %s, \"name\": \"",
        number > 1 ? ", " : "", number, is_default ? "true" : "false");
    add(line);
    add(name);
    add("\", \"user\": {\"name\": \"");
    add(user);
    add(number > 1 && strcmp(user, "ops@example.com") != 0 ? "\", \"type\": \"servicePrincipal\"}}"
                                                           : "\", \"type\": \"user\"}}");
}

/* The answer to `az account list`. */
static int list_accounts(void)
{
    static char long_name[100 * 1000 + 1];
    const char *folder = getenv("STUB_AZ_COUNT");
    const char *mode = getenv("STUB_AZ_ACCOUNTS");
    char path[PATH_MAX];

    mode = mode != NULL ? mode : "";
    (void)snprintf(path, sizeof path, "%s/accounts", folder != NULL ? folder : "/nowhere");
    if (folder != NULL)
        (void)add_line(path, "");
    if (strncmp(mode, "hang:", 5) == 0)
        hang(mode + 5);
    if (strcmp(mode, "exit1") == 0)
        return refuse("ERROR: no\n");
    if (strcmp(mode, "empty") == 0 || strcmp(mode, "garbage") == 0) {
        add(mode[0] == 'e' ? "[]\n" : "[{\n");
        return 0;
    }
    memset(long_name, 'x', sizeof long_name - 1);
    add("[");
    print_account(1,
                  strcmp(mode, "huge") == 0   ? long_name
                  : strcmp(mode, "evil") == 0 ? "\\u001b[31mred\\n\\u202e"
                                              : "Test",
                  "ops@example.com", strcmp(mode, "none") != 0);
    print_account(2, "Other", strcmp(mode, "users") == 0 ? "app" : "ops@example.com", 0);
    add("]\n");
    return 0;
}

int main(int count, char **arguments)
{
    int status = 0;

    (void)alarm(30);
    if (count > 3 && strcmp(arguments[1], "vm") == 0 && strcmp(arguments[3], "invoke") == 0)
        status = invoke(arguments + 4);
    else if (count > 2 && strcmp(arguments[2], "get-access-token") == 0)
        status = answer_question();
    else if (count > 2 && strcmp(arguments[1], "account") == 0 && strcmp(arguments[2], "list") == 0)
        status = list_accounts();
    else if (count > 1 && strcmp(arguments[1], "version") == 0)
        print_version();
    else
        add("[]\n");
    flush();
    return status;
}
