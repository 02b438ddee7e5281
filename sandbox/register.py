"""The register of enterprises as Tencent's ocr product exposes it: four factors and basic facts.

VerifyBizLicenseEnterprise4 follows document 866/129072, QueryEnterpriseBasicInfo 866/140605. A firm
that is not in the world, or is not synced yet, is 未查得: every flag false and "/" for the status.
"""

from __future__ import annotations

import re
from typing import Any

from sandbox.world import Enterprise, World

NO_RECORD = 2
_UNTIL = re.compile(r"至\s*(\d{4}-\d\d-\d\d)")
_RAW_STATUS = {
    "1": "存续（在营、开业、在册）",
    "2": "迁出",
    "3": "注销",
    "4": "吊销，未注销",
    "5": "撤销",
    "6": "停业",
    "7": "撤销登记",
}


class Register:
    def __init__(self, world: World) -> None:
        self._world = world

    def four_factors(
        self, *, uscc: str, name: str, legal_rep: str, id_number: str
    ) -> dict[str, Any]:
        by_code = self._synced(self._world.enterprise(uscc))
        by_name = self._synced(self._world.enterprise_by_name(name))
        found = by_code or by_name
        if found is None:
            flags = (False, False, False, False)
        else:
            flags = (
                found.uscc == uscc.upper(),
                found.name == name,
                found.legal_rep.name == legal_rep,
                found.legal_rep.id_number == id_number.upper(),
            )
        return {
            "StatusCode": 0,
            "VerifyResult": int(all(flags)),
            "IsCreditCodeConsistent": flags[0],
            "IsEntNameConsistent": flags[1],
            "IsLrNameConsistent": flags[2],
            "IsIdNumConsistent": flags[3],
            "OperatingStatus": found.status if found else "/",
            "OperatingPeriod": operating_period(found) if found else "/",
        }

    def basic_info(self, *, uscc: str, name: str) -> dict[str, Any]:
        """The document leaves "no record" open; here StatusCode 2 as in Enterprise3, and nulls."""
        found = self._synced(
            self._world.enterprise(uscc) if uscc else self._world.enterprise_by_name(name)
        )
        return {
            "StatusCode": 0 if found else NO_RECORD,
            "CreditCode": found.uscc if found else None,
            "EntName": found.name if found else None,
            "Type": found.kind if found else None,
            "LrName": found.legal_rep.name if found else None,
            "Capital": found.capital if found else None,
            "Address": found.address if found else None,
            "Business": found.scope if found else None,
            "RegistrationAuthority": found.authority if found else None,
            "OperatingStatus": found.status if found else None,
            "RawOperatingStatus": _RAW_STATUS.get(found.status, "其他") if found else None,
            "SetDate": found.established_on.isoformat() if found else None,
            "OperatingPeriod": operating_period(found) if found else None,
            "ApprovalDate": found.established_on.isoformat() if found else None,
        }

    def _synced(self, enterprise: Enterprise | None) -> Enterprise | None:
        return enterprise if enterprise is not None and enterprise.synced else None


def operating_period(enterprise: Enterprise) -> str:
    """`yyyy-MM-dd/yyyy-MM-dd`, or `yyyy-MM-dd/` without an end."""
    until = _UNTIL.search(enterprise.period)
    return f"{enterprise.established_on.isoformat()}/{until.group(1) if until else ''}"
