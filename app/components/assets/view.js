// Shows HTML made by the server (already escaped) and turns clicks into page changes or named acts.
export default function ({ data, parentElement, setTriggerValue }) {
  let root = parentElement.querySelector(".qd-root")
  if (!root) {
    root = document.createElement("div")
    root.className = "qd-root"
    parentElement.appendChild(root)
  }
  if (root.dataset.html !== data.html) {
    root.dataset.html = data.html
    root.innerHTML = data.html
  }
  root.onclick = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return
    const target = event.target.closest("[data-page],[data-act],[data-field]")
    if (!target) return
    event.preventDefault()
    if (target.dataset.page) {
      setTriggerValue("go", { page: target.dataset.page, query: JSON.parse(target.dataset.query || "{}") })
    } else if (target.dataset.act) {
      setTriggerValue("act", target.dataset.act)
    } else {
      focusField(target.dataset.field)
    }
  }
  if (data.focus && root.dataset.focus !== data.focus) {
    root.dataset.focus = data.focus
    const heading = root.querySelector("[tabindex]")
    if (heading) {
      heading.focus({ preventScroll: true })
      heading.scrollIntoView({ block: "center", behavior: "auto" })
    }
  }
}

// The element container of a native widget carries its key as a class.
function focusField(name) {
  const box = document.querySelector(`.st-key-${name.replace(/[^a-zA-Z0-9_-]/g, "-")}`)
  if (!box) return
  const input = box.querySelector("input, textarea, button, [tabindex='0'], [role='slider']")
  box.scrollIntoView({ block: "center" })
  if (input) input.focus({ preventScroll: true })
}
