/** WeChat's privacy agreement: asked when a private API is first used, shown by <privacy-gate> on the page in front. */

type Answer = (answer: { event: 'agree' | 'disagree'; buttonId?: string }) => void;

const NO_GATE_MS = 3000;

let pending: Answer[] = [];
let show: ((asked: boolean) => void) | null = null;

/** Whether WeChat keeps camera and position from us until the privacy guide is agreed to. */
export function needed(): Promise<boolean> {
  return new Promise((resolve) => wx.getPrivacySetting({ success: (r) => resolve(r.needAuthorization), fail: () => resolve(false) }));
}

/** Ask now: the tap on the gate's button tells WeChat, whether a call is waiting or not. */
export function ask(): void {
  show?.(true);
}

/** Called once, at launch. */
export function listen(): void {
  const asked = (resolve: Answer) => {
    pending.push(resolve);
    if (show) show(true);
    else setTimeout(() => { if (!show) answer(false); }, NO_GATE_MS); // this page cannot ask: as if refused
  };
  wx.onNeedPrivacyAuthorization(asked as unknown as Parameters<typeof wx.onNeedPrivacyAuthorization>[0]); // typed wrongly there
}

/** The gate of the page in front shows and hides by this. */
export function attend(gate: ((asked: boolean) => void) | null): void {
  show = gate;
  if (pending.length) show?.(true);
}

export function answer(agreed: boolean, buttonId = 'agree-btn'): void {
  const waiting = pending;
  pending = [];
  waiting.forEach((resolve) => resolve(agreed ? { event: 'agree', buttonId } : { event: 'disagree' }));
  show?.(false);
}
