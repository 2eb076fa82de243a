# SPDX-License-Identifier: EUPL-1.2
"""GiroCheckout (api v2) with its paths, field names and HMAC-MD5 hashes: start, status, refund, notification.

After api.girocheckout.de and GiroCheckout's own PHP library (transactions of the kind Wero). giropay ended
on 31 December 2024. No source says what `start` says to a merchantTxId that was used before (here: rc 5022,
"invalid merchantTxId"), nor after what time an unused transaction ends with 4501.
"""
