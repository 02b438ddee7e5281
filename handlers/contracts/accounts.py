"""Accounts, log-ins and consents."""

from handlers.api import accounts
from handlers.route import Operation, Route
from server.accounts.account import (
    AccountDisabled,
    AccountLocked,
    LoginFailed,
    NotRegistered,
    PhoneTaken,
)
from server.accounts.session import SessionNotFound
from server.accounts.sms_code import CodeDead, CodeTooSoon, CodeWrong
from server.consents.consent import ConsentOutdated, ReadTooFast
from server.core.actor import NotYours

ROUTES = (
    Route(
        r"/api/v1/sms-codes",
        accounts.SmsCodes,
        "api_sms_codes",
        operations={
            "post": Operation(
                summary="发送短信验证码",
                form=accounts.CodeForm,
                answer=accounts.CodeAnswer,
                status=202,
                refusals=(CodeTooSoon,),
            )
        },
    ),
    Route(
        r"/api/v1/accounts",
        accounts.AccountCollection,
        "api_accounts",
        operations={
            "post": Operation(
                summary="注册",
                form=accounts.RegisterForm,
                answer=accounts.SessionAnswer,
                status=201,
                refusals=(CodeWrong, CodeDead, PhoneTaken, ConsentOutdated),
            )
        },
    ),
    Route(
        r"/api/v1/sessions",
        accounts.SessionCollection,
        "api_sessions",
        operations={
            "post": Operation(
                summary="手机号验证码登录",
                form=accounts.LoginForm,
                answer=accounts.SessionAnswer,
                status=201,
                refusals=(CodeWrong, CodeDead, NotRegistered, AccountDisabled),
            ),
            "get": Operation(summary="我的登录记录", answer=accounts.LoginsAnswer),
        },
    ),
    Route(
        r"/api/v1/sessions/(current|[0-9a-f]{64})",
        accounts.SessionItem,
        "api_session",
        operations={
            "delete": Operation(summary="退出登录", status=204, refusals=(SessionNotFound,))
        },
    ),
    Route(
        r"/api/v1/staff/sessions",
        accounts.StaffSessionCollection,
        "api_staff_sessions",
        operations={
            "post": Operation(
                summary="平台与机构人员登录",
                form=accounts.StaffLoginForm,
                answer=accounts.SessionAnswer,
                status=201,
                refusals=(LoginFailed, AccountLocked, AccountDisabled),
            )
        },
    ),
    Route(
        r"/api/v1/me",
        accounts.MeItem,
        "api_me",
        operations={"get": Operation(summary="我的账号", answer=accounts.MeAnswer)},
    ),
    Route(
        r"/api/v1/consents",
        accounts.ConsentCollection,
        "api_consents",
        operations={
            "post": Operation(
                summary="同意协议",
                form=accounts.ConsentForm,
                status=204,
                refusals=(ConsentOutdated, ReadTooFast),
            )
        },
    ),
    Route(
        r"/api/v1/agreements/([a-z]+)",
        accounts.AgreementItem,
        "api_agreement",
        operations={
            "get": Operation(
                summary="协议的当前版本", answer=accounts.AgreementAnswer, refusals=(NotYours,)
            )
        },
    ),
)
