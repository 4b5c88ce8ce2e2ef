/** Opens the window beside the first one: where it stood last, else on another screen where the browser knows of one. */

const PLACE = 'tierread.beside.place'

type Placed = { readonly left: number; readonly top: number; readonly width: number; readonly height: number }

/** Of the Window Management API, which few browsers have, and then after asking the person: never where there is one screen. */
type Screens = {
  readonly screens: readonly { availLeft: number; availTop: number; availWidth: number; availHeight: number }[]
  readonly currentScreen: object
}

/** False where the browser blocks windows. */
export function openBeside(id: string): boolean {
  const kept = keptPlace()
  const { left, top, width, height } = kept ?? { left: 0, top: 0, width: 1200, height: 900 }
  const features = `popup,left=${left},top=${top},width=${width},height=${height}`
  const opened = window.open(`${location.pathname}#/beside/${id}`, `tierread-beside-${id}`, features)
  if (!opened) return false
  opened.focus()
  if (!kept && (screen as Screen & { isExtended?: boolean }).isExtended) void ontoAnotherScreen(opened)
  return true
}

async function ontoAnotherScreen(opened: Window): Promise<void> {
  const { getScreenDetails } = window as Window & { getScreenDetails?: () => Promise<Screens> }
  try {
    const found = await getScreenDetails?.call(window)
    const other = found?.screens.find((one) => one !== found.currentScreen)
    if (!other || opened.closed) return
    opened.moveTo(other.availLeft, other.availTop)
    opened.resizeTo(other.availWidth, other.availHeight)
  } catch {
    // the person does not want it, and moves the window by hand
  }
}

/** The window remembers where it stands; the browser keeps it on a screen that there is. */
export function keepPlace(): void {
  const place: Placed = { left: screenX, top: screenY, width: innerWidth, height: innerHeight }
  localStorage.setItem(PLACE, JSON.stringify(place))
}

function keptPlace(): Placed | undefined {
  try {
    const kept = JSON.parse(localStorage.getItem(PLACE) ?? '') as Partial<Placed>
    const { left, top, width, height } = kept
    const isWhole = [left, top, width, height].every(Number.isFinite) && Number(width) >= 200 && Number(height) >= 200
    return isWhole ? (kept as Placed) : undefined
  } catch {
    return undefined
  }
}
