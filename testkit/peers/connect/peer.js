// Calls user-service through a gateway with the clients that browsers and Node have: Connect and gRPC-Web, in JSON and
// protobuf, over HTTP/1.1 and h2c. Usage: node peer.js http://HOST:PORT DESCRIPTORS. Prints a line for each transport.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import * as node from "@connectrpc/connect-node";
import * as web from "@connectrpc/connect-web";

const [baseUrl, descriptors] = process.argv.slice(2);
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(descriptors)));
const service = registry.getService("user.v1.UserService");
const binary = { useBinaryFormat: true };
const h2 = { httpVersion: "2" };

// The names as connect-es has them; only HTTP/2 has streams of requests.
const transports = {
  "connect-web | Connect, JSON": web.createConnectTransport({ baseUrl }),
  "connect-web | Connect, JSON, GET": web.createConnectTransport({ baseUrl, useHttpGet: true }),
  "connect-web | Connect, protobuf": web.createConnectTransport({ baseUrl, ...binary }),
  "connect-web | Connect, protobuf, GET": web.createConnectTransport({ baseUrl, ...binary, useHttpGet: true }),
  "connect-web | gRPC-Web": web.createGrpcWebTransport({ baseUrl }),
  "connect-node | Connect, JSON, HTTP/1.1": node.createConnectTransport({ baseUrl, httpVersion: "1.1" }),
  "connect-node | Connect, JSON, h2c": node.createConnectTransport({ baseUrl, ...h2, useBinaryFormat: false }),
  "connect-node | Connect, protobuf, gzip, h2c": node.createConnectTransport({
    baseUrl, ...h2, ...binary, sendCompression: node.compressionGzip, compressMinBytes: 1,
  }),
  "connect-node | gRPC-Web, HTTP/1.1": node.createGrpcWebTransport({ baseUrl, httpVersion: "1.1" }),
  "connect-node | gRPC-Web, gzip, h2c": node.createGrpcWebTransport({
    baseUrl, ...h2, sendCompression: node.compressionGzip, compressMinBytes: 1,
  }),
};

function newUser() {
  return { name: "Ada Lovelace", email: `${randomUUID()}@example.com` };
}

async function fails(call, code) {
  const error = await call.then(() => undefined, (it) => ConnectError.from(it));
  assert.equal(error?.code, code);
  return error;
}

async function unary(client) {
  const user = newUser();
  const { userId } = await client.createUser(user);
  const found = await client.getUser({ userId });
  assert.equal(found.user.email, user.email);
  const taken = await fails(client.createUser(user), Code.AlreadyExists);
  assert.ok(taken.details.some((it) => it.type === "google.rpc.ErrorInfo"), "no ErrorInfo");
  await fails(client.getUser({ userId: 1n << 60n }), Code.NotFound);
  await fails(client.createUser({ name: "", email: "x" }), Code.InvalidArgument);
  return userId;
}

async function serverStream(client, lastId) {
  const ids = [];
  for await (const { user } of client.listUsers({ limit: 2 })) ids.push(user.id);
  assert.equal(ids.length, 2);
  for await (const _ of client.listUsers({ afterUserId: lastId })) assert.fail("no user is after the last one");
  const invalid = async () => { for await (const _ of client.listUsers({ limit: -1 })); };
  await fails(invalid(), Code.InvalidArgument);
}

async function streams(client) {
  async function* rows() { for (let i = 0; i < 3; i++) yield newUser(); }
  const summary = await client.createUsers(rows());
  assert.equal(summary.createdCount, 3n);
  // Each request waits for the response to the one before it.
  let answered = () => {};
  async function* ids() {
    for (const userId of [1n, 2n]) {
      const next = new Promise((resolve) => { answered = resolve; });
      yield { userId };
      await next;
    }
  }
  const found = [];
  for await (const { result } of client.getUsers(ids())) { found.push(result.case); answered(); }
  assert.deepEqual(found, ["user", "user"]);
}

await createClient(service, transports["connect-web | gRPC-Web"]).createUser(newUser());
for (const [name, transport] of Object.entries(transports)) {
  const client = createClient(service, transport);
  try {
    await serverStream(client, await unary(client));
    const isDuplex = name.endsWith("h2c");
    if (isDuplex) await streams(client);
    console.log(`| ${name} | ${isDuplex ? "all" : "unary, server stream"} | ok |`);
  } catch (error) {
    console.log(`| ${name} | | FAILED: ${error.stack} |`);
    process.exitCode = 1;
  }
}
// Connections of HTTP/2 stay open otherwise.
process.exit();
