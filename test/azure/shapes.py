# SPDX-License-Identifier: MIT
"""How Azure writes: the bytes of its answers, their headers, and the URLs of operations.

Compute ends lines with CR LF and indents by two, but for what a VM printed, which stands in one line. What
the gateway before it says is in one line altogether. Compute names its Server twice. The gateway closes the
connection after 401, 403, 429 and 5xx, and says of each error that it was its own.
"""

import json
import time

API_VERSION = '2024-07-01'
# In a URL, a certificate and a signature: three kilobytes, in letters that nothing may encode anew.
_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
_CLOSING = (401, 403, 429)


def compact(value):
    return json.dumps(value, separators=(',', ':'), ensure_ascii=False)


def pretty(value):
    """As Compute writes it: `output` is what the VM's agent handed over, and stands as it came."""
    output = value.get('properties', {}).get('output') if isinstance(value, dict) else None
    mark = '@output@'
    if output is not None:
        value = dict(value, properties=dict(value['properties'], output=mark))
    text = json.dumps(value, indent=2, ensure_ascii=False).replace('\n', '\r\n')
    return text.replace('"%s"' % mark, compact(output))


def moment(seconds=None, zone='+00:00'):
    """With seven decimals, as .NET counts."""
    seconds = time.time() if seconds is None else seconds
    return time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds)) + '.%07d' % (seconds % 1 * 1e7) + zone


def signed(url, number, length=3150):
    head = '%s&t=638%015d&c=' % (url, number % 10 ** 15)
    tail = '&s=%s&h=%s' % (_letters(number + 1, 342), _letters(number + 2, 43))
    return head + _letters(number, length - len(head) - len(tail)) + tail


def _letters(seed, count):
    state, text = seed % 2147483647 or 1, []
    for _ in range(count):
        state = state * 48271 % 2147483647
        text.append(_LETTERS[state % len(_LETTERS)])
    return ''.join(text)


def _common(number):
    return [('Cache-Control', 'no-cache'), ('Pragma', 'no-cache'), ('Expires', '-1'),
            ('x-ms-request-id', number), ('x-ms-correlation-request-id', 'c0' + number[2:]),
            ('x-ms-routing-request-id', 'WESTEUROPE:%s:c0%s' % (time.strftime('%Y%m%dT%H%M%SZ', time.gmtime()), number[2:])),
            ('Strict-Transport-Security', 'max-age=31536000; includeSubDomains'), ('X-Content-Type-Options', 'nosniff'),
            ('Date', time.strftime('%a, %d %b %Y %H:%M:%S GMT', time.gmtime()))]


def of_compute(number, *buckets):
    return _common(number) + [('Server', 'Microsoft-HTTPAPI/2.0'), ('Server', 'Microsoft-HTTPAPI/2.0'),
                              ('x-ms-ratelimit-remaining-resource', ','.join('Microsoft.Compute/' + b for b in buckets))]


def of_start(number):
    """Of a script that Compute has accepted."""
    return of_compute(number, 'UpdateVMResource;11', 'UpdateVMSubscriptionMaximum;1499') + [
        ('Azure-AsyncNotification', 'Enabled'), ('x-ms-ratelimit-remaining-subscription-writes', '199'),
        ('x-ms-ratelimit-remaining-subscription-global-writes', '2999')]


def of_poll(number):
    return of_compute(number, 'GetOperationResource;44', 'GetOperationSubscriptionMaximum;14995') + [
        ('x-ms-ratelimit-remaining-subscription-reads', '249'), ('x-ms-ratelimit-remaining-subscription-global-reads', '3749')]


def of_gateway(number, status):
    """Of an error that did not come from Compute."""
    headers = _common(number) + [('x-ms-failure-cause', 'gateway')]
    return headers + closing(status)


def closing(status):
    return [('Connection', 'close')] if status in _CLOSING or status >= 500 else []
