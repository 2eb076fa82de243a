# SPDX-License-Identifier: EUPL-1.2
"""What a module's load.py stands on: visitors, people and devices that use the platform, for `./mash load`.

It imports no load generator, so that a load.py can be read, checked and tested like other code.
"""

from mash_sdk.load.answers import Answer as Answer
from mash_sdk.load.answers import Form as Form
from mash_sdk.load.answers import Unexpected as Unexpected
from mash_sdk.load.users import Person as Person
from mash_sdk.load.users import Visitor as Visitor
from mash_sdk.load.users import task as task
