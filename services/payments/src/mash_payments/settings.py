# SPDX-License-Identifier: EUPL-1.2
"""Environment → one frozen object: PAYMENTS_<FIELD>, else MASH_<FIELD>, else <…>_FILE."""

from pydantic import Field, SecretStr

from mash_sdk import settings


class Settings(settings.Settings):
    """What payments reads besides the platform's own."""

    xbezahldienste_url: str = Field(description="base URL of the XBezahldienste service")
    xbezahldienste_client_id: str = Field(description="OAuth2 client id there")
    xbezahldienste_client_secret: SecretStr = Field(description="OAuth2 client secret there")
    stripe_url: str = Field("https://api.stripe.com", description="base URL of Stripe's API")
    paypal_url: str = Field("https://api-m.paypal.com", description="base URL of PayPal's REST API")
    girocheckout_url: str = Field(
        "https://payment.girosolution.de", description="base URL of GiroCheckout's API"
    )
    accounts: SecretStr = Field(
        SecretStr("{}"),
        description="secrets of the cities' accounts as JSON by tenant (`*`: every other); none: not offered",
    )
    return_secret: SecretStr = Field(
        description="key of the signature on return addresses; 32 characters or more", min_length=32
    )
    provider_seconds: float = Field(10.0, gt=0, le=15, description="how long a provider may take to answer")
    look_every: float = Field(5.0, gt=0, description="seconds between searches for attempts due for a look")
    look_at_once: int = Field(8, ge=1, le=100, description="attempts looked at side by side")
