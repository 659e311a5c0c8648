/* SPDX-License-Identifier: MIT */
#include "azure/refusal_rules.h"

#include <stddef.h>

/* Who gives a token refuses it to azfan's own identity: in plain words, with what to do. Codes:
 * learn.microsoft.com, reference-error-codes; the endpoint's words: how-to-use-vm-token. */
const struct refusal_rule refusal_token[] = {
    {.text = "AADSTS7000215",
     .reason = REASON_LOGIN,
     .message = "Azure does not accept AZURE_CLIENT_SECRET, which must be the secret's value, not "
                "its id:"},
    {.text = "AADSTS7000222",
     .reason = REASON_LOGIN,
     .message = "AZURE_CLIENT_SECRET has expired, make a new secret for the application:"},
    {.text = "AADSTS7000216|AADSTS7000218",
     .reason = REASON_LOGIN,
     .message = "Azure wants a secret or an assertion of the application, and got none:"},
    {.text = "AADSTS700016",
     .reason = REASON_LOGIN,
     .message = "the tenant knows no such application, check the client id and the tenant's id:"},
    {.text = "AADSTS900021|AADSTS900023|AADSTS90002|AADSTS900382",
     .reason = REASON_LOGIN,
     .message = "Azure knows no such tenant, check its id and the job's cloud:"},
    {.text = "AADSTS700024",
     .reason = REASON_LOGIN,
     .message = "the assertion is too old or too new, check this machine's clock and who writes "
                "the assertion:"},
    {.text = "AADSTS70021|AADSTS700211|AADSTS700212|AADSTS700213|AADSTS7002138",
     .reason = REASON_LOGIN,
     .message = "the application has no federated credential for this assertion, whose issuer, "
                "subject and audience must be the credential's:"},
    {.text = "AADSTS700027|AADSTS50027|AADSTS50013",
     .reason = REASON_LOGIN,
     .message = "Azure does not accept the assertion:"},
    {.text = "AADSTS7000112|AADSTS7000229",
     .reason = REASON_LOGIN,
     .message = "the application is disabled in the tenant, or not there:"},
    {.text = "AADSTS53003|AADSTS530003|AADSTS53000",
     .reason = REASON_LOGIN,
     .message = "a policy of the tenant (Conditional Access) lets the application get no token "
                "from here:"},
    {.text = "AADSTS500011",
     .reason = REASON_LOGIN,
     .message = "the tenant does not know the resource manager, check the job's cloud:"},
    {.text = "Identity not found|invalid_request",
     .reason = REASON_LOGIN,
     .message = "this machine has no such managed identity, assign one, or say in AZURE_CLIENT_ID "
                "which of several is meant:"},
    {.text = "Failed to connect to 169.254.169.254|connect to 169.254.169.254|Failed to connect to "
             "127.0.0.1|Failed to connect to localhost",
     .reason = REASON_NETWORK,
     .message = "nobody gives tokens on this machine, is it one of Azure's?"},
    {.message = NULL},
};
