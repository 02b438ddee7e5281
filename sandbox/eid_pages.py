"""Tencent's E证通 as the person with the phone sees it: consent, authorise, face, back to the platform.

GetEidToken's Url is `/eid?token=` on 127.0.0.1, where nobody knows who holds the phone; on a person's
origin the same pages stand under `/__eid` and that person is the face before the camera. Each step is
a page of its own reached by redirect, so going back and refreshing are harmless.
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

from tornado.httputil import url_concat

from sandbox.eid import EidCode, EidOutcome, EidRefused, EidState, EidToken, UnknownToken
from sandbox.phone import PhonePage
from sandbox.phone.desk import Desk
from sandbox.proxy import VisitedPage, to_person

PLAIN = {
    EidCode.EXPIRED: ("认证已过期", "这个认证链接只有十分钟有效。请回到原页面重新发起认证。"),
    EidCode.ALREADY_COMPLETED: ("认证已完成", "这次认证已经做完了，不需要再做一遍。"),
    EidCode.RETRY_LIMIT: ("次数已用完", "这次认证已经试了三次。请回到原页面重新发起认证。"),
}
UNKNOWN = ("没有这次认证", "没有找到这个认证链接，可能抄写不全。请回到原页面重新扫码。")
OUTCOMES = {
    "pass": EidOutcome.PASS,
    "not_same_person": EidOutcome.NOT_SAME_PERSON,
    "give_up": EidOutcome.GIVE_UP,
}


def masked_name(name: str) -> str:
    return "*" * (len(name) - 1) + name[-1]


def masked_id(id_number: str) -> str:
    return f"{id_number[0]}{'*' * 16}{id_number[-1]}"


class EidChooser(PhonePage):
    """`/eid` outside any phone: which person opens it?"""

    def initialize(self, desk: Desk) -> None:
        self.desk = desk

    def get(self) -> None:
        token = self.get_query_argument("token", "")
        try:
            self.desk.state.eid.status(token)
        except UnknownToken:
            self.set_status(404)
            self.render("notice.html", title=UNKNOWN[0], sentence=UNKNOWN[1])
            return
        port = self.request.host.rpartition(":")[2]
        framed = self.request.headers.get("Sec-Fetch-Dest") == "iframe"
        links = [
            (person, self._link(person.key, token, port, framed))
            for person in self.desk.state.world.persons
        ]
        self.render("eid_chooser.html", links=links)

    def _link(self, person_key: str, token: str, port: str, framed: bool) -> str:
        """Inside a phone's web view it stays there; from a PC's page a phone is taken up."""
        page = f"/__eid?token={quote(token)}"
        if framed:
            return f"http://{person_key}.localhost:{port}{page}"
        return "/phone?" + urlencode({"person": person_key, "open": page})


class EidPage(PhonePage):
    """What the steps share: the token, the person, and the page that says why not."""

    def initialize(self, desk: Desk) -> None:
        self.desk = desk
        self.eid = desk.state.eid

    def prepare(self) -> None:
        key = self.request.host_name.removesuffix(".localhost")
        person = self.desk.state.world.person(key)
        if person is None:
            self.set_status(404)
            self.render("notice.html", title="没有这部手机", sentence="世界里没有这个人。")
            return
        self.person = person
        self.token = self.get_argument("token", "")
        try:
            self.row = self.eid.status(self.token)
        except UnknownToken:
            self.set_status(404)
            self.show("notice.html", title=UNKNOWN[0], sentence=UNKNOWN[1])

    def show(self, template: str, **facts: object) -> None:
        if self.request.method == "GET":
            page = VisitedPage(address=self.request.uri or "", title="E证通", repeatable=True)
            self.desk.page_shown(self.person.key, page)
        self.render(template, **facts)

    def refuse(self, refused: EidRefused) -> None:
        if refused.code not in PLAIN:  # a step out of order: begin again
            self.redirect(self.step(""), status=303)
            return
        title, sentence = PLAIN[refused.code]
        self.show("notice.html", title=title, sentence=sentence, back=self.way_back())

    def step(self, name: str) -> str:
        return f"/__eid{name}?" + urlencode({"token": self.token})

    def way_back(self) -> str:
        """RedirectUrl with the token, on this person's origin; empty when none was given."""
        if not self.row.redirect_url:
            return ""
        return to_person(
            url_concat(self.row.redirect_url, {"token": self.token}),
            server=self.desk.state.server_url.rstrip("/"),
            person_origin=f"http://{self.request.host}",
        )

    def may_go_on(self, *, consented: bool) -> bool:
        """Whether this step is next; otherwise it has been answered."""
        row: EidToken = self.row
        if row.state is EidState.TIMEOUT:
            self.refuse(EidRefused(EidCode.EXPIRED))
        elif row.state is EidState.FINISHED:
            self.redirect(self.step(""), status=303)
        elif row.state is EidState.INIT or row.person_key != self.person.key:
            self.redirect(self.step(""), status=303)
        elif consented and not row.consented:
            self.redirect(self.step(""), status=303)
        else:
            return True
        return False


class Consent(EidPage):
    def get(self) -> None:
        try:
            self.eid.open(self.token, self.person.key)
        except EidRefused as refused:
            self.refuse(refused)
            return
        self.show("eid_consent.html", token=self.token, problem="")

    def post(self) -> None:
        if self.get_body_argument("agree", "") == "on":
            self.redirect(self.step("/authorise"), status=303)
            return
        self.set_status(422)
        self.show("eid_consent.html", token=self.token, problem="请先阅读并勾选同意。")


class Authorise(EidPage):
    def get(self) -> None:
        if self.may_go_on(consented=False):
            name, id_number = self.row.name or "", self.row.id_number or ""
            self.show(
                "eid_authorise.html",
                token=self.token,
                merchant=self.desk.state.credentials.sms_sign_name,
                name=masked_name(name) if name else "",
                id_number=masked_id(id_number) if id_number else "",
                refuse=self.step("/given-up"),
            )

    def post(self) -> None:
        try:
            self.eid.consent(self.token)
        except EidRefused as refused:
            self.refuse(refused)
            return
        self.redirect(self.step("/face"), status=303)


class Face(EidPage):
    def get(self) -> None:
        if self.may_go_on(consented=True):
            self.show("eid_face.html", token=self.token, person=self.person)

    def post(self) -> None:
        outcome = OUTCOMES.get(self.get_body_argument("outcome", ""))
        if not self.may_go_on(consented=True):
            return
        if outcome is None:
            self.redirect(self.step("/face"), status=303)
            return
        try:
            self.eid.finish(self.token, outcome)
        except EidRefused as refused:
            self.refuse(refused)
            return
        if outcome is EidOutcome.GIVE_UP:
            self.redirect(self.step("/given-up"), status=303)
        else:
            self.redirect(self.way_back() or self.step("/done"), status=303)


class GivenUp(EidPage):
    def get(self) -> None:
        self.show("eid_given_up.html", again=self.step(""), back=self.way_back())


class Done(EidPage):
    """Where a flow without RedirectUrl ends; the PC that waits for it moves on by itself."""

    def get(self) -> None:
        passed = self.row.code is EidCode.OK
        title = "认证完成" if passed else "认证未通过"
        self.show("notice.html", title=title, sentence="可以关闭这个页面，回到电脑上继续。")
