// A run that goes on: bar, elapsed and expected time, tail of the log. Asks the API once a second while the
// tab is visible, and tells the server only when the state changes.
export default function ({ data, parentElement, setTriggerValue }) {
  const host = parentElement.host || parentElement
  const cleanup = () => host.qdLive && host.qdLive.stop()
  if (host.qdRun === data.address && host.qdLive) {
    host.qdLive.update(data)
    return cleanup
  }
  if (host.qdLive) host.qdLive.stop()
  host.qdRun = data.address
  let root = parentElement.querySelector(".qd-root")
  if (!root) {
    root = document.createElement("div")
    root.className = "qd-root"
    parentElement.appendChild(root)
  }
  root.innerHTML =
    '<div class="qd-line" style="justify-content:space-between"><strong class="p-text" aria-live="polite"></strong>' +
    '<span class="p-time qd-muted qd-number"></span></div>' +
    '<div class="qd-bar" role="progressbar" aria-valuemin="0" aria-valuemax="100" style="margin-top:.5rem"><div></div></div>' +
    '<pre class="qd-log" tabindex="0" style="margin-top:.8rem"></pre>'
  const part = (selector) => root.querySelector(selector)
  const bar = part(".qd-bar")
  const log = part(".qd-log")
  let now = { ...data }
  let skew = Date.now() / 1000 - data.now
  let offset = data.offset
  let failures = 0
  log.setAttribute("aria-label", data.words.log)
  bar.setAttribute("aria-label", data.words.bar)
  const append = (text) => {
    if (!text) return
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40
    if (log.dataset.any !== "1") log.textContent = ""
    log.dataset.any = "1"
    log.textContent = (log.textContent + text).slice(-60000)
    if (atEnd) log.scrollTop = log.scrollHeight
  }
  const clock = (seconds) => {
    const s = Math.max(0, Math.round(seconds))
    const two = (n) => String(n).padStart(2, "0")
    return s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}` : `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`
  }
  const draw = () => {
    const words = data.words
    const known = typeof now.progress === "number" && now.progress > 0
    const percent = known ? Math.round(now.progress * 100) : null
    part(".p-text").textContent =
      (now.text || words["state." + now.state] || now.state) + (known ? ` · ${percent} %` : "")
    bar.classList.toggle("qd-unknown", !known && now.state !== "queued")
    bar.firstChild.style.width = known ? `${percent}%` : now.state === "queued" ? "0" : ""
    if (known) bar.setAttribute("aria-valuenow", percent)
    else bar.removeAttribute("aria-valuenow")
    const times = []
    if (now.started) times.push(`${words.elapsed} ${clock(Date.now() / 1000 - skew - now.started)}`)
    else times.push(words.waiting)
    if (data.expected) times.push(`${words.expected} ${clock(data.expected)}`)
    part(".p-time").textContent = times.join(" · ")
  }
  const ask = async () => {
    if (document.hidden) return
    try {
      const answer = await fetch(data.address, { headers: { accept: "application/json" } })
      if (!answer.ok) throw new Error(answer.status)
      const run = await answer.json()
      const printed = await fetch(`${data.address}/log?offset=${offset}`, { headers: { accept: "application/json" } })
      if (printed.ok) {
        const body = await printed.json()
        append(body.text)
        offset = body.next_offset ?? offset
      }
      failures = 0
      now = { state: run.state, progress: run.progress, text: run.progress_text || "",
        started: run.started_at ? Date.parse(run.started_at) / 1000 : null }
      if (run.state !== data.state) setTriggerValue("changed", run.state)
    } catch {
      failures += 1
      if (failures % 2 === 0) setTriggerValue("changed", `poll-${Date.now()}`)
    }
  }
  if (data.log) append(data.log)
  else log.textContent = data.words.no_log
  draw()
  const ticking = setInterval(draw, 500)
  const asking = setInterval(ask, 1000)
  host.qdLive = {
    update(fresh) {
      data = fresh
      now = { state: fresh.state, progress: fresh.progress, text: fresh.text, started: fresh.started }
      draw()
    },
    stop() {
      clearInterval(ticking)
      clearInterval(asking)
      host.qdLive = null
    },
  }
  return cleanup
}
