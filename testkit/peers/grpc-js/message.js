// Protobuf messages as they are on the wire: with so few of them no library is needed.

// Seven bits a byte, the lowest first. Numbers here are below 2^53.
function varint(value) {
  const bytes = [];
  while (value > 127) {
    bytes.push((value % 128) + 128);
    value = Math.floor(value / 128);
  }
  bytes.push(value);
  return Buffer.from(bytes);
}

/** A number in a message. */
export const field = (number, value) => Buffer.concat([varint(number * 8), varint(value)]);

/** A message in a message. */
export const nested = (number, bytes) => Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);

const text = (number, value) => nested(number, Buffer.from(value));

/** A user to create. */
export const row = (email) => Buffer.concat([text(1, "A"), text(2, email)]);

/** The user with this id. */
export const user = (id) =>
  Buffer.concat([field(1, id), text(2, "A"), text(3, `a${id}@x.io`), field(5, 1_700_000_000)]);

/** The number with which a message begins; 0 if there is none. */
export function first(message) {
  if (message.length < 2 || (message[0] & 7) !== 0) {
    return 0;
  }
  let [value, factor] = [0, 1];
  for (const byte of message.subarray(1)) {
    value += (byte & 127) * factor;
    factor *= 128;
    if (byte < 128) {
      break;
    }
  }
  return value;
}
