"""The settings, typed. Each key is documented in config.yaml and in docs/configuration.md."""

import re
from datetime import date
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints
from pydantic_core import PydanticCustomError

Network = IPv4Network | IPv6Network


def _must_be_hex(key: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[0-9a-fA-F]{64}", key.get_secret_value()):
        raise PydanticCustomError("hex_key", "must be 64 hex digits")
    return key


def _must_match(pattern: str, said: str) -> AfterValidator:
    def check(secret: SecretStr) -> SecretStr:
        if not re.fullmatch(pattern, secret.get_secret_value()):
            raise PydanticCustomError("secret_form", "{said}", {"said": said})
        return secret

    return AfterValidator(check)


HexKey = Annotated[SecretStr, AfterValidator(_must_be_hex)]
Version = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_\-]{1,64}$")]
Origin = Annotated[str, StringConstraints(pattern=r"^https?://[A-Za-z0-9.\-]+(:\d{1,5})?$")]
VerificationFile = Annotated[str, StringConstraints(pattern=r"^MP_verify_[A-Za-z0-9]{1,64}\.txt$")]
VerificationText = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{1,64}$")]
CallbackToken = Annotated[
    SecretStr, _must_match(r"[A-Za-z0-9]{3,32}", "must be 3 to 32 letters and digits")
]
AesKey = Annotated[SecretStr, _must_match(r"[A-Za-z0-9]{43}", "must be 43 letters and digits")]


class Part(BaseModel):
    """A slice: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Platform(Part):
    name: str
    city: str
    region_code: Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
    phone: str
    hours: str
    icp: str = ""


class Server(Part):
    address: str
    port: Annotated[int, Field(ge=0, le=65535)]
    public_url: str
    trusted_proxies: tuple[Network, ...] = ()
    metrics_networks: tuple[Network, ...] = ()
    assets: Path = Path("templates/static/dist")
    drain_seconds: Annotated[int, Field(ge=0, le=60)] = 10


class Storage(Part):
    uri: SecretStr
    database: Code
    data_dir: Path | None = None
    server_selection_timeout_ms: Annotated[int, Field(ge=100)] = 30_000


class Encryption(Part):
    active_key: Annotated[int, Field(ge=1, le=255)]
    keys: dict[int, HexKey]
    index_key: HexKey


class Sessions(Part):
    applicant_days: Annotated[int, Field(ge=1, le=90)] = 7
    staff_minutes: Annotated[int, Field(ge=5, le=1440)] = 480
    login_failures: Annotated[int, Field(ge=3, le=10)] = 5
    lock_minutes: Annotated[int, Field(ge=1, le=1440)] = 15


class SmsCodes(Part):
    life_seconds: Annotated[int, Field(ge=60, le=1800)] = 600
    resend_seconds: Annotated[int, Field(ge=60)] = 60
    tries: Annotated[int, Field(ge=1, le=10)] = 5
    per_hour: Annotated[int, Field(ge=1, le=5)] = 5
    per_day: Annotated[int, Field(ge=1, le=10)] = 10
    per_address_hour: Annotated[int, Field(ge=1)] = 30


RegistrationField = Literal["enterprise_name", "uscc", "registered_address", "legal_rep_name"]


class Registration(Part):
    required: tuple[RegistrationField, ...] = ()


class Agreements(Part):
    privacy_version: Version
    terms_version: Version
    certification_version: Version
    face_version: Version
    application_version: Version
    certification_read_seconds: Annotated[int, Field(ge=0, le=60)] = 5


class Certification(Part):
    review_working_days: Annotated[int, Field(ge=1, le=10)] = 1
    review_lease_minutes: Annotated[int, Field(ge=1, le=240)] = 30
    upload_max_bytes: Annotated[int, Field(ge=1024, le=10 * 1024 * 1024)] = 5 * 1024 * 1024


class Applications(Part):
    answer_working_days: Annotated[int, Field(ge=1, le=30)] = 3


class Link(Part):
    key: Code
    label: str
    href: str
    icon: str = ""


class Navigation(Part):
    top: tuple[Link, ...]
    tabs: Annotated[tuple[Link, ...], Field(max_length=5)]


class Tencent(Part):
    secret_id: SecretStr
    secret_key: SecretStr
    eid_merchant_id: Code
    protocol: Literal["https", "http"] = "https"
    endpoint: str | None = None
    connect_seconds: Annotated[float, Field(gt=0, le=30)] = 3.0
    read_seconds: Annotated[float, Field(gt=0, le=60)] = 8.0
    face_workers: Annotated[int, Field(ge=1, le=64)] = 8
    ocr_workers: Annotated[int, Field(ge=1, le=64)] = 4


class SmsTemplates(Part):
    code: Code
    certification_approved: Code
    certification_rejected: Code
    certification_returned: Code
    application_submitted: Code
    application_received: Code
    application_accepted: Code
    application_referred_back: Code
    application_credited: Code
    application_lent: Code
    application_declined: Code


class Aliyun(Part):
    access_key_id: SecretStr
    access_key_secret: SecretStr
    sign_name: str
    templates: SmsTemplates
    receipt_secret: SecretStr
    protocol: Literal["https", "http"] = "https"
    domain: str = "dysmsapi.aliyuncs.com"
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    connect_seconds: Annotated[float, Field(gt=0, le=30)] = 3.0
    read_seconds: Annotated[float, Field(gt=0, le=60)] = 6.0
    workers: Annotated[int, Field(ge=1, le=64)] = 4


class OfficialAccount(Part):
    app_id: Code
    secret: SecretStr
    token: CallbackToken
    aes_key: AesKey


class WeChat(Part):
    official_account: OfficialAccount
    api_origin: Origin = "https://api.weixin.qq.com"
    authorize_origin: Origin = "https://open.weixin.qq.com"
    connect_seconds: Annotated[float, Field(gt=0, le=30)] = 3.0
    read_seconds: Annotated[float, Field(gt=0, le=60)] = 6.0
    templates: dict[Code, Code] = {}
    domain_verification: dict[VerificationFile, VerificationText] = {}
    rules_file: Path = Path("wechat.yaml")


class WorkingDays(Part):
    overrides: dict[date, bool] = {}


class Logging(Part):
    level: Literal["DEBUG", "INFO", "WARNING"] = "INFO"


class Settings(Part):
    """The whole of config.yaml."""

    environment: Literal["production", "demo"]
    platform: Platform
    server: Server
    storage: Storage
    encryption: Encryption
    sessions: Sessions
    sms_codes: SmsCodes
    registration: Registration
    agreements: Agreements
    certification: Certification
    applications: Applications
    navigation: Navigation
    tencent: Tencent
    aliyun: Aliyun
    wechat: WeChat
    working_days: WorkingDays
    logging: Logging
