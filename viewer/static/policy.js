// The page of which rule an examination would meet: a file that is chosen or dropped is cut to its header before it is sent,
// so that no picture leaves this computer.
const HEAD_BYTES = 512 * 1024
const form = document.getElementById('file-form')
const input = document.getElementById('file')

function send(file) {
  const head = new DataTransfer()
  head.items.add(new File([file.slice(0, HEAD_BYTES)], 'header.dcm'))
  input.files = head.files
  form.submit()
}

form.addEventListener('submit', (event) => {
  if (input.files.length === 0) return
  event.preventDefault()
  send(input.files[0])
})
document.addEventListener('dragover', (event) => {
  event.preventDefault()
  form.classList.add('dropping')
})
document.addEventListener('dragleave', () => form.classList.remove('dropping'))
document.addEventListener('drop', (event) => {
  event.preventDefault()
  form.classList.remove('dropping')
  if (event.dataTransfer.files.length > 0) send(event.dataTransfer.files[0])
})
