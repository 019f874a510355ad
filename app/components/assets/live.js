// Asks the server to draw again when one of the events tells of a watched object: by server-sent events, and only
// while the tab is visible (a browser allows six connections a host). Without the stream: every two seconds.
export default function ({ data, parentElement, setTriggerValue }) {
  const host = parentElement.host || parentElement
  const wanted = JSON.stringify(data.ids)
  const cleanup = () => host.qdStop && host.qdStop()
  if (host.qdWanted === wanted) return cleanup
  if (host.qdStop) host.qdStop()
  host.qdWanted = wanted
  const ids = new Set(data.ids)
  let source = null
  let timer = null
  let last = 0
  const tick = (value) => {
    clearTimeout(timer)
    const wait = Math.max(0, 400 - (Date.now() - last))
    timer = setTimeout(() => { last = Date.now(); setTriggerValue("tick", String(value)) }, wait)
  }
  let fallback = null
  const open = () => {
    if (source || document.hidden || !ids.size) return
    source = new EventSource(data.address)
    source.onopen = () => tick("open-" + Date.now())
    const heard = (message) => {
      const { object, actor } = JSON.parse(message.data)
      if (ids.has(object.id) && actor !== data.except) tick(message.lastEventId)
    }
    data.events.forEach((name) => source.addEventListener(name, heard))
    source.onerror = () => {
      if (source && source.readyState === EventSource.CLOSED && !fallback) {
        fallback = setInterval(() => { if (!document.hidden) tick("poll-" + Date.now()) }, 2000)
      }
    }
  }
  const close = () => {
    if (source) source.close()
    source = null
    clearInterval(fallback)
    fallback = null
  }
  const visible = () => (document.hidden ? close() : open())
  document.addEventListener("visibilitychange", visible)
  host.qdStop = () => {
    clearTimeout(timer)
    close()
    document.removeEventListener("visibilitychange", visible)
    host.qdWanted = null
  }
  open()
  return cleanup
}
