/** Where in the application we are, as said by the address behind the #. */

export type Route = { readonly page: 'worklist' } | { readonly page: 'desk'; readonly caseId: string }

const CASE = /^#\/case\/([0-9A-HJKMNP-TV-Z]{26})$/

/** Anything unknown is the worklist. */
export function routeOf(hash: string): Route {
  const caseId = CASE.exec(hash)?.[1]
  return caseId === undefined ? { page: 'worklist' } : { page: 'desk', caseId }
}

export const addressOf = (route: Route): string => (route.page === 'desk' ? caseAddress(route.caseId) : '#/')

export const caseAddress = (caseId: string): string => `#/case/${caseId}`

/** The sign-in page, which leads back to where we were. */
export const signInAddress = (here: string): string => `/sign-in?next=${encodeURIComponent(here)}`
