// SPDX-License-Identifier: EUPL-1.2
// Who calls. The gateway says for which city (mash-tenant) and brings a token meant for this module; both are
// verified here again, for nobody is trusted for where a call comes from.

import { createRemoteJWKSet, decodeJwt, errors, jwtVerify } from 'jose'

export class Refused extends Error {
  constructor (status, kind, title) {
    super(title)
    Object.assign(this, { status, kind, title })
  }
}

export class Identity {
  #keys = new Map()

  constructor (settings) {
    this.settings = settings
  }

  city (request) {
    const city = request.headers['mash-tenant'] ?? ''
    if (!city) throw new Refused(400, 'tenant-missing', 'Der Kopf mash-tenant fehlt.')
    if (!this.settings.cities.includes(city)) throw new Refused(404, 'unknown-tenant', 'Diese Kommune gibt es hier nicht.')
    return city
  }

  // The roles of whoever calls; none for a visitor. A wrong token is refused even where nobody has to log in.
  async roles (request, city) {
    const said = request.headers.authorization
    if (said === undefined) return null
    const [scheme, token] = said.split(' ')
    if (scheme.toLowerCase() !== 'bearer' || !token) throw unknown('Erwartet wird: Authorization: Bearer <Token>.')
    const issuer = `${this.settings.keycloak}/realms/${city}`
    try {
      if (decodeJwt(token).iss !== issuer) throw new Refused(403, 'wrong-tenant', 'Das Token gehört zu einer anderen Kommune.')
      const { payload } = await jwtVerify(token, this.#keysOf(issuer), {
        issuer, audience: this.settings.name, algorithms: ['RS256', 'PS256', 'ES256'], clockTolerance: 10,
      })
      if (payload.typ !== 'Bearer' || payload.exp === undefined) throw unknown('Das ist kein Zugriffstoken.')
      return payload.realm_access?.roles ?? []
    } catch (fault) {
      if (fault instanceof Refused) throw fault
      if (fault instanceof errors.JWKSTimeout || !(fault instanceof errors.JOSEError)) {
        throw new Refused(503, 'unavailable', 'Der Anmeldedienst antwortet nicht.')
      }
      throw unknown('Das Token ist nicht gültig.')
    }
  }

  async need (request, city, role) {
    const roles = await this.roles(request, city)
    if (roles === null) throw unknown('Bitte melden Sie sich an.')
    if (!roles.includes(role)) throw new Refused(403, 'missing-role', 'Dafür fehlt Ihnen die Berechtigung.')
  }

  #keysOf (issuer) {
    if (!this.#keys.has(issuer)) {
      this.#keys.set(issuer, createRemoteJWKSet(new URL(`${issuer}/protocol/openid-connect/certs`)))
    }
    return this.#keys.get(issuer)
  }
}

const unknown = (title) => new Refused(401, 'unauthenticated', title)
