// A secret that is shown once: the text, selectable, and a button that copies it. Nothing is kept.
export default function ({ data, parentElement }) {
  let root = parentElement.querySelector(".qd-root")
  if (!root) {
    root = document.createElement("div")
    root.className = "qd-root"
    parentElement.appendChild(root)
  }
  const make = (name, cls, text) => {
    const node = document.createElement(name)
    if (cls) node.className = cls
    if (text !== undefined) node.textContent = text
    return node
  }
  const box = make("div", "qd-once")
  box.setAttribute("role", "group")
  box.setAttribute("aria-label", data.label)
  box.appendChild(make("div", "qd-small", data.label))
  const line = box.appendChild(make("div", "qd-line"))
  const value = line.appendChild(make("code", "qd-wrap", data.value))
  const button = line.appendChild(make("button", "qd-button", data.words.copy))
  button.type = "button"
  const said = line.appendChild(make("span", "qd-small"))
  said.setAttribute("role", "status")
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(data.value)
      said.textContent = data.words.copied
    } catch (_error) {
      // without TLS a browser has no clipboard for pages: select it, Ctrl+C does the rest
      const range = document.createRange()
      range.selectNodeContents(value)
      const selection = window.getSelection()
      selection.removeAllRanges()
      selection.addRange(range)
      said.textContent = data.words.failed
    }
  }
  box.appendChild(make("div", "qd-muted qd-small", data.hint))
  root.replaceChildren(box)
  return () => root.replaceChildren()
}
