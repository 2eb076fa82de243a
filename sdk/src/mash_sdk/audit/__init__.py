# SPDX-License-Identifier: EUPL-1.2
"""An audit trail that can be proved: who keeps one says what its lines are, the chain is made here."""

from mash_sdk.audit.chain import Break as Break
from mash_sdk.audit.chain import Chain as Chain
from mash_sdk.audit.chain import Head as Head
from mash_sdk.audit.chain import Sealed as Sealed
from mash_sdk.audit.chain import seal as seal
from mash_sdk.audit.sealing import Chained as Chained
from mash_sdk.audit.sealing import Sealing as Sealing
from mash_sdk.audit.sealing import Verdict as Verdict
from mash_sdk.audit.sealing import verified as verified
from mash_sdk.audit.trail import Trail as Trail
