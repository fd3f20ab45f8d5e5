/// <reference lib="dom" />
/** Moves rows of a list with the mouse, by the grip of each. The keyboard has its own keys. */

/** @param move Called with the old and the new index when a row is dropped. */
export function makeSortable(list: HTMLElement, move: (from: number, to: number) => void): void {
  let dragged = -1
  const rowAt = (target: EventTarget | null): number => [...list.children].findIndex((row) => target instanceof Node && row.contains(target))
  const mark = (index: number): void => {
    for (const [position, row] of [...list.children].entries()) {
      row.classList.toggle('torg-drop-before', position === index && index < dragged)
      row.classList.toggle('torg-drop-after', position === index && index > dragged)
    }
  }
  list.addEventListener('dragstart', (event) => {
    dragged = event.target instanceof HTMLElement && event.target.draggable ? rowAt(event.target) : -1
    if (dragged >= 0) event.dataTransfer?.setData('text/plain', String(dragged))
  })
  list.addEventListener('dragover', (event) => {
    if (dragged < 0) return
    event.preventDefault()
    mark(rowAt(event.target))
  })
  list.addEventListener('drop', (event) => {
    if (dragged < 0) return
    event.preventDefault()
    // The editor's own drop zones take files and flows.
    event.stopPropagation()
    const to = rowAt(event.target)
    const from = dragged
    dragged = -1
    if (to >= 0) move(from, to)
  })
  list.addEventListener('dragend', () => {
    dragged = -1
    mark(-1)
  })
}
