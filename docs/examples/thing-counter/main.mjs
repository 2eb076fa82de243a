// SPDX-License-Identifier: EUPL-1.2
// A module that is not Python: the smallest one that announces itself, has a page and an API, reads an event,
// verifies tokens, and says how it is.

import { createServer } from 'node:http'
import { readdir, readFile } from 'node:fs/promises'
import { parse } from 'smol-toml'
import { Announcer } from './announcing.mjs'
import { Identity, Refused } from './identity.mjs'
import { Things } from './things.mjs'

const manifest = parse(await readFile(new URL('module.toml', import.meta.url), 'utf8'))
const told = (name, otherwise) => process.env[`THING_COUNTER_${name}`] ?? process.env[`MASH_${name}`] ?? otherwise
const needed = (name) => told(name) ?? stop(`MASH_${name} is missing: ./mash module run sets it`)
const log = (what, fault) => console.log(JSON.stringify({ message: what, fault: fault?.code ?? fault?.message }))

function stop (why) {
  log(why)
  process.exit(2)
}

const http = needed('HTTP')
const settings = {
  name: manifest.name,
  kafka: needed('KAFKA').split(','),
  keycloak: needed('KEYCLOAK').replace(/\/$/, ''),
  clientKey: needed('CLIENT_KEY'),
  contract: needed('CONTRACT'),
  origin: told('ORIGIN', `http://${http}`),
  cities: (await readdir(needed('CITIES'), { withFileTypes: true })).filter((one) => one.isDirectory()).map((one) => one.name),
  log,
  fail: (what, fault) => { log(what, fault); process.exit(1) }, // whoever runs it starts it again
}
const things = new Things()
const identity = new Identity(settings)
const announcer = new Announcer(settings, manifest)
const answered = new Map()

const API = '/api/thing-counter/v1/count'
const ROUTES = {
  '/healthz': async () => json({ status: 'ok' }),
  '/readyz': async () => {
    const checks = { kafka: things.reading ? 'ok' : 'away', announced: announcer.announced ? 'ok' : 'away' }
    return json({ checks }, Object.values(checks).every((one) => one === 'ok') ? 200 : 503)
  },
  '/metrics': async () => ({ status: 200, type: 'text/plain; version=0.0.4', body: metrics() }),
  '/openapi.json': async () => json(described),
  '/thing-counter': async (request) => {
    const city = identity.city(request)
    await identity.roles(request, city)
    return { status: 200, type: 'text/html; charset=utf-8', body: page(things.of(city)) }
  },
  [API]: async (request) => {
    const city = identity.city(request)
    await identity.need(request, city, 'citizen')
    return json({ things: things.of(city) })
  },
}

const described = {
  openapi: '3.1.0',
  info: { title: manifest.title, version: manifest.version },
  paths: {
    [API]: {
      get: {
        description: 'How many things the city has registered.',
        responses: {
          200: {
            description: 'The number.',
            content: { 'application/json': { schema: { type: 'object', required: ['things'], properties: { things: { type: 'integer' } } } } },
          },
        },
      },
    },
  },
}

const page = (count) => `<main id="inhalt"><h1>Gerätezähler</h1><p>In dieser Stadt sind <strong>${count}</strong> Dinge angemeldet, die etwas messen.</p></main>`
const json = (body, status = 200) => ({ status, type: 'application/json', body: JSON.stringify(body) })

function metrics () {
  const lines = [...answered].map(([what, count]) => `http_requests_total{${what}} ${count}`)
  return [
    '# HELP http_requests_total requests answered', '# TYPE http_requests_total counter', ...lines,
    '# HELP things_events_total events handled', '# TYPE things_events_total counter', `things_events_total ${things.handled}`, '',
  ].join('\n')
}

function problem (fault, path) {
  const { status = 500, kind = 'internal', title = 'Interner Fehler' } = fault
  const body = { type: `https://mash.example/problems/${kind}`, title, status, instance: path }
  return { status, type: 'application/problem+json', body: JSON.stringify(body) }
}

const server = createServer(async (request, response) => {
  const path = request.url.split('?')[0]
  const route = ROUTES[path]
  let answer
  try {
    if (!route) throw new Refused(404, 'not-found', 'Das gibt es hier nicht.')
    if (!['GET', 'HEAD'].includes(request.method)) throw new Refused(405, 'method-not-allowed', 'Hier kann nur gelesen werden.')
    answer = await route(request)
  } catch (fault) {
    if (!(fault instanceof Refused)) log('a request failed', fault)
    answer = problem(fault instanceof Refused ? fault : {}, path)
  }
  const what = `route="${route ? path : 'none'}",status="${answer.status}"`
  answered.set(what, (answered.get(what) ?? 0) + 1)
  response.writeHead(answer.status, { 'content-type': answer.type })
  response.end(answer.body)
})

const leave = await things.read(settings)
log(`listens at ${http}`)
await new Promise((resolve) => server.listen(Number(http.split(':')[1]), http.split(':')[0], resolve))
await announcer.start()
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await announcer.stop()
    server.close()
    server.closeAllConnections()
    await leave()
    process.exit(0)
  })
}
