// What can go wrong, one class each, so that a program can tell them apart; each message says what to do.

/** The node did not answer: the network is cut, or the node is down. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
}

/** The node answered with an error. */
export class Refused extends Error {
  override readonly name = "Refused";
  constructor(
    message: string,
    /** JSON-RPC code or HTTP status. */
    readonly code: number,
    /** The node's own name of the problem (`urn:musubi:problem:<kind>`), where it gave one. */
    readonly kind?: string,
  ) {
    super(message);
  }
}

/** What the node says is not proved. Nothing of it is to be believed. */
export class NotProved extends Error {
  override readonly name = "NotProved";
}

/** The newest block that the node shows is too old to stand for now. */
export class TooOld extends Error {
  override readonly name = "TooOld";
  constructor(
    /** Time of that block, milliseconds since 1970. */
    readonly asOf: number,
  ) {
    super(`the newest block is from ${new Date(asOf).toISOString()}: this node is behind, or the chain stands still`);
  }
}
