/** Where in the application we are, as said by the address behind the #. */

export type Route =
  | { readonly page: 'worklist' }
  | { readonly page: 'desk'; readonly caseId: string }
  /** A window with pictures alone, beside the one of this id. */
  | { readonly page: 'beside'; readonly windowId: string }

const BESIDE = /^#\/beside\/([0-9a-f]{16})$/
const CASE = /^#\/case\/([0-9A-HJKMNP-TV-Z]{26})$/

/** Anything unknown is the worklist. */
export function routeOf(hash: string): Route {
  const windowId = BESIDE.exec(hash)?.[1]
  if (windowId !== undefined) return { page: 'beside', windowId }
  const caseId = CASE.exec(hash)?.[1]
  return caseId === undefined ? { page: 'worklist' } : { page: 'desk', caseId }
}

export function addressOf(route: Route): string {
  if (route.page === 'beside') return `#/beside/${route.windowId}`
  return route.page === 'desk' ? caseAddress(route.caseId) : '#/'
}

export const caseAddress = (caseId: string): string => `#/case/${caseId}`

/** The sign-in page, which leads back to where we were. */
export const signInAddress = (here: string): string => `/sign-in?next=${encodeURIComponent(here)}`
