"""Every address in one table: pattern, handler, name; the API's part stands in handlers/contracts.

The OpenAPI document, the access matrix and the tests walk this table. Refusals that every
route can give (session, form, key, database) are added by handlers/openapi.py.
"""

from handlers import callback, health, openapi, oversized, receipts, static, unknown
from handlers.console import case_deeds, cases, certifications, dashboard, login
from handlers.console import messages as staff_messages
from handlers.console import staff
from handlers.contracts import accounts as accounts_contract
from handlers.contracts import applications as applications_contract
from handlers.contracts import cases as cases_contract
from handlers.contracts import certification as certification_contract
from handlers.contracts import messages as messages_contract
from handlers.contracts import products as products_contract
from handlers.contracts import qr_logins as qr_logins_contract
from handlers.contracts import reviews as reviews_contract
from handlers.portal import (
    accounts,
    applications,
    certification,
    face,
    home,
    messages,
    products,
    qr_login,
    wechat,
)
from handlers.route import Route

ID = r"([0-9a-z]{26})"
TICKET = r"([0-9A-Za-z]{22})"

OPERATIONS = (
    Route(r"/healthz", health.Health, "health"),
    Route(r"/readyz", health.Readiness, "readiness"),
    Route(r"/metrics", health.MetricsPage, "metrics"),
    Route(r"/assets/([A-Za-z0-9._-]+)", static.AssetFile, "asset"),
    Route(r"/favicon\.ico", static.Favicon, "favicon"),
    Route(r"/api/openapi\.json", openapi.Document, "openapi"),
    Route(r"/receipts/sms/([^/]+)", receipts.SmsReceipts, "sms_receipts"),
    Route(r"/wechat/callback", callback.WeChatCallback, "wechat_callback"),
    Route(r"/(MP_verify_[A-Za-z0-9]{1,64}\.txt)", wechat.DomainProof, "wechat_domain_proof"),
)

PORTAL = (
    Route(r"/", home.Home, "home", "home"),
    Route(r"/products", products.ProductMart, "products", "products"),
    Route(rf"/products/{ID}", products.ProductPage, "product", "products"),
    Route(rf"/products/{ID}/apply", applications.Application, "application_form", "products"),
    Route(r"/applications", applications.Applications, "applications", "applications"),
    Route(rf"/applications/{ID}", applications.ApplicationItem, "application", "applications"),
    Route(
        rf"/applications/{ID}/correct",
        applications.Correction,
        "application_correction",
        "applications",
    ),
    Route(
        rf"/applications/{ID}/withdraw",
        applications.Withdrawal,
        "application_withdrawal",
        "applications",
    ),
    Route(r"/login", accounts.LogIn, "login", "me"),
    Route(r"/login/code", accounts.CodeSending, "login_code", "me"),
    Route(r"/login/qr", qr_login.QrLogIn, "login_qr", "me"),
    Route(rf"/login/qr/{TICKET}", qr_login.QrEntry, "login_qr_entry", "me"),
    Route(rf"/login/qr/{TICKET}/events", qr_login.QrEvents, "login_qr_events"),
    Route(rf"/login/qr/{TICKET}/news", qr_login.QrNews, "login_qr_news"),
    Route(rf"/q/{TICKET}", qr_login.QrConfirmation, "login_qr_confirmation", "me"),
    Route(r"/register", accounts.Registration, "registration", "me"),
    Route(r"/logout", accounts.LogOut, "logout", "me"),
    Route(r"/privacy", accounts.PrivacyGuideline, "privacy", "me"),
    Route(r"/agreements/([a-z]+)", accounts.Agreement, "agreement"),
    Route(r"/me", accounts.Me, "me", "me"),
    Route(r"/me/sessions", accounts.LogIns, "log_ins", "me"),
    Route(
        r"/me/sessions/([0-9a-f]{64})/revoke", accounts.LogInRevocation, "log_in_revocation", "me"
    ),
    Route(r"/me/wechat", wechat.OwnWeChat, "own_wechat", "me"),
    Route(r"/me/wechat/unbind", wechat.Unbinding, "wechat_unbinding", "me"),
    Route(r"/wechat/enter", wechat.Entering, "wechat_enter", "me"),
    Route(r"/wechat/return", wechat.Return, "wechat_return", "me"),
    Route(r"/wechat/bind", wechat.Binding, "wechat_binding", "me"),
    Route(r"/wechat/code", wechat.BindingCode, "wechat_code", "me"),
    Route(r"/wechat/register", wechat.BindingRegistration, "wechat_registration", "me"),
    Route(r"/wechat/js-config", wechat.ScriptConfigs, "wechat_js_config"),
    Route(r"/care", accounts.CareMode, "care"),
    Route(r"/certification", certification.Overview, "certification", "certification"),
    Route(r"/certification/profile", certification.Profile, "cert_profile", "certification"),
    Route(r"/certification/lookup", certification.LookUp, "cert_lookup", "certification"),
    Route(r"/certification/licence", certification.Licence, "cert_licence", "certification"),
    Route(
        r"/certification/licence/removal",
        certification.LicenceRemoval,
        "cert_licence_removal",
        "certification",
    ),
    Route(
        r"/certification/licence/reading",
        certification.LicenceReading,
        "cert_licence_reading",
        "certification",
    ),
    Route(r"/certification/submit", certification.Submission, "cert_submission", "certification"),
    Route(r"/certification/face", face.FaceStep, "cert_face", "certification"),
    Route(r"/certification/face/renewal", face.FaceRenewal, "cert_face_renewal", "certification"),
    Route(r"/certification/events", face.News, "cert_events", "certification"),
    Route(r"/certification/news", face.NewsOnce, "cert_news", "certification"),
    Route(r"/h/([0-9A-Za-z]{22})", face.TicketPage, "face_ticket"),
    Route(r"/h/([0-9A-Za-z]{22})/return", face.TicketReturn, "face_return"),
    Route(r"/messages", messages.Messages, "messages", "messages"),
    Route(r"/messages/read-all", messages.ReadingOfAll, "messages_reading", "messages"),
    Route(rf"/messages/{ID}", messages.MessageItem, "message", "messages"),
)

CONSOLE = (
    Route(r"/console", dashboard.DashboardPage, "console", "dashboard"),
    Route(r"/console/login", login.StaffLogIn, "staff_login"),
    Route(r"/console/logout", login.StaffLogOut, "staff_logout"),
    Route(r"/console/certifications", certifications.ReviewQueue, "review_queue", "certifications"),
    Route(rf"/console/certifications/{ID}", certifications.ReviewPage, "review", "certifications"),
    Route(
        rf"/console/certifications/{ID}/claim",
        certifications.ReviewClaim,
        "review_claim",
        "certifications",
    ),
    Route(
        rf"/console/certifications/{ID}/release",
        certifications.ReviewRelease,
        "review_release",
        "certifications",
    ),
    Route(
        rf"/console/certifications/{ID}/reveal",
        certifications.ReviewReveal,
        "review_reveal",
        "certifications",
    ),
    Route(
        rf"/console/certifications/{ID}/licence",
        certifications.ReviewLicence,
        "review_licence",
        "certifications",
    ),
    Route(r"/console/applications", cases.CaseQueue, "case_queue", "applications"),
    Route(rf"/console/applications/{ID}", cases.CasePage, "case", "applications"),
    Route(
        rf"/console/applications/{ID}/accept",
        case_deeds.CaseAcceptance,
        "case_accept",
        "applications",
    ),
    Route(
        rf"/console/applications/{ID}/refer-back",
        case_deeds.CaseReferral,
        "case_refer",
        "applications",
    ),
    Route(
        rf"/console/applications/{ID}/decline",
        case_deeds.CaseDecline,
        "case_decline",
        "applications",
    ),
    Route(
        rf"/console/applications/{ID}/credit", case_deeds.CaseCredit, "case_credit", "applications"
    ),
    Route(rf"/console/applications/{ID}/loans", case_deeds.CaseLoan, "case_loans", "applications"),
    Route(
        rf"/console/applications/{ID}/close", case_deeds.CaseClosing, "case_close", "applications"
    ),
    Route(r"/console/staff", staff.StaffList, "staff", "staff"),
    Route(r"/console/staff/new", staff.NewStaffMember, "staff_new", "staff"),
    Route(rf"/console/staff/{ID}/state", staff.StaffState, "staff_state", "staff"),
    Route(r"/console/messages", staff_messages.StaffMessages, "staff_messages", "messages"),
    Route(
        r"/console/messages/read-all",
        staff_messages.StaffMessageReading,
        "staff_messages_reading",
        "messages",
    ),
    Route(rf"/console/messages/{ID}", staff_messages.StaffMessage, "staff_message", "messages"),
    Route(r"/console/.*", login.UnknownConsolePage, "unknown_console"),
)

UNKNOWN = (
    Route(r"(?!)", oversized.OversizedCall, "oversized_call"),
    Route(r"(?!)/", oversized.OversizedPage, "oversized_page"),
    Route(r"/api/.*", unknown.UnknownApi, "unknown_api"),
    Route(r".*", unknown.UnknownPage, "unknown"),
)

ROUTES: tuple[Route, ...] = (
    *OPERATIONS,
    *PORTAL,
    *CONSOLE,
    *accounts_contract.ROUTES,
    *applications_contract.ROUTES,
    *cases_contract.ROUTES,
    *certification_contract.ROUTES,
    *messages_contract.ROUTES,
    *products_contract.ROUTES,
    *qr_logins_contract.ROUTES,
    *reviews_contract.ROUTES,
    *UNKNOWN,
)
