// WeChat's web view. The page is of another origin, so what it shows is heard from the proxy.

const GIVE_UP_MS = 8000;

export class WebView {
  constructor(phone) {
    this.phone = phone;
    const view = phone.root.querySelector(".view[data-view=web]");
    this.frame = view.querySelector("iframe");
    this.title = view.querySelector("h2");
    this.address = view.querySelector(".address");
    this.progress = view.querySelector(".progress");
    this.backButton = view.querySelector(".back");
    this.visited = [];
    this.from = "home";
    // After the phone's own page was loaded again, it goes on where it was.
    this.placeKey = `at:${phone.facts.key}`;
    this.frame.addEventListener("load", () => this.settled());
    this.backButton.addEventListener("click", () => this.back());
    view.querySelector(".close").addEventListener("click", () => this.close());
    view.querySelector(".refresh").addEventListener("click", () => this.load(this.visited.at(-1)?.address ?? this.startAt));
  }

  opened() {
    if (!this.isOpen) this.load(this.startAt);
  }

  get startAt() {
    return sessionStorage.getItem(this.placeKey) ?? "/";
  }

  load(address) {
    this.isOpen = true;
    this.loading();
    this.address.textContent = this.placeOf(address);
    // Replaced, so that the PC's back button does not walk through the phone.
    this.frame.contentWindow.location.replace(this.phone.facts.origin + address);
  }

  back() {
    if (this.visited.length < 2) return;
    this.visited.pop();
    this.follow();
    this.load(this.visited.at(-1).address);
  }

  close() {
    this.isOpen = false;
    this.visited = [];
    sessionStorage.removeItem(this.placeKey);
    this.frame.contentWindow.location.replace("about:blank");
    this.title.textContent = "微信浏览器";
    this.address.textContent = "";
    this.follow();
    this.settled();
    if (this.phone.view !== "web") return;
    if (this.from === "wechat") this.phone.show("wechat");
    else this.phone.home();
  }

  loading() {
    this.progress.hidden = false;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.settled(), GIVE_UP_MS);
  }

  settled() {
    clearTimeout(this.timer);
    this.progress.hidden = true;
  }

  shown(page) {
    if (!this.isOpen) return;
    this.title.textContent = page.title || "网页";
    this.address.textContent = this.placeOf(page.address);
    if (page.repeatable) {
      this.remember(page.address);
      sessionStorage.setItem(this.placeKey, page.address);
    }
    this.follow();
  }

  // The page's own links may lead back too: then the list gets shorter, not longer.
  remember(address) {
    if (this.visited.at(-1)?.address === address) return;
    if (this.visited.at(-2)?.address === address) this.visited.pop();
    else this.visited.push({ address });
  }

  follow() {
    this.backButton.disabled = this.visited.length < 2;
  }

  // What is worth reading of an address: tickets and tokens are not.
  placeOf(address) {
    const path = address.split("?")[0];
    if (path.startsWith("/__eid")) return "腾讯 E证通（沙箱）";
    if (path === "/connect/oauth2/authorize") return "微信网页授权（沙箱）";
    return path === "/" ? "首页" : path;
  }
}
