// SPDX-License-Identifier: EUPL-1.2
// Who is there: said every ten seconds on mash.platform.modules.v1, signed with the module's client key (ES256),
// and taken back at the stop.

import { createPrivateKey, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Producer } from '@platformatic/kafka'
import { CompactSign } from 'jose'
import { message } from './contract.mjs'

const TOPIC = 'mash.platform.modules.v1'
const EVERY = 10_000
const VALID = 30_000

export class Announcer {
  announced = false

  constructor (settings, manifest) {
    Object.assign(this, { settings, manifest, key: `${manifest.name}/${randomUUID()}` })
  }

  async start () {
    const file = 'mash/platform/v1/modules.proto'
    this.announcement = await message(this.settings.contract, file, 'mash.platform.v1.Announcement')
    this.signed = await message(this.settings.contract, file, 'mash.platform.v1.SignedAnnouncement')
    this.secret = createPrivateKey(await readFile(this.settings.clientKey))
    this.producer = new Producer({ clientId: this.settings.name, bootstrapBrokers: this.settings.kafka, retries: true })
    const again = () => this.#send().catch((fault) => {
      this.announced = false
      this.settings.log('cannot announce', fault)
    })
    await again()
    this.timer = setInterval(again, EVERY)
  }

  async stop () {
    clearInterval(this.timer)
    await this.#put(null).catch((fault) => this.settings.log('cannot take the announcement back', fault))
    await this.producer.close(true)
  }

  async #send () {
    const now = Date.now()
    const said = this.announcement.encode({
      name: this.manifest.name,
      version: this.manifest.version,
      instance: this.key.split('/')[1],
      origin: this.settings.origin,
      manifest: JSON.stringify(this.manifest),
      announcedAt: stamp(now),
      validUntil: stamp(now + VALID),
    }).finish()
    const jws = await new CompactSign(said)
      .setProtectedHeader({ alg: 'ES256', typ: 'mash-announcement' })
      .sign(this.secret)
    const [head, , signature] = jws.split('.') // detached: the announcement itself lies beside it
    await this.#put(this.signed.encode({ announcement: said, signature: `${head}..${signature}` }).finish())
    this.announced = true
  }

  async #put (value) {
    await this.producer.send({ messages: [{ topic: TOPIC, key: Buffer.from(this.key), value: value && Buffer.from(value) }] })
  }
}

const stamp = (milliseconds) => ({ seconds: Math.floor(milliseconds / 1000), nanos: (milliseconds % 1000) * 1e6 })
