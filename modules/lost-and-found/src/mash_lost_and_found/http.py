# SPDX-License-Identifier: EUPL-1.2
"""What api and views both ask for: who calls, and the use cases."""

from typing import Annotated

from fastapi import Depends

from mash_lost_and_found.service import LostAndFoundService
from mash_sdk.http import Allow, Provide
from mash_sdk.identity import Principal

Anyone = Annotated[Principal, Depends(Allow.anyone())]
Citizen = Annotated[Principal, Depends(Allow("citizen"))]
Use = Annotated[LostAndFoundService, Provide(LostAndFoundService)]
