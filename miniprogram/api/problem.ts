/** What can go wrong with a request, each with the one sentence that a person reads. */

/** The server answered with a problem (RFC 9457). */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly facts: Record<string, unknown> = {},
  ) {
    super(message);
  }
}

/** No answer came: whether the server took the request in is not known. */
export class NoAnswer extends Error {
  constructor(readonly cause_: string) {
    super(/timeout/.test(cause_) ? '网络太慢，没有等到回应。' : '没有网络。');
  }
}

interface Problem { code?: string; detail?: string; facts?: Record<string, unknown> }

/** The refusal that a reply of this status and body means. */
export function refusal(status: number, body: unknown): Refused {
  const said = (typeof body === 'string' ? parsed(body) : body) as Problem | null;
  const sentence = said?.detail || (status >= 500 ? '服务器忙，请稍后再试。' : '没有办成，请稍后再试。');
  return new Refused(status, said?.code ?? `http_${status}`, sentence, said?.facts ?? {});
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The sentence for a person, whatever was thrown. */
export function sentence(error: unknown): string {
  return error instanceof Refused || error instanceof NoAnswer ? error.message : '出了点问题，请重试。';
}

/** Whether trying again later can help without anybody doing anything. */
export function passes(error: unknown): boolean {
  if (!(error instanceof Refused)) return error instanceof NoAnswer;
  return error.status >= 500 || error.status === 429 || error.status === 408 || error.code === 'state_changed';
}
