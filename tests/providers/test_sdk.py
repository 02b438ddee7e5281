"""The vendors' SDKs still have what we send, read and lean on; actions do get deleted from them."""

import importlib
import inspect
from importlib.metadata import distributions

import pytest
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest
from tencentcloud.common.credential import Credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile

MODULES = {
    "faceid": "tencentcloud.faceid.v20180301",
    "ocr": "tencentcloud.ocr.v20181119",
}
ACTIONS = {
    ("faceid", "GetEidToken"): (
        {"MerchantId", "Name", "IdCard", "Extra", "RedirectUrl", "Config"},
        {"EidToken", "Url", "RequestId"},
    ),
    ("faceid", "CheckEidTokenStatus"): ({"EidToken"}, {"Status"}),
    ("faceid", "GetEidResult"): ({"EidToken", "InfoType"}, {"Text"}),
    ("ocr", "BizLicenseOCR"): (
        {"ImageBase64", "EnableCopyWarn"},
        {"RegNum", "Name", "Person", "Address", "Capital", "Type", "SetDate", "Period"}
        | {"Business", "RegistrationAuthority", "RecognizeWarnCode"},
    ),
    ("ocr", "VerifyBizLicenseEnterprise4"): (
        {"CreditCode", "EntName", "LrName", "IdNum"},
        {"StatusCode", "VerifyResult", "OperatingStatus", "IsCreditCodeConsistent"}
        | {"IsEntNameConsistent", "IsLrNameConsistent", "IsIdNumConsistent"},
    ),
}


@pytest.mark.parametrize(("product", "action"), ACTIONS)
def test_the_sdk_knows_each_action_with_the_fields_we_use(product: str, action: str) -> None:
    sent, read = ACTIONS[product, action]
    models = importlib.import_module(f"{MODULES[product]}.models")
    client = importlib.import_module(f"{MODULES[product]}.{product}_client")
    assert hasattr(getattr(client, f"{product.capitalize()}Client"), action)
    assert not sent - set(dir(getattr(models, f"{action}Request")))
    assert not read - set(dir(getattr(models, f"{action}Response")))


def test_the_result_of_a_face_check_has_the_parts_we_read() -> None:
    models = importlib.import_module(f"{MODULES['faceid']}.models")
    read = {"ErrCode", "Extra", "LiveStatus", "Comparestatus"}
    assert not read - set(dir(models.DetectInfoText))
    assert hasattr(models.GetEidTokenConfig, "InputType")


def test_the_private_session_of_the_sdk_is_where_we_reach_for_it() -> None:
    client = importlib.import_module(f"{MODULES['ocr']}.ocr_client").OcrClient(
        Credential("i", "k"), "", ClientProfile(httpProfile=HttpProfile())
    )
    session = client.request.conn._session
    assert {"trust_env", "hooks", "proxies"} <= set(vars(session))
    assert "proxy" in vars(client.request.conn)


def test_the_aliyun_sdk_takes_what_we_hand_it() -> None:
    taken = set(inspect.signature(AcsClient.__init__).parameters)
    assert {"auto_retry", "connect_timeout", "timeout", "port", "pool_size", "proxy"} <= taken
    assert hasattr(CommonRequest, "set_protocol_type")


def test_the_whole_sdk_is_not_installed_beside_its_parts() -> None:
    names = {distribution.name.lower() for distribution in distributions()}
    assert "tencentcloud-sdk-python" not in names
    assert {f"tencentcloud-sdk-python-{part}" for part in ("common", "faceid", "ocr")} <= names
