"""The shop's settings, read from the environment and `.env`; the names are docs/running.md's."""

import os
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.numbers import list_currencies
from dotenv import dotenv_values
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from redis.asyncio.connection import parse_url
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from starlette.requests import Request

from app.platform import failpoints
from app.platform.rush import Mode

PREFIX = "BREADMAKER_"
FOR_COMMANDS = {"BREADMAKER_PASSWORD"}  # read by `staff add` alone


class SettingsError(Exception):
    """A setting is unknown or wrong; the message names the variable."""


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"no time zone is called {name!r}; try America/Chicago") from error
    return name


def _currency(code: str) -> str:
    if code not in list_currencies("en_US"):
        raise ValueError(f"no currency is called {code!r}; try USD")
    return code


def _postgres(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    if scheme not in ("postgres", "postgresql", "postgresql+asyncpg") or not separator:
        raise ValueError("must begin with postgresql://")
    normal = f"postgresql+asyncpg://{rest}"
    try:
        make_url(normal)
    except (ArgumentError, ValueError) as error:
        raise ValueError("cannot be read; it looks like postgresql://user:password@host:5432/name") from error
    return normal


def _redis(url: str) -> str:
    if not url.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("must begin with redis://, rediss:// or unix://")
    try:
        parse_url(url)
    except ValueError as error:
        raise ValueError("cannot be read; it looks like redis://host:6379/0") from error
    return url


def _stripe_key(key: SecretStr) -> SecretStr:
    """A mistake here is told without the key: nothing that is secret is ever printed."""
    plain = key.get_secret_value()
    if not plain.startswith(("sk_", "rk_")):
        raise ValueError("must be a secret or a restricted key of Stripe's, which begins with sk_ or rk_")
    return _one_word(key)


def _webhook_secret(secret: SecretStr) -> SecretStr:
    if secret.get_secret_value().startswith(("sk_", "rk_", "pk_")):
        raise ValueError(
            "is an API key; what is wanted is the webhook endpoint's secret, which begins with whsec_"
        )
    return _one_word(secret)


def _one_word(secret: SecretStr) -> SecretStr:
    plain = secret.get_secret_value()
    if not plain.isascii() or not plain.isprintable() or " " in plain:
        raise ValueError("has a blank or another character in it that no such secret has")
    return secret


def _api_base(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an address such as https://api.stripe.com")
    return url.rstrip("/")


def _public_url(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ValueError("must begin with http:// or https://")
    if not urlsplit(url).hostname:
        raise ValueError("must name a host, such as https://shop.example")
    return url.rstrip("/")


def _proxies(listed: str) -> str:
    for proxy in listed.split(","):
        if proxy.strip() != "*":
            try:
                ip_network(proxy.strip())
            except ValueError as error:
                raise ValueError("must list addresses or networks with commas between, or be *") from error
    return listed


def _failpoints(plan: str) -> str:
    failpoints.parse(plan)
    return plan


def _smtp(url: str) -> str:
    parts = urlsplit(url)
    try:
        known = parts.scheme in ("smtp", "smtps") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        known = False
    if not known:
        raise ValueError("must look like smtp://user:password@host:587 or smtps://host, with ?from=ADDRESS")
    return url


def _empty_is_unset(value: object) -> object:
    return None if value == "" else value


class Settings(BaseSettings):
    """What can be set from outside. `database_url` and `redis_url` are empty where the embedded servers serve."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True, validate_by_name=True
    )

    database_url: Annotated[str, AfterValidator(_postgres)] | None = Field(
        None, validation_alias="DATABASE_URL"
    )
    redis_url: Annotated[str, AfterValidator(_redis)] | None = Field(None, validation_alias="REDIS_URL")
    host: str = "127.0.0.1"
    port: Annotated[Annotated[int, Field(ge=1, le=65535)] | None, BeforeValidator(_empty_is_unset)] = None
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    data: Path = Path(".breadmaker")
    sample: Literal["on", "off"] = "on"
    public_url: Annotated[str, AfterValidator(_public_url)] | None = None
    shop_name: Annotated[str, Field(min_length=1, max_length=60)] = "Breadmaker"
    event_name: Annotated[str, Field(min_length=1, max_length=60)] = "Woot-Off"
    time_zone: Annotated[str, AfterValidator(_time_zone)] = "America/Chicago"
    currency: Annotated[str, AfterValidator(_currency)] = "USD"
    payments: Literal["sandbox", "stripe"] = "sandbox"
    stripe_api_key: Annotated[
        Annotated[SecretStr, AfterValidator(_stripe_key)] | None, BeforeValidator(_empty_is_unset)
    ] = None
    stripe_api_base: Annotated[
        Annotated[str, AfterValidator(_api_base)] | None, BeforeValidator(_empty_is_unset)
    ] = None
    stripe_webhook_secret: Annotated[
        Annotated[SecretStr, AfterValidator(_webhook_secret)] | None, BeforeValidator(_empty_is_unset)
    ] = None
    smtp_url: Annotated[Annotated[str, AfterValidator(_smtp)] | None, BeforeValidator(_empty_is_unset)] = None
    trusted_proxies: Annotated[str, AfterValidator(_proxies)] | None = None
    secret: Annotated[str, Field(min_length=32)] | None = None
    log: Literal["text", "json"] = "text"
    limits: Literal["on", "off"] = "on"
    proof_of_work: Mode = "suspicion"
    stream: Literal["fast", "asgi"] = "fast"
    metrics_token: Annotated[
        Annotated[str, Field(min_length=16)] | None, BeforeValidator(_empty_is_unset)
    ] = None
    test_mode: Literal["on", "off"] = "off"
    failpoints: Annotated[str, AfterValidator(_failpoints)] = ""

    @property
    def zone(self) -> ZoneInfo:
        """The shop's time zone, in which a daily deal ends at midnight."""
        return ZoneInfo(self.time_zone)

    @property
    def secure(self) -> bool:
        """Whether browsers reach the shop over https, so that its cookie can be a `__Host-` one."""
        return (self.public_url or "").startswith("https://")


def load_settings(**overrides: object) -> Settings:
    """Read the settings, or raise SettingsError with a line for each variable that is unknown or wrong."""
    unknown = [f"{name}: there is no such setting" for name in _unknown_names()]
    try:
        settings = Settings(**{name: value for name, value in overrides.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        wrong = [f"{_variable(e['loc'])}: {_reason(e['msg'])}" for e in error.errors()]
        raise SettingsError("\n".join(unknown + wrong)) from None
    if unknown:
        raise SettingsError("\n".join(unknown))
    if (settings.database_url is None) != (settings.redis_url is None):
        missing = "REDIS_URL" if settings.redis_url is None else "DATABASE_URL"
        raise SettingsError(f"{missing}: must be set too (both, or neither for the embedded servers)")
    _check_stripe(settings)
    if settings.failpoints and settings.test_mode == "off":
        raise SettingsError(f"{PREFIX}FAILPOINTS: is for tests only, and needs {PREFIX}TEST_MODE=on")
    return settings


def _check_stripe(settings: Settings) -> None:
    """Stripe needs its key and its secret, and a key for real money is never sent in the clear."""
    if settings.payments != "stripe":
        return
    for name in ("stripe_api_key", "stripe_webhook_secret"):
        if getattr(settings, name) is None:
            raise SettingsError(f"{PREFIX}{name.upper()}: must be set, since {PREFIX}PAYMENTS is stripe")
    key = settings.stripe_api_key.get_secret_value() if settings.stripe_api_key else ""
    if key[2:].startswith("_live_") and (settings.stripe_api_base or "").startswith("http://"):
        raise SettingsError(
            f"{PREFIX}STRIPE_API_BASE: must begin with https://, since the key moves real money"
        )


def _unknown_names() -> list[str]:
    known = {PREFIX + name.upper() for name in Settings.model_fields} | FOR_COMMANDS
    known -= {"BREADMAKER_DATABASE_URL", "BREADMAKER_REDIS_URL"}
    given = {*os.environ, *dotenv_values(".env")}
    return sorted(name for name in given if name.upper().startswith(PREFIX) and name.upper() not in known)


def _variable(location: tuple[int | str, ...]) -> str:
    name = str(location[0]).upper()
    return name if name in ("DATABASE_URL", "REDIS_URL") else PREFIX + name


def _reason(message: str) -> str:
    return message.removeprefix("Value error, ")


def settings_of(request: Request) -> Settings:
    """The settings of the process that serves this request."""
    settings: Settings = request.app.state.settings
    return settings
