// SPDX-License-Identifier: EUPL-1.2
// Way in: Kafka. Which things each city has, in memory: read from the beginning at every start, so that nothing
// has to be stored. An event that comes twice is counted once, for a thing is known by its id.

import { Consumer } from '@platformatic/kafka'
import { message } from './contract.mjs'

const TYPE = 'mash.sensors.v1.ThingRegistered'
const TOPIC = 'mash.sensors.events.v1'

export class Things {
  #cities = new Map()
  handled = 0
  reading = false

  of (city) {
    return this.#cities.get(city)?.size ?? 0
  }

  async read (settings) {
    const event = await message(settings.contract, 'mash/sensors/v1/events.proto', TYPE)
    const consumer = new Consumer({
      groupId: settings.name, clientId: settings.name, bootstrapBrokers: settings.kafka, retries: true,
    })
    const stream = await consumer.consume({ topics: [TOPIC], mode: 'earliest', autocommit: false })
    stream.on('error', (fault) => settings.fail('the consumer stopped', fault))
    this.#follow(stream, event).catch((fault) => settings.fail('an event could not be handled', fault))
    this.reading = true
    return async () => { this.reading = false; await consumer.close(true) }
  }

  async #follow (stream, event) {
    for await (const record of stream) {
      const told = Object.fromEntries([...record.headers].map(([name, value]) => [String(name), String(value)]))
      if (told.ce_type !== TYPE) continue
      const thing = event.decode(record.value)
      if (!this.#cities.has(told.ce_tenant)) this.#cities.set(told.ce_tenant, new Set())
      this.#cities.get(told.ce_tenant).add(thing.thingId)
      this.handled += 1
    }
  }
}
