// Starts every phone of the page.
import { Phone } from "./device.js";

for (const root of document.querySelectorAll(".device")) {
  const facts = JSON.parse(root.querySelector(".facts").textContent);
  new Phone(root, facts).start();
}

// A code in a picture opened once; reloading must not open it again.
const here = new URL(location.href);
if (here.searchParams.has("open") || here.searchParams.has("scan")) {
  here.searchParams.delete("open");
  here.searchParams.delete("scan");
  history.replaceState(null, "", here);
}
