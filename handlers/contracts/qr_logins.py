"""QR log-ins, from the phone's side."""

from handlers.api import qr_logins
from handlers.route import Operation, Route
from server.accounts.qr_login import (
    QrLoginConfirmed,
    QrLoginDead,
    QrLoginNotScanned,
    QrLoginRefused,
    QrLoginTaken,
)

TICKET = r"([0-9A-Za-z]{22})"

ROUTES = (
    Route(
        rf"/api/v1/qr-logins/{TICKET}",
        qr_logins.QrLoginItem,
        "api_qr_login",
        operations={
            "get": Operation(
                summary="电脑扫码登录的状态",
                answer=qr_logins.QrLoginAnswer,
                refusals=(QrLoginDead, QrLoginTaken),
            )
        },
    ),
    Route(
        rf"/api/v1/qr-logins/{TICKET}/scan",
        qr_logins.QrLoginScan,
        "api_qr_login_scan",
        operations={
            "post": Operation(
                summary="已扫描电脑上的登录二维码",
                answer=qr_logins.QrLoginAnswer,
                refusals=(QrLoginDead, QrLoginTaken),
            )
        },
    ),
    Route(
        rf"/api/v1/qr-logins/{TICKET}/confirm",
        qr_logins.QrLoginConfirmation,
        "api_qr_login_confirm",
        operations={
            "post": Operation(
                summary="确认在电脑上登录",
                answer=qr_logins.QrLoginAnswer,
                refusals=(QrLoginDead, QrLoginTaken, QrLoginNotScanned, QrLoginRefused),
            )
        },
    ),
    Route(
        rf"/api/v1/qr-logins/{TICKET}/refuse",
        qr_logins.QrLoginRefusal,
        "api_qr_login_refuse",
        operations={
            "post": Operation(
                summary="取消在电脑上登录",
                answer=qr_logins.QrLoginAnswer,
                refusals=(QrLoginDead, QrLoginTaken, QrLoginNotScanned, QrLoginConfirmed),
            )
        },
    ),
)
