/* SPDX-License-Identifier: MIT */
#include "azure/identity.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "base/safeurl.h"

/* The one endpoint of a machine's metadata, on no wire (learn.microsoft.com, how-to-use-vm-token).
 */
#define IMDS "http://169.254.169.254"

/* The environment's, as one row. */
enum variable {
    TENANT,
    CLIENT,
    SECRET,
    AUTHORITY,
    TOKEN_FILE,
    GITHUB_URL,
    GITHUB_TOKEN,
    PIPELINES_URL,
    PIPELINES_TOKEN,
    PIPELINES_CONNECTION,
    PIPELINES_CLIENT,
    PIPELINES_TENANT,
    ENDPOINT,
    ENDPOINT_HEADER,
    ARC,
    SERVICE_FABRIC,
    IMDS_HOST
};

static const char *const names[] = {
    [TENANT] = "AZURE_TENANT_ID",
    [CLIENT] = "AZURE_CLIENT_ID",
    [SECRET] = "AZURE_CLIENT_SECRET",
    [AUTHORITY] = "AZURE_AUTHORITY_HOST",
    [TOKEN_FILE] = "AZURE_FEDERATED_TOKEN_FILE",
    [GITHUB_URL] = "ACTIONS_ID_TOKEN_REQUEST_URL",
    [GITHUB_TOKEN] = "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    [PIPELINES_URL] = "SYSTEM_OIDCREQUESTURI",
    [PIPELINES_TOKEN] = "SYSTEM_ACCESSTOKEN",
    [PIPELINES_CONNECTION] = "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
    [PIPELINES_CLIENT] = "AZURESUBSCRIPTION_CLIENT_ID",
    [PIPELINES_TENANT] = "AZURESUBSCRIPTION_TENANT_ID",
    [ENDPOINT] = "IDENTITY_ENDPOINT",
    [ENDPOINT_HEADER] = "IDENTITY_HEADER",
    [ARC] = "IMDS_ENDPOINT",
    [SERVICE_FABRIC] = "IDENTITY_SERVER_THUMBPRINT",
    [IMDS_HOST] = "AZURE_POD_IDENTITY_AUTHORITY_HOST",
};

/* What a value must be, beside a text. */
enum form { TEXT, ID, URL, OWN_URL };

static const enum form forms[] = {
    [TENANT] = ID,         [PIPELINES_TENANT] = ID, [AUTHORITY] = URL,     [GITHUB_URL] = URL,
    [PIPELINES_URL] = URL, [ENDPOINT] = OWN_URL,    [IMDS_HOST] = OWN_URL,
};

/* NULL: it is not set, or empty. */
static const char *get(enum variable variable)
{
    const char *value = getenv(names[variable]);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* ---- what is missing or wrong ------------------------------------------------------------- */

/* Of a header it would make two. */
static bool has_control_character(const char *text)
{
    while (*text != '\0' && (unsigned char)*text >= ' ' && *text != '\x7f')
        text++;
    return *text != '\0';
}

/* A GUID, or a domain; it becomes a part of a path, of which dots alone would be none. */
static bool is_tenant(const char *text)
{
    if (!ascii_is_alphanumeric(text[0]))
        return false;
    for (; *text != '\0'; text++) {
        if (!ascii_is_alphanumeric(*text) && *text != '-' && *text != '.')
            return false;
    }
    return true;
}

/* VARIABLE may be missing. The error does not quote it: a secret may have been put there. */
static int check(enum variable variable, struct error *error)
{
    const char *value = get(variable);
    enum form form = variable < sizeof forms / sizeof forms[0] ? forms[variable] : TEXT;

    if (value == NULL)
        return 0;
    if (has_control_character(value))
        return error_set(error, "identity: %s has a control character in it, perhaps a line's end",
                         names[variable]);
    if (form == ID && !is_tenant(value))
        return error_set(error, "identity: %s is neither an id nor a domain", names[variable]);
    if ((form == URL || form == OWN_URL) && !safeurl_is(value, form == OWN_URL))
        return error_set(error,
                         "identity: %s must begin with https://, or be of this machine: secrets go "
                         "there",
                         names[variable]);
    return 0;
}

/* All of LIST are there and as they must be, or the error names those that are not. */
static int need(const char *what, const enum variable *list, size_t count, struct error *error)
{
    struct buffer missing = BUFFER_INIT;
    size_t total = 0;

    for (size_t i = 0; i < count; i++) {
        if (get(list[i]) == NULL)
            buffer_print(&missing, "%s%s", total++ > 0 ? ", " : "", names[list[i]]);
    }
    if (total > 0)
        (void)error_set(error, "identity: %s, but %s %s not set in the environment", what,
                        buffer_text(&missing), total == 1 ? "is" : "are");
    buffer_done(&missing);
    for (size_t i = 0; i < count && total == 0; i++) {
        if (check(list[i], error) < 0)
            return -1;
    }
    return total == 0 ? 0 : -1;
}

#define NEED(what, list, error) need(what, list, sizeof(list) / sizeof((list)[0]), error)

/* ---- URLs and forms ----------------------------------------------------------------------- */

/* NULL: nothing. */
static void add_encoded(struct buffer *buffer, const char *text)
{
    for (; text != NULL && *text != '\0'; text++) {
        if (ascii_is_alphanumeric(*text) || strchr("-._~", *text) != NULL)
            buffer_add_char(buffer, *text);
        else
            buffer_print(buffer, "%%%02X", (unsigned char)*text);
    }
}

/* "&NAME=TEXT", or where it is the first "NAME=TEXT". */
static void add_field(struct buffer *form, const char *name, const char *text)
{
    buffer_print(form, "%s%s=", form->length > 0 ? "&" : "", name);
    add_encoded(form, text);
}

static void set_text(json_t *object, const char *key, const struct buffer *text)
{
    (void)json_object_set_new(object, key, json_stringn(buffer_text(text), text->length));
}

static void set_plain(json_t *object, const char *key, const char *text)
{
    (void)json_object_set_new(object, key, json_string(text));
}

/* Without the slash that may end it. */
static int length_of(const char *url)
{
    size_t length = strlen(url);

    return (int)(length > 0 && url[length - 1] == '/' ? length - 1 : length);
}

/* ---- the machine's own -------------------------------------------------------------------- */

static int check_managed(struct error *error)
{
    static const enum variable both[] = {ENDPOINT, ENDPOINT_HEADER};

    if (get(ENDPOINT) == NULL && get(ENDPOINT_HEADER) == NULL)
        return check(IMDS_HOST, error);
    if (get(ARC) != NULL || get(SERVICE_FABRIC) != NULL)
        return error_set(error,
                         "identity: managed does not know the endpoint of %s (%s is set): use "
                         "identity: az, or environment",
                         get(ARC) != NULL ? "Azure Arc" : "Service Fabric",
                         names[get(ARC) != NULL ? ARC : SERVICE_FABRIC]);
    return NEED("managed needs the endpoint of App Service whole", both, error);
}

/* App Service, Functions, Container Apps and Automation have one form, a virtual machine another.
 */
static json_t *describe_managed(const struct cloud *cloud)
{
    bool service = get(ENDPOINT) != NULL;
    const char *host = get(IMDS_HOST) != NULL ? get(IMDS_HOST) : IMDS;
    json_t *source = json_object();
    struct buffer url = BUFFER_INIT;
    struct buffer header = BUFFER_INIT;

    if (service) {
        buffer_print(&url, "%s?api-version=2019-08-01", get(ENDPOINT));
        buffer_print(&header, "X-IDENTITY-HEADER: %s", get(ENDPOINT_HEADER));
    } else {
        buffer_print(&url, "%.*s/metadata/identity/oauth2/token?api-version=2018-02-01",
                     length_of(host), host);
        buffer_add(&header, "Metadata: true");
    }
    buffer_add(&url, "&resource=");
    add_encoded(&url, cloud->endpoint);
    add_encoded(&url, "/");
    if (get(CLIENT) != NULL)
        add_field(&url, "client_id", get(CLIENT));
    set_text(source, "url", &url);
    set_text(source, "header", &header);
    (void)json_object_set_new(source, "direct", json_true());
    buffer_done(&url);
    buffer_done(&header);
    return source;
}

/* ---- applications ------------------------------------------------------------------------- */

static const char *find_authority(const struct cloud *cloud, struct error *error)
{
    const char *named = get(AUTHORITY);
    const char *of = named != NULL ? cloud_name_of(named) : NULL;

    if (named == NULL && cloud->authority == NULL)
        (void)error_set(error, "where the login of the cloud %s is must stand in %s",
                        cloud->endpoint, names[AUTHORITY]);
    else if (of != NULL && cloud->authority != NULL && cloud_name_of(cloud->authority) != of)
        (void)error_set(error, "%s is the login of %s: say cloud: %s in the job", names[AUTHORITY],
                        of, of);
    else if (check(AUTHORITY, error) == 0)
        return named != NULL ? named : cloud->authority;
    return NULL;
}

struct application {
    enum variable tenant;
    enum variable client;
};

/* A request to Azure's login for a token of APPLICATION, but for what proves who asks; FORM goes on
 * with that. NULL: it cannot be made. */
static json_t *begin_application(const struct application *application, const struct cloud *cloud,
                                 struct buffer *form, struct error *error)
{
    const char *authority = find_authority(cloud, error);
    const char *tenant = get(application->tenant);
    struct buffer url = BUFFER_INIT;
    struct buffer scope = BUFFER_INIT;
    json_t *source;

    if (authority == NULL)
        return NULL;
    source = json_object();
    buffer_print(&url, "%.*s/%s/oauth2/v2.0/token", length_of(authority), authority, tenant);
    buffer_print(&scope, "%s/.default", cloud->endpoint);
    add_field(form, "grant_type", "client_credentials");
    add_field(form, "client_id", get(application->client));
    add_field(form, "scope", buffer_text(&scope));
    set_text(source, "url", &url);
    set_plain(source, "tenant", tenant);
    buffer_done(&url);
    buffer_done(&scope);
    return source;
}

/* SOURCE gets FORM, which is wiped. */
static json_t *end_application(json_t *source, struct buffer *form)
{
    if (source != NULL)
        set_text(source, "form", form);
    if (form->data != NULL)
        explicit_bzero(form->data, form->length);
    buffer_done(form);
    return source;
}

static json_t *describe_environment(const struct cloud *cloud, struct error *error)
{
    static const enum variable all[] = {TENANT, CLIENT, SECRET};
    static const struct application application = {TENANT, CLIENT};
    struct buffer form = BUFFER_INIT;
    json_t *source;

    if (NEED("environment is an application with its secret", all, error) < 0)
        return NULL;
    source = begin_application(&application, cloud, &form, error);
    if (source != NULL)
        add_field(&form, "client_secret", get(SECRET));
    return end_application(source, &form);
}

/* ---- an application that somebody vouches for --------------------------------------------- */

static json_t *ask_kubernetes(void)
{
    json_t *assertion = json_object();

    set_plain(assertion, "file", get(TOKEN_FILE));
    return assertion;
}

static json_t *ask_github(void)
{
    json_t *assertion = json_object();
    struct buffer url = BUFFER_INIT;

    buffer_print(&url, "%s%caudience=", get(GITHUB_URL),
                 strchr(get(GITHUB_URL), '?') != NULL ? '&' : '?');
    add_encoded(&url, "api://AzureADTokenExchange");
    set_text(assertion, "url", &url);
    set_plain(assertion, "bearer", get(GITHUB_TOKEN));
    set_plain(assertion, "key", "value");
    buffer_done(&url);
    return assertion;
}

static json_t *ask_pipelines(void)
{
    json_t *assertion = json_object();
    struct buffer url = BUFFER_INIT;

    buffer_print(&url, "%s?api-version=7.1&serviceConnectionId=", get(PIPELINES_URL));
    add_encoded(&url, get(PIPELINES_CONNECTION));
    set_text(assertion, "url", &url);
    set_plain(assertion, "bearer", get(PIPELINES_TOKEN));
    set_plain(assertion, "key", "oidcToken");
    (void)json_object_set_new(assertion, "post", json_true());
    buffer_done(&url);
    return assertion;
}

/* Who vouches for an application, and what is needed for that; the first names it. */
static const struct voucher {
    const char *what;
    enum variable needs[5];
    size_t count;
    struct application application;
    json_t *(*ask)(void);
} vouchers[] = {
    {"workload is Kubernetes'", {TOKEN_FILE, TENANT, CLIENT}, 3, {TENANT, CLIENT}, ask_kubernetes},
    {"workload is GitHub's",
     {GITHUB_URL, GITHUB_TOKEN, TENANT, CLIENT},
     4,
     {TENANT, CLIENT},
     ask_github},
    {"workload is Azure Pipelines'",
     {PIPELINES_URL, PIPELINES_TOKEN, PIPELINES_CONNECTION, PIPELINES_CLIENT, PIPELINES_TENANT},
     5,
     {PIPELINES_TENANT, PIPELINES_CLIENT},
     ask_pipelines},
};

enum { VOUCHERS = sizeof vouchers / sizeof vouchers[0] };

static const struct voucher *find_voucher(struct error *error)
{
    const struct voucher *found = NULL;

    for (size_t i = 0; i < VOUCHERS; i++) {
        const struct voucher *voucher = &vouchers[i];

        if (get(voucher->needs[0]) == NULL)
            continue;
        if (found != NULL) {
            (void)error_set(error, "identity: workload could be by %s or by %s: unset one of them",
                            names[found->needs[0]], names[voucher->needs[0]]);
            return NULL;
        }
        found = voucher;
    }
    if (found == NULL)
        (void)error_set(error,
                        "identity: workload needs %s (Kubernetes), %s (GitHub Actions: the job's "
                        "permissions must have id-token: write) or %s (Azure Pipelines), and none "
                        "of them is set in the environment",
                        names[TOKEN_FILE], names[GITHUB_URL], names[PIPELINES_URL]);
    return found;
}

static json_t *describe_workload(const struct cloud *cloud, struct error *error)
{
    const struct voucher *voucher = find_voucher(error);
    struct buffer form = BUFFER_INIT;
    json_t *source;

    if (voucher == NULL || need(voucher->what, voucher->needs, voucher->count, error) < 0)
        return NULL;
    source = begin_application(&voucher->application, cloud, &form, error);
    if (source != NULL) {
        add_field(&form, "client_assertion_type",
                  "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        (void)json_object_set_new(source, "assertion", voucher->ask());
    }
    return end_application(source, &form);
}

/* ---- by name ------------------------------------------------------------------------------ */

json_t *identity_source(enum job_identity kind, const struct cloud *cloud, struct error *error)
{
    if (kind == JOB_IDENTITY_ENVIRONMENT)
        return describe_environment(cloud, error);
    if (kind == JOB_IDENTITY_WORKLOAD)
        return describe_workload(cloud, error);
    return check_managed(error) < 0 ? NULL : describe_managed(cloud);
}

/* libcurl-env(3), ld.so(8), resolv.conf(5), what sanitizers read, and by what a folder's processes
 * are found. */
static const char *const kept[] = {
    "http_proxy",   "https_proxy",     "HTTPS_PROXY",  "all_proxy",    "ALL_PROXY",
    "no_proxy",     "NO_PROXY",        "PATH",         "TMPDIR",       "XDG_RUNTIME_DIR",
    "RES_OPTIONS",  "LD_LIBRARY_PATH", "LOCALDOMAIN",  "HOSTALIASES",  "OPENSSL_CONF",
    "ASAN_OPTIONS", "OPENSSL_MODULES", "TSAN_OPTIONS", "UBSAN_OPTIONS"};

static bool is_kept(const char *setting)
{
    static const char ours[] = "AZFAN_";
    size_t length = strcspn(setting, "=");

    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        if (length == strlen(kept[i]) && strncmp(setting, kept[i], length) == 0)
            return true;
    }
    return strncmp(setting, ours, sizeof ours - 1) == 0;
}

void identity_keep_environment(struct strings *ret)
{
    for (size_t i = 0; environ != NULL && environ[i] != NULL; i++) {
        if (is_kept(environ[i]))
            strings_add(ret, environ[i]);
    }
    strings_add(ret, "LC_ALL=C.UTF-8");
}
