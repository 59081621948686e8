// user.v1.UserService's caller or server on grpc-js, a frame for each message, for
// `cargo xtask interop`:
//
//     node peer.js call ADDRESS create|lookup|list MESSAGES STREAMS fast|slow SEED
//     node peer.js serve USERS

import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import grpc from "@grpc/grpc-js";
import { field, first, nested, row, user } from "./message.js";

// How long all streams of a run may take.
const LIMIT_MS = 5 * 60 * 1000;
const SERVICE = "/user.v1.UserService/";
const same = (bytes) => bytes;

// Opens one stream; `answered` is what a call with one answer gets.
function open(client, method, messages) {
  const options = { deadline: Date.now() + LIMIT_MS };
  const metadata = new grpc.Metadata();
  switch (method) {
    case "create": {
      let call;
      const answered = new Promise((resolve, reject) => {
        call = client.makeClientStreamRequest(SERVICE + "CreateUsers", same, same, metadata, options, (error, answer) =>
          error ? reject(error) : resolve(answer),
        );
      });
      return { call, answered };
    }
    case "lookup":
      return { call: client.makeBidiStreamRequest(SERVICE + "GetUsers", same, same, metadata, options) };
    case "list":
      return {
        call: client.makeServerStreamRequest(SERVICE + "ListUsers", same, same, field(2, messages), metadata, options),
      };
    default:
      throw new Error(`no method ${method}`);
  }
}

// Sends the messages as fast as the call takes them.
async function send(call, messages, message) {
  for (let index = 1; index <= messages; index++) {
    if (!call.write(message(index))) {
      await once(call, "drain");
    }
  }
  call.end();
}

// Reads all answers, and fails unless there is one for each message.
async function receive(call, method, messages, slow) {
  let count = 0;
  for await (const answer of call) {
    count++;
    if (method === "lookup" && first(answer) !== count) {
      throw new Error(`answer ${count} is about user ${first(answer)}`);
    }
    if (slow && count === 1) {
      await sleep(1000);
    } else if (slow && count % 1000 === 0) {
      await sleep(20);
    }
  }
  return count;
}

async function stream(client, method, messages, slow, prefix) {
  const { call, answered } = open(client, method, messages);
  let count;
  if (method === "create") {
    const sent = send(call, messages, (index) => row(`${prefix}.${index}@x.io`));
    // A call that fails takes no more: its own error says why.
    sent.catch(() => {});
    count = first(await answered);
  } else {
    const sent = method === "lookup" ? send(call, messages, (index) => field(1, index)) : Promise.resolve();
    sent.catch(() => {});
    count = await receive(call, method, messages, slow);
    await sent;
  }
  if (count !== messages) {
    throw new Error(`${count} of ${messages} answers`);
  }
}

async function call(address, method, messages, streams, pace, seed) {
  const options = { "grpc.max_receive_message_length": 64 << 20 };
  const client = new grpc.Client(address, grpc.credentials.createInsecure(), options);
  const all = Array.from({ length: streams }, (_, number) =>
    stream(client, method, messages, pace === "slow", `${seed}.${number}`),
  );
  await Promise.all(all);
  client.close();
}

function method(path, requestStream, responseStream) {
  return {
    path: SERVICE + path,
    requestStream,
    responseStream,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
}

async function list(call, users) {
  const request = call.request;
  const after = request.length > 0 && request[0] === 1 << 3 ? first(request) : 0;
  for (let id = after + 1; id <= users && !call.cancelled; id++) {
    if (!call.write(nested(1, user(id)))) {
      await once(call, "drain");
    }
  }
  call.end();
}

// By events: a loop over the requests would end the call with its last request.
function lookup(call) {
  call.on("data", (request) => {
    const id = first(request);
    if (!call.write(Buffer.concat([field(1, id), nested(2, user(id))]))) {
      call.pause();
      call.once("drain", () => call.resume());
    }
  });
  call.on("end", () => call.end());
}

async function create(call, done) {
  let count = 0;
  for await (const _ of call) {
    count++;
  }
  const ids = Array.from({ length: count }, (_, index) => field(2, index + 1));
  done(null, Buffer.concat([field(1, count), ...ids]));
}

function serve(users) {
  const server = new grpc.Server();
  const methods = {
    ListUsers: method("ListUsers", false, true),
    GetUsers: method("GetUsers", true, true),
    CreateUsers: method("CreateUsers", true, false),
  };
  server.addService(methods, { ListUsers: (call) => list(call, users), GetUsers: lookup, CreateUsers: create });
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) {
      throw error;
    }
    console.log(`http://127.0.0.1:${port}`);
  });
}

const [, , verb, ...rest] = process.argv;
if (verb === "serve") {
  serve(Number(rest[0]));
} else {
  const [address, name, messages, streams, pace, seed] = rest;
  try {
    await call(address, name, Number(messages), Number(streams), pace, seed);
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
