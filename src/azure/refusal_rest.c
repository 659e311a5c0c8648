/* SPDX-License-Identifier: MIT */
#include "azure/refusal_rules.h"

#include <stddef.h>

#define NO_CONNECTION "azfan-rest cannot reach Azure:"
#define LOST          "azfan-rest lost the connection to Azure:"

/* libcurl's own words, of 7.88 and before and after. Whether the request had gone out is not in
 * them: the client says so itself. */
const struct refusal_rule refusal_rest[] = {
    {.text = "SSL certificate problem|unable to get local issuer|SSL: no alternative certificate "
             "subject name|certificate subject name",
     .reason = REASON_NETWORK,
     .cause = CAUSE_CERTIFICATE,
     .effect = REFUSAL_STILL_RUNS,
     .message = "azfan-rest does not trust the TLS certificate it was shown, perhaps a proxy's: "
                "set REQUESTS_CA_BUNDLE:"},
    {.text = "error setting certificate",
     .reason = REASON_NETWORK,
     .cause = CAUSE_CERTIFICATE,
     .effect = REFUSAL_STILL_RUNS,
     .message = "the file with certificates that REQUESTS_CA_BUNDLE names is not there:"},
    {.text = "from proxy after CONNECT|CONNECT tunnel failed|Could not resolve proxy|Proxy CONNECT "
             "aborted",
     .reason = REASON_NETWORK,
     .cause = CAUSE_PROXY,
     .effect = REFUSAL_STILL_RUNS,
     .message = "azfan-rest cannot reach Azure through the proxy:"},
    {.text = "wrong version number",
     .reason = REASON_NETWORK,
     .cause = CAUSE_PROXY,
     .effect = REFUSAL_STILL_RUNS,
     .message = "what answers azfan-rest does not speak TLS, perhaps a proxy:"},
    {.text = "Could not resolve host|Failed to connect to|Couldn't connect to server|Connection "
             "timed out|Connection timeout|Resolving timed out|SSL connection timeout",
     .reason = REASON_NETWORK,
     .effect = REFUSAL_STILL_RUNS,
     .message = NO_CONNECTION},
    {.text = "Operation timed out",
     .reason = REASON_NETWORK,
     .effect = REFUSAL_STILL_RUNS,
     .message = "Azure did not answer azfan-rest in time:"},
    {.text = "Empty reply from server|Recv failure|Send failure|transfer closed|Connection reset "
             "by peer|SSL_ERROR|OpenSSL SSL_|Received HTTP/0.9|Weird server reply|Invalid "
             "Content-Length|the answer has more than",
     .reason = REASON_NETWORK,
     .effect = REFUSAL_STILL_RUNS,
     .message = LOST},
    {.message = NULL},
};
