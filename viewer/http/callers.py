"""Who calls: sessions of staff and patients by cookie, devices by token, and the checks of unsafe requests."""

from __future__ import annotations

import hmac
import re
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import Depends, Form, Header
from starlette.requests import Request

from reading.register import devices
from reading.sessions import patient_sessions, session_token, staff_sessions
from reading.sessions.attempts import Caller
from reading.sharing import links
from reading.viewers import LinkViewer, Machine, PatientViewer, Staff
from storage.database import snapshot
from viewer.http.errors import CrossSite, Elsewhere, PasswordMustChange, ProveAgain, SignedOut
from viewer.http.locked_pages import locks
from viewer.http.office import office_of
from viewer.shell.navigation import arrival_of

STAFF_COOKIE: Final = "tierread_session"
PATIENT_COOKIE: Final = "tierread_patient"
LINK_COOKIE: Final = "tierread_link"
BROWSER_COOKIE: Final = "tierread_browser"
BROWSER_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")
HOST: Final = re.compile(r"([A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")
"""Of an address: a name or an address, and a port."""
SECOND: Final = timedelta(seconds=1)
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_LONGEST_ADDRESS: Final = 45
"""Characters of an IPv6 address with an IPv4 address in it."""


def origin_of(request: Request) -> str:
    """The origin under which people reach the service: the setting, else the request's own."""
    return office_of(request).public_origin.rstrip("/") or f"{request.url.scheme}://{request.url.netloc}"


def known_origin(request: Request) -> str:
    """As `origin_of`, for paper: empty where it is this machine's own address, which leads nobody else here."""
    found = origin_of(request)
    return "" if urlsplit(found).hostname in LOOPBACK else found


def own_origin(request: Request, public_origin: str) -> str:
    """The origin of links that are built here: never a host that a caller makes up.

    The one that the request names where it is ``public_origin`` (the setting), this machine's loopback, or the address
    that the connection was accepted on; else the setting's, and without a setting that address.
    """
    public = public_origin.rstrip("/")
    address, port = request.scope["server"]
    named = request.url
    if named.hostname in {*LOOPBACK, address} or (public and named.netloc == urlsplit(public).netloc):
        return f"{named.scheme}://{named.netloc}"
    return public or f"{named.scheme}://{f'[{address}]' if ':' in address else address}:{port}"


def paper_origin(request: Request) -> str:
    """The origin of an address that goes on paper or into a link: the setting, else the one that somebody came by.

    That is believed where a trusted proxy sent the request on, which serves the hosts that it was told to; else as in
    `own_origin` where it is this machine's loopback or the address that the connection came to, and is that address.
    """
    public = office_of(request).public_origin.rstrip("/")
    if public or not (_is_sent_on(request) and HOST.fullmatch(request.url.netloc)):
        return public or own_origin(request, "")
    return f"{request.url.scheme}://{request.url.netloc}"


def _is_sent_on(request: Request) -> bool:
    """By a trusted proxy: the HTTP server then knows the address of who asked, and no port (uvicorn says 0)."""
    return request.client is not None and request.client.port == 0


def address_lacks(request: Request) -> str:
    """What there is to say of `paper_origin` where no public address is set; empty where one is.

    ``here``: it is this machine's own and opens nowhere else; ``came-by``: it is the one that somebody came by.
    """
    if office_of(request).public_origin:
        return ""
    return "here" if urlsplit(paper_origin(request)).hostname in LOOPBACK else "came-by"


def same_origin(request: Request) -> None:
    """Check that an unsafe request comes from a page of this service.

    Browsers name the origin of every unsafe request; a program that names none is checked by its token alone.

    Raises:
        CrossSite: the request names another origin, or hides it (`null`).

    """
    origin = request.headers.get("origin")
    if origin is None:
        return
    # Behind a proxy that ends TLS the request may be http where the browser says https: the host decides.
    if origin != origin_of(request) and urlsplit(origin).netloc != request.url.netloc:
        raise CrossSite


def same_token(expected: str, given: str) -> None:
    """Check that the request carries the token of its session.

    Raises:
        CrossSite: it does not.

    """
    if not expected or not hmac.compare_digest(expected.encode(), given.encode()):
        raise CrossSite


def caller_of(request: Request) -> Caller:
    """Where an attempt to sign in comes from."""
    kept = request.cookies.get(BROWSER_COOKIE, "")
    if not BROWSER_SECRET.fullmatch(kept):
        kept = getattr(request.state, "browser", "") or session_token.new()
        request.state.browser = kept
    return Caller(address=address_of(request), browser=kept)


def address_of(request: Request) -> str:
    """The network address that a request comes from; the HTTP server knows the trusted proxies."""
    return request.client.host[:_LONGEST_ADDRESS] if request.client else ""


# -- staff


def staff_of(request: Request, *, touch: bool, locks: bool = False) -> Staff:
    """The member of staff who is signed in, even with a first password that must still be changed.

    ``touch`` extends the idle time of the session, unless the page ``locks`` and is locked.

    Raises:
        SignedOut: nobody is, or the session has ended.

    """
    office = office_of(request)
    token = request.cookies.get(STAFF_COOKIE)
    if not token:
        raise SignedOut
    if touch:
        staff = staff_sessions.at_work(office.engine, token, office.clock(), locks=locks)
    else:
        with snapshot(office.engine) as tx:
            staff = staff_sessions.by_token(tx, token, office.clock())
    if staff is None or staff.session is None or _lacks_factor(request, staff):
        raise SignedOut(ended=token)
    request.state.staff = caller = replace(staff, address=address_of(request))
    return caller


def looks(request: Request) -> Staff:
    """A look by a person.

    Raises:
        ProveAgain: the page is locked, because nobody has used it for a while.
        Elsewhere: it is the root of a room, and their work is in another one, or on another page of this one.

    """
    staff = _settled(staff_of(request, touch=True, locks=locks(request.url.path)))
    arrival = arrival_of(request.url.path, {grant.role for grant in staff.grants})
    if arrival != request.url.path:
        raise Elsewhere(arrival)
    return _unlocked(request, staff)


def polls(request: Request) -> Staff:
    """A look by a page that polls: it does not extend the idle time.

    Raises:
        ProveAgain: as `looks`.

    """
    return _unlocked(request, _settled(staff_of(request, touch=False)))


def whoever(request: Request) -> Staff | None:
    """Whoever is signed in, for the frame of a page that answers an error; None where nobody is, or not yet settled."""
    staff: Staff | None = getattr(request.state, "staff", None)
    try:
        staff = staff or staff_of(request, touch=False)
    except SignedOut:
        return None
    return None if staff.session is None or staff.session.must_change_password else staff


def watches(request: Request) -> tuple[Staff, bool] | None:
    """An alarm that polls, also where the session is locked by its idle time (True); None where nobody is signed in."""
    office, token = office_of(request), request.cookies.get(STAFF_COOKIE)
    if not token:
        return None
    with snapshot(office.engine) as tx:
        found = staff_sessions.watching(tx, token, office.clock())
    if found is None or _lacks_factor(request, found[0]):
        return None
    return None if found[0].session and found[0].session.must_change_password else found


def acts(request: Request, x_csrf_token: Annotated[str, Header()] = "") -> Staff:
    """An act through the API."""
    staff = staff_of(request, touch=True)
    _checked(request, staff, x_csrf_token)
    return _settled(staff)


def acts_unsettled(request: Request, x_csrf_token: Annotated[str, Header()] = "") -> Staff:
    """An act that is allowed with a first password still in use: changing it, signing out."""
    staff = staff_of(request, touch=True)
    _checked(request, staff, x_csrf_token)
    return staff


def renews(request: Request, x_csrf_token: Annotated[str, Header()] = "") -> Staff:
    """An act of the page by itself, which renews a lease: it does not extend the idle time."""
    staff = staff_of(request, touch=False)
    _checked(request, staff, x_csrf_token)
    return _settled(staff)


def submits(request: Request, csrf_token: Annotated[str, Form()] = "") -> Staff:
    """An act by the form of a page."""
    staff = staff_of(request, touch=True)
    _checked(request, staff, csrf_token)
    return _settled(staff)


def submits_unsettled(request: Request, csrf_token: Annotated[str, Form()] = "") -> Staff:
    """A form that is allowed with a first password still in use."""
    staff = staff_of(request, touch=True)
    _checked(request, staff, csrf_token)
    return staff


def signs(request: Request, x_csrf_token: Annotated[str, Header()] = "") -> Staff:
    """An act that signs, by a person who proved lately who they are.

    Raises:
        ProveAgain: it has to be proved again.

    """
    staff = acts(request, x_csrf_token)
    if staff_sessions.needs_proof(staff, office_of(request).clock()):
        raise ProveAgain
    return staff


Looking = Annotated[Staff, Depends(looks)]
Polling = Annotated[Staff, Depends(polls)]
Watching = Annotated[tuple[Staff, bool] | None, Depends(watches)]
Acting = Annotated[Staff, Depends(acts)]
ActingUnsettled = Annotated[Staff, Depends(acts_unsettled)]
Signing = Annotated[Staff, Depends(signs)]
Renewing = Annotated[Staff, Depends(renews)]
Submitting = Annotated[Staff, Depends(submits)]
SubmittingUnsettled = Annotated[Staff, Depends(submits_unsettled)]


# -- patients


def patient_of(request: Request) -> PatientViewer:
    """The patient whose session the cookie names.

    Raises:
        SignedOut: it names none, or the session has ended.

    """
    return _patient(request, touch=True)


def patient_polls(request: Request) -> PatientViewer:
    """A look by a page that polls: it does not extend the idle time."""
    return _patient(request, touch=False)


def _patient(request: Request, *, touch: bool) -> PatientViewer:
    office = office_of(request)
    token = request.cookies.get(PATIENT_COOKIE)
    if not token:
        raise SignedOut
    if touch:
        patient = patient_sessions.at_work(office.engine, token, office.clock())
    else:
        with snapshot(office.engine) as tx:
            patient = patient_sessions.by_token(tx, token, office.clock())
    if patient is None:
        raise SignedOut(ended=token)
    return replace(patient, address=address_of(request))


def patient_acts(request: Request, x_csrf_token: Annotated[str, Header()] = "") -> PatientViewer:
    patient = patient_of(request)
    same_origin(request)
    same_token(patient.csrf_token, x_csrf_token)
    return patient


def patient_submits(request: Request, csrf_token: Annotated[str, Form()] = "") -> PatientViewer:
    patient = patient_of(request)
    same_origin(request)
    same_token(patient.csrf_token, csrf_token)
    return patient


Patient = Annotated[PatientViewer, Depends(patient_of)]
PatientPolling = Annotated[PatientViewer, Depends(patient_polls)]
PatientActing = Annotated[PatientViewer, Depends(patient_acts)]
PatientSubmitting = Annotated[PatientViewer, Depends(patient_submits)]
SameOrigin = Depends(same_origin)
"""The check of requests that come before there is a session: signing in."""


# -- links of patients


def link_of(request: Request) -> LinkViewer:
    """Whoever came by a link of a patient's, as the cookie says.

    Raises:
        SignedOut: it names no session, or it or its link has ended.

    """
    office, token = office_of(request), request.cookies.get(LINK_COOKIE)
    viewer = links.at_work(office.engine, token, office.clock()) if token else None
    if viewer is None:
        raise SignedOut(ended=token or "")
    return replace(viewer, address=address_of(request))


def link_submits(request: Request, csrf_token: Annotated[str, Form()] = "") -> LinkViewer:
    viewer = link_of(request)
    same_origin(request)
    same_token(viewer.csrf_token, csrf_token)
    return viewer


Linked = Annotated[LinkViewer, Depends(link_of)]
LinkedSubmitting = Annotated[LinkViewer, Depends(link_submits)]


# -- machines


def machine_of(request: Request) -> Machine:
    """The device whose bearer token the request carries; a person's session does not count.

    Raises:
        SignedOut: no token, or one that is not valid.

    """
    office = office_of(request)
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise SignedOut
    with snapshot(office.engine) as tx:
        device = devices.by_token(tx, token.strip(), office.clock())
    if device is None:
        raise SignedOut
    return Machine(device_id=device.id, site_id=device.site_id, issuer=device.issuer, address=address_of(request))


Sending = Annotated[Machine, Depends(machine_of)]


def _lacks_factor(request: Request, staff: Staff) -> bool:
    """Whether a session that was opened without a factor is no longer enough: of new roles, or from another address."""
    session = staff.session
    asks = office_of(request).terms.requirement.asks
    return session is not None and not session.with_factor and asks(staff.grants, caller_of(request).address)


def _checked(request: Request, staff: Staff, given: str) -> None:
    same_origin(request)
    same_token(staff.session.csrf_token if staff.session else "", given)


def _unlocked(request: Request, staff: Staff) -> Staff:
    if locks(request.url.path) and staff_sessions.needs_proof(staff, office_of(request).clock()):
        raise ProveAgain
    return staff


def _settled(staff: Staff) -> Staff:
    if staff.session is not None and staff.session.must_change_password:
        raise PasswordMustChange
    return staff
