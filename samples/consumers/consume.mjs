// Prints the events of a topic as JSON lines: consume.mjs BOOTSTRAP TOPIC CONTRACT.binpb [GROUP]
// CONTRACT.binpb is what `cityneg events contract` writes. Packages: kafkajs, protobufjs, fzstd.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(process.cwd() + '/'); // packages of the folder in which it is started
const { Kafka, CompressionTypes, CompressionCodecs, logLevel } = require('kafkajs');
const protobuf = require('protobufjs');
require('protobufjs/ext/descriptor');
const { decompress } = require('fzstd');

const [bootstrap, topic, contract, group = 'cityneg-sample'] = process.argv.slice(2);
CompressionCodecs[CompressionTypes.ZSTD] = () => ({ decompress: async (bytes) => Buffer.from(decompress(bytes)) });
const root = protobuf.Root.fromDescriptor(readFileSync(contract));
const consumer = new Kafka({ brokers: [bootstrap], logLevel: logLevel.ERROR }).consumer({ groupId: group });
const newest = new Map(); // source and partition -> sequence: in a real consumer, kept with its results, in one transaction

await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
await consumer.run({
  eachMessage: async ({ partition, message }) => {
    const headers = Object.fromEntries(Object.entries(message.headers).map(([key, value]) => [key, value.toString()]));
    const at = `${headers.ce_source}/${partition}`;
    if (Number(headers.ce_sequence) <= (newest.get(at) ?? 0)) return; // a repeat is not beyond what was seen
    newest.set(at, Number(headers.ce_sequence));
    const kind = root.lookupType(headers.ce_dataschema);
    const event = kind.decode(message.value ?? Buffer.alloc(0)); // empty: erased, or to be read at ce_dataref
    console.log(JSON.stringify(kind.toObject(event, { longs: String, enums: String, bytes: String })));
  },
});
