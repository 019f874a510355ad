// One page of a table: headings sort, buttons turn pages, chips take filters off. Sorting and paging happen
// in the server (DuckDB); this only shows a page and says what is asked for next.
export default function ({ data, parentElement, setTriggerValue }) {
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
  const ask = (change) => setTriggerValue("ask", { ...data.asked, ...change, at: Date.now() })
  const words = data.words
  const table = make("table", "qd-table")
  table.appendChild(make("caption", "qd-hidden", data.caption))
  const heads = table.appendChild(make("thead")).appendChild(make("tr"))
  for (const column of data.columns) {
    const head = heads.appendChild(make("th", column.right ? "qd-right" : ""))
    head.scope = "col"
    const sorted = data.asked.sort === column.name
    const button = head.appendChild(make("button", "", column.label))
    button.type = "button"
    button.title = words.sort
    if (sorted) {
      head.setAttribute("aria-sort", data.asked.descending ? "descending" : "ascending")
      button.textContent += data.asked.descending ? " ↓" : " ↑"
    }
    button.onclick = () =>
      sorted && data.asked.descending
        ? ask({ sort: null, descending: false, offset: 0 })
        : ask({ sort: column.name, descending: sorted, offset: 0 })
  }
  const body = table.appendChild(make("tbody"))
  for (const row of data.rows) {
    const line = body.appendChild(make("tr"))
    row.forEach((cell, i) => {
      const box = line.appendChild(make("td", data.columns[i].right ? "qd-right" : "", cell === null ? "–" : cell))
      if (cell === null) {
        box.classList.add("qd-missing")
        box.title = words.missing
      } else if (cell.length > 40) box.title = cell
    })
  }
  const scroll = make("div", "qd-scroll")
  scroll.tabIndex = 0
  scroll.setAttribute("role", "region")
  scroll.setAttribute("aria-label", data.caption)
  scroll.appendChild(table)
  const pager = make("div", "qd-pager")
  pager.appendChild(make("span", "qd-small qd-muted qd-number qd-grow", data.range))
  const turn = (label, offset, enabled) => {
    const button = pager.appendChild(make("button", "qd-button", label))
    button.type = "button"
    button.disabled = !enabled
    button.onclick = () => ask({ offset })
  }
  const { offset, limit } = data.asked
  const lastPage = Math.max(0, Math.floor((data.total - 1) / limit) * limit)
  if (data.total > limit) {
    turn(words.first, 0, offset > 0)
    turn(words.previous, Math.max(0, offset - limit), offset > 0)
    turn(words.next, offset + limit, offset + limit < data.total)
    turn(words.last, lastPage, offset < lastPage)
  }
  const chips = make("div", "qd-line")
  if (data.filters.length) chips.style.marginBottom = ".6rem"
  data.filters.forEach((label, index) => {
    const chip = chips.appendChild(make("button", "qd-button qd-small", `${label}  ×`))
    chip.type = "button"
    chip.title = words.unfilter
    chip.onclick = () => ask({ unfilter: index, offset: 0 })
  })
  const left = root.querySelector(".qd-scroll")?.scrollLeft || 0
  root.replaceChildren(chips, scroll, pager)
  scroll.scrollLeft = left
}
