"""The table of kinds against the templates and the addresses that it must fit."""

import re
import string

import pytest

from sandbox.sms import load_templates
from server.config.settings import SmsTemplates
from server.messages.kinds import WORDINGS, MessageKind, sms_parameter
from tests.domain.messages.office import Office

FACTS = {
    "case_no": "RQ20261120000001",
    "institution": "云桥银行",
    "amount": "150万元",
    "reason": "营业执照图片不清晰，请重新上传",
}


@pytest.mark.parametrize("kind", MessageKind)
def test_a_kind_has_words_and_leads_to_an_address_of_ours(kind: MessageKind) -> None:
    wording = WORDINGS[kind]
    text = wording.text_with(FACTS)
    assert wording.title
    assert "{" not in text + wording.title
    assert wording.link_to("0" * 26).startswith("/")
    named = {name for _, name, _, _ in string.Formatter().parse(wording.link) if name}
    assert named <= {"subject_id"}


def test_an_sms_gives_its_template_exactly_the_parameters_that_it_asks_for(office: Office) -> None:
    approved = load_templates()
    for kind, wording in WORDINGS.items():
        assert kind.value in SmsTemplates.model_fields
        template = approved[office.templates[kind]]
        asked = set(re.findall(r"\$\{(\w+)\}", template.text))
        assert asked == set(wording.sms or ()), kind


def test_a_parameter_fits_what_the_carrier_accepts() -> None:
    long = sms_parameter("请看 https://example.cn 的【说明】\n" + "补充材料" * 20)
    assert len(long) == 35
    assert long.endswith("…")
    assert not re.search(r"://|[【】\n]", long)
    assert sms_parameter("云桥银行") == "云桥银行"
