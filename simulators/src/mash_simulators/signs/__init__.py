# SPDX-License-Identifier: EUPL-1.2
"""A controller of variable message signs, with signs that can be broken: what modules/winter switches.

It speaks the protocol `mash-http` (modules/winter/README.md); its page shows what drivers would see.
"""
