// Sends a file in parts to the upload route: it streams to the server's disk, never through a page's memory.
export default function ({ data, parentElement, setTriggerValue }) {
  const host = parentElement.host || parentElement
  const words = data.words
  let root = parentElement.querySelector(".qd-root")
  if (!root) {
    root = document.createElement("div")
    root.className = "qd-root"
    root.innerHTML =
      '<div class="qd-drop"><button type="button" class="qd-button"></button><span class="u-hint qd-muted qd-small"></span>' +
      '<input type="file" class="qd-hidden" tabindex="-1"></div>' +
      '<div class="u-state" role="status" aria-live="polite" style="margin-top:.6rem"></div>'
    parentElement.appendChild(root)
  }
  const part = (selector) => root.querySelector(selector)
  const [button, input, state, drop] = [part("button"), part("input"), part(".u-state"), part(".qd-drop")]
  button.textContent = words.choose
  part(".u-hint").textContent = words.hint
  input.accept = data.accept || ""
  input.setAttribute("aria-label", words.choose)
  button.onclick = () => input.click()
  input.onchange = () => input.files[0] && send(input.files[0])
  drop.ondragover = (event) => { event.preventDefault(); drop.classList.add("qd-over") }
  drop.ondragleave = () => drop.classList.remove("qd-over")
  drop.ondrop = (event) => {
    event.preventDefault()
    drop.classList.remove("qd-over")
    if (event.dataTransfer.files[0]) send(event.dataTransfer.files[0])
  }

  const say = (text, kind) => {
    state.replaceChildren()
    if (!text) return
    const box = document.createElement("div")
    box.className = kind ? `qd-note qd-${kind}` : "qd-muted qd-small"
    box.textContent = text
    state.appendChild(box)
  }
  const call = async (address, options) => {
    const answer = await fetch(address, options)
    const body = await answer.json().catch(() => ({}))
    if (!answer.ok) throw new Error(body.error?.message || words.failed)
    return body
  }
  const json = (method, body) => ({ method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) })
  const send = async (file) => {
    if (host.qdBusy) return
    if (file.size === 0) return say(words.empty.replace("{name}", file.name), "red")
    if (file.size > data.limit) return say(words.large.replace("{name}", file.name), "red")
    host.qdBusy = true
    button.disabled = true
    const bar = document.createElement("div")
    bar.className = "qd-bar"
    bar.appendChild(document.createElement("div"))
    const label = document.createElement("div")
    label.className = "qd-small qd-muted qd-number"
    state.replaceChildren(label, bar)
    const show = (sent) => {
      const percent = Math.round((sent / file.size) * 100)
      bar.firstChild.style.width = `${percent}%`
      label.textContent = `${file.name} · ${percent} %`
    }
    try {
      const upload = await call(data.address, json("POST", { name: file.name, bytes: file.size }))
      let sent = upload.offset || 0
      show(sent)
      while (sent < file.size) {
        const piece = file.slice(sent, sent + data.part)
        const answer = await call(`${data.address}/${upload.id}?offset=${sent}`, {
          method: "PUT", headers: { "content-type": "application/octet-stream" }, body: piece,
        })
        sent = answer.offset
        show(sent)
      }
      label.textContent = `${file.name} · ${words.reading}`
      const made = await call(`${data.address}/${upload.id}/finish`, json("POST", finish(file)))
      say(words.done.replace("{name}", file.name))
      setTriggerValue("done", { ...made, filename: file.name, at: Date.now() })
    } catch (error) {
      say(error instanceof TypeError ? words.failed : error.message, "red")
    } finally {
      host.qdBusy = false
      button.disabled = false
      input.value = ""
    }
  }
  function finish(file) {
    if (data.kind === "file") return {}
    const stem = file.name.replace(/\.[^.]+$/, "").normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase()
    const name = data.dataset || stem.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "") || "upload"
    return { dataset: name, title: data.title || (data.dataset ? "" : file.name.replace(/\.[^.]+$/, "")), source: file.name, department: data.department || null }
  }
}
