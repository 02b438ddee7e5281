"""config.yaml and the environment become settings, or sentences that name the key."""

from pathlib import Path

import pytest

from server.config import ConfigurationError, Settings, read_settings

SHIPPED = Path(__file__).parents[3] / "config.yaml"
SECRETS = {
    "RQ_MONGODB_URI": "mongodb://db.example.cn/?replicaSet=rs0",
    "RQ_FIELD_KEY_1": "11" * 32,
    "RQ_INDEX_KEY": "22" * 32,
    "RQ_TENCENT_SECRET_ID": "id",
    "RQ_TENCENT_SECRET_KEY": "key",
    "RQ_ALIYUN_ACCESS_KEY_ID": "id",
    "RQ_ALIYUN_ACCESS_KEY_SECRET": "key",
    "RQ_SMS_RECEIPT_SECRET": "secret",
    "RQ_WECHAT_SECRET": "secret",
    "RQ_WECHAT_TOKEN": "token",
    "RQ_WECHAT_AES_KEY": "k" * 43,
}


def read(**changes: str) -> Settings:
    return read_settings(SHIPPED, {**SECRETS, **changes})


def refusal(**changes: str) -> str:
    with pytest.raises(ConfigurationError) as raised:
        read(**changes)
    return str(raised.value)


def test_the_shipped_file_is_for_production_and_only_lacks_its_secrets() -> None:
    settings = read()
    assert settings.environment == "production"
    assert (settings.tencent.protocol, settings.aliyun.protocol) == ("https", "https")


def test_the_environment_overrides_any_key() -> None:
    assert read(RQ__SERVER__PORT="9000").server.port == 9000
    assert read(RQ__NAVIGATION__TABS="[]").navigation.tabs == ()


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_a_missing_secret_refuses_to_start_and_is_named(name: str) -> None:
    assert f"the environment variable {name} is missing" in refusal(**{name: ""})


def test_an_unknown_key_refuses_to_start_and_is_named() -> None:
    assert refusal(RQ__SERVER__PROT="1") == "server.prot: is not a known key"


def test_a_wrong_value_refuses_to_start_and_is_named_without_the_value() -> None:
    said = refusal(RQ__SERVER__PORT="many-secrets")
    assert said.startswith("server.port: ") and "many-secrets" not in said


@pytest.mark.parametrize("provider", ["tencent", "aliyun"])
def test_production_refuses_a_provider_over_plain_http(provider: str) -> None:
    said = refusal(**{f"RQ__{provider.upper()}__PROTOCOL": "http"})
    assert said == f"{provider}.protocol: must be https in production"


@pytest.mark.parametrize("key", ["api_origin", "authorize_origin"])
def test_production_refuses_wechat_over_plain_http(key: str) -> None:
    said = refusal(**{f"RQ__WECHAT__{key.upper()}": "http://127.0.0.1:8801"})
    assert said == f"wechat.{key}: must start with https:// in production"


@pytest.mark.parametrize("origin", ["api.weixin.qq.com", "https://a/b", "ftp://a", "https://u@a"])
def test_an_origin_is_a_scheme_and_a_host(origin: str) -> None:
    said = refusal(RQ__WECHAT__API_ORIGIN=origin)
    assert said.startswith("wechat.api_origin: ") and origin not in said


@pytest.mark.parametrize(
    ("name", "value", "key"),
    [
        ("RQ_WECHAT_TOKEN", "no-letter-or-digit", "token"),
        ("RQ_WECHAT_TOKEN", "ab", "token"),
        ("RQ_WECHAT_AES_KEY", "k" * 42, "aes_key"),
        ("RQ_WECHAT_AES_KEY", "k" * 42 + "=", "aes_key"),
    ],
)
def test_a_secret_of_the_callback_has_wechats_form(name: str, value: str, key: str) -> None:
    said = refusal(**{name: value})
    assert said.startswith(f"wechat.official_account.{key}: must be ") and value not in said


def test_a_domain_is_proved_by_wechats_kind_of_file_only() -> None:
    told = "{MP_verify_aB3.txt: aB3}"
    assert read(RQ__WECHAT__DOMAIN_VERIFICATION=told).wechat.domain_verification == {
        "MP_verify_aB3.txt": "aB3"
    }
    assert "domain_verification" in refusal(RQ__WECHAT__DOMAIN_VERIFICATION="{../a.txt: a}")


def test_production_refuses_a_public_address_over_plain_http() -> None:
    assert "server.public_url" in refusal(RQ__SERVER__PUBLIC_URL="http://rongqiao.example.cn")


def test_a_secret_written_into_the_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(
        SHIPPED.read_text("utf-8").replace("${RQ_TENCENT_SECRET_KEY}", "hunter2"), "utf-8"
    )
    with pytest.raises(ConfigurationError) as raised:
        read_settings(file, SECRETS)
    assert "tencent.secret_key: is a secret" in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_a_key_that_is_no_hex_is_refused() -> None:
    assert "encryption" in refusal(RQ_FIELD_KEY_1="zz" * 32)


def test_an_active_key_that_is_not_there_is_refused() -> None:
    assert "encryption.active_key" in refusal(RQ__ENCRYPTION__ACTIVE_KEY="2")


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    printed = repr(read())
    assert "11" * 32 not in printed and "mongodb://" not in printed


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no such file"):
        read_settings(tmp_path / "none.yaml", SECRETS)
