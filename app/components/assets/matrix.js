// Check boxes in a table: what is checked goes to the server at each change, so that it can say what will change.
export default function ({ data, parentElement, setStateValue }) {
  let root = parentElement.querySelector(".qd-root")
  if (!root) {
    root = document.createElement("div")
    root.className = "qd-root"
    parentElement.appendChild(root)
  }
  const stamp = JSON.stringify(data)
  if (root.dataset.stamp === stamp) return
  root.dataset.stamp = stamp
  const make = (name, cls, text) => {
    const node = document.createElement(name)
    if (cls) node.className = cls
    if (text !== undefined) node.textContent = text
    return node
  }
  const has = (list, row, column) => list.some((cell) => cell[0] === row && cell[1] === column)
  const table = make("table", "qd-matrix qd-boxes")
  table.appendChild(make("caption", "qd-hidden", data.caption))
  const heads = table.appendChild(make("thead")).appendChild(make("tr"))
  const corner = heads.appendChild(make("th", "", data.corner))
  corner.scope = "col"
  for (const column of data.columns) {
    const head = heads.appendChild(make("th", "", column.label))
    head.scope = "col"
    head.title = column.help || ""
  }
  const body = table.appendChild(make("tbody"))
  for (const row of data.rows) {
    const line = body.appendChild(make("tr"))
    const head = line.appendChild(make("th", "", row.label))
    head.scope = "row"
    if (row.note) head.appendChild(make("span", "qd-under", row.note))
    for (const column of data.columns) {
      const cell = line.appendChild(make("td"))
      const label = cell.appendChild(make("label"))
      const box = label.appendChild(make("input"))
      box.type = "checkbox"
      box.dataset.row = row.id
      box.dataset.column = column.id
      box.checked = has(data.checked, row.id, column.id)
      const locked = has(data.locked, row.id, column.id)
      box.disabled = data.disabled || locked || has(data.closed, row.id, column.id)
      box.setAttribute("aria-label", data.cell.replace("{column}", column.label).replace("{row}", row.label))
      if (locked) cell.title = data.locked_note
      label.appendChild(make("span", "qd-column", column.label))
      if (locked) label.appendChild(make("span", "qd-small qd-muted", "*"))
    }
  }
  table.onchange = () => {
    const boxes = [...table.querySelectorAll("input")].filter((box) => box.checked)
    setStateValue("cells", boxes.map((box) => [box.dataset.row, box.dataset.column]))
  }
  const scroll = make("div", "qd-scroll")
  scroll.appendChild(table)
  root.replaceChildren(scroll)
}
