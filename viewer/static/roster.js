// The week of a roster: a slot that is dragged to another day or person sends the form that stands in it.
let dragged = null

function cellOf(event) {
  return event.target instanceof Element ? event.target.closest('td[data-day]') : null
}

document.addEventListener('dragstart', (event) => {
  dragged = event.target instanceof Element ? event.target.closest('details.slot') : null
  if (dragged) event.dataTransfer.setData('text/plain', '')
})
document.addEventListener('dragend', () => {
  dragged = null
})
document.addEventListener('dragover', (event) => {
  if (dragged && cellOf(event)) event.preventDefault()
})
document.addEventListener('drop', (event) => {
  const cell = cellOf(event)
  if (!dragged || !cell || dragged.closest('td') === cell) return
  event.preventDefault()
  const form = dragged.querySelector('form[action$="/move"]')
  form.elements.day.value = cell.dataset.day
  form.elements.who.value = cell.closest('tr').dataset.who
  form.submit()
})
