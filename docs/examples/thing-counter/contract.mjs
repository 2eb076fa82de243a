// SPDX-License-Identifier: EUPL-1.2
// Messages of the contract, read from its .proto files: nothing is generated.

import protobuf from 'protobufjs'

export async function message (folder, file, name) {
  const root = new protobuf.Root()
  root.resolvePath = (_, imported) => imported.endsWith('descriptor.proto')
    ? new URL('google/protobuf/descriptor.proto', import.meta.resolve('protobufjs/package.json')).pathname
    : imported.startsWith('google/') ? imported : `${folder}/${imported}`
  await root.load(file)
  return root.lookupType(name)
}
