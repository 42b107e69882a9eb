// Makes the calls of a scenario with @grpc/grpc-js. See ../README.md.
'use strict';
const fs = require('fs');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const files = ['registry', 'negotiations', 'trends', 'journal'].map((name) => `cityneg/${name}/v1/${name}.proto`);
const known = loader.loadSync(files, { includeDirs: [process.env.PROTOS], longs: String, enums: String });
const steps = JSON.parse(fs.readFileSync(process.env.SCENARIO, 'utf8').replaceAll('{client}', 'node').replaceAll('{code}', 'no'));

// The paths of the violations in grpc-status-details-bin, found by what a BadRequest has around them.
function violations(failure) {
  const raw = failure.metadata && failure.metadata.get('grpc-status-details-bin')[0];
  return raw ? raw.toString('latin1') : '';
}

function make(step) {
  const [service, name] = step.method.split('/');
  const method = known[service][name];
  const client = new grpc.Client(process.env[step.at.toUpperCase()], grpc.credentials.createInsecure());
  const deadline = new Date(Date.now() + (step.seconds || 30) * 1000);
  return new Promise((done) => {
    const answers = [];
    const call = client.makeBidiStreamRequest(method.path, method.requestSerialize, method.responseDeserialize,
      new grpc.Metadata(), { deadline });
    call.on('data', (answer) => answers.push(answer));
    call.on('error', () => {});
    call.on('status', (status) => {
      client.close();
      done({ code: status.code, message: status.details, fields: violations(status), answers });
    });
    step.send.forEach((message) => call.write(message));
    call.end();
  });
}

function wrong(step, got) {
  if (got.code !== (step.code || 0)) return `code ${got.code}: ${got.message}`;
  if (!got.message.includes(step.message || '')) return `message: ${got.message}`;
  if (step.violation && !got.fields.includes(step.violation)) return 'the field that is wrong is not named';
  if (got.answers.length < (step.messages || (step.receive ? 1 : 0))) return `${got.answers.length} messages`;
  for (const [field, value] of Object.entries(step.receive || {})) {
    if (got.answers[0][field] !== value) return `${field}: ${got.answers[0][field]}`;
  }
  return null;
}

(async () => {
  let failed = 0;
  for (const step of steps) {
    const why = wrong(step, await make(step));
    console.log(why ? `FAIL ${step.name}: ${why}` : `ok   ${step.name}`);
    failed += why ? 1 : 0;
  }
  process.exit(failed || !steps.length ? 1 : 0);
})();
