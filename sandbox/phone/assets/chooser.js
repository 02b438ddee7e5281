// The bar under the persons says how many are ticked; two at most go side by side.
const form = document.querySelector("form");
const says = document.getElementById("pair-says");
const button = form.querySelector("button");
const boxes = [...form.querySelectorAll("input[name=person]")];

function follow() {
  const ticked = boxes.filter((box) => box.checked).length;
  button.disabled = ticked !== 2;
  for (const box of boxes) box.disabled = ticked === 2 && !box.checked;
  says.textContent = ticked === 2 ? "已选两个人。" : ticked === 1 ? "再勾选一个人。" : "勾选两个人，可以并排看两部手机。";
}

form.addEventListener("change", follow);
follow();
